"""Annotators at the site: impacts handed out, labels kept once, votes that are free again."""

import json
from datetime import timedelta

import pytest
from annotation_site_samples import (
    IMPACT_S,
    LABEL,
    Annotator,
    make_annotation_study,
    robot_of,
    votes_of,
    write_silent_set,
)
from server_samples import Visitor, serving_site
from sqlalchemy import select

from experiment_server.annotation import numbers
from experiment_server.database import db
from experiment_server.database.labellings import Labelling
from experiment_server.database.tables import Event, Participant
from experiment_server.exports import labels
from experiment_server.folders import drafts, folder
from experiment_server.studies.annotation import KINDS
from experiment_server.studies.sections import Screening


@pytest.fixture
def study(tmp_path, database):
    return make_annotation_study(tmp_path)


def plans_of(study):
    plans = {}
    for row in labels.read_study(study):
        plans.setdefault(row.participant, []).append(row.clip)
    return list(plans.values())


def end_leases(study):
    with db.opened(db.url_of(study)) as engine, db.writing(engine) as session:
        for participant in session.scalars(select(Participant)):
            participant.lease_utc = participant.consented_utc - timedelta(minutes=1)


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
    (kept,) = [row for row in labels.read_study(study) if row.is_answered]
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
    rows = labels.read_study(study)
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
        answered = [row for row in labels.read_study(study) if row.is_answered]
        assert [(row.material, row.x) for row in answered] == ([(None, None)] if other else [])


def test_a_study_without_clicks_takes_none(tmp_path):
    study = make_annotation_study(tmp_path, annotation={"click": False})
    with serving_site(study) as app:
        visitor = Annotator(app).begin()
        shown = visitor.next()["labelling"]
        assert visitor.label(shown).status_code == 400
        assert visitor.label(shown, x=None, y=None).status_code == 200
        assert 'id="place"' not in visitor.client.get("/annotate").get_data(as_text=True)


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
