"""The whole build: decode, synthesize, encode, audit; whole or not at all."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from models.progress import Report, silently
from models.videos.dataset import Dataset, read_dataset
from models.workplace import default_cache, default_checkpoints
from stimuli.building.notes import notes_on
from stimuli.building.options import DEFAULTS, Options
from stimuli.building.partial import Partial, open_partial
from stimuli.building.provenance import folder_facts, network_facts
from stimuli.building.sets import (
    Built,
    already_built,
    full_disk_told,
    gathered_from,
    identity_of,
    is_there,
)
from stimuli.building.steps import Steps
from stimuli.building.variants import load_variants
from stimuli.checking.audit import audit
from stimuli.checking.evidence import evidence_of_set
from stimuli.errors import StimuliError
from stimuli.manifest import Manifest


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
    with full_disk_told(out):
        if is_there(out):
            return already_built(out, identity)
        return _built(found, out, identity, options, report or silently)


def _identity(dataset: Dataset, options: Options) -> dict[str, Any]:
    """Everything that shapes the set and is known before anything is loaded, as plain JSON values."""
    externals = {name: folder_facts(folder) for name, folder in sorted(options.externals.items())}
    checkpoints = options.checkpoints or default_checkpoints(options.cache or default_cache())
    shaping = {**options.shaping(), "externals": externals, "networks": network_facts(checkpoints)}
    return identity_of(dataset, shaping, seed=options.seed)


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
    gathered = gathered_from(
        identity,
        [result for result in results.values() if result],
        dataset,
        variants=variants.facts,
        skipped=variants.skipped,
    )
    return _finished(gathered, unfinished, report)


def _finished(whole: Manifest, unfinished: Partial, report: Report) -> Built:
    unfinished.tidy(list(whole.media()))
    found = audit(evidence_of_set(whole, unfinished.media, report=report))
    if found.tells:
        raise StimuliError(
            f"the set gives away which sounds are real, by {'; '.join(found.tells)}. This is a bug of "
            f"`stimuli build`: please report it. Nothing was written to {unfinished.out}"
        )
    audited = replace(whole, audit=found.as_json())
    unfinished.finish(audited)
    return Built(manifest=audited, made=True, notes=notes_on(audited))
