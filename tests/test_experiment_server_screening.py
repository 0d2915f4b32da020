"""Sound level and headphone test by the API: passed, failed, paid out; and nothing given away."""

import threading

import pytest
from door_samples import ALL, MTURK, PANEL, PROLIFIC
from screening_samples import SHORT, Listener, make_screened_study, rightly, wrongly
from server_samples import make_study, serving_site

from experiment_server.database.tables import SCREENED_OUT
from experiment_server.screening import sounds


@pytest.fixture(params=["sqlite", "postgresql"])
def study(request, tmp_path, monkeypatch):
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
        monkeypatch.setenv("EXPERIMENT_SERVER_DATABASE_URL", str(url))
    return make_screened_study(tmp_path)


@pytest.fixture
def lab_study(tmp_path):
    return make_screened_study(tmp_path)


@pytest.fixture
def app(study):
    with serving_site(study) as app:
        yield app


@pytest.fixture
def lab(lab_study):
    """The site on SQLite alone, for what no database changes."""
    with serving_site(lab_study) as app:
        yield app


def ready(app, **how):
    listener = Listener(app, **how)
    listener.post("sound-checked")
    return listener


def test_the_way_leads_from_the_sound_level_by_both_tests_to_the_instructions(app):
    listener = Listener(app)
    assert listener.next() == {"page": "sound"}
    assert listener.post("sound-checked").get_json() == {"page": "headphones"}
    first = listener.next()["test"]
    assert first.pop("sound").startswith("sounds/")
    assert first == {"kind": "huggins", "position": 1, "count": 6, "attempt": 1, "attempts": 2}
    replies = [reply.get_json() for reply in listener.take(rightly)]
    assert replies == [
        *[{"kept": True, "page": "headphones", "retry": False}] * 5,
        {"kept": True, "page": "instructions", "retry": False},
    ]
    assert listener.next() == {"page": "instructions"}
    assert [t.kind for t in listener.trials()] == ["huggins"] * 3 + ["antiphase"] * 3


def test_who_fails_may_try_again_with_other_sounds_and_pass(app):
    listener = ready(app)
    last = listener.take(wrongly)[-1].get_json()
    assert last == {"kept": True, "page": "headphones", "retry": True}
    again = listener.next()["test"]
    assert (again["position"], again["attempt"]) == (1, 2)
    assert listener.take(rightly)[-1].get_json()["page"] == "instructions"
    assert len({trial.sound for trial in listener.trials()}) == 12


def test_who_fails_every_attempt_is_thanked_and_paid(app):
    listener = ready(app)
    listener.take(wrongly)
    last = listener.take(wrongly)[-1].get_json()
    assert last == {"kept": True, "page": "thanks", "retry": False}
    end = listener.next()
    assert (end["page"], end["outcome"]) == ("thanks", "screened_out")
    assert len(end["code"]) == 8
    assert listener.participant.state == SCREENED_OUT
    assert listener.participant.ended_utc is not None
    assert listener.events().count("screened_out") == 1
    assert listener.post("begin").get_json() == {"page": "thanks"}


def test_who_comes_from_a_panel_goes_back_with_the_code_that_pays_a_screen_out(tmp_path):
    study = make_study(tmp_path, screening={**SHORT, "headphone_attempts": 1}, recruiting=ALL)
    ways = {}
    with serving_site(study) as app:
        for panel, arrival in {"prolific": PROLIFIC, "mturk": MTURK, "panel": PANEL}.items():
            listener = ready(app, arrival=arrival)
            listener.take(wrongly)
            ways[panel] = listener.next()["departure"]
    assert ways["prolific"]["url"].endswith("?cc=SCR33NED")
    assert ways["mturk"]["method"] == "post"
    assert "how=screened_out" in ways["panel"]["url"]


def test_who_is_screened_out_takes_no_place_in_the_design(lab):
    listener = ready(lab)
    listener.take(wrongly)
    listener.take(wrongly)
    assert listener.participant.filled_before is None


def test_instructions_can_not_be_skipped_to(lab):
    assert ready(lab).post("begin").status_code == 409


def test_the_same_answer_twice_is_one_and_another_one_is_refused_and_noted(app):
    listener = ready(app)
    sound = listener.next()["test"]["sound"]
    first, again, other = (listener.choose(sound, interval) for interval in (2, 2, 3))
    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 409)
    assert first.get_json() == again.get_json()
    assert "another answer already" in other.get_json()["error"]
    assert [trial.response_interval for trial in listener.trials() if trial.response_interval] == [2]
    assert listener.events().count("refused_answer") == 1


def test_the_last_answer_of_a_failed_attempt_has_the_same_reply_when_it_is_repeated(lab):
    listener = ready(lab)
    replies = listener.take(wrongly)
    last = max((t for t in listener.trials() if t.attempt == 1), key=lambda t: t.position)
    listener.next()  # draws the second attempt
    again = listener.choose(f"sounds/{last.sound}", last.response_interval)
    assert again.get_json() == replies[-1].get_json()


def test_a_refresh_leads_to_the_same_trial_with_the_same_sound(lab):
    listener = ready(lab)
    first = listener.next()
    heard = listener.client.get(f"/{first['test']['sound']}").data
    assert listener.next() == first
    assert listener.client.get(f"/{first['test']['sound']}").data == heard


def test_two_tabs_share_one_test(lab):
    listener = ready(lab)
    one, two = listener.next()["test"]["sound"], listener.next()["test"]["sound"]
    assert one == two
    listener.choose(one, 1)
    assert listener.choose(two, 2).status_code == 409
    assert listener.next()["test"]["position"] == 2


