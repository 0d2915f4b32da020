"""Annotation on the site: plans, labels kept once, exports, erasing, resuming, paying, refusals."""

import csv
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from alembic import command
from annotation_site_samples import IMPACT_S, LABEL, Annotator, make_annotation_study, write_silent_set
from click.testing import CliRunner
from server_samples import Visitor, make_study, serving_site, write_set
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from experiment_server.annotation import numbers, plan, records
from experiment_server.annotation.tables import Label, Labelling
from experiment_server.cli import main
from experiment_server.commands import control
from experiment_server.database import db
from experiment_server.database.tables import Event, Participant
from experiment_server.doors import ledger
from experiment_server.errors import StudyError
from experiment_server.exports import export
from experiment_server.exports.records import RecordsError
from experiment_server.participation import tokens
from experiment_server.studies import annotation, drafts, folder
from experiment_server.studies.annotation import KINDS, Annotation
from experiment_server.studies.sections import Pay, Screening
from stimuli import manifest

COLUMNS = [
    "study", "stimulus_set", "participant", "recruiter", "simulated", "state", "labelling", "position",
    "clip", "video", "impact_s", "material", "action", "reaction", "x", "y", "rt_ms", "replays",
    "presented_utc", "answered_utc", "known_material", "known_action", "known_reaction", "known_x",
    "known_y",
]  # fmt: skip


@pytest.fixture
def study(tmp_path, database):
    return make_annotation_study(tmp_path)


@pytest.fixture
def app(study):
    with serving_site(study) as app:
        yield app


def robot_of(study):
    return tokens.robot_token(tokens.read_key(study))


def votes_of(study):
    return Counter(row.clip for row in records.read_study(study) if row.is_answered)


def clips_of(n):
    return [
        manifest.Clip(
            id=f"c{index}", video_id="v", impact_s=1.0, start_s=0.0, duration_s=2.0, n_frames=60,
            frame_rate=30.0, width=160, height=90, video_sha256="0" * 64, stimuli={},
        )
        for index in range(n)
    ]  # fmt: skip


# Plans


@pytest.mark.parametrize(("n_clips", "impacts"), [(7, 3), (10, 10), (23, 20), (5, 1)])
def test_plans_drawn_one_after_the_other_give_all_impacts_votes_within_one(n_clips, impacts):
    clips, votes, rng = clips_of(n_clips), Counter(), np.random.default_rng(3)
    for _ in range(40):
        drawn = plan.draw_plan(clips, impacts, votes=votes, rng=rng)
        assert [each.position for each in drawn] == list(range(1, impacts + 1))
        assert len({each.clip for each in drawn}) == impacts
        votes.update(each.clip for each in drawn)
        counts = [votes[clip.id] for clip in clips]
        assert max(counts) - min(counts) <= 1


def test_impacts_that_lack_votes_come_before_all_others():
    votes = {"c0": 3, "c1": 3, "c2": 0, "c3": 1, "c4": 2}
    drawn = plan.draw_plan(clips_of(5), 3, votes=votes, rng=np.random.default_rng(1))
    assert {each.clip for each in drawn} == {"c2", "c3", "c4"}


def test_a_seed_gives_the_same_plan_and_others_other_ones():
    plans = [
        plan.draw_plan(clips_of(20), 8, votes={}, rng=np.random.default_rng(seed)) for seed in (1, 1, 2)
    ]
    assert plans[0] == plans[1] != plans[2]


@pytest.mark.parametrize(
    ("impact_s", "still_s"),
    # 30 pictures a second, 60 of them: the middle of the one that shows the impact
    [(1.0, 30.5 / 30), (0.99999999, 30.5 / 30), (1.02, 30.5 / 30), (0.0, 0.5 / 30), (2.0, 59.5 / 30)],
)
def test_the_still_picture_is_that_of_the_impact(impact_s, still_s):
    clip = replace(clips_of(1)[0], start_s=4.0, impact_s=4.0 + impact_s)
    assert plan.still_s(clip) == pytest.approx(still_s)


def test_it_is_known_how_many_people_it_takes():
    assert plan.people_wanted(100, Annotation(impacts=20, votes=3)) == 15
    assert plan.people_wanted(101, Annotation(impacts=20, votes=3)) == 16


# The site


