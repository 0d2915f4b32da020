"""Media files on disk: named by their own bytes, and there whole or not at all."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAME_DIGITS = 32
UNFINISHED = ".writing"  # suffix of a file that is not yet whole


def media_names(data: bytes) -> Iterator[str]:
    """Name a file by its own bytes: whoever holds the file learns nothing from its name.

    Yields
    ------
    str
        The name, and then further ones for files that are equal to the last bit (two variants that
        chose one exemplar): each stimulus has a file of its own.
    """
    digest = hashlib.sha256(data).hexdigest()[:NAME_DIGITS]
    while True:
        yield digest + ".mp4"
        digest = hashlib.sha256(digest.encode()).hexdigest()[:NAME_DIGITS]


def put_whole(data: bytes, folder: Path, *, taken: set[str]) -> dict[str, Any]:
    """Write a file under the first of its names that is not taken yet, and take it.

    Returns
    -------
    dict
        ``media``, ``sha256`` and ``n_bytes``, as the manifest has them of each file.
    """
    name = next(name for name in media_names(data) if name not in taken)
    taken.add(name)
    unfinished = (folder / name).with_suffix(UNFINISHED)
    unfinished.write_bytes(data)
    unfinished.replace(folder / name)
    return {"media": name, "sha256": hashlib.sha256(data).hexdigest(), "n_bytes": len(data)}
