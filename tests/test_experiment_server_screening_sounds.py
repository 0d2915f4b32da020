"""The sounds of the headphone tests: what each ear, both ears and a mono device get."""

import io
import wave

import numpy as np
import pytest

from experiment_server.screening import sounds

TARGETS = (1, 2, 3)
KINDS = ("huggins", "antiphase")
RATE = sounds.SAMPLE_RATE


def intervals(kind, target, seed=3):
    """Cut a trial into its three intervals, without their ramps."""
    waveform = sounds.MAKERS[kind](target=target, rng=np.random.default_rng(seed))
    step = round((sounds.INTERVAL_S + sounds.GAP_S[kind]) * RATE)
    ramp = round(sounds.RAMP_S[kind] * RATE)
    return [waveform[i * step + ramp : i * step + RATE - ramp] for i in range(3)]


def level_db(waveform):
    return 20 * np.log10(np.sqrt(np.mean(np.square(waveform))))


def band(waveform, low_hz, high_hz):
    spectrum = np.fft.rfft(waveform, axis=0)
    frequencies_hz = np.fft.rfftfreq(len(waveform), 1 / RATE)
    spectrum[(frequencies_hz < low_hz) | (frequencies_hz > high_hz)] = 0
    return np.fft.irfft(spectrum, len(waveform), axis=0)


def correlation(interval):
    return np.corrcoef(interval[:, 0], interval[:, 1])[0, 1]


def decoded(content):
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 44_100)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2) / 32767


@pytest.mark.parametrize("target", TARGETS)
def test_the_ears_disagree_in_the_targets_band_alone(target):
    for number, interval in enumerate(intervals("huggins", target), 1):
        inside = correlation(band(interval, 570, 630))
        outside = [correlation(band(interval, 100, 550)), correlation(band(interval, 650, 20_000))]
        assert inside == pytest.approx(-1 if number == target else 1, abs=0.02)
        assert outside == pytest.approx([1, 1], abs=0.02)


@pytest.mark.parametrize("target", TARGETS)
def test_one_ear_alone_hears_plain_noise_of_one_level(target):
    for interval in intervals("huggins", target):
        for ear in interval.T:
            assert level_db(ear) == pytest.approx(sounds.LEVEL_DBFS, abs=0.1)
            # A band of 72 Hz holds 72 of 22,050 Hz of a white noise's power, give or take chance.
            assert level_db(band(ear, 564, 636)) == pytest.approx(
                sounds.LEVEL_DBFS + 10 * np.log10(72 / 22_050), abs=2.0
            )


def test_a_mono_device_plays_no_pitch_and_no_level_that_tells():
    """Where the ears disagree a mixture has a gap; in no band is the target louder than the others."""
    for target in TARGETS:
        mixed = [interval.mean(axis=1) for interval in intervals("huggins", target)]
        levels = [level_db(burst) for burst in mixed]
        assert np.ptp(levels) < 0.1
        at_pitch = [level_db(band(burst, 564, 636)) for burst in mixed]
        assert int(np.argmin(at_pitch)) == target - 1
        for low_hz in (100, 300, 900, 2700, 8100):  # elsewhere all are alike
            around = [level_db(band(burst, low_hz, 2 * low_hz)) for burst in mixed]
            assert np.ptp(around) < 2.0


@pytest.mark.parametrize("target", TARGETS)
def test_over_headphones_the_target_is_the_quietest_tone(target):
    for number, interval in enumerate(intervals("antiphase", target), 1):
        expected = sounds.LEVEL_DBFS - (sounds.QUIETER_DB if number == target else 0)
        assert [level_db(ear) for ear in interval.T] == pytest.approx([expected] * 2, abs=0.01)


def test_before_loudspeakers_another_tone_seems_the_quietest():
    seen = set()
    for target in TARGETS:
        for seed in range(12):
            parts = intervals("antiphase", target, seed)
            signs = [round(correlation(part)) for part in parts]
            opposite = signs.index(-1) + 1
            assert sorted(signs) == [-1, 1, 1]
            assert opposite != target
            in_air = [np.sqrt(np.mean(np.square(part.sum(axis=1)))) for part in parts]
            assert int(np.argmin(in_air)) + 1 == opposite
            assert in_air[opposite - 1] < 1e-9
            seen.add((target, opposite))
    assert len(seen) == 6  # all orders of quiet, opposite and plain


def test_tones_are_200_hz_and_begin_and_end_without_a_click():
    waveform = sounds.antiphase(target=2, rng=np.random.default_rng(1))
    spectrum = np.abs(np.fft.rfft(waveform[:RATE, 0]))
    assert int(np.argmax(spectrum)) == 200
    assert np.abs(np.diff(waveform, axis=0)).max() < 0.004  # a 200 Hz tone of this level moves by 0.0029


@pytest.mark.parametrize("kind", KINDS)
def test_neither_size_nor_level_nor_header_of_a_file_tells_the_target(kind):
    files = [sounds.trial_wav(kind, seed=seed, target=t) for seed in range(4) for t in TARGETS]
    assert len({len(content) for content in files}) == 1
    assert len({content[:44] for content in files}) == 1
    assert np.ptp([level_db(decoded(content)) for content in files]) < 0.02
    assert max(np.abs(decoded(content)).max() for content in files) < 0.7


@pytest.mark.parametrize("kind", KINDS)
def test_every_seed_makes_another_sound_and_the_same_one_the_same(kind):
    files = {sounds.trial_wav(kind, seed=seed, target=1) for seed in range(5)}
    assert len(files) == 5
    assert sounds.trial_wav(kind, seed=4, target=1) in files


def test_the_docs_give_the_lengths_that_files_have():
    assert len(decoded(sounds.trial_wav("huggins", seed=1, target=1))) == 5 * RATE
    assert len(decoded(sounds.trial_wav("antiphase", seed=1, target=1))) == 4 * RATE


def test_the_level_noise_loops_without_a_seam_at_the_level_of_the_tests():
    noise = sounds.level_noise()
    assert level_db(noise) == pytest.approx(sounds.LEVEL_DBFS, abs=0.01)
    assert np.array_equal(noise[:, 0], noise[:, 1])
    steps = np.abs(np.diff(noise[:, 0]))
    assert abs(noise[0, 0] - noise[-1, 0]) <= steps.max()
    octaves = [level_db(band(noise[:, 0], low, 2 * low)) for low in (100, 400, 1600, 6400)]
    assert np.ptp(octaves) < 0.5  # pink: as much power in each octave
    assert level_db(decoded(sounds.level_wav())) == pytest.approx(sounds.LEVEL_DBFS, abs=0.01)