def test_nothing_that_a_page_is_told_says_what_is_known(app, study):
    visitor = Annotator(app).begin()
    shown = visitor.next()["labelling"]
    assert shown.keys() == {
        "position", "count", "nonce", "clip", "width", "height", "impact_s", "still_s",
    }  # fmt: skip
    assert (shown["position"], shown["count"]) == (1, 4)
    assert shown["impact_s"] == IMPACT_S
    sent = json.dumps(shown) + visitor.client.get("/annotate").get_data(as_text=True)
    contents = folder.read(study).manifest
    for clip in contents.clips:
        for secret in (clip.id, clip.video_id, clip.silent.media, clip.silent.sha256):
            assert secret not in sent


def test_a_clip_is_sent_under_a_name_of_its_own_once_it_was_handed_out(app, study, tmp_path):
    visitor = Annotator(app).begin()
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        planned = session.scalars(select(Labelling).order_by(Labelling.position)).all()
        names = [f"/media/{each.media}" for each in planned]
    assert visitor.client.get(names[0]).status_code == 404
    shown = visitor.next()["labelling"]
    assert f"/{shown['clip']}" == names[0]
    silent = {clip.id: clip.silent for clip in folder.read(study).manifest.clips}[planned[0].clip]
    sent = visitor.client.get(names[0])
    assert sent.data == (tmp_path / "set" / "media" / silent.media).read_bytes()
    assert "ETag" not in sent.headers
    assert visitor.client.get(names[1]).status_code == 404
    assert visitor.client.get("/media/nothing").status_code == 404


def test_nothing_is_heard_before_the_first_impact(app):
    visitor = Annotator(app).enrol()
    assert visitor.next() == {"page": "instructions"}


def test_an_answer_is_kept_once_and_another_one_is_refused(app, study):
    visitor = Annotator(app).begin()
    shown = visitor.next()["labelling"]
    for _ in range(2):
        assert visitor.label(shown).get_json() == {"kept": True}
    assert visitor.label(shown, rt_ms=1.0).status_code == 200  # the first one's time stands
    for change in ({"material": "metal"}, {"x": 0.9}, {"action": None}):
        refused = visitor.label(shown, **change)
        assert refused.status_code == 409
        assert "another answer already" in refused.get_json()["error"]
    (kept,) = [row for row in records.read_study(study) if row.is_answered]
    assert {name: getattr(kept, name) for name in LABEL} == LABEL
    assert (kept.rt_ms, kept.replays, kept.position) == (5200.5, 2, 1)


def test_a_session_goes_on_where_it_was_after_a_refresh(app):
    visitor = Annotator(app).begin()
    first = visitor.next()
    assert visitor.next() == first
    visitor.label(first["labelling"])
    second = visitor.next()["labelling"]
    assert second["position"] == 2
    assert second["nonce"] != first["labelling"]["nonce"]
    assert visitor.post("begin").get_json() == {"page": "annotate"}
    assert visitor.next()["labelling"] == second


def test_a_whole_session_ends_complete_with_its_code(app, study):
    visitor = Annotator(app).begin()
    assert len(visitor.label_all()) == 4
    end = visitor.next()
    assert (end["page"], end["outcome"], len(end["code"])) == ("thanks", "complete", 8)
    late = visitor.label({"nonce": "n" * 24})
    assert late.status_code == 409
    rows = records.read_study(study)
    assert {row.state for row in rows} == {"complete"}
    assert [row.position for row in rows] == [1, 2, 3, 4]
    assert len({row.clip for row in rows}) == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"material": "granite"}, "material must be one of cardboard, carpet"),
        ({"action": "kick"}, "action must be one of hit, scratch"),
        ({"reaction": 3}, "reaction must be one of"),
        ({"x": 1.2}, "x and y must be shares"),
        ({"x": None}, "x and y must be shares"),
        ({"y": True}, "x and y must be shares"),
        ({"rt_ms": -1}, "rt_ms must be a time"),
        ({"replays": 1.5}, "replays must be a count"),
        ({"nonce": ""}, "nonce must be"),
    ],
)
def test_what_can_not_be_is_refused(app, changes, message):
    visitor = Annotator(app).begin()
    refused = visitor.label(visitor.next()["labelling"], **changes)
    assert refused.status_code == 400
    assert message in refused.get_json()["error"]


def test_somebody_elses_impact_takes_no_answer(app):
    one, other = (Annotator(app).begin() for _ in range(2))
    shown = one.next()["labelling"]
    assert other.label(shown).status_code == 409
    assert one.label(shown).status_code == 200


