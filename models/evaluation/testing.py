"""The test clips as backends are given them, and the sounds that backends make for them."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray

from models.backend import Backend, Clip, Sound
from models.clips.clipset import load_clipset
from models.clips.exemplars import ExemplarBank, load_exemplars
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

    @cached_property
    def row_of(self) -> dict[str, int]:
        """By id of a clip: its row."""
        return {clip_id: row for row, clip_id in enumerate(self.bank.ids)}


def read_held_out(context: Context) -> HeldOut:
    """Find the test clips and their true sounds; raises `ModelsError` if there are none."""
    if not context.dataset.test:
        raise ModelsError(f"{context.dataset.root} has no test videos; name some in test.txt")
    bank = load_exemplars(context, context.dataset.test)
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


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a variant made of the test clips, measured in one of the ways.

    Attributes
    ----------
    variant : str
        Its name.
    backend : Backend
        The variant.
    basis : {"features", "sound"}
        Whether these are the predicted sound features, as in the paper, or those of the waveform.
    heard : Heard
        Which clips, and their cochleagrams.
    """

    variant: str
    backend: Backend
    basis: str
    heard: Heard

    @property
    def network(self) -> str | None:
        """SHA-256 of the checkpoint, for variants that have one."""
        return self.backend.predictor.checkpoint.digest if isinstance(self.backend, Predicted) else None


def measure(
    context: Context, test: HeldOut, variants: Sequence[str], *, seed: int, unavailable: dict[str, str]
) -> Iterator[Measured]:
    """Let variants make sounds for all test clips that have pictures, and measure them.

    Parameters
    ----------
    context, test
        The dataset and its test clips.
    variants : sequence of str
        Names.
    seed : int
        Of sounds that involve chance.
    unavailable : dict of str to str
        Gets by variant the reason why it can't run.

    Yields
    ------
    Measured
        Of networks first, their features and their sound; then the sounds of all others.
    """
    backends: dict[str, Backend] = {}
    for variant in variants:
        try:
            backends[variant] = load(variant, context)
        except UnavailableError as error:
            unavailable[variant] = str(error)
    of_networks = _measure_networks(backends, context, test, seed)
    for measured in chain(of_networks, _measure_others(backends, context, test, seed)):
        if len(measured.heard.rows):
            yield measured
        else:
            unavailable[measured.variant] = f"{measured.variant} made no sound for any test clip"


def _measure_networks(
    backends: Mapping[str, Backend], context: Context, test: HeldOut, seed: int
) -> Iterator[Measured]:
    for variant, backend in backends.items():
        if not isinstance(backend, Predicted):
            continue
        predicted = predict_held_out(backend, context, test)
        yield Measured(variant=variant, backend=backend, basis=FEATURES, heard=predicted)
        bare = [test.clips[row] for row in predicted.rows]
        clips = prepared(bare, backend, test, variant=variant, seed=seed)
        heard = _heard(predicted.rows.tolist(), backend.sounds(predicted.cochleagrams, clips))
        yield Measured(variant=variant, backend=backend, basis=SOUND, heard=heard)


def _measure_others(
    backends: Mapping[str, Backend], context: Context, test: HeldOut, seed: int
) -> Iterator[Measured]:
    """Read each video once for all variants; one video's clips and sounds are in memory at a time."""
    others = {name: backend for name, backend in backends.items() if not isinstance(backend, Predicted)}
    parts = {name: [_heard([], [])] for name in others}
    for video in context.dataset.test if others else ():
        own = [row for row, name in enumerate(test.bank.video_ids) if name == video.id]
        rows, clips = _with_pictures(video, own, test)
        for name, backend in others.items():
            told = prepared(clips, backend, test, variant=name, seed=seed)
            parts[name].append(_heard(rows, backend.synthesize(told) if told else []))
    for name, backend in others.items():
        heard = Heard(
            rows=np.concatenate([part.rows for part in parts[name]]),
            cochleagrams=np.concatenate([part.cochleagrams for part in parts[name]]),
        )
        yield Measured(variant=name, backend=backend, basis=SOUND, heard=heard)


def predict_held_out(backend: Predicted, context: Context, test: HeldOut) -> Heard:
    """Predict the sound features of all test clips that have pictures."""
    clips = load_clipset(context, test.bank, backend.predictor.streams)
    rows = np.array([test.row_of[clip_id] for clip_id in clips.ids], np.intp)
    return Heard(rows=rows, cochleagrams=backend.predictor.predict(clips.frames, clips.first))


def _heard(rows: Sequence[int], sounds: Sequence[Sound | None]) -> Heard:
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


def prepared(
    clips: Sequence[Clip], backend: Backend, test: HeldOut, *, variant: str, seed: int
) -> list[Clip]:
    """Give clips their seeds, and no more than the variant has a privilege to."""
    told = backend.privileges
    return [
        dataclasses.replace(
            clip,
            seed=derived_seed(seed, variant, clip.id),
            material=clip.material if "material" in told else None,
            waveform=test.bank.waveform(test.row_of[clip.id]) if "sound" in told else None,
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
