import numpy as np
import pytest
import torch
from scipy.signal import hilbert, resample_poly

from models.sounds.cochleagram import (
    clip_cochleagrams,
    cochleagrams,
    compress,
    count_steps,
    decompress,
    envelopes,
    reference_cochleagram,
    reference_envelopes,
)
from models.sounds.filterbank import Bank, erb_filters, hz_to_erb
from models.sounds.sound import (
    CLIP_STEPS,
    ENVELOPE_HOP,
    MARGIN_STEPS,
    WINDOW_IMPACT,
    WINDOW_SAMPLES,
)

RATES = [22_050, 44_100, 48_000, 96_000]


def impacts(n_samples, sample_rate, seed):
    """A few decaying modes with a burst of noise at each of some random times, over a noise floor."""
    rng = np.random.default_rng(seed)
    time = np.arange(n_samples) / sample_rate
    sound = rng.normal(size=n_samples) * 1e-3
    for start in rng.uniform(0, time[-1], size=max(1, int(3 * time[-1]))):
        since = np.maximum(time - start, 0)
        struck = rng.normal(size=n_samples) * np.exp(-since * rng.uniform(30, 200)) * 0.3
        for hertz in np.exp(rng.uniform(np.log(80), np.log(9000), size=6)):
            mode = np.sin(2 * np.pi * hertz * since) * np.exp(-since * rng.uniform(10, 80))
            struck += rng.uniform(0, 0.4) * mode
        sound += np.where(time >= start, struck, 0)
    return sound.astype(np.float32)


