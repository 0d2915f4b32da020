import numpy as np
import pytest

from models.sounds.filterbank import (
    Bank,
    centre_frequencies,
    channel_gains,
    erb_filters,
    erb_to_hz,
    hz_to_erb,
    passband,
)


@pytest.mark.parametrize("sample_rate", [22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("n_samples", [1000, 11_025, 31_850])
def test_squares_of_the_filters_sum_to_one_at_every_frequency(sample_rate, n_samples):
    filters = erb_filters(n_samples, sample_rate=sample_rate)
    assert filters.shape == (42, n_samples // 2 + 1)
    assert np.abs((filters**2).sum(axis=0) - 1).max() < 1e-12


def test_erb_numbers_and_frequencies_are_inverse_and_follow_glasberg_and_moore():
    hertz = np.geomspace(10, 20_000, 50)
    assert np.allclose(erb_to_hz(hz_to_erb(hertz)), hertz, rtol=1e-12)
    # One ERB round f is 24.7 + f / 9.265 Hz wide, so that is the inverse slope of the scale.
    slope = (hz_to_erb(hertz + 0.01) - hz_to_erb(hertz - 0.01)) / 0.02
    assert np.allclose(1 / slope, 24.7 + hertz / 9.265, rtol=1e-5)


def test_centres_are_evenly_spaced_in_erb_strictly_inside_the_limits():
    centres = centre_frequencies()
    assert centres.shape == (40,)
    assert centres[0] > 20 and centres[-1] < 10_000
    steps = np.diff(hz_to_erb([20, *centres, 10_000]))
    assert np.allclose(steps, steps[0])


def test_each_band_peaks_at_its_centre_and_is_zero_at_its_neighbours():
    erb = hz_to_erb(centre_frequencies())
    gains = np.stack([channel_gains(erb, channel) for channel in range(1, 41)])
    assert np.allclose(gains, np.eye(40), atol=1e-12)


def test_gains_are_zero_outside_the_passband_and_positive_inside():
    hertz = np.linspace(0, 22_050, 30_001)
    for channel in range(42):
        low, high = passband(channel)
        inside = (hertz > low) & (hertz < high)
        gains = channel_gains(hz_to_erb(hertz), channel)
        assert np.all(gains[~inside][1:] < 1e-9)  # [0] is 0 Hz, which the low-pass filter passes
        assert np.all(gains[inside] > 0)


def test_filtering_twice_and_summing_gives_the_waveform_back(rng):
    waveform = rng.standard_normal(4410)
    filters = erb_filters(4410, sample_rate=44_100)
    twice = np.fft.irfft((filters**2 * np.fft.rfft(waveform)).sum(axis=0), n=4410)
    assert np.allclose(twice, waveform, atol=1e-12)


def test_other_banks_have_as_many_filters_as_asked_for():
    bank = Bank(n_bands=5, high_hz=7000.0)
    assert erb_filters(2000, sample_rate=16_000, bank=bank).shape == (7, 1001)
    assert bank.n_channels == 7


@pytest.mark.parametrize(("low_hz", "high_hz"), [(20, 12_000), (500, 400), (-1, 400)])
def test_limits_that_do_not_fit_are_refused_with_their_values(low_hz, high_hz):
    with pytest.raises(ValueError, match=f"band limits {low_hz} to {high_hz} Hz at 22050 Hz"):
        erb_filters(1000, sample_rate=22_050, bank=Bank(low_hz=low_hz, high_hz=high_hz))


@pytest.fixture
def rng():
    return np.random.default_rng(0)
