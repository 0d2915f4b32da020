"""Robot annotators over real HTTP: votes even, error rates and clicks as they were set."""

import math
from collections import Counter

import pytest
from annotation_site_samples import make_annotation_study, write_silent_set
from click.testing import CliRunner
from server_samples import make_study

from experiment_server.cli import main
from experiment_server.errors import StudyError
from experiment_server.exports import labels
from experiment_server.folders import folder
from experiment_server.simulation.annotators import ERROR, simulate, truth_of
from experiment_server.studies.annotation import KINDS

ERRORS = {"material": 0.3, "action": 0.1, "reaction": 0.0}
CONFUSIONS = {("material", "wood"): {"metal": 0.75, "leaf": 0.25}}
ROBOTS, IMPACTS = 30, 10


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    tmp_path = tmp_path_factory.mktemp("annotators")
    study = make_annotation_study(tmp_path, impacts=IMPACTS, n_videos=6)
    told = []
    simulation = simulate(
        study, participants=ROBOTS, seed=1, errors=ERRORS, confusions=CONFUSIONS, on_impact=told.append
    )
    assert told == [ROBOTS * IMPACTS] * (ROBOTS * IMPACTS)
    return study, simulation, labels.read_study(study)


def within(n_wrong, n, rate):
    """Tell whether a count is within 4 standard errors of what the rate gives."""
    return abs(n_wrong - n * rate) <= 4 * math.sqrt(n * rate * (1 - rate))


def test_all_impacts_get_as_many_votes_within_one(done):
    study, simulation, rows = done
    assert all(row.is_answered and row.simulated and row.state == "complete" for row in rows)
    votes = Counter(row.clip for row in rows)
    assert set(votes) == {clip.id for clip in folder.read(study).manifest.clips}
    assert simulation.votes == (min(votes.values()), max(votes.values())) == (16, 17)
    assert simulation.answers == len(rows) == ROBOTS * IMPACTS


def test_the_error_rates_are_recovered(done):
    _, simulation, rows = done
    known = [row for row in rows if row.known_material]
    for kind, rate in ERRORS.items():
        n_wrong = sum(getattr(row, kind) != getattr(row, f"known_{kind}") for row in known)
        assert within(n_wrong, len(known), rate), kind
        assert within(simulation.wrong[kind], len(rows), rate), kind
    assert simulation.wrong["reaction"] == 0


def test_wrong_labels_are_those_that_the_confusions_say(done):
    _, _, rows = done
    taken_for = Counter(row.material for row in rows if row.known_material == "wood")
    assert taken_for.keys() == {"wood", "metal", "leaf"}
    assert within(taken_for["leaf"], taken_for["leaf"] + taken_for["metal"], 0.25)
    others = {row.material for row in rows if row.known_material == "water"} - {"water"}
    assert len(others) > 5  # of those that were not named, all are equally likely


def test_where_nothing_is_known_robots_agree_on_something(done):
    _, _, rows = done
    unknown = [row for row in rows if row.known_material is None]
    for clip in {row.clip for row in unknown}:
        reactions = {row.reaction for row in unknown if row.clip == clip}
        assert len(reactions) == 1  # the set error is 0
    assert len({row.reaction for row in unknown}) > 1


def test_clicks_lie_around_the_place_as_far_in_pixels_across_as_down(done):
    _, _, rows = done
    known = [row for row in rows if row.known_x is not None]
    for name, wanted in (("x", 0.02), ("y", 0.02 * 160 / 90)):
        away = [getattr(row, name) - getattr(row, f"known_{name}") for row in known]
        spread = math.sqrt(sum(d * d for d in away) / len(away))
        assert spread == pytest.approx(wanted, rel=4 / math.sqrt(2 * len(away)))