def test_cant_tell_counts_as_no_label_and_only_where_it_is_offered(tmp_path):
    nothing = dict.fromkeys((*KINDS, "x", "y"))
    for other in (True, False):
        study = make_annotation_study(
            tmp_path / str(other), annotation={"other": other}, n_videos=2, votes=1
        )
        with serving_site(study) as app:
            visitor = Annotator(app).begin()
            shown = visitor.next()["labelling"]
            assert visitor.label(shown, **nothing).status_code == (200 if other else 400)
            assert visitor.label(shown, x=None, y=None).status_code == (409 if other else 400)
            page = visitor.client.get("/annotate").get_data(as_text=True)
            assert ('id="unseen"' in page) == ("tell</span>" in page) == other
        answered = [row for row in records.read_study(study) if row.is_answered]
        assert [(row.material, row.x) for row in answered] == ([(None, None)] if other else [])


def test_a_study_without_clicks_takes_none(tmp_path):
    study = make_annotation_study(tmp_path, annotation={"click": False})
    with serving_site(study) as app:
        visitor = Annotator(app).begin()
        shown = visitor.next()["labelling"]
        assert visitor.label(shown).status_code == 400
        assert visitor.label(shown, x=None, y=None).status_code == 200
        assert 'id="place"' not in visitor.client.get("/annotate").get_data(as_text=True)


def test_choices_have_keys_and_words_of_their_own(tmp_path):
    changes = {"materials": ("oak: Eichenholz", "zinc"), "reactions": ("static", "splash: es spritzt")}
    with serving_site(make_annotation_study(tmp_path, annotation=changes)) as app:
        page = app.test_client().get("/annotate").get_data(as_text=True)
    for key, name, words in (
        ("a", "oak", "Eichenholz"), ("b", "zinc", "zinc"), ("c", "", "can&#39;t tell"),
        ("1", "hit", "hit"), ("2", "scratch", "scratch"), ("4", "static", "static"),
        ("5", "splash", "es spritzt"),
    ):  # fmt: skip
        assert f'value="{name}" data-key="{key}"' in page
        assert f'<kbd aria-hidden="true">{key}</kbd>{words}</span>' in page


# Votes


def test_votes_of_all_who_came_differ_by_one_at_most_and_no_clip_comes_twice(app, study):
    for _ in range(7):
        Annotator(app).begin().label_all()
    votes = votes_of(study)
    assert sum(votes.values()) == 28
    assert sorted(set(votes.values())) == [2, 3]
    assert len(votes) == 12


def test_votes_that_are_held_count_until_the_lease_is_over_or_the_session_ends(app, study):
    holder = Annotator(app).begin()
    held = plans_of(study)[0]
    taken = set(plans_of(study)[0])
    for _ in range(2):
        Annotator(app).begin()
    assert all(taken.isdisjoint(each) for each in plans_of(study)[1:3])  # 12 impacts: all held now
    holder.label_all(most=1)
    holder.post("withdraw")
    Annotator(app).begin()
    free = set(held[1:])  # what the holder left; its first impact has its vote
    assert free <= set(plans_of(study)[3])
    end_leases(study)
    Annotator(app).begin()
    assert held[0] not in plans_of(study)[4]  # all others lack a vote again


def plans_of(study):
    plans = {}
    for row in records.read_study(study):
        plans.setdefault(row.participant, []).append(row.clip)
    return list(plans.values())


def end_leases(study):
    with db.opened(db.url_of(study)) as engine, db.writing(engine) as session:
        for participant in session.scalars(select(Participant)):
            participant.lease_utc = participant.consented_utc - timedelta(minutes=1)


def test_robots_and_people_have_votes_apart(app, study):
    Annotator(app).begin().label_all()
    people = set(plans_of(study)[0])
    for _ in range(3):
        Annotator(app).begin(robot=robot_of(study)).label_all()
    assert set().union(*plans_of(study)[1:]) > people
    opened = folder.read(study)
    with db.opened(opened.database_url) as engine, db.reading(engine) as session:
        of_people = numbers.read(session, opened, simulated=False)
        of_robots = numbers.read(session, opened, simulated=True)
    assert (of_people.given, of_people.complete, of_people.answers) == ({0: 8, 1: 4, 2: 0}, 0, 4)
    assert of_robots.given == {0: 0, 1: 12, 2: 0}


