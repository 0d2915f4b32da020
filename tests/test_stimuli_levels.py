import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stimuli.building.levels import CEILING_DBFS, keep, match
from stimuli.files.sounds import FLOOR_DBFS, apply_gain, energy_centre_s, peak_dbfs, rms_dbfs

levels = st.floats(-60, 10)


def noise(level_db, *, seed, crest=1.0):
    waveform = np.random.default_rng(seed).standard_normal(2000).astype(np.float32)
    waveform[1000] *= crest
    return apply_gain(waveform, level_db - rms_dbfs(waveform))


def test_levels_are_those_of_known_waves():
    sine = np.sin(2 * np.pi * np.arange(44_100) / 441).astype(np.float32)
    assert rms_dbfs(sine) == pytest.approx(-3.01, abs=0.01)
    assert peak_dbfs(sine) == pytest.approx(0, abs=0.01)
    assert rms_dbfs(0 * sine) == peak_dbfs(0 * sine) == FLOOR_DBFS


@given(levels, levels)
def test_keep_changes_no_difference_below_full_scale(real_db, other_db):
    sounds = {"real": noise(real_db, seed=0), "a": noise(other_db, seed=1)}
    gains = keep(sounds)
    for name, sound in sounds.items():
        assert peak_dbfs(apply_gain(sound, gains[name])) <= CEILING_DBFS + 1e-4
        if peak_dbfs(sound) <= 0:
            assert gains[name] == CEILING_DBFS


@given(levels, levels, st.floats(1, 1000))
def test_match_brings_all_to_one_level_under_the_ceiling(real_db, other_db, crest):
    sounds = {"real": noise(real_db, seed=0), "a": noise(other_db, seed=1, crest=crest)}
    gains = match(sounds)
    matched = {name: apply_gain(sounds[name], gain) for name, gain in gains.items()}
    assert rms_dbfs(matched["a"]) == pytest.approx(rms_dbfs(matched["real"]), abs=1e-3)
    assert max(map(peak_dbfs, matched.values())) <= CEILING_DBFS + 1e-3
    assert gains["real"] <= 1e-9


def test_match_leaves_out_what_can_not_be_heard():
    sounds = {"real": noise(-20, seed=0), "a": noise(-90, seed=1), "b": noise(-30, seed=2)}
    assert sorted(match(sounds)) == ["b", "real"]


@given(st.integers(-300, 300))
def test_the_energy_centre_moves_with_the_sound(shift):
    wave = np.zeros(4410, np.float32)
    wave[1000:1400] = noise(-20, seed=3)[:400]
    moved = energy_centre_s(np.roll(wave, shift), sample_rate=44_100)
    still = energy_centre_s(wave, sample_rate=44_100)
    assert moved - still == pytest.approx(shift / 44_100, abs=1e-6)
