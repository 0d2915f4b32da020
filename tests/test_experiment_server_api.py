"""The site as a page meets it: the way through, answers kept once, and nothing given away."""

import re
from collections import Counter

import numpy as np
import pytest
from server_samples import VARIANTS, Visitor, make_study, serving_site

from experiment_server import db, design, export, sessions, tables, tokens

SECRET_WORDS = re.compile(r"\breal\b|\bfake\b|variant|clip-\d|video-\d|" + "|".join(VARIANTS), re.I)


@pytest.fixture
def study(tmp_path):
    return make_study(tmp_path, trials={"replays": 1})


@pytest.fixture
def app(study):
    with serving_site(study) as app:
        yield app


@pytest.fixture
def visitor(app):
    return Visitor(app)


def records_of(study):
    return export.read_study(study).records


def test_the_way_leads_from_consent_to_thanks(visitor):
    assert visitor.enrol().next() == {"page": "instructions"}
    visitor.client.post("/api/begin", json={}, headers=visitor.headers)
    trials = visitor.take_all()
    assert [(t["phase"], t["position"], t["count"]) for t in trials] == [
        ("practice", 1, 2), ("practice", 2, 2),
        ("main", 1, 4), ("main", 2, 4), ("main", 3, 4), ("main", 4, 4),
    ]  # fmt: skip
    end = visitor.next()
    assert end["page"] == "thanks"
    assert re.fullmatch("[A-Z2-7]{8}", end["code"])


def test_a_refresh_leads_to_the_same_trial(visitor):
    assert visitor.begin().next() == visitor.next()


def test_every_plan_is_stored_before_anything_is_shown_and_can_be_drawn_again(app, study):
    for _ in range(3):
        Visitor(app).enrol()
    opened = app.extensions["experiment_server"].opened
    with db.opened(opened.database_url) as engine, db.reading(engine) as session:
        for number, participant in enumerate(session.query(tables.Participant)):
            assert participant.seed == sessions.participant_seed(7, number)
            drawn = design.draw_plan(
                opened.videos,
                opened.study.trials,
                filled=participant.filled_before,
                rng=np.random.default_rng(participant.seed),
            )
            stored = [
                (t.phase, t.position, t.video, t.clip, t.variant, t.real_interval)
                for t in participant.trials
            ]
            assert stored == [
                (t.phase, t.position, t.video, t.clip, t.variant, t.real_interval) for t in drawn
            ]


def test_variants_stay_even_over_all_who_come(app, study):
    for _ in range(5):
        Visitor(app).enrol()
    counts = Counter(r.variant for r in records_of(study) if r.phase == "main")
    assert sum(counts.values()) == 20
    assert max(counts.values()) - min(counts.values()) <= 1


def test_asking_twice_to_take_part_makes_one_participant(app, study):
    client = app.test_client()
    wish = {"request": "the same wish of one page"}
    first = client.post("/api/participants", json=wish).get_json()
    assert client.post("/api/participants", json=wish).get_json() == first
    assert len({record.participant for record in records_of(study)}) == 1


def test_the_same_answer_twice_is_one_row_and_another_one_is_refused(visitor, study):
    trial = visitor.begin().next()["trial"]
    first = visitor.answer(trial, 2, rt_ms=500.0)
    again = visitor.answer(trial, 2, rt_ms=900.0, replays=1)
    other = visitor.answer(trial, 1)
    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert again.get_json() == first.get_json()
    assert "another answer already" in other.get_json()["error"]
    kept = [record for record in records_of(study) if record.response_interval]
    assert [(r.response_interval, r.rt_ms, r.replays) for r in kept] == [(2, 500.0, 0)]


def test_an_answer_after_more_than_a_day_is_kept_without_a_response_time(visitor, study):
    trial = visitor.begin().next()["trial"]
    assert visitor.answer(trial, 2, rt_ms=90_000_000.5).status_code == 200
    kept = [record for record in records_of(study) if record.response_interval]
    assert [(r.response_interval, r.rt_ms) for r in kept] == [(2, None)]