def test_the_door_closes_when_all_votes_have_people(tmp_path):
    stimuli = write_silent_set(tmp_path / "set")
    new = drafts.new_annotation_study(tmp_path / "study", stimuli, seed=1, impacts=8, votes=2)
    assert new.recruiting.participants == 3  # 12 impacts, 24 votes
    folder.create(tmp_path / "study", new)
    with serving_site(tmp_path / "study") as app:
        for _ in range(3):
            Annotator(app).begin()
        assert Visitor(app).ask_in().get_json()["reason"] == "full"


# Clips that can't be played


def test_a_clip_that_can_not_be_played_is_over_and_its_vote_is_free(tmp_path):
    study = make_annotation_study(
        tmp_path, impacts=12, votes=1, changes={"screening": Screening(media_failures=2)}
    )
    with serving_site(study) as app:
        visitor = Annotator(app).begin()
        shown = visitor.next()["labelling"]
        for _ in range(2):
            failed = visitor.post("label-failed", nonce=shown["nonce"], detail="no picture")
            assert failed.get_json() == {"kept": True, "page": "annotate"}
        assert visitor.label(shown).status_code == 409
        second = visitor.next()["labelling"]
        visitor.label(second)
        assert visitor.post("label-failed", nonce=second["nonce"]).status_code == 409
        third = visitor.next()["labelling"]
        assert third["position"] == 3
        ended = visitor.post("label-failed", nonce=third["nonce"])
        assert ended.get_json()["page"] == "thanks"
        assert visitor.next()["outcome"] == "failed_media"
    assert sum(votes_of(study).values()) == 1
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        told = session.execute(select(Event.kind, Event.detail)).all()
    assert ("invalid", "impact 1: no picture") in told
    assert ("answered", "impact 2") in told
    assert (
        "refused_answer",
        "impact 1: this clip could not be played; its impact takes no answer",
    ) in told


def test_events_of_the_page_are_kept(app, study):
    visitor = Annotator(app).begin()
    visitor.next()
    told = [{"kind": "playing", "ms": 12.5, "detail": "impact 1"}]
    assert visitor.post("events", events=told).get_json() == {"kept": 1}


# What leaves the database


