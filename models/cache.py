"""Arrays on disk under a digest of all that they depend on: found whole and unchanged, or not found."""

import hashlib
import json
import shutil
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMAT = 1
FACTS_NAME = "entry.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A folder of the cache.

    Attributes
    ----------
    folder : Path
        Where its ``<name>.npy`` files lie.
    facts : dict
        What was stored beside the arrays, as plain JSON values.
    """

    folder: Path
    facts: Mapping[str, Any]

    def load(self, name: str) -> NDArray[Any]:
        """Read an array into memory."""
        return np.asarray(np.load(self._path(name), allow_pickle=False))

    def open(self, name: str) -> NDArray[Any]:
        """Open an array where it lies; only what is used is read. Not for empty arrays."""
        return np.asarray(np.load(self._path(name), mmap_mode="r", allow_pickle=False))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.npy"


def digest_of(facts: Mapping[str, Any]) -> str:
    """SHA-256 of plain JSON values, whatever the order of their keys."""
    text = json.dumps(facts, sort_keys=True, allow_nan=False, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_entry(cache: Path, key: str) -> Entry | None:
    """Find what was stored under a key.

    Parameters
    ----------
    cache : Path
        Folder that holds the entries.
    key : str
        From `digest_of`.

    Returns
    -------
    Entry or None
        None if there is nothing, or if a byte of it has changed since it was written.
    """
    folder = cache / key[:2] / key
    try:
        data = json.loads((folder / FACTS_NAME).read_text(encoding="utf-8"))
        if data["format"] != FORMAT or data["key"] != key:
            return None
        for name, checksum in data["checksums"].items():
            if zlib.crc32((folder / f"{name}.npy").read_bytes()) != checksum:
                return None
        return Entry(folder=folder, facts=data["facts"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_entry(
    cache: Path, key: str, arrays: Mapping[str, NDArray[Any]], *, facts: Mapping[str, Any]
) -> Entry:
    """Store arrays and facts under a key, whole or not at all, in place of what may be there.

    Parameters
    ----------
    cache : Path
        Folder that holds the entries; made if it is missing.
    key : str
        From `digest_of`.
    arrays : dict of str to ndarray
        Not of objects.
    facts : dict
        Plain JSON values.
    """
    folder = cache / key[:2] / key
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="writing-", dir=folder.parent) as name:
        written = Path(name) / "entry"
        written.mkdir()
        checksums = {}
        for array_name, array in arrays.items():
            path = written / f"{array_name}.npy"
            np.save(path, array, allow_pickle=False)
            checksums[array_name] = zlib.crc32(path.read_bytes())
        data = {"format": FORMAT, "key": key, "checksums": checksums, "facts": facts}
        text = json.dumps(data, indent=1, allow_nan=False, ensure_ascii=False)
        (written / FACTS_NAME).write_text(text, encoding="utf-8")
        _move(written, folder)
    return Entry(folder=folder, facts=facts)


def _move(written: Path, folder: Path) -> None:
    """Put a finished entry in its place; a sound one that another process put there first stays."""
    if folder.exists() and read_entry(folder.parent.parent, folder.name) is None:
        shutil.rmtree(folder)
    try:
        written.rename(folder)
    except OSError:
        if read_entry(folder.parent.parent, folder.name) is None:
            raise
