"""The test clips as backends are given them, and the sounds that backends make for them."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.backend import Backend, Clip, Sound
from models.clips.clipset import held_out_bank, load_clipset
from models.clips.exemplars import ExemplarBank
from models.context import Context
from models.errors import ModelsError, UnavailableError
from models.seeds import derived_seed
from models.sounds.cochleagram import clip_cochleagrams
from models.sounds.filterbank import DEFAULT_BANK
from models.sounds.sound import CLIP_STEPS, SAMPLE_RATE, WINDOW_IMPACT, WINDOW_SAMPLES
from models.sounds.waves import resampled
from models.variants.predicted import Predicted
from models.variants.registry import load
from models.videos.dataset import Video
from models.videos.video import probe, read_clips

FEATURES, SOUND = "features", "sound"
"""What is measured: the features that a network predicted, or the sound that is heard."""

SOUNDLESS = "{} made no sound for any test clip"


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """The clips that are scored, with what each variant may ask for but the pictures.

    Attributes
    ----------
    bank : ExemplarBank
        Their true sounds.
    clips : tuple of Clip
        In the bank's order, without frames or waveforms.
    """

    bank: ExemplarBank
    clips: tuple[Clip, ...]


def read_held_out(context: Context) -> HeldOut:
    """Find the test clips and their true sounds; raises `ModelsError` if there are none."""
    if not context.dataset.test:
        raise ModelsError(f"{context.dataset.root} has no test videos; name some in test.txt")
    bank = held_out_bank(context)
    none = np.zeros((0, 1, 1, 3), np.uint8)
    clips = tuple(
        Clip(
            id=clip_id,
            video_id=video_id,
            impact_s=impact.time_s,
            frames=none,
            impact_frame=0,
            frame_rate=0.0,
            material=impact.material,
        )
        for clip_id, video_id, impact in zip(bank.ids, bank.video_ids, bank.impacts, strict=True)
    )
    return HeldOut(bank=bank, clips=clips)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a variant's sounds sound like.

    Attributes
    ----------
    rows : ndarray of int [shape=(n,)]
        Which clips of `HeldOut`: those that the variant made a sound for.
    cochleagrams : ndarray of float32 [shape=(n, 45, 42)]
        Of the sounds, compressed.
    """

    rows: NDArray[np.intp]
    cochleagrams: NDArray[np.float32]


def hear(
    backends: Mapping[str, Backend], context: Context, test: HeldOut, *, seed: int
) -> dict[str, Heard]:
    """Let variants make sounds for all test clips that have pictures.

    Each video is read once for all variants; one video's clips and sounds are in memory at a time.

    Parameters
    ----------
    backends : mapping of str to Backend
        The variants by name.
    context, test
        The dataset and its test clips.
    seed : int
        Of sounds that involve chance.
    """
    heard: dict[str, list[Heard]] = {name: [] for name in backends}
    for video in context.dataset.test if backends else ():
        own = [row for row, name in enumerate(test.bank.video_ids) if name == video.id]
        rows, clips = _with_pictures(video, own, test)
        for name, backend in backends.items():
            told = prepared(clips, backend, test, variant=name, seed=seed)
            heard[name].append(heard_of(rows, backend.synthesize(told) if told else []))
    return {name: _joined(parts) for name, parts in heard.items()}


def load_all(variants: Sequence[str], context: Context) -> tuple[dict[str, Backend], dict[str, str]]:
    """Load what can run; of the rest say, by name, why it can't."""
    backends: dict[str, Backend] = {}
    unavailable: dict[str, str] = {}
    for variant in variants:
        try:
            backends[variant] = load(variant, context)
        except UnavailableError as error:
            unavailable[variant] = str(error)
    return backends, unavailable


def predict_held_out(backend: Predicted, context: Context, test: HeldOut) -> Heard:
    """Predict the sound features of all test clips that have pictures."""
    clips = load_clipset(context, test.bank, backend.predictor.streams)
    place = {clip_id: row for row, clip_id in enumerate(test.bank.ids)}
    rows = np.array([place[clip_id] for clip_id in clips.ids], np.intp)
    return Heard(rows=rows, cochleagrams=backend.predict(clips))


def inverted(variant: str, backend: Predicted, predicted: Heard, test: HeldOut, *, seed: int) -> Heard:
    """Make sounds of predictions, and measure them."""
    bare = [test.clips[row] for row in predicted.rows]
    clips = prepared(bare, backend, test, variant=variant, seed=seed)
    return heard_of(predicted.rows.tolist(), backend.sounds(predicted.cochleagrams, clips))


def heard_of(rows: Sequence[int], sounds: Sequence[Sound | None]) -> Heard:
    """Measure the sounds of clips, leaving out those that have none."""
    made = [(row, sound) for row, sound in zip(rows, sounds, strict=True) if sound is not None]
    return Heard(
        rows=np.array([row for row, _ in made], np.intp),
        cochleagrams=sound_cochleagrams([sound for _, sound in made]),
    )


def _with_pictures(video: Video, rows: Sequence[int], test: HeldOut) -> tuple[list[int], list[Clip]]:
    """Read the pictures of a video's clips; those at its very ends may have none."""
    if not rows:
        return [], []
    rate = probe(video.pictures).frame_rate or 0.0
    found: list[int] = []
    clips: list[Clip] = []
    for frames in read_clips(video.pictures, [test.clips[row].impact_s for row in rows]):
        found.append(rows[frames.index])
        clips.append(
            dataclasses.replace(
                test.clips[rows[frames.index]],
                frames=frames.images,
                impact_frame=len(frames.images) // 2,
                frame_rate=rate,
            )
        )
    return found, clips


def _joined(parts: Sequence[Heard]) -> Heard:
    none = heard_of([], [])
    return Heard(
        rows=np.concatenate([part.rows for part in (none, *parts)]),
        cochleagrams=np.concatenate([part.cochleagrams for part in (none, *parts)]),
    )


def prepared(
    clips: Sequence[Clip], backend: Backend, test: HeldOut, *, variant: str, seed: int
) -> list[Clip]:
    """Give clips their seeds, and no more than the variant has a privilege to."""
    place = {clip_id: row for row, clip_id in enumerate(test.bank.ids)}
    told = backend.privileges
    return [
        dataclasses.replace(
            clip,
            seed=derived_seed(seed, variant, clip.id),
            material=clip.material if "material" in told else None,
            waveform=test.bank.waveform(place[clip.id]) if "sound" in told else None,
        )
        for clip in clips
    ]


def sound_cochleagrams(sounds: Sequence[Sound]) -> NDArray[np.float32]:
    """Measure synthesized sounds as clips: the impact in the middle, silence where a sound ends.

    Returns
    -------
    ndarray of float32 [shape=(n_sounds, 45, 42)]
        Compressed envelopes.
    """
    if not sounds:
        return np.zeros((0, CLIP_STEPS, DEFAULT_BANK.n_channels), np.float32)
    windows = np.stack([_window(sound) for sound in sounds])
    with torch.inference_mode():
        return np.asarray(clip_cochleagrams(windows).cpu().numpy(), np.float32)


def _window(sound: Sound) -> NDArray[np.float32]:
    waveform = resampled(sound.waveform, sound.sample_rate)
    start = round(sound.impact_s * SAMPLE_RATE) - WINDOW_IMPACT
    padded = np.pad(waveform, (max(-start, 0), max(start + WINDOW_SAMPLES - len(waveform), 0)))
    start = max(start, 0)
    return np.asarray(padded[start : start + WINDOW_SAMPLES], np.float32)
