"""The study file: written with every key explained, read back the same, refused with a sentence."""

import dataclasses
import runpy
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiment_server.errors import StudyError
from experiment_server.studies import sections, study
from experiment_server.studies.sections import (
    DOORS,
    HEADPHONES,
    TASKS,
    Analysis,
    Exclusions,
    Pay,
    Recruiting,
    Screening,
    Trials,
)
from experiment_server.studies.study import TABLES, Study
from experiment_server.studies.texts import Texts

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)
studies = st.builds(
    Study,
    name=st.just("pilot-1_b"),
    stimuli=words,
    seed=st.integers(0, 2**63 - 1),
    language=st.sampled_from(["en", "de", "pt-BR"]),
    trials=st.builds(
        Trials,
        main=st.integers(1, 1000),
        practice=st.integers(0, 1000),
        practice_videos=st.sampled_from(["apart", "reuse"]),
        variants=st.lists(names, unique=True, max_size=5).map(tuple),
        replays=st.integers(0, 9),
        cue_ms=st.integers(0, 5000),
        catch=st.integers(0, 1000),
    ),
    media=st.sampled_from(["", "s3://bucket/some prefix"]),
    recruiting=st.builds(
        Recruiting,
        doors=st.lists(st.sampled_from(DOORS), min_size=1, unique=True).map(tuple),
        participants=st.integers(0, 10_000),
        lease_minutes=st.integers(1, 1440),
        panel_id=names,
        panel_return=st.sampled_from(["", "https://panel.example/back?c={code}"]),
        prolific_complete=words,
        frame_ancestors=st.sampled_from([(), ("https://panel.example", "http://localhost:8000")]),
    ),
    screening=st.builds(
        Screening,
        mobile=st.sampled_from(["exclude", "allow"]),
        sound_check=st.booleans(),
        headphones=st.sampled_from(list(HEADPHONES)),
        headphone_trials=st.integers(6, 24),
        headphone_pass=st.integers(1, 6),
        headphone_attempts=st.integers(1, 5),
        media_failures=st.integers(1, 99),
    ),
    pay=st.builds(Pay, currency=st.sampled_from(["USD", "EUR"]), complete_cents=st.integers(0, 10_000)),
    exclusions=st.builds(
        Exclusions, catch_percent=st.integers(0, 100), headphones=st.booleans(), slow_ms=st.integers(0)
    ),
    analysis=st.builds(
        Analysis,
        contrasts=st.sampled_from([(), ("full : random", "a:b")]),
        margin_points=st.integers(1, 49),
        target=st.sampled_from(sections.TARGETS),
    ),
    texts=st.builds(Texts, title=words, consent=words, question=words),
)
MINIMAL = 'format = 1\nname = "x"\nstimuli = "s"\nseed = 1\n[trials]\nmain = 3\n'


@settings(deadline=None)
@given(studies)
def test_what_is_written_is_read_back(tmp_path_factory, wanted):
    path = tmp_path_factory.mktemp("study") / "study.toml"
    study.write(wanted, path)
    assert study.read(path) == wanted


@pytest.mark.parametrize("task", TASKS)
def test_every_key_is_explained_in_the_file(task):
    wanted = Study(name="x", stimuli="s", seed=1, task=task, trials=Trials(main=3))
    tables = {"": wanted, **{name: getattr(wanted, name) for name in study.tables_of(task)}}
    explained, above, place = set(), "", ""
    for line in study.encode(wanted).splitlines():
        place = line.strip("[]") if line.startswith("[") else place
        if above.startswith("# ") and " = " in line:
            explained.add((place, line.partition(" = ")[0]))
        above = line
    for name, table in tables.items():
        for field in dataclasses.fields(table):
            assert field.name in TABLES or (name, field.name) in explained, field.name


