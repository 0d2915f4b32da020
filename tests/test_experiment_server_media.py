"""The clips: what the plan says, under names that tell nothing, and nothing given away beside them."""

import re

import pytest
from server_samples import VARIANTS, Visitor, make_study, serving_site

from experiment_server.database import db, tables
from experiment_server.exports import export

SECRET_WORDS = re.compile(
    r"\breal\b|\bfake\b|variant|catch[-_]|clip-\d|video-\d|" + "|".join(VARIANTS), re.I
)


@pytest.fixture
def study(tmp_path):
    return make_study(tmp_path, trials={"replays": 1}, screening={"sound_check": True})


@pytest.fixture
def visitor(app):
    visitor = Visitor(app).enrol()
    visitor.post("sound-checked")
    visitor.post("begin")
    return visitor


def test_the_two_clips_of_a_pair_differ_in_name_and_content_alone(visitor):
    first, second = (visitor.client.get(f"/{path}") for path in visitor.next()["trial"]["clips"])
    assert dict(first.headers) == dict(second.headers)
    assert len(first.data) == len(second.data)
    assert first.data != second.data
    assert first.headers["Cache-Control"] == "no-store"
    assert first.headers["Accept-Ranges"] == "bytes"
    assert not {"ETag", "Last-Modified", "Content-Disposition", "Set-Cookie"} & set(first.headers)


@pytest.mark.usefixtures("database")
def test_media_are_what_the_plan_says(visitor, study):
    data = export.read_study(study)
    clips = {clip.id: clip for clip in data.manifest.clips}
    shown = []
    while (due := visitor.next())["page"] == "trial":
        shown.append([visitor.client.get(f"/{path}").data for path in due["trial"]["clips"]])
        visitor.answer(due["trial"])
    for (first, second), record in zip(shown, export.read_study(study).records, strict=True):
        stimuli = clips[record.clip].stimuli
        real, made = (
            (study.parent / "set" / "media" / stimuli[name].media).read_bytes()
            for name in ("real", record.variant)
        )
        assert (first, second) == ((real, made) if record.real_interval == 1 else (made, real))


def test_a_range_of_a_clip_can_be_had(visitor):
    path = "/" + visitor.next()["trial"]["clips"][0]
    whole = visitor.client.get(path).data
    part = visitor.client.get(path, headers={"Range": "bytes=10-19"})
    assert part.status_code == 206
    assert part.data == whole[10:20]
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole)}"
    assert visitor.client.get(path, headers={"Range": "bytes=99999-"}).status_code == 416


@pytest.mark.usefixtures("database")
def test_a_clip_is_served_to_those_alone_who_have_its_name(visitor, study):
    visitor.next()
    with db.opened(db.url_of(study)) as engine, db.reading(engine) as session:
        waiting = session.query(tables.Trial).filter_by(presented_utc=None).first()
    names = [
        waiting.media_1, waiting.media_2, waiting.clip, "../study.toml", "%2e%2e%2fmanifest.json",
        "a%00b", "%ff%fe", "' OR 1=1 --", "x" * 5000,
    ]  # fmt: skip
    for name in names:
        assert visitor.client.get(f"/media/{name}").status_code == 404


def test_media_names_are_never_used_twice(tmp_path):
    with serving_site(make_study(tmp_path)) as app:
        paths = [path for _ in range(4) for t in Visitor(app).begin().take_all() for path in t["clips"]]
    assert len(paths) == len(set(paths)) == 4 * 6 * 2


def test_missing_media_are_said_to_be_missing_for_now(visitor, study):
    path = "/" + visitor.next()["trial"]["clips"][0]
    for file in (study.parent / "set" / "media").iterdir():
        file.unlink()
    reply = visitor.client.get(path)
    assert reply.status_code == 503
    assert "try again" in reply.get_json()["error"]
    assert "set" not in reply.get_json()["error"]
    assert int(reply.headers["Retry-After"]) >= 1


def test_a_whole_session_gives_nothing_away(app):
    client, seen = app.test_client(), []

    def keep(reply):
        text = "" if reply.mimetype == "video/mp4" else reply.get_data(as_text=True)
        seen.append((reply.request.path, f"{reply.request.url} {reply.headers} {text}"))
        assert "Set-Cookie" not in reply.headers
        return reply

    visitor = Visitor(app).enrol()
    for page in ("/", "/sound", "/headphones", "/instructions", "/trial", "/thanks"):
        keep(client.get(page))
    for step in ("sound-checked", "begin"):
        keep(visitor.post(step))
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
    page = re.sub(r"<p.*?</p>|<li>.*?</li>", "", page, flags=re.S)
    for text in (texts.title, texts.question):
        page = page.replace(text, "")
    return page
