"""Participants in the export: everybody who agreed to take part, however far they came."""

import csv
import json
from datetime import UTC, datetime, timedelta

import pytest
from screening_samples import Listener, rightly, wrongly
from server_samples import Visitor, make_study, serving_site

from experiment_server.exports import attendance, export
from experiment_server.exports.records import columns_of

WORKER = {"PROLIFIC_PID": "5f0a1b2c3d4e5f607", "STUDY_ID": "60aabbccdd", "SESSION_ID": "61ffeeddcc"}
SCREENING = {"sound_check": True, "headphones": "both", "headphone_trials": 2, "headphone_pass": 2}


@pytest.fixture
def site(tmp_path, database):
    return make_study(tmp_path, screening=SCREENING, recruiting={"doors": ("link", "prolific")})


def test_each_who_agreed_has_a_row_that_says_how_far_they_came(site, tmp_path):
    with serving_site(site) as app:
        Visitor(app).enrol()
        people = [Listener(app) for _ in range(3)]
        for visitor in people:
            visitor.post("sound-checked")
        stopped, screened_out, complete = people
        stopped.post("withdraw")
        for _ in range(2):
            screened_out.take(wrongly)
        rights = iter([True, True, False, *[True] * 5])
        for _ in range(2):
            complete.take(lambda target: rightly(target) if next(rights) else wrongly(target))
        complete.post("begin")
        complete.post("invalid", nonce=complete.next()["trial"]["nonce"], reason="stalled")
        complete.take_all()
    data = export.read_study(site, now=datetime.now(UTC) + timedelta(hours=1))
    told = [
        (row.state, row.lapsed, row.huggins, row.antiphase, row.trials, row.answers)
        for row in data.participants
    ]
    assert told == [
        ("screening", True, None, None, 0, 0),
        ("withdrawn", False, None, None, 0, 0),
        ("screened_out", False, "0/2 0/2", "0/2 0/2", 0, 0),
        ("complete", False, "2/2 2/2", "1/2 2/2", 6, 5),
    ]
    checked = [row.sound_checked_utc is not None for row in data.participants]
    assert checked == [False, True, True, True]
    assert [row.instructed_utc is not None for row in data.participants] == [False] * 3 + [True]
    assert [row.media_failures for row in data.participants] == [0, 0, 0, 1]
    assert {row.participant for row in data.records} == {data.participants[3].participant}
    assert {row.language for row in data.participants} == {"en"}


def test_the_file_holds_the_columns_that_its_dictionary_explains(site, tmp_path):
    with serving_site(site) as app:
        Visitor(app).enrol()
    export.write(export.read_study(site), tmp_path)
    with (tmp_path / export.PARTICIPANTS_NAME).open(newline="") as file:
        rows = list(csv.DictReader(file))
    dictionary = json.loads((tmp_path / "participants.columns.json").read_text())
    assert dictionary["format"] == attendance.FORMAT
    required = {column["name"] for column in dictionary["columns"] if column["required"]}
    assert list(rows[0]) == [column["name"] for column in dictionary["columns"]]
    assert {name for name, value in rows[0].items() if value} >= required
    assert rows[0]["ended_utc"] == "" and rows[0]["simulated"] == "0"
    described = json.loads((tmp_path / export.DESCRIPTION_NAME).read_text())["variableMeasured"]
    assert {column["name"] for column in described} >= set(columns_of(attendance.Attendance))


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Chrome 131", "Chrome 131"),
        ("other", "other"),
        ('=HYPERLINK("https://example.org")', None),
        ("Anna Karenina 7", None),
    ],
)
def test_of_what_a_browser_says_its_kind_alone_gets_into_the_table(tmp_path, told, kept):
    site = make_study(tmp_path)
    with serving_site(site) as app:
        assert Visitor(app).ask_in(browser={"family": told, "city": "Omsk"}).status_code == 201
    (row,) = export.read_study(site).participants
    assert (row.browser, row.mobile) == (kept, False)
    assert "Omsk" not in repr(row)


def test_nobody_is_known_by_more_than_a_pseudonym(site):
    with serving_site(site) as app:
        Visitor(app).enrol(arrival=WORKER)
    (row,) = export.read_study(site).participants
    assert row.recruiter == "prolific"
    assert not [value for value in WORKER.values() if value in repr(row)]