def relative_error(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


@pytest.mark.parametrize("sample_rate", RATES)
def test_the_reference_is_the_definition(sample_rate):
    # Equation 1 of the paper: s_n = D(|(w * f_n) + jH(w * f_n)|)^c
    n_samples = sample_rate // 2  # 45 steps
    waveform = impacts(n_samples, sample_rate, seed=1).astype(np.float64)
    filters = erb_filters(n_samples, sample_rate=sample_rate)
    subbands = np.fft.irfft(np.fft.rfft(waveform) * filters, n=n_samples)  # w * f_n
    magnitudes = np.abs(hilbert(subbands))
    up, down = {22_050: (1, 245), 44_100: (1, 490), 48_000: (3, 1600), 96_000: (3, 3200)}[sample_rate]
    decimated = resample_poly(magnitudes, up, down, axis=1).clip(min=0)
    found = reference_cochleagram(waveform, sample_rate=sample_rate)
    assert found.shape == (45, 42)
    assert np.abs(found - decimated.T**0.3).max() < 1e-10


@pytest.mark.parametrize("sample_rate", RATES)
def test_the_fast_path_is_near_the_reference(sample_rate):
    waveforms = np.stack([impacts(sample_rate // 2, sample_rate, seed) for seed in range(4)])
    expected = np.stack([reference_envelopes(row, sample_rate=sample_rate) for row in waveforms])
    found = envelopes(waveforms, sample_rate=sample_rate).numpy()
    assert relative_error(found, expected) <= 3e-3
    compressed = cochleagrams(waveforms, sample_rate=sample_rate).numpy()
    assert relative_error(compressed, expected**0.3) <= 1e-2


@pytest.mark.parametrize(
    ("n_samples", "bound"), [(1, 0.05), (489, 0.01), (491, 5e-3), (23_456, 3e-3), (100_003, 3e-3)]
)
def test_lengths_that_are_not_whole_steps_are_near_the_reference_too(n_samples, bound):
    waveform = impacts(n_samples, 44_100, seed=2)
    expected = reference_envelopes(waveform, sample_rate=44_100)
    found = envelopes(waveform[None], sample_rate=44_100).numpy()[0]
    assert found.shape == expected.shape == (-(-n_samples // 490), 42)
    assert relative_error(found, expected) <= bound


def test_a_tone_shows_in_its_channel_with_its_amplitude():
    time = np.arange(44_100) / 44_100
    edges = np.linspace(hz_to_erb(20), hz_to_erb(10_000), 42)
    for channel in (10, 25, 40):
        hertz = round(float(24.7 * 9.265 * np.expm1(edges[channel] / 9.265)))
        tone = 0.25 * np.sin(2 * np.pi * hertz * time)
        middle = envelopes(tone[None]).numpy()[0, 30:60]
        assert np.allclose(middle[:, channel], 0.25, rtol=0.02)
        assert middle.argmax(axis=1).tolist() == [channel] * 30


def test_a_click_shows_at_its_step():
    waveform = np.zeros(44_100, np.float32)
    waveform[40 * ENVELOPE_HOP] = 1
    assert set(envelopes(waveform[None]).numpy()[0, :, 10:].argmax(axis=0)) == {40}


def test_a_shift_by_whole_steps_shifts_the_steps():
    waveform = np.zeros(WINDOW_SAMPLES, np.float32)
    waveform[10_000:15_000] = impacts(5000, 44_100, seed=3)
    shifted = np.roll(waveform, 7 * ENVELOPE_HOP)
    before, after = envelopes(np.stack([waveform, shifted])).numpy()
    # The decimation kernel reaches ten steps: further in, no edge is seen.
    assert np.allclose(after[17:-10], before[10:-17], atol=1e-5 * before.max())


@pytest.mark.parametrize("n_samples", [WINDOW_SAMPLES, 22_050, 11_025])
def test_a_row_does_not_depend_on_its_batch(n_samples):
    waveforms = np.stack([impacts(n_samples, 44_100, seed) for seed in range(20)])
    together = cochleagrams(waveforms)
    for part in (slice(0, 1), slice(3, 5), slice(7, 20), slice(19, 20)):
        assert torch.equal(cochleagrams(waveforms[part]), together[part])


def test_doubling_the_amplitude_doubles_the_envelopes_and_compression_is_undone():
    waveforms = np.stack([impacts(22_050, 44_100, seed) for seed in range(2)])
    linear = envelopes(waveforms)
    assert torch.allclose(envelopes(2 * waveforms), 2 * linear, rtol=1e-5)
    assert torch.allclose(cochleagrams(waveforms), linear**0.3)
    assert torch.allclose(decompress(compress(linear)), linear, rtol=1e-4)
    assert torch.equal(decompress(torch.tensor([-0.1])), torch.zeros(1))


def test_silence_is_zero_and_nothing_is_negative():
    assert not cochleagrams(np.zeros((2, 22_050), np.float32)).any()
    assert cochleagrams(impacts(22_050, 44_100, seed=4)[None]).min() >= 0


def test_clips_are_the_middle_of_their_windows_with_the_impact_in_the_centre():
    windows = np.stack([impacts(WINDOW_SAMPLES, 44_100, seed) for seed in range(3)])
    clips = clip_cochleagrams(windows)
    assert clips.shape == (3, CLIP_STEPS, 42)
    assert torch.equal(clips, cochleagrams(windows)[:, MARGIN_STEPS:-MARGIN_STEPS])
    click = np.zeros((1, WINDOW_SAMPLES), np.float32)
    click[0, WINDOW_IMPACT] = 1
    assert clip_cochleagrams(click)[0].sum(dim=1).argmax() == CLIP_STEPS // 2


def test_a_clip_is_what_the_whole_recording_has_there():
    track = impacts(6 * 44_100, 44_100, seed=5)
    first = 200 * ENVELOPE_HOP
    clip = clip_cochleagrams(track[None, first : first + WINDOW_SAMPLES]).numpy()[0]
    whole = cochleagrams(track[None]).numpy()[0, 200 + MARGIN_STEPS :][:CLIP_STEPS]
    assert relative_error(clip, whole) < 0.05  # the margin is shorter than the slowest filters ring


def test_steps_are_counted_from_the_start_to_before_the_end():
    assert [count_steps(n, sample_rate=44_100) for n in (1, 490, 491, 44_100)] == [1, 1, 2, 90]
    assert count_steps(96_000, sample_rate=96_000) == 90


def test_an_empty_batch_gives_an_empty_result():
    assert cochleagrams(np.zeros((0, 22_050), np.float32)).shape == (0, 45, 42)


def test_other_banks_work():
    waveforms = np.stack([impacts(8000, 16_000, seed) for seed in range(2)])
    bank = Bank(n_bands=10, low_hz=50, high_hz=7000)
    expected = reference_envelopes(waveforms[0], sample_rate=16_000, bank=bank)
    found = envelopes(waveforms, sample_rate=16_000, bank=bank).numpy()
    assert found.shape == (2, 45, 12)
    assert relative_error(found[0], expected) < 5e-3


def test_wrong_shapes_are_refused_with_the_shape():
    with pytest.raises(ValueError, match=r"shape \(100,\); expected \(batch, n_samples\)"):
        cochleagrams(np.zeros(100, np.float32))
    with pytest.raises(ValueError, match=r"shape \(2, 100\); expected \(batch, 31850\)"):
        clip_cochleagrams(np.zeros((2, 100), np.float32))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_same():
    waveforms = np.stack([impacts(22_050, 44_100, seed) for seed in range(4)])
    on_gpu = cochleagrams(waveforms, device="cuda")
    assert on_gpu.is_cuda
    assert torch.allclose(on_gpu.cpu(), cochleagrams(waveforms), atol=2e-3)
