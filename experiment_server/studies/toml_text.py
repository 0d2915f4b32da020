"""Dataclasses as commented TOML and back, for files that people edit.

The standard library reads TOML but does not write it; this writes what `study` needs: numbers,
truth values, strings and lists of strings. What was read is held to the dataclass's fields.
"""

import dataclasses
import json
import math
import textwrap
from collections.abc import Callable, Container, Iterator
from dataclasses import MISSING
from typing import Any, NoReturn, TypeVar

WIDTH = 96  # columns of a comment

T = TypeVar("T")


def key(meaning: str, default: Any = MISSING, *, allowed: Callable[[Any], bool] | None = None) -> Any:
    """Declare a key of a file: a dataclass field whose `meaning` is its comment there.

    `allowed` tells whether a value is; without it all of the type are.
    """
    return dataclasses.field(default=default, metadata={"meaning": meaning, "allowed": allowed})


def within(least: int, most: float = math.inf) -> Callable[[int], bool]:
    """Allow numbers from `least` to `most`, both included."""
    return lambda number: least <= number <= most


def one_of(words: Container[str]) -> Callable[[str], bool]:
    """Allow these words."""
    return lambda word: word in words


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


def to_fields(kind: type[T], data: Any, place: str, *, error: type[Exception]) -> T:
    """Make a dataclass of a table that was read.

    Parameters
    ----------
    kind : type
        The dataclass, made with `key`; fields that are dataclasses themselves are taken as they are.
    data : dict of str to value
        The table.
    place : str
        File and table, for messages.
    error : type
        What to raise.

    Raises
    ------
    error
        If it is no table, or a key is missing, unknown or of a wrong type.
    """
    if not isinstance(data, dict):
        raise error(f"{place} must be a table of keys")
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if unknown := sorted(set(data) - set(fields)):
        raise error(f"{place} has no key {unknown[0]!r}; it knows {', '.join(fields)}")
    missing = [name for name, f in fields.items() if name not in data and _is_required(f)]
    if missing:
        raise error(f"{place} lacks {missing[0]!r}: {fields[missing[0]].metadata['meaning']}")
    for name, value in data.items():
        if not _is_of_type(value, fields[name].type):
            raise error(
                f"{place}: {name} = {value!r} is not allowed. {fields[name].metadata['meaning']}"
            )
    return kind(**{name: _plain(value) for name, value in data.items()})


def check(instance: Any, place: str, *, error: type[Exception]) -> None:
    """Make sure that each value of a table is one that its key allows.

    Raises
    ------
    error
        If one is not; `place` says where it stands.
    """
    for field in dataclasses.fields(instance):
        allowed = field.metadata.get("allowed")
        if allowed is not None and not allowed(getattr(instance, field.name)):
            refuse(instance, field.name, place, error=error)


def refuse(instance: Any, name: str, place: str, *, error: type[Exception]) -> NoReturn:
    """Raise `error` because of the value that a table has under a name."""
    meaning = {f.name: f for f in dataclasses.fields(instance)}[name].metadata["meaning"]
    raise error(f"{place}: {name} = {getattr(instance, name)!r} is not allowed. {meaning}")


def _is_required(f: "dataclasses.Field[Any]") -> bool:
    return f.default is MISSING and f.default_factory is MISSING


def _is_of_type(value: Any, kind: Any) -> bool:
    if dataclasses.is_dataclass(kind):
        return isinstance(value, kind)  # type: ignore[arg-type]
    if kind == tuple[str, ...]:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return type(value) is kind


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _from_str(text: str) -> str:
    # JSON's escapes are TOML's, save that TOML wants DEL escaped as well.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _from_lines(text: str) -> str:
    lines = [_from_str(line)[1:-1] for line in text.split("\n")]
    return '"""\n' + "\n".join(lines) + '"""'