def test_labels_are_exported_with_their_dictionary_and_read_back(app, study, tmp_path):
    Annotator(app).begin().label_all(most=3)
    Annotator(app).begin(robot=robot_of(study)).label_all()
    done = CliRunner().invoke(main, ["export", str(study), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert done.output.strip() == f"8 impacts written to {tmp_path / 'out' / 'labels.csv'}"
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [
        "dataset_description.json", "labels.columns.json", "labels.csv", "participants.columns.json",
        "participants.csv",
    ]  # fmt: skip
    rows = records.read(tmp_path / "out" / "labels.csv")
    assert rows == records.read_study(study)
    assert [row.is_answered for row in rows] == [True] * 3 + [False] + [True] * 4
    assert [row.simulated for row in rows] == [False] * 4 + [True] * 4
    with (tmp_path / "out" / "labels.csv").open(newline="") as file:
        header = next(csv.reader(file))
    assert header == COLUMNS
    dictionary = json.loads((tmp_path / "out" / "labels.columns.json").read_text())
    assert [column["name"] for column in dictionary["columns"]] == header
    assert all(column["description"] for column in dictionary["columns"])
    described = json.loads((tmp_path / "out" / "dataset_description.json").read_text())
    assert described["description"].startswith("Annotation study")
    known = {clip.id: clip for clip in folder.read(study).manifest.clips}
    for row in rows:
        assert row.known_material == known[row.clip].material
        assert (row.known_x, row.known_y) == ((0.3, 0.6) if row.known_material else (None, None))


def test_people_are_exported_with_their_impacts(app, study):
    Annotator(app).begin().label_all(most=3)
    Visitor(app).enrol()
    people = export.read_study(study).participants
    assert [(one.state, one.trials, one.answers) for one in people] == [
        ("active", 4, 3), ("screening", 0, 0),
    ]  # fmt: skip


def test_a_file_of_labels_that_is_none_is_refused_with_its_place(tmp_path, study):
    path = tmp_path / "labels.csv"
    records.write([], path)
    assert records.read(path) == []
    path.write_text(path.read_text().replace("impact_s,", ""))
    with pytest.raises(RecordsError, match="lacks the columns impact_s; give a labels"):
        records.read(path)
    with serving_site(study) as app:
        Annotator(app).begin().label_all(most=1)
    rows = records.read_study(study)
    records.write(rows, path)
    path.write_text(path.read_text().replace("0.25", "left"))
    with pytest.raises(RecordsError, match="line 2: x is 'left'; expected place"):
        records.read(path)


def test_who_asks_for_it_is_erased_with_all_labels(app, study):
    visitor = Annotator(app).begin()
    visitor.label_all()
    code = visitor.next()["code"]
    Annotator(app).begin().label_all(most=1)
    assert control.erase(study, code, now=datetime.now(UTC)) == 4
    rows = records.read_study(study)
    assert sum(row.is_answered for row in rows) == 1
    assert len({row.participant for row in rows}) == 1
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        assert len(session.scalars(select(Label)).all()) == 1


def test_annotators_are_paid_as_all_participants_are(tmp_path, database):
    study = make_annotation_study(
        tmp_path,
        recruiting={"doors": ("prolific",)},
        changes={"pay": Pay(complete_cents=250, withdrawn_cents=40)},
    )
    with serving_site(study) as app:
        for number in (1, 2):
            arrival = {"PROLIFIC_PID": str(number) * 24, "STUDY_ID": "s" * 24, "SESSION_ID": "e" * 24}
            visitor = Annotator(app).begin(arrival=arrival)
            visitor.label_all(most=2 * number)
            visitor.post("withdraw")
        again = Annotator(app).enrol(arrival=arrival)  # who comes again finds the session ended
        assert again.next()["page"] == "thanks"
    owed = ledger.read(study)
    assert [(entry.outcome, entry.cents) for entry in owed] == [("withdrawn", 40), ("complete", 250)]


def test_status_and_dashboard_count_labels(app, study):
    Annotator(app).begin().label_all()
    Annotator(app).begin().label_all(most=1)
    shown = CliRunner().invoke(main, ["status", str(study)]).output
    assert "0                      7\n1                      5\n2                      0" in shown
    assert "0 impacts have the 2 votes" in shown
    now = control.read_numbers(study, now=datetime.now(UTC))
    assert (now.answers, now.participants["complete"], now.participants["active"]) == (5, 1, 1)
    assert now.response_ms.median == 5200.5
    assert now.trial_s.n == 1


# The two kinds of study


def test_a_study_of_pairs_refuses_silent_clips_and_the_reverse(tmp_path):
    silent, pairs = write_silent_set(tmp_path / "silent"), write_set(tmp_path / "pairs")
    with pytest.raises(StudyError, match=r'^task = "2afc", but the stimulus set holds silent clips .*$'):
        drafts.new_study(tmp_path / "one", silent, seed=1)
    with pytest.raises(StudyError, match=r'^task = "annotation", but the stimulus set holds pairs .*$'):
        drafts.new_annotation_study(tmp_path / "two", pairs, seed=1)
    for made, other in (
        (make_study(tmp_path / "three"), silent),
        (make_annotation_study(tmp_path / "four"), pairs),
    ):
        path = made / "study.toml"
        path.write_text(path.read_text().replace('"../set"', f'"{other}"'))
        run = CliRunner().invoke(main, ["run", str(made), "--port", "0"])
        assert run.exit_code == 1
        assert run.output.startswith("Error: task = ")
        assert len(run.output.splitlines()) == 1


def test_a_study_of_pairs_takes_no_labels_and_the_reverse(tmp_path):
    with serving_site(make_annotation_study(tmp_path)) as app:
        visitor = Annotator(app).begin()
        visitor.next()
        assert visitor.answer({"nonce": "n" * 24}).status_code == 409
        assert visitor.post("headphones", sound="x", interval=1).status_code == 409
    with serving_site(make_study(tmp_path / "pairs")) as pairs:
        listener = Visitor(pairs).begin()
        trial = listener.next()["trial"]
        for what in ("label", "label-failed"):
            assert listener.post(what, nonce=trial["nonce"], **LABEL).status_code == 409
    with pytest.raises(StudyError, match="no labels; give a study made with --task annotation"):
        records.read_study(tmp_path / "pairs" / "study")


def test_init_makes_an_annotation_study(tmp_path):
    stimuli = write_silent_set(tmp_path / "set")
    arguments = ["init", str(tmp_path / "study"), "--stimuli", str(stimuli), "--task", "annotation"]
    done = CliRunner().invoke(main, [*arguments, "--votes", "5"])
    assert done.exit_code == 0, done.output
    assert (
        "12 impacts, 12 a participant and 5 votes an impact: places for 5 participants." in done.output
    )
    opened = folder.read(tmp_path / "study").study
    assert (opened.annotation.impacts, opened.annotation.votes, opened.trials.main) == (12, 5, 0)
    written = (tmp_path / "study" / "study.toml").read_text()
    assert "silent videos" in written
    assert "[trials]" not in written
    refused = CliRunner().invoke(main, [*arguments, "--catch", "2"])
    assert refused.exit_code == 2
    assert "--catch means nothing with --task annotation" in refused.output


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('task = "annotation"', 'task = "poll"'), "task = 'poll' is not allowed"),
        (("impacts = 4", "impacts = 0"), "impacts = 0 is not allowed"),
        (("impacts = 4", "impacts = 13"), "impacts = 13, but the stimulus set has 12"),
        (("votes = 2", "votes = 0"), "votes = 0 is not allowed"),
        (('actions = ["hit", "scratch"]', 'actions = ["hit"]'), "actions = .* is not allowed"),
        (('actions = ["hit", "scratch"]', 'actions = ["hit", "hit: again"]'), "actions = .* is not"),
        (('actions = ["hit", "scratch"]', 'actions = ["hit", "big hit"]'), "actions = .* is not"),
        (('actions = ["hit", "scratch"]', 'actions = ["hit", "None"]'), "actions = .* is not"),
        (('headphones = "none"', 'headphones = "both"'), "headphones = 'both' is not allowed"),
        (("[recruiting]", "[trials]\nmain = 3\n[recruiting]"), r"has no table \[trials\]; leave it out"),
    ],
)
def test_a_study_file_that_can_not_be_is_refused(tmp_path, change, message):
    path = make_annotation_study(tmp_path) / "study.toml"
    assert change[0] in path.read_text()
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(StudyError, match=message):
        folder.read(path.parent)


