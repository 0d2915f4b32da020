"""The paper's statistics against the paper's print, and against other programs."""

import csv
import json

import numpy as np
import pytest
from analysis_samples import FIGURE_5A, GOLDEN
from analysis_samples import equal_answers as answers
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.findings.paper import ROWS
from analysis.inference.pooled import contrast, share, share_exact, share_wilson

# Printed in Figures 5a, 6a and 7; of 6a with the counts that give both printed figures.
FIGURE_6A = {
    "full-material": (1834, 4385, "41.82", "1.46"),
    "full": (1709, 4311, "39.64", "1.46"),
    "match-material": (1603, 4196, "38.20", "1.47"),
    "image-match": (1399, 4261, "32.83", "1.41"),
    "random-material": (1540, 4355, "35.36", "1.42"),
    "random": (873, 4229, "20.64", "1.22"),
    "real-match": (2021, 4309, "46.90", "1.49"),
}
PRINTED_P = [("full", "random", "0.000"), ("scratch", "image-spacetime-match", "0.02"),
             ("full", "no-spacetime", "0.08")]  # fmt: skip
needs_golden = pytest.mark.skipif(
    not (GOLDEN / "rows.csv").exists(), reason="no golden tables; set GOLDEN_DIR to their folder"
)


def golden(name: str) -> list[dict[str, str]]:
    with (GOLDEN / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def printed_in_5a(name: str) -> tuple[int, int, str, str]:
    row = ROWS[name]
    return (*FIGURE_5A[name], f"{row.percent:.2f}", f"{row.half_width:.2f}")


@pytest.mark.parametrize("row", [*map(printed_in_5a, FIGURE_5A), *FIGURE_6A.values()])
def test_shares_print_as_in_the_paper(row: tuple[int, int, str, str]) -> None:
    k, n, percent, half_width = row
    estimate = share(answers(k, n))
    assert estimate.half_width is not None
    assert f"{100 * estimate.value:.2f}" == percent
    assert f"{100 * estimate.half_width:.2f}" == half_width


@pytest.mark.parametrize(("k", "n", "percent", "half_width"), [(156, 251, 62, 6), (41, 227, 18, 5)])
def test_classes_print_as_in_section_6(k: int, n: int, percent: int, half_width: int) -> None:
    estimate = share(answers(k, n))
    assert round(100 * estimate.value) == percent
    assert round(100 * estimate.half_width) == half_width


@pytest.mark.parametrize(("first", "second", "printed"), PRINTED_P)
def test_p_values_print_as_in_the_paper(first: str, second: str, printed: str) -> None:
    test = contrast(answers(*FIGURE_5A[first]), answers(*FIGURE_5A[second]))
    assert f"{test.p:.{len(printed) - 2}f}" == printed


@needs_golden
def test_every_golden_row_comes_out() -> None:
    for row in golden("rows.csv"):
        mine = answers(int(row["k"]), int(row["n"]))
        assert 100 * share(mine).value == pytest.approx(float(row["pct"]), abs=1e-4)
        assert 100 * share(mine).half_width == pytest.approx(float(row["t_hw"]), abs=1e-5)
        wilson = share_wilson(mine)
        assert [100 * wilson.low, 100 * wilson.high] == pytest.approx(
            json.loads(row["wilson"]), abs=1e-4
        )
        exact = share_exact(int(row["k"]), int(row["n"]))
        assert [100 * exact.low, 100 * exact.high] == pytest.approx(json.loads(row["clopper"]), abs=1e-4)


@needs_golden
def test_every_golden_bold_row_comes_out() -> None:
    counts = {
        row["row"]: answers(int(row["k"]), int(row["n"]))
        for row in golden("rows.csv")
        if row["table"] == "5a"
    }
    best = max(counts, key=lambda name: counts[name].mean())
    for name, is_bold in json.loads((GOLDEN / "fig5a_bold.json").read_text()).items():
        test = contrast(counts[best], counts[name])
        assert (name == best or (test.p is not None and test.p >= 0.05)) == is_bold


@needs_golden
def test_every_golden_test_comes_out() -> None:
    counts = {(row["table"], row["row"]): (int(row["k"]), int(row["n"])) for row in golden("rows.csv")}
    for row in golden("tests.csv"):
        sides = (counts[row["table"], row["a"]], counts[row["table"], row["b"]])
        test = contrast(answers(*sides[0]), answers(*sides[1]))
        assert test.t == pytest.approx(float(row["t"]), abs=1e-3)
        assert test.df == float(row["df"])
        if test.p > 1e-12:
            assert test.p == pytest.approx(float(row["p"]), rel=1e-3)


def test_shares_agree_with_other_programs() -> None:
    mine = answers(62, 100)
    # scipy: stats.ttest_1samp(x, 0).confidence_interval()
    known = stats.ttest_1samp(mine.astype(float), 0).confidence_interval(0.95)
    assert [share(mine).low, share(mine).high] == pytest.approx([known.low, known.high])
    wilson = stats.binomtest(62, 100).proportion_ci(0.95, method="wilson")
    assert [share_wilson(mine).low, share_wilson(mine).high] == pytest.approx([wilson.low, wilson.high])


def test_a_test_of_no_difference_rejects_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    p = [contrast(*(rng.random((2, 400)) < 0.35)).p for _ in range(1000)]
    assert 0.03 < np.mean(np.array(p) < 0.05) < 0.07


@given(n=st.integers(0, 40), data=st.data())
def test_any_answers_give_finite_numbers_or_a_note(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    for estimate in (share(answers(k, n)), share_wilson(answers(k, n)), share_exact(k, n)):
        numbers = [estimate.value, estimate.low, estimate.high]
        assert all(number is None or np.isfinite(number) for number in numbers)
        assert (estimate.low is None) == bool(estimate.note)


@given(sizes=st.tuples(st.integers(0, 12), st.integers(0, 12)), data=st.data())
def test_any_two_sides_give_a_test_or_a_note(sizes: tuple[int, int], data: st.DataObject) -> None:
    sides = [answers(data.draw(st.integers(0, n)), n) for n in sizes]
    test, swapped = contrast(*sides), contrast(*sides[::-1])
    assert (test.p is None) == bool(test.note)
    if test.p is not None:
        assert 0 <= test.p <= 1
        assert (swapped.p, swapped.t) == pytest.approx((test.p, -test.t))
