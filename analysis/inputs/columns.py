"""Responses from records or from a CSV, checked: what a report starts from."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import AnalysisError
from analysis.inputs.responses import Factor, Responses
from experiment_server.exports.records import CATCH, Record
from experiment_server.studies.sections import MAIN

FACTORS = {  # columns of names, by what the analysis calls them
    "study": "study", "participant": "participant", "trial": "trial", "video": "video", "clip": "clip",
    "variant": "variant", "material": "material", "action": "action", "reaction": "reaction",
    "participant_state": "state", "recruiter": "recruiter",
}  # fmt: skip
NUMBERS = (
    "simulated", "position", "real_interval", "response_interval", "fooled", "rt_ms", "hidden_ms",
    "stalls", "headphones_passed",
)  # fmt: skip
WORDS = (*FACTORS, "phase", "presented_utc", "answered_utc", "invalid", "stimulus_set")
OPTIONAL = {"recruiter", "hidden_ms", "stalls", "headphones_passed", "invalid", "stimulus_set"}
KEY = ["study", "participant", "trial"]
ORDER = ["participant", "phase", "position", "trial"]


def from_records(records: Iterable[Record]) -> tuple[Responses, int]:
    """Turn records into columns, each trial once, in an order that does not depend on theirs.

    Returns
    -------
    responses : Responses
        The trials.
    n_repeated : int
        Rows that only repeated another one, and were dropped.

    Raises
    ------
    AnalysisError
        If a row contradicts itself, or two rows for one trial differ.
    """
    rows = list(records)
    known = {name for name in (*WORDS, *NUMBERS) if not rows or hasattr(rows[0], name)}
    columns = {name: [getattr(row, name) for row in rows] for name in sorted(known)}
    return from_frame(_frame(columns, where="the responses"))


def read(path: Path) -> tuple[Responses, int, tuple[str, ...]]:
    """Read a file of responses written by `experiment-server export`.

    Returns
    -------
    responses, n_repeated
        As in `from_records`.
    stimulus_sets : tuple of str
        Digests of the stimulus sets in it.

    Raises
    ------
    AnalysisError
        If there is no such file, or it can't be read as responses.
    """
    wanted = {*WORDS, *NUMBERS}
    try:
        table = pd.read_csv(
            path, dtype="category", usecols=lambda name: name in wanted, keep_default_na=False,
            low_memory=False, na_values=[""], encoding="utf-8-sig",
        )  # fmt: skip
    except FileNotFoundError:
        raise AnalysisError(f"no file {path}; give what `experiment-server export` wrote") from None
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise AnalysisError(f"{path} can't be read as CSV: {error}") from error
    frame = _frame({str(name): table[name] for name in table}, where=str(path))
    sets = tuple(sorted(map(str, frame["stimulus_set"].cat.categories)))
    return (*from_frame(frame), sets)


def from_frame(frame: pd.DataFrame) -> tuple[Responses, int]:
    """Sort, check and turn a frame of `FACTORS` and `NUMBERS` into columns; see `from_records`."""
    once = frame.drop_duplicates()
    twice = once.duplicated(KEY)
    if twice.any():
        row = once[twice].iloc[0]
        raise AnalysisError(
            f"trial {row['trial']} of participant {row['participant']} stands twice and differs; "
            "export the study again, or remove the wrong row"
        )
    once = once.sort_values(ORDER, kind="stable", ignore_index=True)
    _check(once)
    # a catch trial's sound is no variant
    once["variant"] = once["variant"].where(once["phase"] != CATCH).cat.remove_unused_categories()
    return _responses(once), len(frame) - len(once)


def _frame(columns: Mapping[str, Any], *, where: str) -> pd.DataFrame:
    """Make names categories in alphabetical order, and numbers float64."""
    missing = [n for n in (*WORDS, *NUMBERS) if n not in columns and n not in OPTIONAL]
    if missing:
        raise AnalysisError(
            f"{where} lacks the columns {', '.join(missing)}; "
            "give a file written by `experiment-server export`"
        )
    n = len(columns["trial"])
    made = {name: _words(columns.get(name, [None] * n)) for name in WORDS}
    made |= {name: _numbers(columns.get(name, [None] * n), name, where) for name in NUMBERS}
    return pd.DataFrame(made)


def _words(values: Any) -> pd.Categorical:
    column = pd.Categorical(values)
    given = [str(name) for name in column.categories.tolist()]
    names = sorted(given)
    if names != given:
        column = column.rename_categories(given).reorder_categories(names)
    return column


def _numbers(values: Any, name: str, where: str) -> NDArray[np.float64]:
    column = pd.Categorical(values)
    given = column.categories
    numbers = pd.to_numeric(pd.Series(list(given), dtype=object), errors="coerce").to_numpy(np.float64)
    if not np.isfinite(numbers).all():
        code = int(np.flatnonzero(~np.isfinite(numbers))[0])
        line = int(np.flatnonzero(column.codes == code)[0]) + 2
        raise AnalysisError(f"{where}, line {line}: {name} is {given[code]}; expected a number")
    found: NDArray[np.float64] = np.append(numbers, np.nan)[column.codes]
    return found


def _check(frame: pd.DataFrame) -> None:
    """Refuse rows that contradict themselves."""
    real, response = frame["real_interval"], frame["response_interval"]
    intervals = real.isin((1, 2)) & (response.isna() | response.isin((1, 2)))
    _refuse(frame, ~intervals, "has an interval that is neither 1 nor 2")
    expected = (response != real).astype(float).where(response.notna())
    agrees = (frame["fooled"] == expected) | (frame["fooled"].isna() & expected.isna())
    _refuse(frame, ~agrees, "says fooled={fooled}; its intervals disagree")
    _refuse(frame, frame["rt_ms"] < 0, "has rt_ms {rt_ms}; expected 0 or more")
    _refuse(frame, ~frame["simulated"].isin((0, 1)), "has simulated={simulated}; expected 1 or 0")
    _refuse(frame, frame["position"].isna(), "has no position")
    for name in ("participant", "video", "clip", "variant"):
        _refuse(frame, frame[name].isna(), f"has no {name}")


def _refuse(frame: pd.DataFrame, wrong: "pd.Series[bool]", complaint: str) -> None:
    if wrong.any():
        row = frame[wrong].iloc[0]
        raise AnalysisError(f"trial {row['trial']} {complaint.format(**row)}")


def _responses(frame: pd.DataFrame) -> Responses:
    phase, answered = frame["phase"].astype(object), frame["fooled"].notna()
    numbers = ("rt_ms", "hidden_ms", "stalls", "headphones_passed")
    columns: dict[str, Any] = {ours: _factor(frame[theirs]) for theirs, ours in FACTORS.items()}
    columns |= {name: frame[name].to_numpy(np.float64) for name in numbers}
    return Responses(
        **columns,
        main=(phase == MAIN).to_numpy(bool),
        catch=(phase == CATCH).to_numpy(bool),
        position=frame["position"].to_numpy(np.int64),
        simulated=(frame["simulated"] == 1).to_numpy(bool),
        shown=(frame["presented_utc"].notna() | answered).to_numpy(bool),
        invalid=frame["invalid"].notna().to_numpy(bool),
        answered=answered.to_numpy(bool),
        fooled=(frame["fooled"] == 1).to_numpy(bool),
        real_interval=frame["real_interval"].to_numpy(np.int64),
        response_interval=frame["response_interval"].fillna(0).to_numpy(np.int64),
        answered_utc=_times(frame["answered_utc"]),
    )


def _factor(column: "pd.Series[str]") -> Factor:
    return Factor(
        codes=column.cat.codes.to_numpy(np.int64), levels=tuple(column.cat.categories.tolist())
    )


def _times(column: "pd.Series[str]") -> NDArray[np.datetime64]:
    texts = list(column.cat.categories)
    try:
        times = pd.to_datetime(pd.Series(texts, dtype=object), utc=True, format="ISO8601")
    except ValueError as error:
        raise AnalysisError(f"a time in answered_utc is not ISO 8601: {error}") from error
    known = times.dt.tz_localize(None).to_numpy("datetime64[ms]")
    found: NDArray[np.datetime64] = np.append(known, np.datetime64("NaT", "ms"))[column.cat.codes]
    return found
