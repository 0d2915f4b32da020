"""How far annotators agree, which labels follow from their votes, and the page that says so."""

import csv
import json
from math import comb

import numpy as np
import pytest
from annotation_samples import made_up, record
from click.testing import CliRunner

from analysis.annotation import consensus
from analysis.annotation.agreement import agreement, by_class, confusions, majority, others_agree
from analysis.annotation.annotate import annotate
from analysis.annotation.consensus import consensus_of
from analysis.annotation.folder import make
from analysis.annotation.merging import PAPERS, merges_of, suggested
from analysis.annotation.results import Rules
from analysis.annotation.votes import KINDS, MATERIAL, Votes, answers_of
from analysis.cli import main
from analysis.errors import AnalysisError
from experiment_server.exports import labels
from models.videos.labels import read_consensus


def votes_of(*impacts: str) -> Votes:
    """Make votes of words: a letter a vote, person 0's first, and a dot for none."""
    given = [(i, p, c) for i, word in enumerate(impacts) for p, c in enumerate(word) if c != "."]
    classes = tuple(sorted({letter for _, _, letter in given}))
    return Votes(
        classes=classes,
        n_impacts=len(impacts),
        impacts=np.array([i for i, _, _ in given], np.intp),
        people=np.array([p for _, p, _ in given], np.intp),
        labels=np.array([classes.index(c) for _, _, c in given], np.intp),
    )


def measured(votes, *, least=3, videos=None):
    codes = np.arange(votes.n_impacts) if videos is None else np.array(videos)
    return agreement(votes, codes, least=least, rng=np.random.default_rng(0))


def rules(**changes):
    usual = {
        "ties": "keep", "least": 3, "agreeing": 2, "merges": merges_of(PAPERS), "suggested_over": 0.08,
        "seed": 0,
    }  # fmt: skip
    return Rules(**{**usual, **changes})


def labels_of(*votes):
    """Ask person after person about one impact; answer with the row of the consensus."""
    given = [record("v", 1.0, f"p{number}", material=vote) for number, vote in enumerate(votes)]
    return annotate(answers_of(given), rules()).consensus[0]


GOLDEN = ("aab", "bbb", "abc", "aabb", "cca", "ccccd")


def test_the_three_readings_of_agreement_and_alpha_on_a_worked_example():
    found = measured(votes_of(*GOLDEN))
    assert found.kept.value == pytest.approx(14 / 21)  # 2 + 3 + 1 + 2 + 2 + 4 votes
    assert found.dropped.value == pytest.approx(11 / 14)  # without abc and aabb
    assert found.leave_one_out.value == pytest.approx(9 / 21)  # 1 + 3 + 0 + 0 + 1 + 4
    # Python: krippendorff.alpha(value_counts=..., level_of_measurement="nominal")
    assert round(found.alpha.value, 4) == 0.2375
    assert (found.n_impacts, found.n_votes, found.n_tied) == (6, 21, 2)


@pytest.mark.parametrize(
    ("observers", "alpha"),
    [
        # Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", sections A, B and C
        (("0100000000", "1110010010"), 0.095),
        (("aabbdcccedda", "babbbccceddd"), 0.692),
        (("123321412...", "1233224125.3", ".3332342251.", "12332441251."), 0.743),
    ],
)
def test_alpha_is_that_of_the_published_examples(observers, alpha):
    units = ["".join(column) for column in zip(*observers, strict=True)]
    assert measured(votes_of(*units)).alpha.value == pytest.approx(alpha, abs=5e-4)


def test_impacts_with_too_few_votes_are_left_out_of_agreement_but_not_of_alpha():
    with_pairs, without = measured(votes_of("aaa", "ab", "b")), measured(votes_of("aaa"))
    assert (with_pairs.n_impacts, with_pairs.kept.value) == (1, 1.0)
    assert with_pairs.alpha.n == 5
    assert without.alpha.value is None  # one class alone: chance would agree too


def test_nobody_saying_anything_is_no_agreement():
    found = measured(votes_of("...", "..."))
    assert found.kept.value is found.dropped.value is found.leave_one_out.value is None
    assert found.n_votes == 0
    assert list(majority(votes_of("..."))) == [-1]


def test_intervals_come_from_whole_videos():
    votes = votes_of("aaa", "aab", "bbb", "abb")
    assert measured(votes, videos=[0, 0, 0, 0]).kept.low is None
    apart = measured(votes, videos=[0, 1, 0, 1]).kept
    assert (apart.low, apart.high) == (pytest.approx(2 / 3), 1.0)  # all of one video, or of the other
    assert "2 videos" in apart.note


