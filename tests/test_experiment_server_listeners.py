"""Robots through the real site: the truth they were given comes back out of the export."""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from server_samples import VARIANTS, make_study, serving_site

from experiment_server.cli import main
from experiment_server.commands import control
from experiment_server.database.tables import CLOSED
from experiment_server.errors import StudyError
from experiment_server.exports import export, records
from experiment_server.simulation.listeners import PAPER_FOOL_RATES, default_fool_rates, simulate
from experiment_server.studies import study
from experiment_server.web import server
from stimuli.manifest import CATCH

RATES = {"image-match": 0.0, "spacetime-match": 1.0, "random": 0.3}


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = make_study(
        tmp_path_factory.mktemp("simulated"),
        trials={"main": 12, "practice": 2, "catch": 2},
        screening={
            "sound_check": True,
            "headphones": "both",
            "headphone_trials": 1,
            "headphone_pass": 1,
        },
        variants=(*VARIANTS, *CATCH),
        n_videos=16,
    )
    told = []
    result = simulate(folder, participants=20, seed=3, fool_rates=RATES, on_trial=told.append)
    return folder, result, told


def test_the_known_fool_rates_are_recovered(done):
    answers = defaultdict(list)
    for record in export.read_study(done[0]).records:
        if record.phase == "main":
            answers[record.variant].append(record.fooled)
    assert {variant: len(fooled) for variant, fooled in answers.items()} == dict.fromkeys(VARIANTS, 80)
    assert sum(answers["image-match"]) == 0
    assert sum(answers["spacetime-match"]) == 80
    assert 9 <= sum(answers["random"]) <= 40  # 24 expected; sd 4.1


def test_robots_come_in_through_no_door_even_where_a_study_is_closed(tmp_path):
    folder = make_study(tmp_path, recruiting={"doors": ("prolific",)})
    control.change_state(folder, CLOSED, now=datetime.now(UTC))
    assert simulate(folder, participants=2, seed=1).dropouts == 0
    assert {record.participant_state for record in export.read_study(folder).records} == {"complete"}


def test_a_simulation_tells_what_it_did(done):
    _, result, told = done
    assert (result.participants, result.dropouts, result.answers) == (20, 0, 320)
    assert told == [320] * 320
    assert result.answered == dict.fromkeys(sorted(VARIANTS), 80)
    assert result.fooled["spacetime-match"] == 80


def test_every_robot_is_complete_and_marked_as_simulated(done):
    rows = export.read_study(done[0]).records
    assert len(rows) == 320
    assert {row.participant_state for row in rows} == {"complete"}
    assert all(row.simulated and row.presented_utc < row.answered_utc for row in rows)
    assert {row.presentations for row in rows} == {1}
    assert all(row.practice_revealed == (row.phase == "practice") for row in rows)
    for count in (sum(row.real_interval == interval for row in rows) for interval in (1, 2)):
        assert count == 160


def test_catch_trials_are_told_apart_in_the_records_and_answered_right(done):
    caught = [row for row in export.read_study(done[0]).records if row.phase == "catch"]
    assert len(caught) == 40
    assert Counter(row.variant for row in caught) == dict.fromkeys(CATCH, 20)
    assert sum(row.fooled for row in caught) <= 5  # 0.8 expected
    assert {row.position for row in caught} <= set(range(2, 15))
    assert len({row.position for row in caught}) > 5


def test_every_record_tells_of_door_consent_headphones_and_playing(done):
    rows = export.read_study(done[0]).records
    told = {(r.recruiter, r.headphones_passed, r.headphones_correct, r.headphones_trials) for r in rows}
    assert told == {("robot", True, 2, 2)}
    assert {(row.lapsed, row.invalid, row.hidden_ms, row.stalls) for row in rows} == {
        (False, None, 0.0, 0)
    }
    assert {len(row.consent_sha256) for row in rows} == {64}


