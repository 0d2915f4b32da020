"""Fields of JSON files that `models` wrote: each is checked, and named with its place if it is wrong."""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from analysis.errors import AnalysisError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A number with its interval; None where it is not defined, as r of numbers that don't vary."""

    value: float | None
    low: float | None
    high: float | None


def read_json(path: Path, make: Callable[[Any, str], T], *, remedy: str) -> T:
    """Read a JSON file.

    A NaN, which is no JSON but which some programs write, is read as a number that is not defined.

    Parameters
    ----------
    path : Path
        The file.
    make : callable
        Given what the file holds and its SHA-256; says by ValueError what is wrong.
    remedy : str
        What to give instead; ends each message.

    Raises
    ------
    AnalysisError
        If there is no such file, or it is no JSON, or `make` refuses it.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise AnalysisError(f"no file {path}; {remedy}") from None
    except OSError as error:
        raise AnalysisError(f"{path} can't be read ({error.strerror}); {remedy}") from None
    try:
        data = json.loads(content.decode("utf-8"), parse_constant=_constant)
        return make(data, hashlib.sha256(content).hexdigest())
    except UnicodeDecodeError:
        raise AnalysisError(f"{path} is not text; {remedy}") from None
    except json.JSONDecodeError as error:
        raise AnalysisError(f"{path} is not JSON ({error}); {remedy}") from None
    except ValueError as error:
        raise AnalysisError(f"{path}: {error}; {remedy}") from None


def check_head(data: Any, *, what: str, called: str, version: int) -> None:
    """Refuse what is no file of this kind, or one of another format.

    Parameters
    ----------
    data : object
        What the file holds.
    what, called : str
        What the file says that it is, and what that is in words.
    version : int
        The format that can be read.
    """
    if not isinstance(data, dict) or data.get("what") != what:
        raise ValueError(f"this is not {called}")
    if data.get("format") != version:
        raise ValueError(f"format {data.get('format')!r}, this version reads {version}")


def share_of_level(data: dict[str, Any]) -> float:
    """Take the level of the intervals, between 0 and 1."""
    level = number_or_none(data, "level", "")
    if level is None or not 0 < level < 1:
        raise ValueError(f"level is {level}, expected a share between 0 and 1")
    return level


def interval(data: dict[str, Any], key: str, where: str, *, lowest: float, highest: float) -> Interval:
    """Take a number with its interval, all of them between `lowest` and `highest`."""
    at, measured = place(where, key), mapping(data, key, where)
    value, low, high = (number_or_none(measured, name, at) for name in ("value", "low", "high"))
    for number in (value, low, high):
        if number is not None and not lowest <= number <= highest:
            raise ValueError(f"{at} is {number}, expected {lowest} to {highest}")
    if low is not None and high is not None and low > high:
        raise ValueError(f"{at} has an interval from {low} to {high}")
    if value is None or low is None or high is None:
        low = high = None  # half an interval tells nothing
    return Interval(value=value, low=low, high=high)


def mapping(data: dict[str, Any], key: str, where: str) -> dict[str, Any]:
    """Take an object."""
    value = _take(data, key, where)
    if not isinstance(value, dict):
        raise ValueError(f"{place(where, key)} is {value!r:.60}, expected an object")
    return value


def sequence(data: dict[str, Any], key: str, where: str) -> list[Any]:
    """Take a list."""
    value = _take(data, key, where)
    if not isinstance(value, list):
        raise ValueError(f"{place(where, key)} is {value!r:.60}, expected a list")
    return value


def taken(
    data: dict[str, Any], where: str, kinds: Mapping[str, Callable[[dict[str, Any], str, str], Any]]
) -> dict[str, Any]:
    """Take several fields, each by the function that its kind asks for."""
    return {key: take(data, key, where) for key, take in kinds.items()}


def text(data: dict[str, Any], key: str, where: str) -> str:
    """Take a text."""
    value = _take(data, key, where)
    if not isinstance(value, str):
        raise ValueError(f"{place(where, key)} is {value!r:.60}, expected text")
    return value


def text_or_none(data: dict[str, Any], key: str, where: str) -> str | None:
    """Take a text that may be missing."""
    return None if data.get(key) is None else text(data, key, where)


def count(data: dict[str, Any], key: str, where: str) -> int:
    """Take a whole number, 0 or more."""
    value = _take(data, key, where)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{place(where, key)} is {value!r:.60}, expected a whole number")
    return value


def number_or_none(data: dict[str, Any], key: str, where: str) -> float | None:
    """Take a finite number, or None where there is none."""
    value = _take(data, key, where)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{place(where, key)} is {value!r:.60}, expected a number or null")
    return float(value)


def place(where: str, key: str) -> str:
    """Name a field within another one; within the file itself if `where` is empty."""
    return f"{where}.{key}" if where else key


def _take(data: dict[str, Any], key: str, where: str) -> Any:
    if key not in data:
        raise ValueError(f"{place(where, key)} is missing")
    return data[key]


def _constant(name: str) -> None:
    if name != "NaN":
        raise ValueError(f"{name} is no number")
