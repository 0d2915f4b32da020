"""The answers of a study as one tidy table: a column per question that the analysis asks of a trial."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiment_server import records
from experiment_server.records import COLUMNS, Record, RecordsError

Mask = NDArray[np.bool_]
Rows = NDArray[np.bool_] | NDArray[np.intp]  # which trials: true or false for each, or their places


class AnalysisError(Exception):
    """Something given to `analysis` can't be used; the message says what and how to mend it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Factor:
    """A column of names, kept as numbers.

    Attributes
    ----------
    codes : ndarray of int64 [shape=(n_trials,)]
        Index into `levels`; -1 where nothing was given.
    levels : tuple of str
        The names, sorted.
    """

    codes: NDArray[np.int64]
    levels: tuple[str, ...]

    def mask(self, level: str) -> Mask:
        """Say which trials have this name; none if no trial has it."""
        code = self.levels.index(level) if level in self.levels else len(self.levels)
        return np.asarray(self.codes == code)

    def select(self, rows: Rows) -> "Factor":
        """Keep some trials, and all levels, so that codes mean the same everywhere."""
        return replace(self, codes=self.codes[rows])

    def n_used(self) -> int:
        """Count the names that occur."""
        return len(np.unique(self.codes[self.codes >= 0]))


@dataclass(frozen=True, kw_only=True, slots=True)
class Responses:
    """One row a trial, in order of participant, phase and position; every column has shape (n_trials,).

    Attributes
    ----------
    participant, video, clip, variant, material, action, reaction, state : Factor
        Who, what, and how far the participant came.
    main : ndarray of bool
        False for practice.
    simulated : ndarray of bool
        True where a program answered.
    shown : ndarray of bool
        True where the server handed the trial out.
    answered : ndarray of bool
        True where there is an answer.
    fooled : ndarray of bool
        True where the synthesized stimulus was called real; False also where nothing was answered.
    real_interval : ndarray of int64
        Interval with the real sound, 1 or 2.
    response_interval : ndarray of int64
        Interval called real, 1 or 2; 0 where nothing was answered.
    rt_ms : ndarray of float64
        Response time (ms); nan where there is none.
    """

    participant: Factor
    video: Factor
    clip: Factor
    variant: Factor
    material: Factor
    action: Factor
    reaction: Factor
    state: Factor
    main: Mask
    simulated: Mask
    shown: Mask
    answered: Mask
    fooled: Mask
    real_interval: NDArray[np.int64]
    response_interval: NDArray[np.int64]
    rt_ms: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.main)

    def select(self, rows: Rows) -> "Responses":
        """Keep the trials that `rows` names: a mask [shape=(n_trials,)] or places."""
        kept: dict[str, Any] = {}
        for column in fields(self):
            values = getattr(self, column.name)
            kept[column.name] = values.select(rows) if isinstance(values, Factor) else values[rows]
        return Responses(**kept)


def read(path: Path) -> list[Record]:
    """Read a file of responses written by `experiment-server export`.

    Raises
    ------
    AnalysisError
        If there is no such file or it can't be read as responses.
    """
    try:
        return records.read(path)
    except FileNotFoundError:
        raise AnalysisError(f"no file {path}; give what `experiment-server export` wrote") from None
    except (RecordsError, UnicodeDecodeError) as error:
        raise AnalysisError(str(error)) from error


def without_duplicates(trials: Iterable[Record]) -> tuple[list[Record], int]:
    """Keep one row for each trial, in an order that does not depend on the input's.

    Returns
    -------
    kept : list of Record
        Sorted by participant, phase, position and name of trial.
    n_dropped : int
        Rows that only repeated another one.

    Raises
    ------
    AnalysisError
        If two rows for one trial differ: no program can say which of them is right.
    """
    rows = list(trials)
    by_name: dict[tuple[str, str, str], Record] = {}
    for row in rows:
        other = by_name.setdefault((row.study, row.participant, row.trial), row)
        if other != row:
            raise AnalysisError(
                f"trial {row.trial} of participant {row.participant} stands twice and differs; "
                "export the study again, or remove the wrong row"
            )
    kept = sorted(by_name.values(), key=lambda r: (r.participant, r.phase, r.position, r.trial))
    return kept, len(rows) - len(kept)


def from_records(trials: Sequence[Record]) -> Responses:
    """Turn records, each trial once, into columns.

    Raises
    ------
    AnalysisError
        If a row contradicts itself.
    """
    for row in trials:
        _check(row)
    return Responses(
        participant=_factor([r.participant for r in trials]),
        video=_factor([r.video for r in trials]),
        clip=_factor([r.clip for r in trials]),
        variant=_factor([r.variant for r in trials]),
        material=_factor([r.material for r in trials]),
        action=_factor([r.action for r in trials]),
        reaction=_factor([r.reaction for r in trials]),
        state=_factor([r.participant_state for r in trials]),
        main=np.array([r.phase == "main" for r in trials], dtype=bool),
        simulated=np.array([r.simulated for r in trials], dtype=bool),
        shown=np.array([_was_shown(r) for r in trials], dtype=bool),
        answered=np.array([r.fooled is not None for r in trials], dtype=bool),
        fooled=np.array([r.fooled is True for r in trials], dtype=bool),
        real_interval=np.array([r.real_interval for r in trials], dtype=np.int64),
        response_interval=np.array([r.response_interval or 0 for r in trials], dtype=np.int64),
        rt_ms=np.array([np.nan if r.rt_ms is None else r.rt_ms for r in trials], dtype=np.float64),
    )


def digest(trials: Iterable[Record]) -> str:
    """SHA-256 of the rows' values, in the given order: names the data a report was made from."""
    total = hashlib.sha256()
    for row in trials:
        total.update(repr([getattr(row, name) for name in COLUMNS]).encode())
    return total.hexdigest()


def _check(row: Record) -> None:
    answered = row.response_interval is not None
    if row.real_interval not in (1, 2) or row.response_interval not in (None, 1, 2):
        raise AnalysisError(f"trial {row.trial} has an interval that is neither 1 nor 2")
    if row.fooled != ((row.response_interval != row.real_interval) if answered else None):
        raise AnalysisError(f"trial {row.trial} says fooled={row.fooled}; its intervals disagree")
    if row.rt_ms is not None and not 0 <= row.rt_ms < np.inf:
        raise AnalysisError(f"trial {row.trial} has rt_ms {row.rt_ms}; expected 0 or more")


def _was_shown(row: Record) -> bool:
    return row.presented_utc is not None or row.fooled is not None


def _factor(names: Sequence[str | None]) -> Factor:
    levels = tuple(sorted({name for name in names if name is not None}))
    index = {name: code for code, name in enumerate(levels)}
    codes = [-1 if name is None else index[name] for name in names]
    return Factor(codes=np.array(codes, dtype=np.int64), levels=levels)
