"""What building any set has in common: it is made once, from what each video gave."""

import errno
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.videos.dataset import Dataset
from stimuli import manifest
from stimuli.building.notes import is_video, notes_on, problem_skipped, told
from stimuli.building.provenance import differences, identity_in
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


def made_once(out: Path, identity: dict[str, Any], make: Callable[[], Manifest]) -> Built:
    """Make a set, or take the one that is there; an empty folder is none.

    Parameters
    ----------
    out : Path
        The set's folder.
    identity : dict
        From `stimuli.building.provenance.identity_of`.
    make : callable
        Makes it.

    Raises
    ------
    StimuliError
        If one that was made otherwise is there; the message says how. If the disk is full.
    """
    there = out.exists() and any(out.iterdir() if out.is_dir() else [out])
    with _full_disk_told(out):
        result = _already_built(out, identity) if there else make()
    return Built(manifest=result, made=not there, notes=notes_on(result))


def gathered_from(
    identity: Mapping[str, Any],
    results: Sequence[Manifest],
    dataset: Dataset,
    *,
    variants: Mapping[str, Mapping[str, Any]] | None = None,
    skipped: Sequence[Skipped] = (),
) -> Manifest:
    """Put what the videos gave into one manifest.

    Parameters
    ----------
    identity : dict
        From `stimuli.building.provenance.identity_of`.
    results : sequence of Manifest
        What each video gave.
    dataset : Dataset
        Its oddities are told first.
    variants : dict of str to dict, optional
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
    videos = {name: facts for of in results for name, facts in of.dataset.items()}
    whole = Manifest(
        seed=identity["seed"],
        options=identity["options"],
        dataset={**identity["dataset"], "videos": videos},
        versions=identity["versions"],
        variants=variants or {},
        clips=tuple(sorted((c for of in results for c in of.clips), key=lambda clip: clip.id)),
        skipped=(*odd, *skipped, *lost),
    )
    if not whole.clips:
        reasons = "; ".join(told(whole.skipped))
        raise StimuliError(f"no clip could be made from {dataset.root}; {reasons}")
    return whole


def _already_built(out: Path, identity: dict[str, Any]) -> Manifest:
    result = manifest.read(out)
    there = identity_in(result)
    if identity != there:
        raise StimuliError(
            f"{out} holds a stimulus set made otherwise ({differences(identity, there)}); give another "
            "--out, or remove that folder to build it anew"
        )
    return result


@contextmanager
def _full_disk_told(out: Path) -> Iterator[None]:
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
