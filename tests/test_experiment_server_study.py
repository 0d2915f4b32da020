"""The study file: written with every key explained, read back the same, refused with a sentence."""

import dataclasses
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiment_server import study
from experiment_server.study import Study, StudyError, Trials
from experiment_server.texts import Texts

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


def test_every_key_is_explained_in_the_file():
    wanted = Study(name="x", stimuli="s", seed=1, trials=Trials(main=3))
    lines = study.encode(wanted).splitlines()
    for table in (wanted, wanted.trials, wanted.texts):
        for field in dataclasses.fields(table):
            if not dataclasses.is_dataclass(getattr(table, field.name)):
                index = next(i for i, line in enumerate(lines) if line.startswith(f"{field.name} = "))
                assert lines[index - 1].startswith("# ")


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


def test_the_example_is_what_init_writes(request):
    path = request.config.rootpath / "examples" / "study.toml"
    assert path.read_text() == study.encode(study.read(path))
    assert tomllib.loads(path.read_text())["format"] == study.FORMAT


def test_the_documentation_explains_every_key(request):
    page = (request.config.rootpath / "docs" / "study-file.md").read_text()
    for kind in (Study, Trials, Texts):
        for field in dataclasses.fields(kind):
            if "meaning" in field.metadata:
                assert f"| `{field.name}` | {field.metadata['meaning']} |" in page
