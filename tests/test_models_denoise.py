from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from media_samples import sample_sound, write_dataset, write_wav

from models.cli import main
from models.errors import ModelsError
from models.sounds.denoising import N_TAPERS, DenoiseOptions, denoise, sine_tapers, smoothed_log_spectra
from models.sounds.onsets import detect_onsets
from models.videos.dataset import read_dataset
from models.videos.video import probe, read_sound

RATE = 44_100
CLICKS_S = (0.5, 1.2, 1.9)


def clean(seconds: float = 2.5) -> np.ndarray:
    sound = sample_sound(seconds, clicks_s=CLICKS_S)
    return (sound - 1e-3 * np.random.default_rng(0).standard_normal(len(sound))).astype(np.float32)


def noise_at(snr_db: float, signal: np.ndarray, *, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(len(signal)).astype(np.float32)
    return noise * np.sqrt(np.sum(signal**2) / np.sum(noise**2) / 10 ** (snr_db / 10))


def snr_db(signal: np.ndarray, estimate: np.ndarray) -> float:
    return float(10 * np.log10(np.sum(signal**2) / np.sum((signal - estimate) ** 2)))


@pytest.mark.parametrize(("before_db", "gain_db"), [(0, 9), (5, 8), (10, 7)])
def test_known_noise_is_reduced(before_db: float, gain_db: float) -> None:
    signal = clean()
    noisy = signal + noise_at(before_db, signal)
    after = snr_db(signal, denoise(noisy, sample_rate=RATE))
    assert after - snr_db(signal, noisy) > gain_db


def test_impacts_stay_where_they_are() -> None:
    signal = clean()
    found = detect_onsets(denoise(signal + noise_at(5, signal), sample_rate=RATE), sample_rate=RATE)
    np.testing.assert_allclose(found, CLICKS_S, atol=0.005)


@pytest.mark.parametrize("n_samples", [0, 1, 500, 1024, 44_101])
def test_a_track_of_any_length_keeps_it(n_samples: int) -> None:
    noise = np.random.default_rng(0).standard_normal(n_samples).astype(np.float32)
    found = denoise(noise, sample_rate=RATE)
    assert found.shape == (n_samples,)
    assert np.isfinite(found).all()


def test_silence_stays_silent_and_steady_noise_falls_to_the_floor() -> None:
    assert not denoise(np.zeros(20_000, np.float32), sample_rate=RATE).any()
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    left = denoise(noise, sample_rate=RATE, options=DenoiseOptions(floor_db=-12))
    assert 20 * np.log10(left.std() / noise.std()) == pytest.approx(-12, abs=2)


def test_tapers_are_orthonormal() -> None:
    tapers = sine_tapers(256)
    np.testing.assert_allclose(tapers @ tapers.T, np.eye(N_TAPERS), atol=1e-12)


def test_log_spectra_of_white_noise_are_flat_and_unbiased() -> None:
    frames = np.random.default_rng(3).standard_normal((200, 1024))
    logs = smoothed_log_spectra(frames)
    assert logs.shape == (200, 513)
    assert logs.mean() == pytest.approx(0, abs=0.05)
    assert logs[:, 20:-20].std() < 0.35  # of single multitaper estimates it is 0.47


def test_a_file_keeps_its_rate(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", clean(), sample_rate=RATE)
    arguments = ["denoise", str(tmp_path / "a.wav"), "-o", str(tmp_path / "b.wav")]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    assert probe(tmp_path / "b.wav").sample_rate == RATE
    assert len(read_sound(tmp_path / "b.wav")) == len(clean())


def test_a_dataset_of_raw_tracks_gets_denoised_ones_which_are_then_read(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data", seconds=0.8, clicks_s=(0.4,))
    done = CliRunner().invoke(main, ["denoise", str(root)])
    assert done.exit_code == 0, done.output
    dataset = read_dataset(root)
    assert {video.sound.name for video in dataset.videos} == {
        f"{name}_denoised.wav" for name in ("a1", "a2", "b1", "b2", "c1")
    }
    assert not dataset.problems
    again = CliRunner().invoke(main, ["denoise", str(root)])
    assert again.exit_code == 1
    assert "no denoised one" in again.output


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(ModelsError, match="noise share"):
        DenoiseOptions(noise_share=0.0)
