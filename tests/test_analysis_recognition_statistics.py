"""Recognition, what it rests on: the order of classes, accuracies, examples, machines, walks."""

from pathlib import Path

import numpy as np
import pytest
from recognition_samples import write_sample
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from analysis.recognition import accuracy, ordering, svm, tasks, walk
from analysis.recognition.data import read


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("recognition") / "data")


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


SOFT = np.array(
    [[0.7, 0.2, 0.05, 0.05], [0.25, 0.6, 0.1, 0.05], [0.05, 0.05, 0.8, 0.1], [0.05, 0.1, 0.2, 0.65]]
)


@pytest.mark.parametrize(
    ("start", "order"), [(0, (0, 1, 3, 2)), (1, (1, 0, 3, 2)), (2, (2, 3, 1, 0)), (3, (3, 1, 0, 2))]
)
def test_the_golden_orders_come_out(start: int, order: tuple[int, ...]) -> None:
    # worked out by hand from A1.2's words, for each of the four starts
    assert ordering.greedy_order(SOFT, start=start) == order


def test_of_equally_similar_classes_the_first_comes_first() -> None:
    assert ordering.greedy_order(np.eye(4), start=2) == (2, 0, 1, 3)


def test_a_soft_confusion_is_the_mean_probability_by_true_class() -> None:
    shares = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])
    soft = ordering.soft_confusion(np.array([0, 0, 1]), shares, 2)
    assert np.allclose(soft, [[0.7, 0.3], [0.2, 0.8]])


def test_accuracy_is_scikit_learns_balanced_accuracy() -> None:
    true = rng().integers(0, 4, 300)
    said = np.where(rng().random(300) < 0.6, true, 0)
    videos = np.array([f"v{i % 20}" for i in range(300)])
    estimate = accuracy.class_averaged(true, said, videos, rng=rng())
    assert estimate.value == pytest.approx(balanced_accuracy_score(true, said))
    assert estimate.low is not None and estimate.high is not None
    assert estimate.low < estimate.value < estimate.high


def test_clips_told_twice_leave_the_interval_over_videos_as_it_is() -> None:
    true = rng().integers(0, 3, 120)
    said = np.where(rng().random(120) < 0.5, true, 0)
    videos = np.array([f"v{i % 15}" for i in range(120)])
    once = accuracy.class_averaged(true, said, videos, rng=rng())
    twice = accuracy.class_averaged(*(np.tile(x, 2) for x in (true, said, videos)), rng=rng())
    assert (once.low, once.high) == (twice.low, twice.high)


def test_one_video_gives_no_interval() -> None:
    estimate = accuracy.class_averaged(
        np.array([0, 1]), np.array([0, 1]), np.array(["v", "v"]), rng=rng()
    )
    assert (estimate.value, estimate.low, estimate.note) == (1.0, None, "one video: no interval")


def test_classes_are_drawn_to_equal_numbers() -> None:
    codes = np.repeat([0, 1, 2], [50, 7, 20])
    rows = tasks.balanced(codes, most=20, rng=rng())
    assert np.bincount(codes[rows]).tolist() == [20, 20, 20]
    times = np.bincount(rows, minlength=77)
    assert times[:50].max() == 1  # of many, none twice
    assert set(times[50:57].tolist()) == {2, 3}  # of few, all, as evenly as can be
    assert times[57:].tolist() == [1] * 20


def test_numbers_stop_at_the_largest_class() -> None:
    assert len(tasks.balanced(np.repeat([0, 1], [5, 3]), most=260, rng=rng())) == 10


def test_the_machine_says_what_scikit_learn_says(folder: Path) -> None:
    data = read(folder)
    task = tasks.make_task(data, tasks.MATERIAL, known=data.known("sound"), rng=rng())
    train, test = data.rows("sound", task.train), data.rows("sound", task.test)
    ours = svm.fit([train], task.codes[task.train], data.video_ids[task.train], rng=rng(), c=1.0)
    # the same by scikit-learn alone: features of variance 1 need a C that is n_features times smaller
    n_features = train.shape[1]
    theirs = make_pipeline(
        StandardScaler(), LinearSVC(C=1 / n_features, intercept_scaling=n_features**0.5, max_iter=20_000)
    )
    theirs.fit(train.astype(np.float64), task.codes[task.train])
    said = np.argmax(ours.scores([test]), axis=1)
    assert np.mean(said == theirs.predict(test.astype(np.float64))) > 0.98
    assert balanced_accuracy_score(task.codes[task.test], said) > 0.9


def test_turned_rows_are_told_apart_as_before() -> None:
    features = rng().normal(size=(20, 70)).astype(np.float32)
    codes = np.arange(20) % 3
    turned = svm.turned(features)
    assert turned.shape == (20, 20) and np.allclose(turned @ turned.T, features @ features.T, atol=1e-3)
    scores = [
        svm.scores_of(svm.machine_of(rows, codes, c=0.01, seed=1), rows) for rows in (features, turned)
    ]
    assert np.allclose(*scores, atol=0.02)


def test_two_blocks_of_features_weigh_the_same() -> None:
    small, large = rng().normal(size=(50, 3)), 100 * rng().normal(size=(50, 40))
    scaling = svm.scaling_of([small.astype(np.float32), large.astype(np.float32)])
    rows = scaling.apply([small.astype(np.float32), large.astype(np.float32)])
    lengths = [np.square(part).sum(axis=1).mean() for part in (rows[:, :3], rows[:, 3:])]
    assert lengths == pytest.approx([0.5, 0.5], rel=1e-4)


def test_a_feature_that_never_varies_counts_for_nothing() -> None:
    constant = np.full((10, 2), 3.0, np.float32)
    scaling = svm.scaling_of([constant])
    assert not scaling.apply([constant + 1]).any()


def test_probabilities_sum_to_one_and_follow_the_scores(folder: Path) -> None:
    data = read(folder)
    task = tasks.make_task(data, tasks.MATERIAL, known=data.known("sound"), rng=rng())
    features = [data.rows("sound", task.train)]
    fitted = svm.fit(features, task.codes[task.train], data.video_ids[task.train], rng=rng())
    scores = fitted.scores([data.rows("sound", task.test)])
    shares = fitted.probabilities(scores)
    assert np.allclose(shares.sum(axis=1), 1)
    assert fitted.c in svm.C_VALUES
    assert np.mean(shares[np.arange(len(shares)), task.codes[task.test]]) > 0.35  # chance is 0.25


def test_a_walk_goes_to_the_nearest_picture_of_a_new_video() -> None:
    features = np.array([[0.0], [0.1], [1.0], [1.2], [5.0]], np.float32)
    videos = np.array(["a", "a", "b", "c", "d"])
    paths = walk.walks(features, videos, rng=rng(), n_walks=4, n_steps=3)
    assert len(paths) == 4
    for path in paths:
        assert len({videos[row] for row in path}) == len(path) == 4
    from_b = next(path for path in paths if path[0] == 2)
    assert from_b == (2, 3, 1, 4)
