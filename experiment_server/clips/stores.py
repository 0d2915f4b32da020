"""Where the clips' bytes come from: the stimulus set's folder, or a bucket that holds a copy of it.

Bytes always go through the application. A signed address would lead the browser to the bucket, where
the same stimulus has the same name and ETag for everybody; and nothing is kept in memory, since a
recorded sound belongs to all pairs of its clip, would be asked for more often, and come faster.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from experiment_server.errors import StudyError
from stimuli.manifest import Manifest

T = TypeVar("T")

NAME = re.compile(r"[A-Za-z0-9_-]+\.mp4")  # no separator and one dot: leads nowhere else
BUCKET_SCHEME = "s3://"
MEND_FOLDER = "run `stimuli check`, or build the set again"


class StoreError(StudyError):
    """A clip can't be had from where it is kept; the message says which, why and what to do."""


class Store(Protocol):
    """Something that holds the media files of one stimulus set."""

    def read(self, name: str) -> bytes:
        """Return a file's bytes.

        Raises
        ------
        StoreError
            If it can't be had now.
        """
        ...

    def check(self, sizes: Mapping[str, int]) -> None:
        """Make sure that files are there.

        Parameters
        ----------
        sizes : mapping of str to int
            By name, how large each has to be (bytes).

        Raises
        ------
        StoreError
            If one is missing or has another size, or the store can't be reached.
        """
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...


class FolderStore:
    """The folder ``media`` of a stimulus set.

    Parameters
    ----------
    folder : Path
        It.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> bytes:
        """Return a file's bytes, see `Store.read`."""
        return self._seen(name, Path.read_bytes)

    def check(self, sizes: Mapping[str, int]) -> None:
        """Make sure that files are there, see `Store.check`."""
        for name, size in sizes.items():
            there = self._seen(name, Path.stat).st_size
            if there != size:
                place = self.folder / name
                raise StoreError(f"{place} has {there} bytes and not {size}; {MEND_FOLDER}")

    def close(self) -> None:
        """Do nothing: a folder has no connections."""

    def _seen(self, name: str, look: Callable[[Path], T]) -> T:
        path = self.folder / checked_name(name)
        try:
            return look(path)
        except OSError as error:
            raise StoreError(f"{path} can't be read ({error.strerror}); {MEND_FOLDER}") from error


def media_sizes(manifest: Manifest) -> dict[str, int]:
    """List the media files of a stimulus set with their sizes (bytes)."""
    silent = {clip.silent.media: clip.silent.n_bytes for clip in manifest.clips if clip.silent}
    return {**{stimulus.media: stimulus.n_bytes for _, _, stimulus in manifest.stimuli()}, **silent}


def checked_name(name: str) -> str:
    """Return a file's name as it is, if it is one that a stimulus set can hold.

    Raises
    ------
    StoreError
        If it could lead out of the folder or bucket.
    """
    if not NAME.fullmatch(name):
        raise StoreError(f"{name!r} is no name of a stimulus; the stimulus set was tampered with")
    return name
