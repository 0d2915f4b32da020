"""Responses as CSV: what is written is read back, and what is damaged is named."""

import csv
import dataclasses
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiment_server.exports import records
from experiment_server.exports.records import Record, RecordsError

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), min_size=1)
VALUES = {
    "str": words,
    "int": st.integers(0, 2**63 - 1),
    "float": st.floats(0, 1e9),
    "bool": st.booleans(),
}


def values_of(name):
    kinds = records.TYPES[name].split(" | ")
    return st.one_of(st.none() if kind == "None" else VALUES[kind] for kind in kinds)


rows = st.lists(st.builds(Record, **{name: values_of(name) for name in records.COLUMNS}), max_size=4)
ROW = Record(
    **{
        name: {"str": "x", "int": 1, "float": 1.0, "bool": True}[kind.split(" | ")[0]]
        for name, kind in records.TYPES.items()
    }
)


@settings(deadline=None)
@given(rows)
def test_what_is_written_is_read_back(tmp_path_factory, wanted):
    path = tmp_path_factory.mktemp("records") / "responses.csv"
    assert records.write(wanted, path) == len(wanted)
    assert records.read(path) == wanted


def test_a_missing_column_is_named(tmp_path):
    path = tmp_path / "responses.csv"
    path.write_text("study,trial\nx,y\n")
    with pytest.raises(RecordsError, match="lacks the columns study_sha256, stimulus_set"):
        records.read(path)


NEWER = [
    "recruiter", "lapsed", "consent_sha256", "headphones_passed", "headphones_correct",
    "headphones_trials", "invalid", "hidden_ms", "stalls",
]  # fmt: skip


def drop(path, names):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(
            file, [c for c in records.COLUMNS if c not in names], extrasaction="ignore"
        )
        writer.writeheader()
        writer.writerows(rows)


def test_a_file_of_format_1_is_read_with_what_it_lacks_left_empty(tmp_path):
    path = tmp_path / "responses.csv"
    records.write([ROW], path)
    drop(path, NEWER)
    assert records.read(path) == [dataclasses.replace(ROW, **dict.fromkeys(NEWER))]


def test_a_file_that_lacks_only_some_of_the_newer_columns_is_refused(tmp_path):
    path = tmp_path / "responses.csv"
    records.write([ROW], path)
    drop(path, NEWER[2:])
    with pytest.raises(RecordsError, match="lacks the columns consent_sha256, headphones_passed"):
        records.read(path)


@pytest.mark.parametrize(
    ("column", "text"), [("position", "one"), ("simulated", "yes"), ("rt_ms", "fast"), ("position", "")]
)
def test_a_damaged_value_is_named_with_its_line(tmp_path, column, text):
    path = tmp_path / "responses.csv"
    records.write([ROW, ROW], path)
    lines = path.read_text().splitlines()
    cells = lines[2].split(",")
    cells[list(records.COLUMNS).index(column)] = text
    path.write_text("\n".join([*lines[:2], ",".join(cells)]))
    with pytest.raises(RecordsError, match=f"line 3: {column} is '{text}'"):
        records.read(path)


def test_a_file_that_a_spreadsheet_has_saved_is_read(tmp_path):
    path = tmp_path / "responses.csv"
    records.write([ROW], path)
    path.write_text(path.read_text("utf-8"), "utf-8-sig")
    assert records.read(path) == [ROW]


def test_columns_that_are_true_or_false_say_how_that_is_written():
    for name, kind in records.TYPES.items():
        if kind.startswith("bool"):
            assert records.COLUMNS[name].startswith("1 "), name
            assert {"1", "0"} <= set(re.findall(r"\b[01]\b", records.COLUMNS[name])), name


def test_every_column_says_what_it_means():
    assert all(records.COLUMNS[field.name] for field in dataclasses.fields(Record))
