"""The build of a set of silent clips that people label; whole or not at all."""

import json
from functools import partial
from hashlib import sha256
from pathlib import Path

from models.pool import Pool
from models.progress import Report, silently
from models.videos.annotations import POSITIONS_NAME
from models.videos.dataset import read_dataset
from stimuli.building.notes import notes_on
from stimuli.building.partial import open_partial
from stimuli.building.provenance import fingerprint
from stimuli.building.sets import (
    Built,
    already_built,
    full_disk_told,
    gathered_from,
    identity_of,
    is_there,
)
from stimuli.building.silent import SilentOptions, make_silent

DEFAULTS = SilentOptions()


def build_silent(
    dataset: Path, out: Path, *, options: SilentOptions = DEFAULTS, report: Report | None = None
) -> Built:
    """Build a set of silent clips, each centred on an impact, from all videos of a dataset.

    Parameters
    ----------
    dataset : Path
        A folder that `models.videos.dataset.read_dataset` reads. Impacts are the annotated ones of
        videos that have a ``_times.txt``, labelled or not, and detected ones in others.
    out : Path
        The set's folder, see `stimuli.building.build.build`.
    options : SilentOptions
        What to build.
    report : callable, optional
        Called as ``report(step, done, total)``.

    Raises
    ------
    StimuliError, ModelsError
        If the set can't be built; the message says why and what to do.
    """
    report = report or silently
    found = read_dataset(dataset)
    noted = [found.root / f"{video.id}{POSITIONS_NAME}" for video in found.videos]
    places = fingerprint(path for path in noted if path.is_file())
    identity = identity_of(found, {**options.shaping(), "positions": places}, seed=options.seed)
    with full_disk_told(out):
        if is_there(out):
            return already_built(out, identity)
        digest = sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        unfinished = open_partial(out, digest=digest)
        results = {video.id: unfinished.result(video.id) for video in found.videos}
        pending = [video for video in found.videos if results[video.id] is None]
        make = partial(make_silent, options=options, media=unfinished.media)
        before = len(results) - len(pending)
        with Pool(options.workers, cluster=options.cluster) as pool:
            for done, (video_id, result) in enumerate(pool.map(make, pending), start=before + 1):
                unfinished.keep(video_id, result)
                results[video_id] = result
                report("Cutting clips", done, len(results))
        made = [result for result in results.values() if result]
        whole = gathered_from(identity, made, found, variants={}, skipped=())
        unfinished.tidy(list(whole.media()))
        unfinished.finish(whole)
    return Built(manifest=whole, made=True, notes=notes_on(whole))