def test_votes_of_robots_that_leave_go_to_others(tmp_path):
    study = make_annotation_study(tmp_path, impacts=6)
    left = simulate(study, participants=20, seed=3, dropouts=0.5, with_media=False)
    assert 3 < left.dropouts < 17
    assert left.answers < 20 * 6
    after = simulate(study, participants=10, seed=4, with_media=False)
    assert after.votes[1] - after.votes[0] <= 1 < left.votes[1] - left.votes[0]


def test_the_same_seed_gives_the_same_plans_and_labels(tmp_path):
    said = []
    for name in ("one", "two"):
        study = make_annotation_study(tmp_path / name)
        simulate(study, participants=3, seed=5, with_media=False)
        said.append([(row.clip, row.material, row.x, row.rt_ms) for row in labels.read_study(study)])
    assert said[0] == said[1]


def test_a_label_that_the_study_does_not_offer_counts_as_not_known(tmp_path):
    opened = folder.read(make_annotation_study(tmp_path))
    clip = opened.manifest.clips[0]
    offered = opened.study.annotation
    assert truth_of(clip, offered).labels["material"] == "wood"
    without = [name for name in offered.materials if name != "wood"]
    hidden = truth_of(clip, type(offered)(materials=tuple(without))).labels
    assert hidden["material"] in without
    assert hidden["action"] == "hit"


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"errors": {"colour": 0.1}}, "no labels of the kind 'colour'"),
        ({"errors": {"action": 1.2}}, "error action=1.2 is no chance"),
        ({"confusions": {("action", "hit"): {"kick": 1.0}}}, "confusions of action 'hit'"),
        ({"confusions": {("action", "hit"): {"scratch": 0.5}}}, "confusions of action 'hit'"),
        ({"confusions": {("colour", "red"): {"blue": 1.0}}}, "confusions of colour 'red'"),
        ({"noise": -0.1}, "noise -0.1 is no standard deviation"),
        ({"dropouts": 2.0}, "dropouts 2.0 is no share"),
    ],
)
def test_habits_that_can_not_be_are_refused(tmp_path, how, message):
    with pytest.raises(StudyError, match=message):
        simulate(make_annotation_study(tmp_path), participants=1, seed=1, **how)


def test_the_commands_lead_from_silent_clips_to_labels(tmp_path):
    stimuli = write_silent_set(tmp_path / "set", n_videos=2)
    study, run = tmp_path / "study", CliRunner()
    made = run.invoke(
        main, ["init", str(study), "--stimuli", str(stimuli), "--task", "annotation", "--impacts", "3"]
    )
    assert "places for 6 participants" in made.output
    sent = run.invoke(
        main,
        ["simulate", str(study), "--participants", "2", "--seed", "1", "--error", "0", "--no-media"],
    )
    assert sent.exit_code == 0, sent.output
    assert "2 robots labelled 6 impacts in" in sent.output
    assert "each impact has 1 to 1 robots' votes." in sent.output
    for kind in KINDS:
        assert f"{kind:12}{0:10.1%}{0:8.1%}{6:8}" in sent.output
    out = tmp_path / "out"
    assert run.invoke(main, ["export", str(study), "--out", str(out)]).exit_code == 0
    assert len(labels.read(out / "labels.csv")) == 6


def test_robots_of_another_task_are_refused(tmp_path):
    pairs, silent = make_study(tmp_path / "pairs"), make_annotation_study(tmp_path / "labels")
    for study, option in ((pairs, ("--error", "0.1")), (silent, ("--fool-rate", "random=0.1"))):
        refused = CliRunner().invoke(main, ["simulate", str(study), *option])
        assert refused.exit_code == 2
        assert "nothing in a" in refused.output
    wrong = CliRunner().invoke(main, ["simulate", str(silent), "--error", "material=many"])
    assert "write it as KIND=RATE" in wrong.output
    with pytest.raises(StudyError, match="annotators have nothing to do"):
        simulate(pairs, participants=1, seed=1)


def test_the_default_error_is_about_that_of_the_papers_workers():
    assert pytest.approx(1 - 0.876, abs=0.005) == ERROR
