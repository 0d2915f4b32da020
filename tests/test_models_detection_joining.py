import numpy as np
import pytest

from models.detection.grid import FIRST, KEY_EVERY
from models.detection.joining import HOP, OVERLAP, STRETCH, join, least_difference, predict_long


def parts(whole: np.ndarray, length: int, overlap: int) -> list[np.ndarray]:
    hop = length - overlap
    return [whole[start : start + length] for start in range(0, len(whole) - overlap, hop)]


@pytest.mark.parametrize("n_steps", [40, 100, 101, 170, 333])
def test_parts_of_one_signal_join_to_it(n_steps: int) -> None:
    whole = np.random.default_rng(0).normal(size=(n_steps, 3)).astype(np.float32)
    joined = np.concatenate(list(join(parts(whole, 100, 30), overlap=30)))
    np.testing.assert_array_equal(joined, whole)


def test_a_constant_signal_has_no_seam() -> None:
    whole = np.full((500, 10), 0.7, np.float32)
    joined = np.concatenate(list(join(parts(whole, 100, 30), overlap=30)))
    assert joined.shape == whole.shape
    assert np.ptp(joined) == 0


def test_predictions_change_over_where_they_differ_least() -> None:
    before, after = np.zeros((100, 1), np.float32), np.ones((100, 1), np.float32)
    before[70:], after[:30] = 0.2, 0.8
    before[82] = after[12] = 0.5
    joined = np.concatenate(list(join([before, after], overlap=30)))[:, 0]
    assert least_difference(before[70:], after[:30]) == 12
    assert joined[81] == pytest.approx(0.2)
    assert joined[83] == pytest.approx(0.8)
    assert len(joined) == 170


@pytest.mark.parametrize("n_frames", [7, 299, 300, 301, 303, 390, 391, 512, 1000])
def test_a_long_video_is_seen_whole_whatever_its_length(n_frames: int) -> None:
    maps = np.arange(n_frames, dtype=np.float16)[:, None]  # exact below 2048
    first = maps[::KEY_EVERY]
    seen = []

    def predict(frames: np.ndarray, image: np.ndarray) -> np.ndarray:
        seen.append((float(frames[0, 0]), float(image[0]), len(frames)))
        return np.repeat(frames[:-2], 3, axis=0).astype(np.float32)

    blocks = (
        {"spacetime": maps[start : start + 60], FIRST: first[start // 15 : (start + 60) // 15]}
        for start in range(0, n_frames, 60)
    )
    steps = predict_long(blocks, predict, name="spacetime", lag=2)
    np.testing.assert_array_equal(steps[:, 0], np.repeat(np.arange(n_frames), 3))
    assert all(start == image == HOP * i for i, (start, image, _) in enumerate(seen))
    assert all(length == STRETCH + 2 for _, _, length in seen[:-1])
    assert seen[-1][2] > OVERLAP or len(seen) == 1
