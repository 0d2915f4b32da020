"""The whole build: decode, synthesize, encode, audit; whole or not at all."""

import errno
import json
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from models.context import default_cache, default_checkpoints
from models.videos.dataset import Dataset, read_dataset
from stimuli import manifest
from stimuli.building.notes import is_video, notes_on, problem_skipped, told
from stimuli.building.options import DEFAULTS, Options
from stimuli.building.partial import Partial, open_partial
from stimuli.building.provenance import dataset_facts, folder_facts, network_facts, versions
from stimuli.building.steps import Steps
from stimuli.building.variants import Variants, load_variants
from stimuli.checking.audit import audit
from stimuli.checking.evidence import evidence_of_set
from stimuli.errors import StimuliError
from stimuli.manifest import Manifest, Skipped
from stimuli.reports import Report, silently


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """What a build came to.

    Attributes
    ----------
    manifest : Manifest
        The set's.
    made : bool
        False if the finished set was there already.
    notes : tuple of str
        What its maker should know: fewer clips than asked for, variants without a sound for some.
    """

    manifest: Manifest
    made: bool
    notes: tuple[str, ...]

    @property
    def skipped_videos(self) -> tuple[Skipped, ...]:
        """The recordings left out, of either half of the dataset."""
        return tuple(item for item in self.manifest.skipped if is_video(item))


def build(
    dataset: Path, out: Path, *, options: Options = DEFAULTS, report: Report | None = None
) -> Built:
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
    report : callable, optional
        Called as ``report(step, done, total)``.

    Raises
    ------
    StimuliError, ModelsError
        If the set can't be built; the message says why and what to do.
    """
    found = read_dataset(dataset)
    if not found.test:
        raise StimuliError(f"{dataset} has no test video; name some in its test.txt")
    identity = _identity(found, options)
    try:
        if out.exists() and any(out.iterdir() if out.is_dir() else [out]):
            return _already_built(out, identity)
        return _built(found, out, identity, options, report or silently)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise StimuliError(
            f"the disk is full; make room where {out.absolute().parent} lies and run the same command "
            "again: it goes on where it stopped"
        ) from error


def _identity(dataset: Dataset, options: Options) -> dict[str, Any]:
    """Everything that shapes the set and is known before anything is loaded, as plain JSON values."""
    externals = {name: folder_facts(folder) for name, folder in sorted(options.externals.items())}
    checkpoints = options.checkpoints or default_checkpoints(options.cache or default_cache())
    shaping = {**options.shaping(), "externals": externals, "networks": network_facts(checkpoints)}
    found = {
        "seed": options.seed,
        "options": shaping,
        "dataset": dataset_facts(dataset),
        "versions": versions(),
    }
    return dict(json.loads(json.dumps(found)))


def _already_built(out: Path, identity: dict[str, Any]) -> Built:
    result = manifest.read(out)
    known = {key: value for key, value in result.dataset.items() if key != "videos"}
    there = {
        "seed": result.seed,
        "options": result.options,
        "dataset": known,
        "versions": result.versions,
    }
    if identity != there:
        raise StimuliError(
            f"{out} holds a stimulus set made otherwise ({_differences(identity, there)}); give another "
            "--out, or remove that folder to build it anew"
        )
    return Built(manifest=result, made=False, notes=notes_on(result))


def _differences(asked: dict[str, Any], there: dict[str, Any]) -> str:
    """Name what differs, with both values where they are short."""
    flat = [{"seed": of["seed"], **of["options"], **of["versions"]} for of in (asked, there)]
    named = [f"{k}: {flat[1].get(k)}, not {v}" for k, v in flat[0].items() if flat[1].get(k) != v]
    changed = ["another dataset"] if asked["dataset"] != there["dataset"] else []
    return "; ".join([*named, *changed])


def _built(
    dataset: Dataset, out: Path, identity: dict[str, Any], options: Options, report: Report
) -> Built:
    variants = load_variants(dataset, options, report=report)
    everything = json.dumps([identity, variants.facts], sort_keys=True)
    unfinished = open_partial(out, digest=sha256(everything.encode()).hexdigest())
    results = {video.id: unfinished.result(video.id) for video in dataset.test}
    pending = [video for video in dataset.test if results[video.id] is None]
    steps = Steps(variants=variants, options=options, media=unfinished.media, report=report)
    for video_id, result in steps.run(pending, n_videos=len(dataset.test)):
        unfinished.keep(video_id, result)
        results[video_id] = result
    odd = tuple(problem_skipped(problem) for problem in dataset.problems)
    gathered = _gathered(identity, [result for result in results.values() if result], variants)
    whole = replace(gathered, skipped=(*odd, *gathered.skipped))
    if not whole.clips:
        reasons = "; ".join(told(whole.skipped))
        raise StimuliError(f"no clip could be made from {dataset.root}; {reasons}")
    return _finished(whole, unfinished, report)


def _gathered(identity: dict[str, Any], results: list[Manifest], variants: Variants) -> Manifest:
    videos = {video_id: facts for result in results for video_id, facts in result.dataset.items()}
    skipped = [item for result in results for item in result.skipped]
    return Manifest(
        seed=identity["seed"],
        options=identity["options"],
        dataset={**identity["dataset"], "videos": videos},
        versions=identity["versions"],
        variants=variants.facts,
        clips=tuple(sorted((c for r in results for c in r.clips), key=lambda clip: clip.id)),
        skipped=(*variants.skipped, *skipped),
    )


def _finished(whole: Manifest, unfinished: Partial, report: Report) -> Built:
    unfinished.tidy([stimulus.media for _, _, stimulus in whole.stimuli()])
    found = audit(evidence_of_set(whole, unfinished.media, report=report))
    if found.tells:
        raise StimuliError(
            f"the set gives away which sounds are real, by {'; '.join(found.tells)}. This is a bug of "
            f"`stimuli build`: please report it. Nothing was written to {unfinished.out}"
        )
    audited = replace(whole, audit=found.as_json())
    unfinished.finish(audited)
    return Built(manifest=audited, made=True, notes=notes_on(audited))
