"""What building any set has in common: it is made once, from what each video gave."""

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from models.videos.dataset import Dataset
from stimuli import manifest
from stimuli.building.notes import is_video, notes_on, problem_skipped, told
from stimuli.building.provenance import begun_as, differences
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


def made_once(out: Path, begun: Manifest, make: Callable[[], Manifest]) -> Built:
    """Make a set, or take the one that is there; an empty folder is none.

    Parameters
    ----------
    out : Path
        The set's folder.
    begun : Manifest
        From `stimuli.building.provenance.begun_from`.
    make : callable
        Makes it.

    Raises
    ------
    StimuliError
        If one that was made otherwise is there; the message says how. If the disk is full.
    """
    there = out.exists() and any(out.iterdir() if out.is_dir() else [out])
    with _full_disk_told(out):
        result = _already_built(out, begun) if there else make()
    return Built(manifest=result, made=not there, notes=notes_on(result))


def gathered_from(
    begun: Manifest, results: Sequence[Manifest], dataset: Dataset, *, skipped: Sequence[Skipped] = ()
) -> Manifest:
    """Put what the videos gave into one manifest.

    Parameters
    ----------
    begun : Manifest
        From `stimuli.building.provenance.begun_from`, with the variants.
    results : sequence of Manifest
        What each video gave.
    dataset : Dataset
        Its oddities are told first.
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
    whole = replace(
        begun,
        dataset={**begun.dataset, "videos": videos},
        clips=tuple(sorted((c for of in results for c in of.clips), key=lambda clip: clip.id)),
        skipped=(*odd, *skipped, *lost),
    )
    if not whole.clips:
        reasons = "; ".join(told(whole.skipped))
        raise StimuliError(f"no clip could be made from {dataset.root}; {reasons}")
    return whole


def _already_built(out: Path, begun: Manifest) -> Manifest:
    result = manifest.read(out)
    there = begun_as(result)
    if begun != there:
        raise StimuliError(
            f"{out} holds a stimulus set made otherwise ({differences(begun, there)}); give another "
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
