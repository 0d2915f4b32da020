"""Files and folders that appear whole or not at all."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from models.errors import ModelsError


def write_json(path: Path, facts: Mapping[str, Any]) -> None:
    """Write plain JSON values in place of what was there; the folder is made if it is missing."""
    text = json.dumps(facts, indent=1, ensure_ascii=False, allow_nan=False)
    with whole_file(path) as partial:
        partial.write_text(text + "\n", encoding="utf-8")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Write a file under another name; it takes its place when all is well, and is gone if not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.writing")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Fill a folder out of sight; it takes its place when all is well, and is gone if not.

    Raises
    ------
    ModelsError
        If `out` holds something already.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ModelsError(f"{out} exists already; give a new folder, or remove this one first")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as made:
        folder = Path(made) / out.name
        folder.mkdir()
        yield folder
        folder.rename(out)
