"""The check that every backend passes, ours and other people's: run it in your own tests.

from models.conformance import check_backend
check_backend(MyBackend(context))
"""

import dataclasses
import json
from collections.abc import Iterator, Sequence

import numpy as np

from models.backend import Backend, Clip, Privilege, Sound
from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE, WINDOW_IMPACT, WINDOW_SAMPLES

PRIVILEGES: frozenset[Privilege] = frozenset({"material", "sound"})
SAMPLE_RATES = (8_000, 192_000)  # Hz
HIGHEST = 4.0  # 12 dB over full scale; beyond it samples are not scaled to 1


class ConformanceError(ModelsError):
    """A backend breaks its contract; the message says how."""


def check_backend(backend: Backend, clips: Sequence[Clip] | None = None) -> None:
    """Check that a backend keeps the contract of `models.backend.Backend`.

    It must give one sound or None per clip, in order; finite mono float32 samples with the impact
    within them; the same for the same clip and seed, whatever other clips stand beside it; it must
    leave its clips as they were, do without what it has not declared, and not use that if it is there.

    Parameters
    ----------
    backend : Backend
        Built for some dataset.
    clips : sequence of Clip, optional
        At least two, with the fields of all privileges filled; `example_clips` by default. Give your own
        where the backend only knows the clips of its dataset.

    Raises
    ------
    ConformanceError
        With what is wrong.
    """
    given = tuple(clips) if clips is not None else example_clips()
    if len(given) < 2:
        raise ConformanceError(f"{len(given)} clips to check with; expected at least 2")
    privileges = _privileges(backend)
    entitled = [_entitled(clip, privileges) for clip in given]
    sounds = _synthesized(backend, entitled)
    if all(sound is None for sound in sounds):
        raise ConformanceError(f"{_name(backend)} made no sound for any of {len(given)} clips")
    for clip, sound in zip(entitled, sounds, strict=True):
        _check_sound(backend, clip, sound)
    for when, others in _asked_otherwise(backend, given, entitled):
        if not all(_same(one, other) for one, other in zip(sounds, others, strict=True)):
            raise ConformanceError(
                f"{_name(backend)} gives another sound {when}; a sound depends on its clip alone, and "
                "its chance on the clip's seed"
            )
    if list(backend.synthesize([])):
        raise ConformanceError(f"{_name(backend)} gave sounds for no clips")
    if privileges:  # its clips may lack the label or the sound: None, or a sound, but no error
        _synthesized(backend, [_entitled(clip, frozenset()) for clip in given])


def example_clips(*, n_clips: int = 4, seed: int = 0) -> tuple[Clip, ...]:
    """Make clips of nothing in particular: drifting textures, a decaying tone, the material ``wood``."""
    rng = np.random.default_rng(seed)
    return tuple(_example_clip(index, rng) for index in range(n_clips))


def _example_clip(index: int, rng: np.random.Generator) -> Clip:
    coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    picture = np.repeat(np.repeat(coarse, 8, axis=0), 8, axis=1)
    time = np.arange(WINDOW_SAMPLES - WINDOW_IMPACT) / SAMPLE_RATE
    waveform = np.zeros(WINDOW_SAMPLES, np.float32)
    waveform[WINDOW_IMPACT:] = 0.5 * np.exp(-20 * time) * np.sin(rng.uniform(2e3, 2e4) * time)
    return Clip(
        id=f"example-clip-{index}",
        video_id=f"example-{index}",
        impact_s=1.0,
        frames=np.stack([np.roll(picture, shift, axis=1) for shift in range(15)]),
        impact_frame=7,
        frame_rate=30.0,
        seed=int(rng.integers(2**31)),
        material="wood",
        waveform=waveform,
    )


def _name(backend: Backend) -> str:
    return type(backend).__name__


def _privileges(backend: Backend) -> frozenset[Privilege]:
    privileges = getattr(backend, "privileges", None)
    if not isinstance(privileges, frozenset) or not privileges <= PRIVILEGES:
        raise ConformanceError(
            f"{_name(backend)}.privileges is {privileges!r}; expected a frozenset of "
            f"{', '.join(sorted(PRIVILEGES))}, empty for all but oracles"
        )
    return privileges


def _entitled(clip: Clip, privileges: frozenset[Privilege]) -> Clip:
    """Take away what a backend has not declared."""
    return dataclasses.replace(
        clip,
        material=clip.material if "material" in privileges else None,
        waveform=clip.waveform if "sound" in privileges else None,
    )


def _synthesized(backend: Backend, clips: Sequence[Clip]) -> list[Sound | None]:
    before = [clip.frames.copy() for clip in clips]
    sounds = list(backend.synthesize(clips))
    if len(sounds) != len(clips):
        raise ConformanceError(
            f"{_name(backend)} gave {len(sounds)} sounds for {len(clips)} clips; expected one each"
        )
    for sound in sounds:
        if not (sound is None or isinstance(sound, Sound)):
            raise ConformanceError(
                f"{_name(backend)} gave {type(sound).__name__}; expected Sound or None"
            )
    if any(not np.array_equal(old, clip.frames) for old, clip in zip(before, clips, strict=True)):
        raise ConformanceError(f"{_name(backend)} changed the frames of its clips; copy them first")
    return sounds


def _check_sound(backend: Backend, clip: Clip, sound: Sound | None) -> None:
    if sound is None:
        return
    waveform, what = sound.waveform, f"{_name(backend)}'s sound for {clip.id}"
    if not isinstance(waveform, np.ndarray) or waveform.dtype != np.float32 or waveform.ndim != 1:
        kind = f"{getattr(waveform, 'dtype', type(waveform).__name__)} {getattr(waveform, 'shape', '')}"
        raise ConformanceError(f"{what} is {kind}; expected float32 samples (n_samples,)")
    if waveform.size == 0 or not np.isfinite(waveform).all():
        raise ConformanceError(f"{what} has no samples or some that are not finite")
    if np.abs(waveform).max() > HIGHEST:
        raise ConformanceError(f"{what} reaches {np.abs(waveform).max():.3g}; full scale is 1")
    low, high = SAMPLE_RATES
    if not isinstance(sound.sample_rate, int) or not low <= sound.sample_rate <= high:
        raise ConformanceError(f"{what} has {sound.sample_rate!r} Hz; expected an int, {low} to {high}")
    duration_s = waveform.size / sound.sample_rate
    if not 0 <= sound.impact_s <= duration_s:
        raise ConformanceError(f"{what} has its impact at {sound.impact_s} s of {duration_s:.3f} s")
    try:
        json.dumps(sound.source, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConformanceError(f"{what} has a source that is not plain JSON: {error}") from error


def _asked_otherwise(
    backend: Backend, given: Sequence[Clip], entitled: list[Clip]
) -> Iterator[tuple[str, list[Sound | None]]]:
    """Ask for the same sounds in other ways."""
    yield "when asked again", _synthesized(backend, entitled)
    yield "in another order", _synthesized(backend, entitled[::-1])[::-1]
    yield "when asked one by one", [_synthesized(backend, [clip])[0] for clip in entitled]
    yield "when told what it has not declared", _synthesized(backend, given)


def _same(one: Sound | None, other: Sound | None) -> bool:
    if one is None or other is None:
        return one is other
    timing = (one.sample_rate, one.impact_s) == (other.sample_rate, other.impact_s)
    return timing and np.array_equal(one.waveform, other.waveform)