def test_what_a_study_file_leaves_out_has_the_words_of_its_task(tmp_path):
    study = make_annotation_study(tmp_path)
    (study / "study.toml").write_text(
        'format = 1\nname = "x"\ntask = "annotation"\nstimuli = "../set"\nseed = 1\n'
        '[annotation]\nimpacts = 3\n[texts]\nstop_button = "Leave"\n'
    )
    read = folder.read(study).study
    assert read.texts.title == annotation.WORDS["title"]
    assert read.texts.stop_button == "Leave"
    assert read.annotation.choices("reaction")["rigid-motion"] == "it moves as a whole"
    assert read.annotation.choices("material")["plastic-bag"] == "plastic bag"


def test_labels_can_not_be_broken(app, study):
    visitor = Annotator(app).begin()
    visitor.label_all(most=1)
    with db.opened(db.url_of(study)) as engine:
        for statement in (
            "UPDATE labels SET x = 1.5",
            "UPDATE labels SET x = NULL",
            "UPDATE labels SET rt_ms = -1",
            "UPDATE labels SET replays = -1",
            "INSERT INTO labels VALUES (9, 1, 'wood', 'hit', 'static', 0, 0, 1, 0, '2026-01-01')",
            "INSERT INTO labels VALUES (9, 99, 'wood', 'hit', 'static', 0, 0, 1, 0, '2026-01-01')",
            "UPDATE labellings SET position = 1",
            "UPDATE labellings SET clip = (SELECT clip FROM labellings WHERE id = 1) WHERE id = 2",
            "UPDATE labellings SET nonce = 'the same'",
            "UPDATE labellings SET media = 'the same'",
            "UPDATE labellings SET presentations = -1",
        ):
            with pytest.raises(IntegrityError), engine.begin() as connection:
                connection.execute(text(statement))
                pytest.fail(statement)


def test_a_database_of_the_fourth_version_is_brought_up_to_date_and_back(study):
    with db.opened(db.url_of(study)) as engine:
        with db.migrating(engine) as config:
            command.downgrade(config, "0004")
        with pytest.raises(StudyError, match="experiment-server run"):
            db.check_current(engine)
        db.upgrade(engine)
    with serving_site(study) as app:
        Annotator(app).begin().label_all()
    assert sum(votes_of(study).values()) == 4
    with db.opened(db.url_of(study)) as engine:
        with db.migrating(engine) as config:
            command.downgrade(config, "0004")
            command.upgrade(config, "head")
        with db.reading(engine) as session:
            assert session.scalars(select(Labelling)).all() == []
