import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from models.demo.acoustics import PEAK, make_instrument, sound_of, soundtrack
from models.demo.materials import MATERIALS, Material
from models.demo.motion import Strike, plan_strikes, video_length_s
from models.sounds.sound import SAMPLE_RATE

BY_NAME = {material.name: material for material in MATERIALS}


def strike(**changes: object) -> Strike:
    given = {"time_s": 0.0, "x": 0.01, "y": 0.0, "force": 0.8, "action": "hit", "reaction": "static"}
    return Strike(**given | changes)  # type: ignore[arg-type]  # fields of mixed types


def hits(
    material: Material, *, seed: int, count: int = 6, **changes: object
) -> list[NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    instrument = make_instrument(material, size=0.5, rng=rng)
    return [sound_of(instrument, strike(**changes), rng=rng) for _ in range(count)]


def centroid_hz(sound: NDArray[np.float64]) -> float:
    power = np.abs(np.fft.rfft(sound)) ** 2
    return float((np.fft.rfftfreq(sound.size, 1 / SAMPLE_RATE) * power).sum() / power.sum())


def spectrum(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean log power in 30 bands, equally wide on a logarithmic axis, of the first 0.25 s and after."""
    padded = np.zeros(SAMPLE_RATE // 2)
    padded[: min(sound.size, padded.size)] = sound[: padded.size]
    halves = []
    for half in np.split(padded, 2):
        power = np.abs(np.fft.rfft(half)) ** 2
        edges = np.geomspace(60, 16_000, 31) * half.size / SAMPLE_RATE
        bands = [power[round(a) : round(b) + 1].mean() for a, b in itertools.pairwise(edges)]
        halves.append(np.log10(np.asarray(bands) + 1e-9))
    return np.concatenate(halves)


@pytest.mark.parametrize("material", MATERIALS, ids=lambda material: material.name)
def test_a_hit_is_loudest_within_ten_milliseconds(material: Material) -> None:
    for sound in hits(material, seed=1):
        loud = np.abs(sound)
        assert loud[: round(0.010 * SAMPLE_RATE)].max() > 0.7 * loud.max()


@pytest.mark.parametrize("material", MATERIALS, ids=lambda material: material.name)
def test_a_scratch_begins_firmly_and_lasts(material: Material) -> None:
    for sound in hits(material, seed=2, action="scratch", duration_s=0.35, dx=0.08):
        loud = np.abs(sound)
        middle = loud[round(0.1 * SAMPLE_RATE) : round(0.2 * SAMPLE_RATE)]
        assert loud[: round(0.010 * SAMPLE_RATE)].max() > 0.6 * loud.max()
        assert middle.mean() > 0.01 * loud.max()


@pytest.mark.parametrize("material", MATERIALS, ids=lambda material: material.name)
def test_a_harder_blow_is_louder(material: Material) -> None:
    soft, hard = (
        np.median([np.abs(sound).max() for sound in hits(material, seed=3, force=force)])
        for force in (0.2, 1.0)
    )
    assert hard > 2 * soft


@pytest.mark.parametrize("name", ["wood", "metal", "tile", "drywall", "glass"])
def test_a_harder_blow_is_brighter(name: str) -> None:
    soft, hard = (
        np.median([centroid_hz(sound) for sound in hits(BY_NAME[name], seed=4, force=force)])
        for force in (0.2, 1.0)
    )
    assert hard > soft


def test_a_bigger_object_sounds_lower() -> None:
    for material in (BY_NAME[name] for name in ("wood", "metal", "glass", "ceramic", "plastic")):
        small, big = (
            np.median([
                make_instrument(material, size=size, rng=np.random.default_rng(seed)).frequencies[0]
                for seed in range(9)
            ])
            for size in (0.0, 1.0)
        )  # fmt: skip
        assert big < 0.8 * small


def test_metal_and_glass_ring_while_rock_and_cloth_are_gone() -> None:
    def late_share(name: str) -> float:
        sound = hits(BY_NAME[name], seed=5)[0]
        late = sound[round(0.2 * SAMPLE_RATE) :]
        return float((late**2).sum() / (sound**2).sum())

    assert min(late_share("metal"), late_share("glass")) > 0.02
    assert max(late_share("rock"), late_share("cloth"), late_share("wood")) < 0.001


def test_the_place_of_a_blow_changes_the_sound() -> None:
    here, there = (hits(BY_NAME["metal"], seed=6, count=1, x=x)[0] for x in (-0.05, 0.04))
    assert np.abs(spectrum(here) - spectrum(there)).max() > 0.3


def test_spectra_of_other_objects_tell_the_material_far_above_chance() -> None:
    train, test = ([[spectrum(s) for s in hits(m, seed=seed)] for m in MATERIALS] for seed in (7, 8))
    means = np.asarray([np.mean(spectra, axis=0) for spectra in train])
    right = [
        int(np.abs(means - s).mean(axis=1).argmin()) == index
        for index, spectra in enumerate(test)
        for s in spectra
    ]
    assert np.mean(right) > 5 / 17  # chance is 1/17


def test_a_soundtrack_never_clips_and_is_quiet_before_the_first_strike() -> None:
    for number, material in enumerate(MATERIALS):
        rng = np.random.default_rng([9, number])
        strikes = plan_strikes(material, n_strikes=4, reach_m=0.08, loose=True, rng=rng)
        length_s = video_length_s(strikes)
        wave = soundtrack(material, strikes, duration_s=length_s, size=0.3, rng=rng)
        before = wave[: round((strikes[0].time_s - 0.01) * SAMPLE_RATE)]
        assert wave.size == round(length_s * SAMPLE_RATE)
        assert float(np.abs(wave).max()) <= PEAK + 1e-6
        assert -62 < 20 * np.log10(float(before.std())) < -50
