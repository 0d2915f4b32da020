"""The answers of a study as one tidy table: a column per question that the analysis asks of a trial."""

import hashlib
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Rows = NDArray[np.bool_] | NDArray[np.intp]  # which trials: true or false for each, or their places


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

    def used(self) -> list[str]:
        """List the names that occur, sorted."""
        return [self.levels[code] for code in np.flatnonzero(self.counts()).tolist()]

    def n_used(self) -> int:
        """Count the names that occur."""
        return int(np.count_nonzero(self.counts()))

    def counts(self, rows: Mask | None = None) -> NDArray[np.int64]:
        """Count the trials, or those of `rows`, of each name [shape=(n_levels,)]."""
        codes = self.codes if rows is None else self.codes[rows]
        return np.bincount(codes[codes >= 0], minlength=len(self.levels))

    def name(self, trial: int | np.intp) -> str | None:
        """Give one trial's name."""
        code = int(self.codes[trial])
        return None if code < 0 else self.levels[code]

    def names(self) -> list[str | None]:
        """Give every trial's name."""
        return [None if code < 0 else self.levels[code] for code in self.codes.tolist()]


@dataclass(frozen=True, kw_only=True, slots=True)
class Responses:
    """One row a trial, in order of participant, phase and position; every column has shape (n_trials,).

    Attributes
    ----------
    study, participant, trial, video, clip, variant : Factor
        Which, who, what; no variant for catch trials.
    material, action, reaction : Factor
        Labels of the clip.
    state, recruiter : Factor
        How far the participant came, and from where.
    main, catch : ndarray of bool
        Main trials, and catch trials among them; neither for practice.
    position : ndarray of int64
        Place of the trial in its phase, from 1.
    simulated : ndarray of bool
        True where a program answered.
    shown, invalid : ndarray of bool
        True where the server handed the trial out, and where its presentation failed.
    answered : ndarray of bool
        True where there is an answer.
    fooled : ndarray of bool
        True where the synthesized stimulus was called real; False also where nothing was answered.
    real_interval : ndarray of int64
        Interval with the real sound, 1 or 2.
    response_interval : ndarray of int64
        Interval called real, 1 or 2; 0 where nothing was answered.
    rt_ms, hidden_ms, stalls, headphones_passed : ndarray of float64
        Response time (ms), time that the page was out of sight (ms), halts of the playback, 1 or 0 for
        the headphone test; nan where there is none.
    answered_utc : ndarray of datetime64[ms]
        When the server kept the answer; not-a-time where there is none.
    """

    study: Factor
    participant: Factor
    trial: Factor
    video: Factor
    clip: Factor
    variant: Factor
    material: Factor
    action: Factor
    reaction: Factor
    state: Factor
    recruiter: Factor
    main: Mask
    catch: Mask
    position: NDArray[np.int64]
    simulated: Mask
    shown: Mask
    invalid: Mask
    answered: Mask
    fooled: Mask
    real_interval: NDArray[np.int64]
    response_interval: NDArray[np.int64]
    rt_ms: NDArray[np.float64]
    hidden_ms: NDArray[np.float64]
    stalls: NDArray[np.float64]
    headphones_passed: NDArray[np.float64]
    answered_utc: NDArray[np.datetime64]

    def __len__(self) -> int:
        return len(self.main)

    def select(self, rows: Rows) -> "Responses":
        """Keep the trials that `rows` names: a mask [shape=(n_trials,)] or places."""
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        kept: dict[str, Any] = {}
        for column in fields(self):
            values = getattr(self, column.name)
            kept[column.name] = values.select(places) if isinstance(values, Factor) else values[places]
        return Responses(**kept)

    def of_participants(self, chosen: Mask) -> Mask:
        """Say which trials are by participants whose place in `participant.levels` is true."""
        return np.asarray(chosen[self.participant.codes])

    def digest(self) -> str:
        """SHA-256 of the columns: names the data that a report was made from."""
        total = hashlib.sha256()
        for column in fields(self):
            values = getattr(self, column.name)
            if isinstance(values, Factor):
                total.update("\0".join(values.levels).encode())
                values = values.codes
            total.update(np.ascontiguousarray(values).tobytes())
        return total.hexdigest()
