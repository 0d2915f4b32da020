"""Annotation in the study file and at `init`: what is refused, and what is filled in."""

import pytest
from annotation_site_samples import LABEL, Annotator, make_annotation_study, write_silent_set
from click.testing import CliRunner
from server_samples import Visitor, make_study, serving_site, write_set

from experiment_server.cli import main
from experiment_server.errors import StudyError
from experiment_server.exports import labels
from experiment_server.folders import drafts, folder
from experiment_server.studies import annotation


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
        labels.read_study(tmp_path / "pairs" / "study")


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
