import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from models.sounds.onsets import PAPER_ONSETS, OnsetOptions, climb_to_modes, detect_onsets
from models.videos.dataset import read_dataset
from models.videos.video import read_sound

RATES = [16_000, 22_050, 44_100, 48_000, 96_000]


def struck(times, *, sample_rate=44_100, duration_s=10.0, levels=None, seed=0):
    """Decaying noise at each time, over a faint noise floor."""
    rng = np.random.default_rng(seed)
    sound = rng.normal(size=int(duration_s * sample_rate)) * 1e-3
    for start, level in zip(times, levels or [0.5] * len(times), strict=True):
        first = round(start * sample_rate)
        since = np.arange(min(len(sound) - first, sample_rate // 3)) / sample_rate
        sound[first : first + len(since)] += level * rng.normal(size=len(since)) * np.exp(-since * 40)
    return sound.astype(np.float32)


@pytest.mark.parametrize("options", [OnsetOptions(), PAPER_ONSETS], ids=["default", "paper"])
@pytest.mark.parametrize("sample_rate", RATES)
def test_known_onsets_are_found_and_no_others(sample_rate, options):
    times = np.array([0.5, 1.1, 2.0, 2.4, 3.7, 5.0, 5.3, 7.9, 9.5])
    found = detect_onsets(
        struck(times, sample_rate=sample_rate), sample_rate=sample_rate, options=options
    )
    assert found.shape == times.shape
    assert np.abs(found - times).max() < 0.02


def test_soft_impacts_are_found_beside_loud_ones():
    times = [1.0, 2.0, 3.0, 4.0]
    found = detect_onsets(struck(times, levels=[0.9, 0.05, 0.9, 0.02]), sample_rate=44_100)
    assert np.allclose(found, times, atol=0.02)


@pytest.mark.parametrize("gain", [1e-2, 1e-1, 10])
def test_the_level_of_the_recording_does_not_matter(gain):
    sound = struck([1.0, 2.5, 4.0])
    expected = detect_onsets(sound, sample_rate=44_100)
    found = detect_onsets((gain * sound).astype(np.float32), sample_rate=44_100)
    assert np.allclose(found, expected, atol=0.002)


@pytest.mark.parametrize("options", [OnsetOptions(), PAPER_ONSETS], ids=["default", "paper"])
@pytest.mark.parametrize("level", [0, 1e-5, 9e-5])
def test_nothing_is_found_in_silence_and_faint_dither(level, options):
    dither = np.random.default_rng(0).uniform(-level, level, size=10 * 44_100).astype(np.float32)
    assert detect_onsets(dither, sample_rate=44_100, options=options).size == 0


def test_nothing_is_found_in_an_offset_of_the_recorder():
    offset = np.random.default_rng(0).normal(0.3, 1e-3, size=10 * 44_100).astype(np.float32)
    assert detect_onsets(offset, sample_rate=44_100).size <= 1  # at most the step that it begins with


@pytest.mark.parametrize("level", [4e-5, 1e-3, 0.5])
def test_nothing_is_found_in_steady_noise(level):
    noise = np.random.default_rng(1).normal(size=20 * 44_100) * level
    assert detect_onsets(noise.astype(np.float32), sample_rate=44_100).size == 0


@pytest.mark.parametrize("n_samples", [0, 1, 100, 500])
def test_a_track_too_short_to_hold_an_onset_has_none(n_samples):
    assert detect_onsets(np.ones(n_samples, np.float32), sample_rate=44_100).size == 0


@pytest.mark.parametrize("sample_rate", RATES)
@pytest.mark.parametrize("options", [OnsetOptions(), PAPER_ONSETS], ids=["default", "paper"])
def test_onsets_ascend_at_least_a_quarter_of_a_second_apart(sample_rate, options):
    rng = np.random.default_rng(2)
    times = np.sort(rng.uniform(0, 9.9, size=120))
    sound = struck(times, sample_rate=sample_rate, levels=list(rng.uniform(0.01, 0.5, size=120)))
    found = detect_onsets(sound, sample_rate=sample_rate, options=options)
    assert found.size > 15
    assert np.diff(found).min() >= 0.25


def test_of_two_impacts_too_close_the_stronger_stays():
    found = detect_onsets(struck([2.0, 2.15], levels=[0.05, 0.8]), sample_rate=44_100)
    assert np.allclose(found, [2.15], atol=0.02)


def test_onsets_move_with_the_sound():
    sound = struck([1.0, 2.0, 3.0], duration_s=5)
    later = np.concatenate([sound[-4410:] * 0, sound])
    shift = detect_onsets(later, sample_rate=44_100)[-3:] - detect_onsets(sound, sample_rate=44_100)
    assert np.allclose(shift, 0.1, atol=0.003)


def test_peaks_climb_to_the_modes_that_mean_shift_ends_at():
    rng = np.random.default_rng(3)
    amplitude = gaussian_filter1d(rng.exponential(size=400), 4)
    bandwidth = 8.0
    # "nearest": mean-shift sees no amplitude beyond the ends, so the ends are kept out of the test
    density = gaussian_filter1d(amplitude, bandwidth, mode="constant", truncate=8)
    peaks = np.array([60, 90, 130, 171, 205, 240, 300, 330])
    steps = np.arange(400)
    expected = peaks.astype(float)
    for _ in range(3000):
        weights = amplitude * np.exp(-0.5 * ((steps - expected[:, None]) / bandwidth) ** 2)
        expected = (weights * steps).sum(axis=1) / weights.sum(axis=1)
    assert np.abs(climb_to_modes(peaks, density) - expected).max() <= 1


def test_annotated_impacts_of_real_videos_are_found(greatest_hits):
    matched = found = annotated = 0
    for video in read_dataset(greatest_hits).test[:3]:
        times = [impact.time_s for impact in video.impacts]
        onsets = [t for t in detect_onsets(read_sound(video.sound), sample_rate=44_100) if t < 34.0]
        found, annotated = found + len(onsets), annotated + len(times)
        for time in times:
            near = [t for t in onsets if abs(t - time) <= 0.1]
            matched += bool(near)
            onsets = [t for t in onsets if t not in near[:1]]
    assert 2 * matched / (found + annotated) > 0.92
