"""Recognition: what is asked of a dataset, and what comes out."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from recognition_samples import write_sample

from analysis.cli import main
from analysis.errors import AnalysisError
from analysis.recognition import tasks
from analysis.recognition.counts import mean_cochleagrams
from analysis.recognition.data import check_split, read
from analysis.recognition.recognise import recognise
from analysis.recognition.results import Recognition


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("recognition") / "data")


@pytest.fixture(scope="module")
def found(folder: Path) -> Recognition:
    return recognise(read(folder), seed=3)


def test_hard_and_soft_are_the_papers_lists(folder: Path) -> None:
    data = read(folder)
    hardness = tasks.labels_of(data, tasks.HARDNESS)
    by_material = dict(zip(data.labels["material"].tolist(), hardness.tolist(), strict=True))
    assert by_material == {"cloth": "soft", "leaf": "soft", "metal": "hard", "wood": "hard"}
    assert (len(tasks.HARD), len(tasks.SOFT)) == (9, 5)


def test_real_sounds_tell_more_than_predicted_ones_and_these_more_than_chance(
    found: Recognition,
) -> None:
    real, predicted = found.of("sound", "material"), found.of("predicted-full-features", "material")
    assert real is not None and predicted is not None
    assert real.estimate.value is not None and predicted.estimate.value is not None
    assert real.chance == 0.25 and predicted.estimate.n == real.estimate.n - 1
    assert real.estimate.value > 0.9 > predicted.estimate.value > 0.35
    assert (real.printed, predicted.printed) == (45.8, 28.8)


def test_shuffled_labels_stay_at_chance(found: Recognition) -> None:
    assert found.shuffled is not None and found.shuffled.estimate.value is not None
    assert abs(found.shuffled.estimate.value - 0.25) < 0.12
    assert found.shuffled.printed is None


def test_all_of_the_papers_questions_are_asked(found: Recognition) -> None:
    asked = {(r.features, r.kind) for r in found.results}
    assert {("sound", kind) for kind in ("material", "action", "hardness")} <= asked
    assert {("image", "material"), ("image+sound", "material")} <= asked
    assert ("sound", "reaction") not in asked  # there is only one reaction here
    assert [point.n_bands for point in found.channels] == [2, 4]


def test_equal_seeds_give_equal_results(folder: Path, found: Recognition) -> None:
    again = recognise(read(folder), seed=3)
    assert [r.estimate for r in again.results] == [r.estimate for r in found.results]
    assert (again.walks, again.order.classes) == (found.walks, found.order.classes)


def test_the_order_begins_where_it_is_told_to(folder: Path) -> None:
    order = recognise(read(folder), start_class="wood").order
    assert order.classes[0] == "wood" and sorted(order.classes) == ["cloth", "leaf", "metal", "wood"]


def test_an_unknown_first_class_is_refused(folder: Path, tmp_path: Path) -> None:
    arguments = ["recognition", "--data", str(folder), "--out", str(tmp_path), "--start-class", "jelly"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1
    assert (
        "no material 'jelly' is recognised here; give one of cloth, leaf, metal, wood" in result.output
    )


def test_a_video_on_both_sides_is_refused() -> None:
    with pytest.raises(AnalysisError, match=r"1 videos are in training and test at once \(b\)"):
        check_split(np.array(["a", "b", "b"]), np.array([False, False, True]))


def test_mean_cochleagrams_are_means(folder: Path) -> None:
    data = read(folder)
    sounds = data.open("sound").astype(np.float64)
    means = mean_cochleagrams(data, "material")
    assert list(means) == ["cloth", "leaf", "metal", "wood"]
    expected = sounds[data.labels["material"] == "leaf"].mean(axis=0)
    assert np.allclose(means["leaf"], expected, atol=1e-4)


def test_the_dataset_is_counted(found: Recognition) -> None:
    facts = found.summary
    assert (facts.n_videos, facts.n_test_videos, facts.n_impacts, facts.n_clips) == (16, 8, 96, 96)
    assert (facts.hits, facts.indoor) == (2 / 3, 0.75)
    cloth = facts.classes[0]
    assert (cloth.name, cloth.n_train, cloth.n_test, cloth.n_videos) == ("cloth", 12, 12, 4)
