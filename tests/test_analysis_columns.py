"""Responses as columns: the same from records and from a file, and what can't be read is explained."""

import csv
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import AnalysisError
from analysis.inputs.columns import from_records, read
from analysis.inputs.responses import Factor, Responses
from analysis.planning.simulate import simulate
from experiment_server.exports import records
from experiment_server.exports.records import Record

NEWER = ("recruiter", "headphones_passed", "invalid", "hidden_ms", "stalls")


def study() -> list[Record]:
    trials = simulate(
        {"full": 0.4, "None": 0.3}, n_participants=4, n_trials=6, n_videos=8, n_catch=1,
        rng=np.random.default_rng(2),
    )  # fmt: skip
    return [
        dataclasses.replace(row, rt_ms=None, hidden_ms=12.5, stalls=2, headphones_passed=True)
        if row.position == 2 else row
        for row in trials
    ]  # fmt: skip


def written(
    tmp_path: Path, trials: list[Record], *, without: tuple[str, ...] = (), **cells: str
) -> Path:
    """A file of responses, without some columns, and with some cells of its third line changed."""
    path = tmp_path / "responses.csv"
    records.write(trials, path)
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    rows[1] |= cells
    names = [name for name in rows[0] if name not in without]
    with path.open("w", encoding="utf-8-sig", newline="") as file:  # as spreadsheets save it
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def equal(first: Responses, second: Responses) -> bool:
    for column in dataclasses.fields(Responses):
        values = [getattr(side, column.name) for side in (first, second)]
        if isinstance(values[0], Factor):
            if values[0].levels != values[1].levels:
                return False
            values = [factor.codes for factor in values]
        if not np.array_equal(*values, equal_nan=values[0].dtype.kind in "fM"):
            return False
    return True


def test_a_file_gives_the_same_columns_as_its_records(tmp_path: Path) -> None:
    mine, n_repeated, sets = read(written(tmp_path, study()))
    assert equal(mine, from_records(study())[0])
    assert (n_repeated, sets) == (0, ("none",))
    assert mine.digest() == from_records(study())[0].digest()
    assert mine.variant.levels == ("None", "full")  # a name, and no sound of a catch trial
    assert np.sum(mine.variant.codes < 0) == np.sum(mine.catch) == 4


def test_another_answer_is_another_digest() -> None:
    trials = study()
    changed = [dataclasses.replace(trials[0], rt_ms=1.0), *trials[1:]]
    assert from_records(changed)[0].digest() != from_records(trials)[0].digest()
    assert from_records(trials[::-1])[0].digest() == from_records(trials)[0].digest()


def test_a_file_of_the_first_format_is_read(tmp_path: Path) -> None:
    found, _, _ = read(written(tmp_path, study(), without=NEWER))
    assert len(found) == 28
    assert np.isnan(found.hidden_ms).all() and np.isnan(found.headphones_passed).all()
    assert not found.invalid.any()


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ({"rt_ms": "soon"}, r"responses\.csv, line 3: rt_ms is soon; expected a number"),
        ({"fooled": "yes"}, "line 3: fooled is yes"),
        ({"answered_utc": "yesterday"}, "no time|not ISO 8601"),
        ({"participant": ""}, "has no participant"),
        ({"variant": ""}, "has no variant"),
        ({"position": ""}, "has no position"),
        ({"simulated": "2"}, "simulated=2"),
    ],
)
def test_a_cell_that_can_not_be_read_is_named(cells: dict, complaint: str, tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=complaint):
        read(written(tmp_path, study(), **cells))


def test_files_that_hold_no_responses_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AnalysisError, match=r"no file .*nowhere\.csv"):
        read(tmp_path / "nowhere.csv")
    with pytest.raises(AnalysisError, match="lacks the columns fooled"):
        read(written(tmp_path, study(), without=("fooled",)))
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(AnalysisError, match="can't be read as CSV"):
        read(tmp_path / "empty.csv")
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(AnalysisError, match="can't be read as CSV"):
        read(tmp_path / "binary.csv")


def test_no_trials_are_an_empty_table(tmp_path: Path) -> None:
    records.write([], tmp_path / "r.csv")
    found, n_repeated, sets = read(tmp_path / "r.csv")
    assert (len(found), n_repeated, sets) == (0, 0, ())


def test_names_are_selected_and_counted() -> None:
    factor = Factor(codes=np.array([1, -1, 0, 1]), levels=("a", "b", "c"))
    assert factor.counts().tolist() == [1, 2, 0]
    assert factor.counts(np.array([True, True, False, False])).tolist() == [0, 1, 0]
    assert (factor.n_used(), factor.names()) == (2, ["b", None, "a", "b"])
    assert factor.mask("unknown").tolist() == [False] * 4
    chosen = from_records(study())[0].select(np.array([3, 1]))
    assert len(chosen) == 2 and chosen.position.tolist() == [
        from_records(study())[0].position[3], from_records(study())[0].position[1],
    ]  # fmt: skip
