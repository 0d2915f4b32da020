"""The variants of a build: which can run, and what each makes of a video's clips."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from models.backend import Backend, Sound
from models.backend import Clip as SilentClip
from models.context import Context, default_cache
from models.dataset import Dataset
from models.devices import resolve_device
from models.errors import ModelsError, UnavailableError
from models.external import ExternalSounds
from models.registry import load, variant_names
from stimuli.assembly import Work, facts_of
from stimuli.errors import StimuliError
from stimuli.levels import Waveform
from stimuli.manifest import REAL, Skipped
from stimuli.media import laid
from stimuli.options import ALL, Options, derived_seed
from stimuli.provenance import folder_facts
from stimuli.recordings import PreparedClip, PreparedVideo

Report = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and how many there are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Variants:
    """The variants that will make sound, in the order asked for.

    Attributes
    ----------
    backends : dict of str to Backend
        By name; external folders are among them.
    externals : tuple of ExternalSounds
        The external ones again.
    facts : dict of str to dict
        What the manifest says of each.
    skipped : tuple of Skipped
        Those that ``all`` would have named, and why they can't run.
    """

    backends: Mapping[str, Backend]
    externals: tuple[ExternalSounds, ...]
    facts: Mapping[str, Mapping[str, Any]]
    skipped: tuple[Skipped, ...]


def load_variants(dataset: Dataset, options: Options, *, report: Report | None = None) -> Variants:
    """Load every variant asked for, and the external ones after them.

    Raises
    ------
    StimuliError
        If one that was asked for by name can't run, or none can.
    ModelsError
        If a name is unknown.
    """
    context = _context(dataset, options, report)
    everything = ALL in options.models
    backends: dict[str, Backend] = {}
    skipped: list[Skipped] = []
    for name in variant_names() if everything else options.models:
        try:
            backends[name] = load(name, context)
        except UnavailableError as error:
            if not everything:
                raise StimuliError(f"the variant {name!r} can't run on this dataset: {error}") from error
            skipped.append(Skipped(what=f"variant {name}", reason=str(error)))
    facts = {name: _facts(backend, context) for name, backend in backends.items()}
    externals = {name: ExternalSounds(name, folder) for name, folder in options.externals.items()}
    facts |= {name: folder_facts(folder) for name, folder in options.externals.items()}
    if not (backends or externals):
        reasons = "; ".join(f"{s.what}: {s.reason}" for s in skipped)
        raise StimuliError(f"no variant can run on this dataset. {reasons}")
    return Variants(
        backends={**backends, **externals},
        externals=tuple(externals.values()),
        facts=facts,
        skipped=tuple(skipped),
    )


def synthesize(variants: Variants, video: PreparedVideo, *, seed: int) -> list[Work]:
    """Make all sounds of a video's clips; a clip that no variant has a sound for is left out.

    One video is one batch, whatever the number of workers: sums in a network may be rounded otherwise
    in a batch of another size, and the same build has to give the same bytes.
    """
    sounds = {
        name: _synthesized(name, backend, video, seed) for name, backend in variants.backends.items()
    }
    works = []
    for index, clip in enumerate(video.clips):
        made = {name: of_all[index] for name, of_all in sounds.items()}
        given = {name: sound for name, sound in made.items() if sound is not None}
        if given:
            works.append(_work(video, clip, given))
    return works


def _context(dataset: Dataset, options: Options, report: Report | None) -> Context:
    return Context(
        dataset=dataset,
        cache=options.cache or default_cache(),
        backbone=options.backbone,
        device=resolve_device(options.device),
        workers=options.workers,
        progress=report,
    )


def _facts(backend: Backend, context: Context) -> dict[str, Any]:
    return {
        "backend": f"{type(backend).__module__}.{type(backend).__qualname__}",
        "privileges": sorted(backend.privileges),
        "backbone": context.backbone,
        "device": context.device,
    }


def _synthesized(name: str, backend: Backend, video: PreparedVideo, seed: int) -> list[Sound | None]:
    clips = [_silent(name, backend, video, clip, seed) for clip in video.clips]
    try:
        sounds = list(backend.synthesize(clips))
    except ModelsError as error:
        raise StimuliError(f"the variant {name!r} failed on video {video.id}: {error}") from error
    if len(sounds) != len(clips):
        raise StimuliError(
            f"the variant {name!r} made {len(sounds)} sounds for the {len(clips)} clips of video "
            f"{video.id}; it has to return one (or None) for each"
        )
    for sound, clip in zip(sounds, clips, strict=True):
        if sound is not None and not _sane(sound):
            raise StimuliError(
                f"the variant {name!r} made a sound for clip {clip.id} that is empty, not mono, or not "
                "finite; see `models.backend.Sound`"
            )
    return sounds


def _silent(
    name: str, backend: Backend, video: PreparedVideo, clip: PreparedClip, seed: int
) -> SilentClip:
    """Give a variant what it may know of a clip, and no more."""
    return SilentClip(
        id=clip.id,
        video_id=video.id,
        impact_s=clip.impact.time_s,
        frames=clip.frames,
        impact_frame=clip.n_frames // 2,
        frame_rate=clip.frame_rate,
        seed=derived_seed(seed, "synthesize", name, clip.id),
        material=clip.impact.material if "material" in backend.privileges else None,
        waveform=clip.window if "sound" in backend.privileges else None,
    )


def _sane(sound: Sound) -> bool:
    waveform = np.asarray(sound.waveform)
    shaped = waveform.ndim == 1 and waveform.size > 0 and sound.sample_rate > 0
    return shaped and bool(np.isfinite(waveform).all()) and bool(np.isfinite(sound.impact_s))


def _work(video: PreparedVideo, clip: PreparedClip, sounds: Mapping[str, Sound]) -> Work:
    impact_s = clip.impact.time_s - clip.start_s
    laid_on: dict[str, Waveform] = {REAL: clip.real}
    for name, sound in sounds.items():
        laid_on[name] = laid(sound, impact_s=impact_s, n_samples=len(clip.real))
    return Work(
        clip=facts_of(clip, video_id=video.id),
        pictures=clip.pictures,
        sounds=laid_on,
        sources={name: sound.source for name, sound in sounds.items()},
    )