def test_every_time_that_a_trial_is_handed_out_is_counted(visitor, study):
    trial = visitor.begin().next()["trial"]
    visitor.next()
    visitor.next()
    visitor.answer(trial)
    visitor.next()
    assert [record.presentations for record in records_of(study)] == [3, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    "wish",
    ["\ud800" * 20, "ä" * 20, "short", "x" * 65, 16, None],
    ids=["surrogates", "letters", "short", "long", "number", "nothing"],
)
def test_a_wish_that_is_no_random_text_is_refused_with_a_sentence(app, wish):
    reply = app.test_client().post("/api/participants", json={"request": wish})
    assert reply.status_code == 400
    assert "request must be" in reply.get_json()["error"]


def test_intervals_of_each_variant_stay_even_over_all_who_come(tmp_path):
    study = make_study(tmp_path, trials={"main": 5, "practice": 0})
    with serving_site(study) as app:
        for _ in range(9):
            Visitor(app).enrol()
    for variant in VARIANTS:
        counts = Counter(r.real_interval for r in records_of(study) if r.variant == variant)
        assert abs(counts[1] - counts[2]) <= 1


def test_a_trial_that_was_not_handed_out_can_not_be_answered(visitor):
    trial = visitor.begin().next()["trial"]
    reply = visitor.answer({**trial, "position": 2})
    assert reply.status_code == 409
    assert "has not been handed out" in reply.get_json()["error"]
    assert visitor.answer({**trial, "position": 99}).status_code == 409


def test_practice_reveals_the_right_answer_once_the_answer_is_kept_and_main_trials_never(visitor, study):
    visitor.begin()
    replies = []
    while (due := visitor.next())["page"] == "trial":
        replies.append(visitor.answer(due["trial"]).get_json())
    expected = [r.real_interval if r.phase == "practice" else None for r in records_of(study)]
    assert [reply["correct_interval"] for reply in replies] == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"interval": 0}, {"interval": 3}, {"interval": "1"}, {"interval": True}, {"interval": None},
        {"rt_ms": -1}, {"rt_ms": "fast"}, {"rt_ms": None}, {"rt_ms": 10**400}, {"rt_ms": float("inf")},
        {"rt_ms": float("nan")},
        {"replays": 2}, {"replays": -1}, {"replays": 0.5},
        {"phase": "warm-up"}, {"phase": "\ud800"},
        {"position": "1"}, {"position": 0}, {"position": 10**30},
    ],
)  # fmt: skip
def test_an_impossible_answer_is_refused_with_a_sentence(visitor, study, changes):
    trial = visitor.begin().next()["trial"]
    reply = visitor.answer({**trial, **changes}, **{"interval": 1, **changes})
    assert reply.status_code == 400
    assert " must be " in reply.get_json()["error"]
    assert not any(record.response_interval for record in records_of(study))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"text"'])
def test_a_body_that_is_no_object_is_refused_with_a_sentence(app, body):
    reply = app.test_client().post("/api/participants", data=body, content_type="application/json")
    assert reply.status_code == 400
    assert reply.get_json()["error"].endswith(".")


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic {token}", "Bearer {token}x"])
def test_without_a_token_of_this_study_nothing_is_told(visitor, token):
    own = visitor.begin().headers["Authorization"].removeprefix("Bearer ")
    headers = {"Authorization": token.format(token=own)}
    for reply in (
        visitor.client.get("/api/next", headers=headers),
        visitor.client.post("/api/begin", json={}, headers=headers),
    ):
        assert reply.status_code == 401
        assert "open the link" in reply.get_json()["error"]


def test_a_token_signed_with_another_key_is_nobody(visitor, study):
    name = visitor.begin() and records_of(study)[0].participant
    forged = tokens.participant_token("another key, long enough", name)
    reply = visitor.client.get("/api/next", headers={"Authorization": f"Bearer {forged}"})
    assert reply.status_code == 401


def test_only_the_studys_own_key_makes_a_participant_a_robot(app, study):
    client = app.test_client()
    for key, status in ((tokens.read_key(study), 201), ("another key, long enough", 401)):
        reply = client.post(
            "/api/participants",
            json={"request": f"a wish with {key[:4]}", "simulated": True},
            headers={"Authorization": f"Bearer {tokens.robot_token(key)}"},
        )
        assert reply.status_code == status
    Visitor(app).enrol()
    people = {(r.participant, r.simulated) for r in records_of(study)}
    assert sorted(simulated for _, simulated in people) == [False, True]


