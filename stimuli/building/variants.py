"""The variants of a build: which can run, and what each makes of a video's clips."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from models.backend import Backend, Sound
from models.backend import Clip as SilentClip
from models.context import Context
from models.detection.backend import Detection, DetectionParametric
from models.devices import resolve_device
from models.errors import ModelsError, UnavailableError
from models.progress import Report, silently
from models.variants.external import ExternalSounds
from models.variants.registry import load, variant_names
from models.videos.dataset import Dataset
from models.workplace import default_cache
from stimuli.building.catch import with_catch_sounds
from stimuli.building.clips import PreparedClip, SoundedClip, VideoClips
from stimuli.building.notes import TRAINING
from stimuli.building.options import ALL, DETECTION, Options, derived_rng, derived_seed
from stimuli.building.provenance import folder_facts
from stimuli.errors import StimuliError
from stimuli.files.sounds import Waveform, audible, faded, laid
from stimuli.manifest import REAL, Skipped

if TYPE_CHECKING:
    from models.clips.exemplars import ExemplarBank


OF_WHOLE_VIDEOS: Mapping[str, Callable[[Context], Backend]] = {
    "detection": Detection,
    "detection-parametric": DetectionParametric,
}
"""The variants of the detection task."""


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
        Those that ``all`` would have named, and why they can't run; training videos without exemplars.
    """

    backends: Mapping[str, Backend]
    externals: tuple[ExternalSounds, ...]
    facts: Mapping[str, Mapping[str, Any]]
    skipped: tuple[Skipped, ...]


def load_variants(dataset: Dataset, options: Options, *, report: Report = silently) -> Variants:
    """Load every variant asked for, and the external ones after them.

    Raises
    ------
    StimuliError
        If one that was asked for by name can't run, or none can.
    ModelsError
        If a name is unknown.
    """
    context = _context(dataset, options, report)
    given = options.externals.items()
    externals = {name: ExternalSounds(name, folder, dataset) for name, folder in given}
    everything = ALL in options.models
    backends: dict[str, Backend] = {}
    skipped: list[Skipped] = []
    known = tuple(OF_WHOLE_VIDEOS) if options.task == DETECTION else variant_names()
    for name in known if everything else options.models:
        try:
            backends[name] = _loaded(name, context, options.task)
        except UnavailableError as error:
            if not everything:
                raise StimuliError(f"the variant {name!r} can't run on this dataset: {error}") from error
            skipped.append(Skipped(what=f"variant {name}", reason=str(error)))
    facts = {name: _facts(backend, context) for name, backend in backends.items()}
    facts |= {name: folder_facts(folder) for name, folder in given}
    if not (backends or externals):
        reasons = "; ".join(f"{s.what}: {s.reason}" for s in skipped)
        raise StimuliError(f"no variant can run on this dataset. {reasons}")
    return Variants(
        backends={**backends, **externals},
        externals=tuple(externals.values()),
        facts=facts,
        skipped=(*skipped, *_lost_exemplars(context)),
    )


def _loaded(name: str, context: Context, task: str) -> Backend:
    if task != DETECTION:
        return load(name, context)
    if name not in OF_WHOLE_VIDEOS:
        raise StimuliError(
            f"the detection task has no variant {name!r}; available: {', '.join(OF_WHOLE_VIDEOS)}"
        )
    return OF_WHOLE_VIDEOS[name](context)


