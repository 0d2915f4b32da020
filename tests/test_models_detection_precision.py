import numpy as np
import pytest

from models.detection.peaks import Peaks
from models.detection.precision import TOLERANCE_S, Detections, average_precision, score
from models.detection.published import SAMPLE_RATE, clip_score
from models.errors import ModelsError

TRUE = np.array([1.0, 2, 3, 4, 5])
DETECTED = np.array([1.05, 2.2, 3.0, 3.06, 4.09, 6.0])
SURE = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])


def detections(times_s, amplitudes, true_s) -> Detections:
    peaks = Peaks(times_s=np.array(times_s, float), amplitudes=np.array(amplitudes, float))
    return Detections(peaks=peaks, true_s=np.array(true_s, float))


def test_the_golden_case_of_one_to_one_matching() -> None:
    found = detections(DETECTED, SURE, TRUE).matches() >= 0
    assert found.tolist() == [True, False, True, False, True, False]
    # (1/1 + 2/3 + 3/5) / 5; the predictions alone, misses ignored, would give 0.755556
    assert average_precision(SURE, found, len(TRUE)) == pytest.approx(0.453333, abs=1e-6)


def test_the_surest_of_two_detections_has_the_impact() -> None:
    assert detections([0.98, 1.01], [0.9, 0.3], [1.0]).matches().tolist() == [0, -1]


def test_a_tenth_of_a_second_is_near_enough() -> None:
    assert TOLERANCE_S == 0.1
    assert detections([1.1, 2.101], [1, 1], [1.0, 2.0]).matches().tolist() == [0, -1]


def test_everything_found_and_nothing_else_is_one() -> None:
    result = score([detections(TRUE, SURE[:5], TRUE)] * 3, rng=np.random.default_rng(0))
    estimate = result.average_precision
    assert (estimate.value, estimate.low, estimate.high) == (1, 1, 1)
    assert (result.n_videos, result.n_true, result.n_detected) == (3, 15, 15)


def test_videos_are_pooled_not_averaged() -> None:
    # sorted by amplitude: hit, miss, hit, miss of 3 impacts -> (1 + 2/3) / 3; a mean over videos differs
    videos = [detections([1, 7], [0.9, 0.2], [1.0]), detections([7, 2], [0.8, 0.5], [2.0, 3.0])]
    result = score(videos, rng=np.random.default_rng(0))
    assert result.average_precision.value == pytest.approx((1 + 2 / 3) / 3)
    assert result.curve.recall[-1] == pytest.approx(2 / 3, abs=1e-6)
    assert result.curve.precision == pytest.approx((1, 0.5, 2 / 3, 0.5), abs=1e-6)


def test_the_interval_is_of_whole_videos() -> None:
    good, bad = detections(TRUE, SURE[:5], TRUE), detections(TRUE + 0.5, SURE[:5], TRUE)
    result = score([good, bad] * 4, rng=np.random.default_rng(1), n_resamples=1000)
    value, low, high = (getattr(result.average_precision, name) for name in ("value", "low", "high"))
    assert value == pytest.approx(0.28, abs=0.01)  # half of the hits are behind as many misses
    assert low < 0.1
    assert high > 0.5


def test_no_impacts_at_all_is_an_error() -> None:
    with pytest.raises(ModelsError, match="no video has an impact"):
        score([detections([1], [1], [])], rng=np.random.default_rng(0))


def clicks(times_s: list[float], seconds: float = 3.0) -> np.ndarray:
    waveform = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    for number, time_s in enumerate(times_s):
        waveform[round(time_s * SAMPLE_RATE)] = 1 - 0.1 * number
    return waveform


def samples(times_s: list[float]) -> list[int]:
    return [round(time_s * SAMPLE_RATE) for time_s in times_s]


def test_the_published_score_forgets_impacts_after_the_last_detection() -> None:
    waveform = clicks([1.0])
    result = clip_score(samples([1.0, 1.5, 2.0, 2.5]), samples([1.0]), waveform)
    assert result.accuracy == 0.25
    assert result.average_precision == 1.0  # three of four impacts are missed
    found = detections([1.0], [1], [1.0, 1.5, 2.0, 2.5]).matches() >= 0
    assert average_precision(np.ones(1), found, 4) == 0.25


def test_the_published_suppression_passes_over_the_one_after_a_removed_one() -> None:
    # both 1.02 and 1.03 are within 50 ms of the surest; the second of them stays, matched by nothing
    waveform = clicks([1.0, 1.02, 1.03])
    result = clip_score(samples([1.0]), samples([1.0, 1.02, 1.03]), waveform)
    assert result.accuracy == 1.0
    assert result.average_precision == 0.5  # its confidence equals the hit's: both are within 50 ms


def test_the_published_score_has_no_confidence_in_the_first_50_ms() -> None:
    result = clip_score(samples([0.03, 1.0]), samples([0.03, 1.0]), clicks([0.03, 1.0]))
    assert result.accuracy == 1.0
    assert clip_score([], samples([0.03]), clicks([0.03])).average_precision == 0.0