def test_the_two_clips_of_a_pair_differ_in_name_and_content_alone(visitor):
    trial = visitor.begin().next()["trial"]
    first, second = (visitor.client.get(f"/{path}") for path in trial["clips"])
    assert dict(first.headers) == dict(second.headers)
    assert len(first.data) == len(second.data)
    assert first.data != second.data
    assert first.headers["Cache-Control"] == "no-store"
    assert first.headers["Accept-Ranges"] == "bytes"
    assert not {"ETag", "Last-Modified", "Content-Disposition", "Set-Cookie"} & set(first.headers)


def test_media_are_what_the_plan_says(visitor, study):
    data = export.read_study(study)
    clips = {clip.id: clip for clip in data.manifest.clips}
    visitor.begin()
    shown = []
    while (due := visitor.next())["page"] == "trial":
        shown.append([visitor.client.get(f"/{path}").data for path in due["trial"]["clips"]])
        visitor.answer(due["trial"])
    for (first, second), record in zip(shown, records_of(study), strict=True):
        stimuli = clips[record.clip].stimuli
        real, made = (
            (study.parent / "set" / "media" / stimuli[name].media).read_bytes()
            for name in ("real", record.variant)
        )
        assert (first, second) == ((real, made) if record.real_interval == 1 else (made, real))


def test_a_range_of_a_clip_can_be_had(visitor):
    path = "/" + visitor.begin().next()["trial"]["clips"][0]
    whole = visitor.client.get(path).data
    part = visitor.client.get(path, headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.data == whole[10:20]
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert visitor.client.get(path, headers={"Range": "bytes=99999-"}).status_code == 416


def test_a_clip_is_served_to_those_alone_who_have_its_name(visitor, study):
    visitor.begin().next()
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        waiting = session.query(tables.Trial).filter_by(presented_utc=None).first()
        names = [
            waiting.media_1,
            waiting.media_2,
            waiting.clip,
            "../study.toml",
            "%2e%2e%2fmanifest.json",
        ]
    for name in names:
        assert visitor.client.get(f"/media/{name}").status_code == 404


def test_media_names_are_never_used_twice(app):
    paths = [path for _ in range(4) for t in Visitor(app).begin().take_all() for path in t["clips"]]
    assert len(paths) == len(set(paths)) == 4 * 6 * 2


def test_missing_media_are_said_to_be_missing_for_now(visitor, study):
    path = "/" + visitor.begin().next()["trial"]["clips"][0]
    for file in (study.parent / "set" / "media").iterdir():
        file.unlink()
    reply = visitor.client.get(path)
    assert reply.status_code == 503
    assert "try again" in reply.get_json()["error"]


def test_a_whole_session_gives_nothing_away(app):
    client, seen = app.test_client(), []

    def keep(reply):
        text = "" if reply.mimetype == "video/mp4" else reply.get_data(as_text=True)
        seen.append((reply.request.path, f"{reply.request.url} {reply.headers} {text}"))
        assert "Set-Cookie" not in reply.headers
        return reply

    visitor = Visitor(app).begin()
    for page in ("/", "/instructions", "/trial", "/thanks"):
        keep(client.get(page))
    while (due := keep(client.get("/api/next", headers=visitor.headers)).get_json())["page"] == "trial":
        for path in due["trial"]["clips"]:
            keep(client.get(f"/{path}"))
        keep(visitor.answer(due["trial"]))
    for path in {f"/static/{name}.js" for name in ("api", "player", "session", "trial", "trial_state")}:
        with client.get(path) as script:
            keep(script)
    texts = app.extensions["experiment_server"].opened.study.texts
    for path, text in seen:
        own_words = (
            text if path.startswith(("/api", "/media", "/static")) else without_texts(text, texts)
        )
        assert not SECRET_WORDS.search(own_words), (path, SECRET_WORDS.search(own_words))


def without_texts(page, texts):
    """Take the study's own sentences, which ask for the real sound, out of a page."""
    page = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.S)
    page = re.sub(r"<p>.*?</p>|<li>.*?</li>", "", page, flags=re.S)
    for text in (texts.title, texts.question):
        page = page.replace(text, "")
    return page
