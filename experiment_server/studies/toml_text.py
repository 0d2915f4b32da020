"""Dataclasses as commented TOML, for files that people edit.

The standard library reads TOML but does not write it; this writes what `study` needs: numbers,
truth values, strings and lists of strings.
"""

import dataclasses
import json
import textwrap
from collections.abc import Iterator
from typing import Any

WIDTH = 96  # columns of a comment


def key(meaning: str, **default: Any) -> Any:
    """Declare a key of a file: a dataclass field whose `meaning` is its comment there."""
    return dataclasses.field(metadata={"meaning": meaning}, **default)


def from_fields(instance: Any) -> Iterator[str]:
    """Write the simple fields of a dataclass, each under a comment with its ``meaning``."""
    for field in dataclasses.fields(instance):
        value = getattr(instance, field.name)
        if dataclasses.is_dataclass(value):
            continue
        yield from comment(field.metadata["meaning"])
        yield f"{field.name} = {from_value(value)}"
        yield ""


def comment(text: str) -> list[str]:
    """Break a text into comment lines."""
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH)]


def from_value(value: object) -> str:
    """Write one value.

    Raises
    ------
    TypeError
        If TOML has no such value here.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _from_lines(value) if "\n" in value else _from_str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(from_value(item) for item in value) + "]"
    raise TypeError(f"{value!r} can't be written as TOML")


def _from_str(text: str) -> str:
    # JSON's escapes are TOML's, save that TOML wants DEL escaped as well.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _from_lines(text: str) -> str:
    lines = [_from_str(line)[1:-1] for line in text.split("\n")]
    return '"""\n' + "\n".join(lines) + '"""'
