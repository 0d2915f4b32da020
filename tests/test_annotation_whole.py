"""From videos without labels to a labelled dataset: build, serve, label over HTTP, agree, write."""

import shutil
from math import comb

import numpy as np
import pytest

from analysis.annotation.folder import make
from analysis.annotation.merging import PAPERS, merges_of
from analysis.annotation.results import Rules
from analysis.annotation.votes import KINDS, MATERIAL
from analysis.errors import AnalysisError
from analysis.inputs.sources import from_study
from experiment_server.folders import drafts, folder
from experiment_server.simulation.annotators import simulate, truth_of
from experiment_server.studies.annotation import MATERIALS
from models.demo.dataset import render_dataset
from models.videos.dataset import read_dataset
from models.videos.inspection import inspect_dataset
from models.videos.labels import read_consensus, write_labels
from stimuli import manifest
from stimuli.building.build import build, build_silent
from stimuli.building.options import Options, SilentOptions
from stimuli.checking.check import check

ERROR, N_VOTES, N_PEOPLE = 0.12, 5, 12
TAKEN_FOR = {"cardboard": "paper", "concrete": "rock", "cloth": "cushion", "rubber": "plastic"}
TAKEN_FOR |= {wrong: true for true, wrong in TAKEN_FOR.items()}
APART = [name for name in MATERIALS if name not in TAKEN_FOR]
TAKEN_FOR |= dict(zip(APART, [*APART[1:], APART[0]], strict=True))
MERGES = merges_of(PAPERS)
RULES = Rules(ties="keep", least=3, agreeing=2, merges=MERGES, suggested_over=0.08, seed=0)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    """Videos of things being struck, of which nobody has noted anything."""
    root = tmp_path_factory.mktemp("whole") / "videos"
    render_dataset(
        root, seed=3, n_materials=3, videos_per_material=2, impacts_per_video=4, size=(64, 48), workers=1
    )
    for path in [*root.glob("*_times.txt"), *root.glob("*_positions.txt")]:
        path.unlink()
    return root


@pytest.fixture(scope="module")
def study(dataset):
    """A study of which robots that know how often they err have labelled every impact five times."""
    clips, target = dataset.parent / "clips", dataset.parent / "study"
    n_clips = len(build_silent(dataset, clips, options=SilentOptions(clips_per_video=0)).manifest.clips)
    impacts = -(-n_clips * N_VOTES // N_PEOPLE)
    made = drafts.new_annotation_study(target, clips, seed=4, impacts=impacts, votes=N_VOTES)
    folder.create(target, made)
    confusions = {(MATERIAL, true): {wrong: 1.0} for true, wrong in TAKEN_FOR.items()}
    simulate(
        target,
        participants=N_PEOPLE,
        seed=5,
        errors={MATERIAL: ERROR, "action": 0.0, "reaction": 0.0},
        confusions=confusions,
        noise=0.02,
    )
    return target


@pytest.fixture(scope="module")
def found(study):
    return make(study.parent / "agreement", study=study, labels=None, rules=RULES)


def truths(study):
    """What robots go by: by video and time the labels and the place of each impact."""
    opened = folder.read(study)
    return {
        (clip.video_id, clip.impact_s): truth_of(clip, opened.study.annotation)
        for clip in opened.manifest.clips
    }


def test_the_annotated_set_is_in_order_and_knows_nothing(study):
    clips = study.parent / "clips"
    assert not check(clips).findings
    for clip in manifest.read(clips).clips:
        assert (clip.material, clip.action, clip.reaction, clip.silent.x) == (None, None, None, None)


def test_agreement_is_what_follows_from_the_robots_errors(found):
    told = found.agreements[MATERIAL]
    n = np.bincount(found.answers.votes[MATERIAL].impacts)
    assert n.min() >= N_VOTES and told.n_impacts == len(n)
    # an impact with n votes, each wrong with chance e and then for one and the same label
    expected, variance = np.array([_of_majority(int(of)) for of in n]).sum(axis=0)
    assert told.kept.value * told.n_votes == pytest.approx(expected, abs=4 * np.sqrt(variance))
    assert found.agreements["action"].kept.value == 1.0
    assert [person.shares["reaction"] for person in found.people] == [1.0] * N_PEOPLE


def _of_majority(n):
    """Mean and variance of the number of n votes that are for the majority's label."""
    chances = [comb(n, k) * ERROR**k * (1 - ERROR) ** (n - k) for k in range(n + 1)]
    sizes = [max(k, n - k) for k in range(n + 1)]
    mean = sum(chance * size for chance, size in zip(chances, sizes, strict=True))
    square = sum(chance * size**2 for chance, size in zip(chances, sizes, strict=True))
    return mean, square - mean**2


def test_the_consensus_is_the_truth(study, found):
    known = truths(study)
    wrong = 0
    for row in found.consensus:
        truth = known[row.video, row.impact_s]
        wrong += row.material != MERGES.get(truth.labels[MATERIAL], truth.labels[MATERIAL])
        assert (row.action, row.reaction) == (truth.labels["action"], truth.labels["reaction"])
        assert abs(row.x - truth.x) < 0.06  # five clicks of a standard deviation of 0.02
        assert row.n_votes >= N_VOTES
    # a majority of five errs with chance 10 e^3 (1 - e)^2 + ... = 0.0143, in merged classes never
    assert wrong <= 2


def test_the_report_of_fool_rates_sends_to_the_right_command(study):
    with pytest.raises(AnalysisError, match="use analysis annotation --study"):
        from_study(study)


def test_labels_make_a_dataset_that_the_rest_uses(dataset, study, found, tmp_path):
    labelled = tmp_path / "labelled"
    shutil.copytree(dataset, labelled)
    written = write_labels(labelled, read_consensus(study.parent / "agreement" / "consensus.csv"))
    assert written.n_videos == len(read_dataset(labelled).videos) == 6
    inventory = inspect_dataset(labelled)
    assert not inventory.problems
    assert inventory.n_unannotated == 0
    assert inventory.n_impacts == len(found.answers.impacts) == len(found.consensus)
    for kind in KINDS:
        given = [getattr(row, kind) for row in found.consensus]
        assert inventory.labels[kind] == {name: given.count(name) for name in set(given)}
    options = Options(
        models=("random", "random-material"), cache=tmp_path / "cache", device="cpu", catch=False
    )
    built = build(labelled, tmp_path / "pairs", options=options).manifest
    assert any("random-material" in clip.stimuli for clip in built.clips)
    material = {(row.video, row.impact_s): row.material for row in found.consensus}
    for clip in built.clips:
        times = {time for video, time in material if video == clip.video_id}
        nearest = min(times, key=lambda time: abs(time - clip.impact_s))
        assert clip.material == material[clip.video_id, nearest]