def synthesize(
    variants: Variants, video: VideoClips[PreparedClip], options: Options
) -> VideoClips[SoundedClip]:
    """Make all sounds of a video's clips, catch sounds too; a clip without any variant's is left out.

    A sound that is silent over the clip, such as the zeros that a failed run wrote, is none. One video
    is one batch, whatever the number of workers: sums in a network may be rounded otherwise in a batch
    of another size, and the same build has to give the same bytes.

    Parameters
    ----------
    variants : Variants
        What makes the sounds.
    video : VideoClips
        The video.
    options : Options
        The build's; where it asks for common clips, one that an external variant lacks is left out.
    """
    if video.lost:
        return VideoClips(id=video.id, lost=video.lost)
    sounds = {
        name: _synthesized(name, backend, video, options.seed)
        for name, backend in variants.backends.items()
    }
    needed = {of.name for of in variants.externals} if options.common_clips else set()
    clips: list[SoundedClip] = []
    silent: Counter[str] = Counter()
    for index, prepared in enumerate(video.clips):
        clip = prepared.sounded
        made = {name: of_all[index] for name, of_all in sounds.items()}
        given = {name: sound for name, sound in made.items() if sound is not None}
        on_clip = {name: _laid(clip, sound) for name, sound in given.items()}
        heard = {name: waveform for name, waveform in on_clip.items() if audible(faded(waveform))}
        silent.update(name for name in on_clip if name not in heard)
        if heard and heard.keys() >= needed:
            sources = {name: given[name].source for name in heard}
            clips.append(replace(clip, sounds={**clip.sounds, **heard}, sources=sources))
    if not clips:
        return VideoClips(id=video.id, lost=_without_sound(silent))
    if options.catch:
        clips = with_catch_sounds(clips, rng=derived_rng(options.seed, "catch", video.id))
    counts = {**video.counts, "clips": len(clips), "silent": dict(silent)}
    return VideoClips(id=video.id, clips=tuple(clips), counts=counts)


def _without_sound(silent: Mapping[str, int]) -> str:
    counts = ", ".join(f"{name} in {count}" for name, count in silent.items())
    return "no variant has a sound for its clips" + (f" (silent: {counts})" if counts else "")


def _context(dataset: Dataset, options: Options, report: Report) -> Context:
    return Context(
        dataset=dataset,
        cache=options.cache or default_cache(),
        backbone=options.backbone,
        image_size=options.image_size,
        checkpoints=options.checkpoints,
        device=resolve_device(options.device),
        workers=options.workers,
        cluster=options.cluster,
        progress=report,
    )


def _lost_exemplars(context: Context) -> Iterator[Skipped]:
    """List the training videos that gave no exemplar, if any variant asked for exemplars at all."""
    bank: ExemplarBank | None = vars(context).get("exemplars")  # asking the context would make them
    for video_id, reason in (bank.skipped if bank is not None else {}).items():
        yield Skipped(what=f"{TRAINING} {video_id}", reason=reason)


def _facts(backend: Backend, context: Context) -> dict[str, Any]:
    return {
        "backend": f"{type(backend).__module__}.{type(backend).__qualname__}",
        "privileges": sorted(backend.privileges),
        "backbone": context.backbone,
        "device": context.device,
    }


def _synthesized(
    name: str, backend: Backend, video: VideoClips[PreparedClip], seed: int
) -> list[Sound | None]:
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
    name: str, backend: Backend, video: VideoClips[PreparedClip], clip: PreparedClip, seed: int
) -> SilentClip:
    """Give a variant what it may know of a clip, and no more."""
    facts = clip.sounded.facts
    return SilentClip(
        id=facts.id,
        video_id=video.id,
        impact_s=facts.impact_s,
        frames=clip.frames,
        impact_frame=facts.n_frames // 2,
        frame_rate=facts.frame_rate,
        seed=derived_seed(seed, "synthesize", name, facts.id),
        material=facts.material if "material" in backend.privileges else None,
        waveform=clip.window if "sound" in backend.privileges else None,
    )


def _sane(sound: Sound) -> bool:
    waveform = np.asarray(sound.waveform)
    shaped = waveform.ndim == 1 and waveform.size > 0 and sound.sample_rate > 0
    return shaped and bool(np.isfinite(waveform).all()) and bool(np.isfinite(sound.impact_s))


def _laid(clip: SoundedClip, sound: Sound) -> Waveform:
    impact_s = clip.facts.impact_s - clip.facts.start_s
    return laid(sound, impact_s=impact_s, n_samples=len(clip.sounds[REAL]))