def test_what_is_left_out_has_the_value_that_init_writes(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(MINIMAL)
    assert study.read(path) == Study(name="x", stimuli="s", seed=1, trials=Trials(main=3))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("format = 1", "format = 2"), "format = 1"),
        (("main = 3", "main = 0"), "main = 0 is not allowed. Main trials"),
        (("main = 3", 'main = "3"'), "main = '3' is not allowed"),
        (("main = 3", "main = true"), "main = True is not allowed"),
        (("main = 3", "main = 3\nmian = 4"), "no key 'mian'; it knows main, practice"),
        (("main = 3", ""), "lacks 'main'"),
        (("seed = 1", "seed = -1"), "seed = -1"),
        (('name = "x"', 'name = "a b"'), "name = 'a b'"),
        (("main = 3", 'main = 3\npractice_videos = "both"'), "practice_videos = 'both'"),
        (("main = 3", 'main = 3\nvariants = ["a", "a"]'), "variants"),
        (("main = 3", "main = 3\nreplays = -1"), "replays = -1"),
        (("main = 3", "main = 3\ncue_ms = 9000"), "cue_ms = 9000"),
        (("[trials]\nmain = 3", "trials = 3"), "must be a table"),
        (("main = 3", "main = 3\ncatch = -1"), "catch = -1"),
        (("seed = 1", 'seed = 1\nmedia = "http://x"'), "media = 'http://x'"),
        (("[trials]", "[recruiting]\ndoors = []\n[trials]"), r"doors = \(\) is not allowed. How people"),
        (("[trials]", '[recruiting]\ndoors = ["window"]\n[trials]'), "doors = "),
        (("[trials]", '[recruiting]\ndoors = ["panel"]\n[trials]'), "panel_id = ''"),
        (("[trials]", '[recruiting]\npanel_return = "http://x"\n[trials]'), "panel_return = "),
        (("[trials]", '[recruiting]\nframe_ancestors = ["https://a b"]\n[trials]'), "frame_ancestors"),
        (("[trials]", "[recruiting]\nlease_minutes = 0\n[trials]"), "lease_minutes = 0"),
        (
            ("[trials]", '[screening]\nheadphones = "yes"\n[trials]'),
            "headphones = 'yes'.*Headphone test",
        ),
        (("[trials]", "[screening]\nheadphone_pass = 7\n[trials]"), "headphone_pass = 7"),
        (("[trials]", "[screening]\nsound_check = 1\n[trials]"), "sound_check = 1 is not allowed"),
        (("[trials]", '[pay]\ncurrency = "dollar"\n[trials]'), "currency = 'dollar'"),
        (("[trials]", "[pay]\ncomplete_cents = -5\n[trials]"), "complete_cents = -5"),
        (("[trials]", "[exclusions]\nside_percent = 40\n[trials]"), "side_percent = 40"),
        (("[trials]", '[analysis]\ncontrasts = ["a : a"]\n[trials]'), "contrasts"),
        (("[trials]", '[analysis]\ntarget = "all"\n[trials]'), "target = 'all'"),
        (("seed = 1", "seed ="), "not valid TOML"),
    ],
)
def test_a_wrong_key_is_named_with_what_is_allowed(tmp_path, change, message):
    path = tmp_path / "study.toml"
    path.write_text(MINIMAL.replace(*change))
    with pytest.raises(StudyError, match=message):
        study.read(path)


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(StudyError, match="experiment-server init"):
        study.read(tmp_path / "study.toml")


def test_a_door_to_prolific_without_a_way_back_is_warned_of():
    here = Study(name="s", stimuli="x", seed=1, trials=Trials(main=1))
    assert study.warning(here) is None
    for code, is_warned in (("", True), ("C1A2B3C4", False)):
        recruiting = Recruiting(doors=("prolific",), prolific_complete=code)
        told = study.warning(dataclasses.replace(here, recruiting=recruiting))
        assert ("prolific_complete is empty" in (told or "")) == is_warned


def test_the_example_is_what_init_writes(request):
    path = request.config.rootpath / "examples" / "study.toml"
    # If not: python docs/make/study_file.py
    assert path.read_text() == study.encode(study.read(path))
    assert tomllib.loads(path.read_text())["format"] == study.FORMAT


def test_the_documentation_explains_every_key(request):
    script = runpy.run_path(str(request.config.rootpath / "docs" / "make" / "study_file.py"))
    page = (request.config.rootpath / "docs" / "study-file.md").read_text()
    assert page == script["page"](page)  # if not: python docs/make/study_file.py
    for kind in (Study, *TABLES.values()):
        for field in dataclasses.fields(kind):
            if "meaning" in field.metadata:
                assert f"| `{field.name}` | {field.metadata['meaning']} |" in page
