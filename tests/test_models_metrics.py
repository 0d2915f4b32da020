import numpy as np
import pytest
from scipy.stats import pearsonr

from models.errors import ModelsError
from models.evaluation.metrics import agreement, centroid, loudness


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def clustered(
    n_videos: int, per_video: int, *, seed: int
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Numbers whose truth and error both have a part that the clips of a video share."""
    draw = rng(seed)
    of_video = np.repeat(draw.standard_normal((2, n_videos)), per_video, axis=1)
    true = of_video[0] + 0.3 * draw.standard_normal(n_videos * per_video)
    predicted = true + of_video[1]
    return predicted, true, tuple(f"v{i // per_video}" for i in range(len(true)))


def test_loudness_is_the_norm_of_the_loudest_step() -> None:
    sounds = np.zeros((2, 45, 42), np.float32)
    sounds[0, 20, :2] = (3, 4)
    sounds[0, 30, 5] = 4.9
    sounds[1, 44, 41] = 2
    np.testing.assert_allclose(loudness(sounds), [5, 2])


def test_centroid_is_the_centre_of_mass_of_three_steps_at_the_impact() -> None:
    sounds = np.zeros((1, 45, 42), np.float32)
    sounds[0, 21:24, 10] = 1
    sounds[0, 23, 16] = 3
    sounds[0, [20, 24], 41] = 100
    np.testing.assert_allclose(centroid(sounds), [13])


def test_the_centroid_of_silence_is_the_middle_channel() -> None:
    np.testing.assert_allclose(centroid(np.zeros((1, 45, 42), np.float32)), [20.5])


def test_louder_sounds_have_the_same_centroid() -> None:
    sounds = rng().uniform(0, 1, (3, 45, 42)).astype(np.float32)
    np.testing.assert_allclose(centroid(sounds), centroid(5 * sounds), rtol=1e-6)
    np.testing.assert_allclose(loudness(5 * sounds), 5 * loudness(sounds), rtol=1e-6)


def test_error_and_r_are_those_of_all_clips() -> None:
    predicted, true, videos = clustered(12, 5, seed=0)
    measured = agreement(1000 + predicted, 1000 + true, videos, rng=rng())
    assert measured.error.value == pytest.approx(np.mean(np.square(predicted - true)))
    assert measured.r.value == pytest.approx(pearsonr(predicted, true).statistic, abs=1e-9)


def test_intervals_are_those_of_a_plain_bootstrap_over_videos() -> None:
    predicted, true, videos = clustered(15, 4, seed=1)
    by_video = np.arange(60).reshape(15, 4)
    draws = rng(5).integers(0, 15, (3000, 15))
    rs = [pearsonr(predicted[by_video[d].ravel()], true[by_video[d].ravel()]).statistic for d in draws]
    measured = agreement(predicted, true, videos, rng=rng(6), n_resamples=3000).r
    assert (measured.low, measured.high) == pytest.approx(np.quantile(rs, [0.025, 0.975]), abs=0.03)


def test_intervals_of_errors_cover_the_truth_as_often_as_they_say() -> None:
    covered = 0
    for seed in range(200):  # the error is the square of a standard normal shared by a video: mean 1
        predicted, true, videos = clustered(40, 3, seed=seed)
        error = agreement(predicted, true, videos, rng=rng(seed), n_resamples=400).error
        covered += bool(error.low <= 1 <= error.high)
    assert 0.86 <= covered / 200 <= 0.99  # a percentile interval of 40 skewed numbers covers 90-95 %


def test_clips_of_one_video_count_as_one_draw() -> None:
    predicted, true, videos = clustered(10, 8, seed=3)
    separate = tuple(f"{i}" for i in range(80))
    by_video = agreement(predicted, true, videos, rng=rng()).error
    by_clip = agreement(predicted, true, separate, rng=rng()).error
    assert by_video.high - by_video.low > 1.5 * (by_clip.high - by_clip.low)


def test_r_of_a_constant_prediction_is_not_defined() -> None:
    true = rng().standard_normal(20)
    measured = agreement(np.full(20, 3.0), true, tuple("ab" * 10), rng=rng())
    assert measured.r.value is None
    assert measured.error.value == pytest.approx(np.mean(np.square(3 - true)))


def test_the_same_seed_gives_the_same_intervals() -> None:
    predicted, true, videos = clustered(10, 3, seed=0)
    assert agreement(predicted, true, videos, rng=rng(1)) == agreement(
        predicted, true, videos, rng=rng(1)
    )


def test_no_clips_are_refused() -> None:
    with pytest.raises(ModelsError, match="0 predictions of 0 clips"):
        agreement(np.zeros(0), np.zeros(0), (), rng=rng())