def test_places_of_robots_that_leave_go_to_others(tmp_path, database):
    folder = make_study(tmp_path)
    result = simulate(folder, participants=30, seed=1, with_media=False, dropouts=0.3)
    rows = export.read_study(folder).records
    states = {row.participant: (row.participant_state, row.lapsed) for row in rows}
    assert Counter(states.values()) == {
        ("complete", False): 30 - result.dropouts,
        ("active", True): result.dropouts,
    }
    assert 4 <= result.dropouts <= 15  # 9 expected
    assert result.answers == sum(row.response_interval is not None for row in rows)
    assert simulate(folder, participants=3, seed=1, with_media=False).dropouts == 0


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_of_dropouts_that_can_not_be_is_refused(tmp_path, share):
    with pytest.raises(StudyError, match="from 0 to 1"):
        simulate(make_study(tmp_path), participants=1, seed=1, dropouts=share)


def test_an_export_is_read_back_and_described(done, tmp_path):
    data = export.read_study(done[0])
    assert export.write(data, tmp_path / "out") == 320
    assert records.read(tmp_path / "out" / export.RESPONSES_NAME) == data.records
    columns = json.loads((tmp_path / "out" / "responses.columns.json").read_text())["columns"]
    assert [column["name"] for column in columns] == list(records.COLUMNS)
    assert {c["name"]: c["type"] for c in columns}["rt_ms"] == "number"
    assert {c["name"] for c in columns if not c["required"]} >= {"fooled", "material"}
    description = json.loads((tmp_path / "out" / export.DESCRIPTION_NAME).read_text())
    assert description["stimulusSetSha256"] == data.digests["stimuli"] == data.records[0].stimulus_set


def test_the_same_seed_gives_the_same_plans_and_answers(tmp_path):
    rows = []
    for place in ("one", "two"):
        folder = make_study(tmp_path / place)
        simulate(folder, participants=3, seed=5, with_media=False)
        rows.append(
            [
                (r.participant_seed, r.clip, r.variant, r.real_interval, r.response_interval, r.rt_ms)
                for r in export.read_study(folder).records
            ]
        )
    assert rows[0] == rows[1]


def test_robots_visit_a_site_that_runs_elsewhere(tmp_path):
    folder = make_study(tmp_path)
    with serving_site(folder) as app, server.running(app) as url:
        assert simulate(folder, participants=2, seed=1, url=f"{url}/").answers == 12
    with pytest.raises(StudyError, match="is the server up"):
        simulate(folder, participants=1, seed=1, url=url)


@pytest.mark.parametrize(
    ("rates", "message"),
    [({"full": 0.4}, "no variant named 'full'.*image-match"), ({"random": 1.4}, "from 0 to 1")],
)
def test_a_rate_that_can_not_be_is_refused(tmp_path, rates, message):
    with pytest.raises(StudyError, match=message):
        simulate(make_study(tmp_path), participants=1, seed=1, fool_rates=rates)


def test_the_default_rates_are_the_papers():
    rates = default_fool_rates(["full", "syncfusion"])
    assert rates == {"full": PAPER_FOOL_RATES["full"], "syncfusion": 0.35}


def test_a_study_file_that_changed_under_participants_is_told_apart(tmp_path):
    site = make_study(tmp_path)
    file = site / "study.toml"
    simulate(site, participants=2, seed=1, with_media=False)
    first = study.digest(file)
    assert export.read_study(site).warning is None
    file.write_text(file.read_text().replace("main = 4", "main = 3"))
    simulate(site, participants=1, seed=2, with_media=False)
    data = export.read_study(site)
    assert dict(data.study_versions) == {first: 2, data.digests["study"]: 1}
    rows = {(row.participant, row.study_sha256) for row in data.records}
    assert Counter(version for _, version in rows) == data.study_versions
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["export", str(site), "--out", str(out)])
    assert done.exit_code == 0
    assert f"2 were served version {first[:12]}, 1 were served version" in done.stderr
    description = json.loads((out / export.DESCRIPTION_NAME).read_text())
    assert description["studyFileVersionsServed"] == dict(data.study_versions)
