import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from models.backend import Clip, Sound
from models.conformance import ConformanceError, check_backend, example_clips


class Tone:
    """A backend that keeps its contract: a tone whose pitch follows the pictures and the seed."""

    privileges = frozenset()

    def synthesize(self, clips: Sequence[Clip]) -> list[Sound | None]:
        return [self.sound(clip) for clip in clips]

    def sound(self, clip: Clip) -> Sound | None:
        pitch_hz = 200 + clip.frames.mean() + np.random.default_rng(clip.seed).uniform(0, 500)
        waveform = np.sin(2 * np.pi * pitch_hz * np.arange(4000) / 8000).astype(np.float32)
        return Sound(
            waveform=waveform, sample_rate=8000, impact_s=0.25, source={"pitch": float(pitch_hz)}
        )


Change = Callable[[Sound], Sound | None]


def _changed(**fields) -> Change:
    return lambda sound: dataclasses.replace(sound, **fields)


def _broken(change: Change) -> Tone:
    class Broken(Tone):
        def sound(self, clip: Clip) -> Sound | None:
            sound = super().sound(clip)
            return None if sound is None else change(sound)

    return Broken()


def test_a_backend_that_keeps_its_contract_passes():
    check_backend(Tone())


def test_a_backend_may_have_nothing_for_some_clips():
    class Picky(Tone):
        def sound(self, clip: Clip) -> Sound | None:
            return super().sound(clip) if clip.id.endswith("1") else None

    check_backend(Picky())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_changed(waveform=np.ones(9)), "float64"),
        (_changed(waveform=np.ones((2, 9), np.float32)), r"\(2, 9\)"),
        (_changed(waveform=[0.0, 1.0]), "is list"),
        (_changed(waveform=np.zeros(0, np.float32)), "no samples"),
        (_changed(waveform=np.array([np.nan], np.float32)), "not finite"),
        (_changed(waveform=np.full(9, 20_000, np.float32), impact_s=0), "full scale is 1"),
        (_changed(sample_rate=44_100.0), "expected an int"),
        (_changed(sample_rate=0), "expected an int"),
        (_changed(impact_s=-0.1), "impact at -0.1 s"),
        (_changed(impact_s=0.6), r"impact at 0.6 s of 0\.500 s"),
        (_changed(source={"array": np.zeros(2)}), "not plain JSON"),
        (_changed(source={"distance": float("nan")}), "not plain JSON"),
        (lambda sound: None, "no sound for any of 4 clips"),
        (lambda sound: sound.waveform, "gave ndarray"),
    ],
)
def test_unusable_sounds_are_caught(change: Change, message: str):
    with pytest.raises(ConformanceError, match=message):
        check_backend(_broken(change))


def test_a_missing_sound_is_caught():
    class Short(Tone):
        def synthesize(self, clips: Sequence[Clip]) -> list[Sound | None]:
            return super().synthesize(clips)[1:]

    with pytest.raises(ConformanceError, match="3 sounds for 4 clips"):
        check_backend(Short())


def test_chance_of_its_own_is_caught():
    rng = np.random.default_rng(0)

    class Restless(Tone):
        def sound(self, clip: Clip) -> Sound | None:
            return super().sound(dataclasses.replace(clip, seed=int(rng.integers(1000))))

    with pytest.raises(ConformanceError, match="another sound when asked again"):
        check_backend(Restless())


def test_dependence_on_the_order_is_caught():
    class Ordered(Tone):
        def synthesize(self, clips: Sequence[Clip]) -> list[Sound | None]:
            return super().synthesize([dataclasses.replace(c, seed=i) for i, c in enumerate(clips)])

    with pytest.raises(ConformanceError, match="in another order"):
        check_backend(Ordered())


def test_dependence_on_the_batch_is_caught():
    class Crowded(Tone):
        def synthesize(self, clips: Sequence[Clip]) -> list[Sound | None]:
            return super().synthesize([dataclasses.replace(c, seed=len(clips)) for c in clips])

    with pytest.raises(ConformanceError, match="when asked one by one"):
        check_backend(Crowded())


def test_changed_frames_are_caught():
    class Painter(Tone):
        def sound(self, clip: Clip) -> Sound | None:
            clip.frames[0] = 255 - clip.frames[0]
            return super().sound(clip)

    with pytest.raises(ConformanceError, match="changed the frames"):
        check_backend(Painter())


@pytest.mark.parametrize("field", ["material", "waveform"])
def test_use_of_what_is_not_declared_is_caught(field: str):
    class Cheat(Tone):
        def sound(self, clip: Clip) -> Sound | None:
            known = getattr(clip, field) is not None
            return super().sound(dataclasses.replace(clip, seed=clip.seed + known))

    with pytest.raises(ConformanceError, match="told what it has not declared"):
        check_backend(Cheat())


def test_what_is_declared_may_be_used():
    class Oracle(Tone):
        privileges = frozenset({"sound"})

        def sound(self, clip: Clip) -> Sound | None:
            assert clip.material is None or clip.waveform is not None
            if clip.waveform is None:
                return None
            return Sound(waveform=clip.waveform, sample_rate=44_100, impact_s=0.3)

    check_backend(Oracle())


@pytest.mark.parametrize("privileges", [None, {"material"}, frozenset({"future"})])
def test_odd_privileges_are_caught(privileges: object):
    class Odd(Tone):
        pass

    Odd.privileges = privileges
    with pytest.raises(ConformanceError, match="expected a frozenset of material, sound"):
        check_backend(Odd())


def test_example_clips_differ_and_repeat():
    clips, again = example_clips(), example_clips()
    assert len({clip.id for clip in clips}) == len({clip.seed for clip in clips}) == 4
    for clip, same in zip(clips, again, strict=True):
        np.testing.assert_array_equal(clip.frames, same.frames)
        np.testing.assert_array_equal(clip.waveform, same.waveform)


def test_one_clip_is_too_few_to_check_with():
    with pytest.raises(ConformanceError, match="expected at least 2"):
        check_backend(Tone(), example_clips(n_clips=1))