def test_many_tabs_that_open_at_once_draw_one_attempt(app):
    listener = ready(app)
    shown = []

    def look():
        client = app.test_client()
        shown.append(client.get("/api/next", headers=listener.headers).get_json()["test"]["sound"])

    tabs = [threading.Thread(target=look) for _ in range(8)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert len(shown) == 8
    assert len(set(shown)) == 1
    assert len(listener.trials()) == 6


def test_sounds_that_are_not_due_or_not_ones_own_take_no_answer(lab):
    mine, theirs = ready(lab), ready(lab)
    theirs_due = theirs.next()["test"]["sound"]
    mine.next()
    later = [t.sound for t in mine.trials() if t.position == 2]
    for sound in (theirs_due, *later, "sounds/forged", "level.wav"):
        reply = mine.choose(sound, 1)
        assert reply.status_code == 409
        assert "not the one that is due" in reply.get_json()["error"]
    assert not any(trial.response_interval for trial in mine.trials())


def test_who_has_stopped_answers_no_more(lab):
    listener = ready(lab)
    sound = listener.next()["test"]["sound"]
    listener.post("withdraw")
    assert listener.choose(sound, 1).status_code == 409
    assert listener.next()["outcome"] == "withdrawn"


@pytest.mark.parametrize(
    "body",
    [
        {}, {"sound": "x"}, {"interval": 1}, {"sound": 5, "interval": 1}, {"sound": "", "interval": 1},
        {"sound": "x" * 99, "interval": 1}, {"sound": "\ud800", "interval": 1},
        *({"sound": "x", "interval": interval} for interval in (0, 4, "1", True, None, 1.0)),
    ],
)  # fmt: skip
def test_an_impossible_answer_is_refused_with_a_sentence(lab, body):
    reply = ready(lab).post("headphones", **body)
    assert reply.status_code == 400
    assert " must be " in reply.get_json()["error"]


def test_without_a_token_nothing_is_answered(lab):
    reply = lab.test_client().post("/api/headphones", json={"sound": "x", "interval": 1})
    assert reply.status_code == 401


def test_replies_headers_and_sizes_are_the_same_whatever_the_target(lab):
    seen = {}
    for _ in range(3):
        listener = ready(lab)
        while (due := listener.next())["page"] == "headphones" and due["test"]["attempt"] == 1:
            test = due["test"]
            sound = listener.client.get(f"/{test['sound']}")
            target = listener.target(test["sound"])
            told = listener.choose(test["sound"], target % 3 + 1)
            shown = {name: value for name, value in test.items() if name != "sound"}
            headers = [
                (*pair,) for reply in (sound, told) for pair in reply.headers if pair[0] != "Date"
            ]
            traits = (shown, headers, len(sound.data), told.get_json())
            seen.setdefault((test["kind"], test["position"]), {}).setdefault(target, repr(traits))
    assert all(len(set(by_target.values())) == 1 for by_target in seen.values())
    assert any(len(by_target) > 1 for by_target in seen.values())


def test_a_sound_goes_without_name_date_or_copy_and_in_ranges(lab):
    listener = ready(lab)
    for path in ("/" + listener.next()["test"]["sound"], "/sounds/level.wav"):
        whole = listener.client.get(path)
        assert (whole.status_code, whole.mimetype) == (200, "audio/wav")
        assert whole.headers["Cache-Control"] == "no-store"
        assert whole.headers["Accept-Ranges"] == "bytes"
        told = {"ETag", "Last-Modified", "Content-Disposition", "Set-Cookie"}
        assert not told & set(whole.headers)
        part = listener.client.get(path, headers={"Range": "bytes=44-47"})
        assert (part.status_code, part.data) == (206, whole.data[44:48])


def test_a_sound_is_the_one_that_its_row_says(lab):
    listener = ready(lab)
    path = listener.next()["test"]["sound"]
    row = listener.trials()[0]
    made = sounds.trial_wav(row.kind, seed=row.seed, target=row.target_interval)
    assert listener.client.get(f"/{path}").data == made


@pytest.mark.parametrize("name", ["forged", "..%2fstudy.toml", "%00", "x" * 300, "1' OR '1'='1"])
def test_there_is_no_other_sound(lab, name):
    reply = lab.test_client().get(f"/sounds/{name}")
    assert reply.status_code == 404
    assert set(reply.get_json()) == {"error"}


def test_a_study_without_checks_begins_with_the_instructions(tmp_path):
    study = make_screened_study(tmp_path, headphones="none", sound_check=False)
    with serving_site(study) as app:
        assert Listener(app).next() == {"page": "instructions"}


def test_a_pass_mark_that_is_raised_meanwhile_asks_for_another_attempt(tmp_path):
    study = make_screened_study(tmp_path, headphone_pass=1)
    with serving_site(study) as app:
        listener = ready(app)
        listener.take(
            lambda target: target if listener.next()["test"]["position"] in (1, 4) else wrongly(target)
        )
        headers = listener.headers
        assert listener.next() == {"page": "instructions"}
    path = study / "study.toml"
    path.write_text(path.read_text().replace("headphone_pass = 1", "headphone_pass = 3"))
    with serving_site(study) as app:
        reply = app.test_client().get("/api/next", headers=headers).get_json()
    assert (reply["page"], reply["test"]["attempt"]) == ("headphones", 2)