def test_a_vote_is_compared_with_the_others_alone():
    assert list(others_agree(votes_of("aab"))) == [0.5, 0.5, 0.0]
    assert list(others_agree(votes_of("a"))) == [0.0]


def test_agreement_by_class_leaves_ties_out():
    rows = {row.name: row for row in by_class(votes_of(*GOLDEN))}
    assert set(rows) == {"a", "b", "c"}
    assert (rows["c"].n_impacts, rows["c"].n_votes, rows["c"].share) == (2, 8, 6 / 8)
    assert (rows["a"].n_votes, rows["a"].share) == (3, pytest.approx(2 / 3))


def test_confusions_have_majorities_in_rows_and_votes_in_columns():
    found = confusions(votes_of("aab", "aaac", "bbb", "ab"))
    assert found.counts.tolist() == [[5, 1, 1], [0, 3, 0], [0, 0, 0]]


def test_pairs_that_are_confused_are_suggested_by_the_mean_of_both_directions():
    votes = votes_of("aab", "aab", "bbb", "ccc")
    (pair,) = suggested(confusions(votes), over=0.1)
    assert (pair.first, pair.second, pair.n_votes) == ("a", "b", 9)
    assert pair.share == pytest.approx((2 / 6 + 0) / 2)
    assert suggested(confusions(votes), over=0.17) == ()


def test_the_papers_merges_are_read_and_odd_ones_are_refused():
    merges = {"cardboard": "paper", "concrete": "rock", "cushion": "cloth", "rubber": "plastic"}
    assert merges_of(PAPERS) == merges
    assert merges_of(["none"]) == {}
    assert merges_of(["a+b+c"]) == {"a": "c", "b": "c"}
    for odd in (["paper"], ["a+"], ["a+b", "b+c"], ["a+a"]):
        with pytest.raises(AnalysisError, match=r"no two classes|merged twice"):
            merges_of(odd)


def test_votes_are_merged_before_they_are_counted():
    row = labels_of("cardboard", "paper", "wood")
    assert (row.material, row.material_share) == ("paper", pytest.approx(2 / 3))


def test_a_tie_and_a_single_voice_make_no_label():
    assert labels_of("wood", "wood", "metal", "metal").material is None
    assert labels_of("wood", None, None).material is None
    tied = labels_of("wood", "metal")
    assert (tied.material, tied.material_share, tied.n_votes) == (None, 0.5, 2)
    assert tied.action == "hit"


def test_the_place_is_the_median_of_x_and_of_y():
    places = [(0.1, 0.9), (0.2, 0.5), (0.9, 0.6), None]
    given = [record("v", 1.0, f"p{n}", place=place) for n, place in enumerate(places)]
    row = annotate(answers_of(given), rules()).consensus[0]
    assert (row.x, row.y) == (0.2, 0.6)
    # distances: (0.1, 0.3), (0, 0.1), (0.7, 0)
    assert row.position_spread == pytest.approx(np.hypot(0.1, 0.3))
    assert row.n_votes == 4


def test_who_withdrew_does_not_count_and_who_left_early_does():
    given = [record("v", 1.0, "a", state="withdrawn", material="metal"), record("v", 1.0, "b")]
    given += [record("v", 1.0, "c", state="active"), record("v", 2.0, "c", answered=False)]
    answers = answers_of(given)
    assert answers.people == ("b", "c")
    assert len(answers.impacts) == 1
    assert answers.n_withdrawn == 1
    with pytest.raises(AnalysisError, match="nobody has labelled"):
        answers_of(given[:1])
    with pytest.raises(AnalysisError, match="several studies"):
        answers_of([*given, record("v", 1.0, "d", study="another")])


def expected_agreement(n: int, error: float) -> float:
    """Work out the share of n votes for their majority, if each errs towards one and the same label."""
    chances = [comb(n, k) * error**k * (1 - error) ** (n - k) for k in range(n + 1)]
    return sum(chance * max(k, n - k) / n for k, chance in enumerate(chances))


@pytest.mark.parametrize("n_votes", [3, 5])
def test_agreement_of_annotators_with_known_errors_is_what_follows_from_them(n_votes):
    answers = answers_of(made_up(n_videos=60, n_votes=n_votes, seed=n_votes))
    found = annotate(answers, rules()).agreements[MATERIAL]
    expected = expected_agreement(n_votes, 0.12)
    assert found.kept.low < expected < found.kept.high
    assert found.kept.high - found.kept.low < 0.05
    # two of n votes agree with chance (1 - e)^2 + e^2, and the eight classes are about equally frequent
    observed, by_chance = 0.88**2 + 0.12**2, 1 / 8
    assert found.alpha.low < (observed - by_chance) / (1 - by_chance) < found.alpha.high


