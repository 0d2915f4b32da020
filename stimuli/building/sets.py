"""What building any set has in common: what it is made from, what is there already, what it came to."""

import errno
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.videos.dataset import Dataset
from stimuli import manifest
from stimuli.building.notes import is_video, notes_on, problem_skipped, told
from stimuli.building.provenance import dataset_facts, versions
from stimuli.errors import StimuliError
from stimuli.manifest import Manifest, Skipped


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


def identity_of(dataset: Dataset, shaping: Mapping[str, Any], *, seed: int) -> dict[str, Any]:
    """List all that shapes a set and is known before anything is loaded, as plain JSON values.

    Parameters
    ----------
    dataset : Dataset
        What it is made from.
    shaping : dict
        The options that shape it.
    seed : int
        What all sampling starts from.
    """
    found = {
        "seed": seed,
        "options": shaping,
        "dataset": dataset_facts(dataset),
        "versions": versions(),
    }
    return dict(json.loads(json.dumps(found)))


def is_there(out: Path) -> bool:
    """Tell whether something lies where a set is to be made; an empty folder is nothing."""
    return out.exists() and any(out.iterdir() if out.is_dir() else [out])


def already_built(out: Path, identity: dict[str, Any]) -> Built:
    """Take the set that is there, if it was made in the same way.

    Raises
    ------
    StimuliError
        If it was made otherwise; the message says how.
    """
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


def gathered_from(
    identity: Mapping[str, Any],
    results: Sequence[Manifest],
    dataset: Dataset,
    *,
    variants: Mapping[str, Mapping[str, Any]],
    skipped: Sequence[Skipped],
) -> Manifest:
    """Put what the videos gave into one manifest.

    Parameters
    ----------
    identity : dict
        From `identity_of`.
    results : sequence of Manifest
        What each video gave.
    dataset : Dataset
        Its oddities are told first.
    variants : dict of str to dict
        What the manifest says of each.
    skipped : sequence of Skipped
        Variants that were left out.

    Raises
    ------
    StimuliError
        If there is no clip at all.
    """
    odd = (problem_skipped(problem) for problem in dataset.problems)
    lost = (item for result in results for item in result.skipped)
    whole = Manifest(
        seed=identity["seed"],
        options=identity["options"],
        dataset={
            **identity["dataset"],
            "videos": {name: facts for of in results for name, facts in of.dataset.items()},
        },
        versions=identity["versions"],
        variants=variants,
        clips=tuple(sorted((c for of in results for c in of.clips), key=lambda clip: clip.id)),
        skipped=(*odd, *skipped, *lost),
    )
    if not whole.clips:
        reasons = "; ".join(told(whole.skipped))
        raise StimuliError(f"no clip could be made from {dataset.root}; {reasons}")
    return whole


@contextmanager
def full_disk_told(out: Path) -> Iterator[None]:
    """Say in a sentence that the disk is full, and that the build goes on."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise StimuliError(
            f"the disk is full; make room where {out.absolute().parent} lies and run the same command "
            "again: it goes on where it stopped"
        ) from error
