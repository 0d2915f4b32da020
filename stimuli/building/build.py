"""The builds: pairs that are judged, and silent clips that people label; whole or not at all."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from models.pool import Pool
from models.progress import Report, silently
from models.videos.annotations import POSITIONS_NAME
from models.videos.dataset import Video, read_dataset
from models.workplace import default_cache, default_checkpoints
from stimuli.building.clips import AnyClip, VideoClips
from stimuli.building.encoding import encode_video
from stimuli.building.options import DEFAULTS, SILENT_DEFAULTS, Options, SilentOptions
from stimuli.building.partial import Partial, open_partial
from stimuli.building.provenance import begun_from, fingerprint, folder_facts, network_facts
from stimuli.building.recordings import prepare_video
from stimuli.building.sets import Built, gathered_from, made_once
from stimuli.building.silent import make_silent
from stimuli.building.variants import Variants, load_variants, synthesize
from stimuli.checking.audit import audit
from stimuli.checking.evidence import evidence_of_set
from stimuli.errors import StimuliError
from stimuli.manifest import Clip, Manifest


def build(dataset: Path, out: Path, *, options: Options = DEFAULTS, report: Report = silently) -> Built:
    """Build a stimulus set.

    Parameters
    ----------
    dataset : Path
        A folder that `models.videos.dataset.read_dataset` reads; its test videos are used.
    out : Path
        The set's folder. Until it is finished it lies beside it, under the name ``<out>.partial``; an
        interrupted build goes on from there.
    options : Options
        What to build.
    report : callable
        Called as ``report(step, done, total)``.

    Raises
    ------
    StimuliError, ModelsError
        If the set can't be built; the message says why and what to do.
    """
    found = read_dataset(dataset)
    if not found.test:
        raise StimuliError(f"{dataset} has no test video; name some in its test.txt")
    checkpoints = options.checkpoints or default_checkpoints(options.cache or default_cache())
    shaping = {
        **options.shaping(),
        "externals": {name: folder_facts(path) for name, path in sorted(options.externals.items())},
        "networks": network_facts(checkpoints),
    }
    begun = begun_from(found, shaping, seed=options.seed)

    def make() -> Manifest:
        variants = load_variants(found, options, report=report)
        with_variants = replace(begun, variants=variants.facts)
        unfinished = open_partial(out, with_variants)
        steps = partial(
            _pairs, variants=variants, options=options, media=unfinished.media, report=report
        )
        results = unfinished.completed(found.test, steps)
        whole = gathered_from(with_variants, results, found, skipped=variants.skipped)
        unfinished.tidy(whole)
        return unfinished.finish(_audited(whole, unfinished, report))

    return made_once(out, begun, make)


def build_silent(
    dataset: Path, out: Path, *, options: SilentOptions = SILENT_DEFAULTS, report: Report = silently
) -> Built:
    """Build a set of silent clips, each centred on an impact, from all videos of a dataset.

    Parameters
    ----------
    dataset : Path
        A folder that `models.videos.dataset.read_dataset` reads. Impacts are the annotated ones of
        videos that have a ``_times.txt``, labelled or not, and detected ones in others.
    out, report
        As for `build`.
    options : SilentOptions
        What to build.

    Raises
    ------
    StimuliError, ModelsError
        If the set can't be built; the message says why and what to do.
    """
    found = read_dataset(dataset)
    noted = [found.root / f"{video.id}{POSITIONS_NAME}" for video in found.videos]
    places = fingerprint(path for path in noted if path.is_file())
    begun = begun_from(found, {**options.shaping(), "positions": places}, seed=options.seed)

    def make() -> Manifest:
        unfinished = open_partial(out, begun)
        steps = partial(_silent_clips, options=options, media=unfinished.media, report=report)
        whole = gathered_from(begun, unfinished.completed(found.videos, steps), found)
        unfinished.tidy(whole)
        return unfinished.finish(whole)

    return made_once(out, begun, make)


def _pairs(
    videos: Sequence[Video],
    n_before: int,
    *,
    variants: Variants,
    options: Options,
    media: Path,
    report: Report,
) -> Iterator[VideoClips[Clip]]:
    """Decode, synthesize and encode videos, a few at a time; `n_before` were finished before.

    Decoding and encoding run in worker processes or on a cluster, synthesis here. The three are chained
    generators, each of which holds a few videos at most, so that memory does not grow with the dataset.
    """
    told = partial(_told, report=report, n_before=n_before, n_videos=n_before + len(videos))
    covers = variants.externals if options.common_clips else ()
    prepare = partial(prepare_video, options=options, covers=covers)
    encode = partial(encode_video, media=media, level=options.level, bitrate=options.bitrate)
    for step in ("Decoding", "Synthesizing", "Encoding"):
        report(step, n_before, n_before + len(videos))
    with Pool(options.workers, cluster=options.cluster) as pool:
        prepared = told(pool.map(prepare, videos), "Decoding")
        sounded = told((synthesize(variants, video, options) for video in prepared), "Synthesizing")
        yield from told(pool.map(encode, sounded), "Encoding")


def _silent_clips(
    videos: Sequence[Video], n_before: int, *, options: SilentOptions, media: Path, report: Report
) -> Iterator[VideoClips[Clip]]:
    make = partial(make_silent, options=options, media=media)
    with Pool(options.workers, cluster=options.cluster) as pool:
        clips, n_videos = pool.map(make, videos), n_before + len(videos)
        yield from _told(clips, "Cutting clips", report=report, n_before=n_before, n_videos=n_videos)


def _told(
    results: Iterator[VideoClips[AnyClip]], step: str, *, report: Report, n_before: int, n_videos: int
) -> Iterator[VideoClips[AnyClip]]:
    """Report each video that comes out of a step."""
    for done, result in enumerate(results, start=n_before + 1):
        report(step, done, n_videos)
        yield result


def _audited(whole: Manifest, unfinished: Partial, report: Report) -> Manifest:
    found = audit(evidence_of_set(whole, unfinished.media, report=report))
    if found.tells:
        raise StimuliError(
            f"the set gives away which sounds are real, by {'; '.join(found.tells)}. This is a bug of "
            f"`stimuli build`: please report it. Nothing was written to {unfinished.out}"
        )
    return replace(whole, audit=found.as_json())