def test_consensus_is_the_truth_as_often_as_most_voters_are_right():
    found = annotate(answers_of(made_up(n_videos=60, seed=1)), rules())
    merged, before = found.merged_standing[MATERIAL], found.standing[MATERIAL]
    assert merged.n_known == merged.n_labelled == 480
    # cardboard and paper, a quarter of the impacts, are always right when they are one class
    chance = 0.25 + 0.75 * sum(comb(3, k) * 0.12**k * 0.88 ** (3 - k) for k in (0, 1))
    assert merged.n_equal / 480 == pytest.approx(chance, abs=4 * np.sqrt(chance * (1 - chance) / 480))
    assert before.n_equal < merged.n_equal - 50  # the dataset has no cardboard
    spread = 0.02 * np.sqrt(1 - np.sqrt(3) / np.pi)  # of the median of three normal variables
    assert found.places.error == pytest.approx(spread * np.sqrt(2 * np.log(2)), rel=0.1)


def test_people_who_agree_least_come_first():
    given = made_up(n_videos=8, n_people=9, error=0.0)
    given += [record(r.video, r.impact_s, "odd", material="tile", place=(0.0, 0.0)) for r in given[::3]]
    people = annotate(answers_of(given), rules()).people
    assert people[0].name == "odd"
    assert people[0].shares == {"material": 0.0, "action": 1.0, "reaction": 1.0}
    assert people[0].distance > 0.2 > people[1].distance
    assert people[1].shares[MATERIAL] == 1.0


def test_what_is_written_is_what_models_read(tmp_path):
    found = annotate(answers_of([*made_up(n_videos=2), record("z", 0.5, "p", place=None)]), rules())
    consensus.write(found.consensus, tmp_path / "consensus.csv")
    read = read_consensus(tmp_path / "consensus.csv")
    assert len(read) == len(found.consensus) == 17
    for theirs, ours in zip(read, found.consensus, strict=True):
        assert theirs.video_id == ours.video
        assert theirs.impact_s == ours.impact_s
        assert [getattr(theirs, kind) for kind in KINDS] == [getattr(ours, kind) for kind in KINDS]
        assert theirs.place == pytest.approx((ours.x, ours.y), abs=1e-6) if ours.x else not theirs.place
    assert read[-1].material is None  # one person's word


def test_equal_labels_give_equal_bytes_and_the_page_needs_nothing_else(tmp_path):
    labels.write(made_up(n_videos=3), tmp_path / "labels.csv")
    for name in ("one", "two"):
        make(tmp_path / name, study=None, labels=tmp_path / "labels.csv", rules=rules())
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert [str(path) for path in files] == [
        "consensus.csv", "figures/classes.svg", "figures/clicks.svg", "figures/confusions.svg",
        "index.html", "people.csv", "report.json",
    ]  # fmt: skip
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()
    page = (tmp_path / "one" / "index.html").read_text()
    assert "src=" not in page and "<link" not in page
    assert "Simulated participants" not in page
    report = json.loads((tmp_path / "one" / "report.json").read_text())
    assert report["agreement"]["material"]["n_votes"] == 72
    with (tmp_path / "one" / "people.csv").open() as file:
        assert len(list(csv.DictReader(file))) == report["people"]


def test_the_command_says_the_numbers_and_its_errors_in_a_sentence(tmp_path):
    labels.write(made_up(n_videos=3), tmp_path / "labels.csv")
    given = ["annotation", "--labels", str(tmp_path / "labels.csv"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, given)
    assert done.exit_code == 0, done.output
    assert "material, as chosen" in done.output
    assert "24 of 24 impacts have a material" in done.output
    for more, message in (
        (["--merge", "paper"], "names no two classes"),
        (["--least", "1"], "at least 2 and 1"),
        (["--study", str(tmp_path)], "give either a study"),
        (["--labels", str(tmp_path / "none.csv")], "can't be read"),
    ):
        failed = CliRunner().invoke(main, [*given, *more])
        assert failed.exit_code == 1
        assert message in failed.output
        assert "Traceback" not in failed.output


def test_nothing_to_agree_on_still_makes_a_page(tmp_path):
    labels.write([record("v", 1.0, "p", material=None, place=None)], tmp_path / "labels.csv")
    found = make(tmp_path / "out", study=None, labels=tmp_path / "labels.csv", rules=rules())
    assert "No impact has 3 votes on its material" in (tmp_path / "out" / "index.html").read_text()
    assert consensus_of(found.answers, found.answers.votes, agreeing=1)[0].action == "hit"
