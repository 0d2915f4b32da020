"""The tables for LaTeX: what stands on the page, escaped, with booktabs' rules."""

import re
from pathlib import Path

import numpy as np
import pytest
from analysis_samples import people, summary, unanswered

from analysis.inputs.declared import Declared, Plan
from analysis.planning.simulate import simulate
from analysis.rendering import latex, methods
from analysis.summary import Report


def report(names: tuple[str, ...] = ("full", "random", "real-match")) -> Report:
    trials = simulate(
        dict.fromkeys(names, 0.3) | {names[0]: 0.5}, n_participants=30, n_trials=20, n_videos=24,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    plan = Plan(declared=True, contrasts=((names[0], names[1]),))
    return summary(people(trials), declared=Declared(plan=plan))


@pytest.mark.parametrize("name", latex.TABLES)
def test_every_row_has_every_cell(name: str) -> None:
    text = latex.TABLES[name](report())
    columns = len(re.search(r"\\begin\{tabular\}\{(\w+)\}", text)[1])
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) > 1
    assert {len(re.split(r"(?<!\\)&", row)) for row in rows} == {columns}
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1 <= text.count(r"\midrule")
    assert text.isascii() and "%" not in re.sub(r"\\%|^%.*$", "", text, flags=re.M)


def test_bold_and_numbers_are_those_of_the_page() -> None:
    made = report()
    text = latex.variants(made)
    best = made.variants[0].rate.paper
    half = best.half_width
    assert rf"\textbf{{{100 * best.value:.2f}\% $\pm$ {100 * half:.2f}}}" in text
    assert text.index("Random impact sound") < text.index(r"\midrule", 200) < text.index("Real sound")


def test_declared_comparisons_alone_stand_in_the_table() -> None:
    text = latex.contrasts(report())
    assert text.count(" against ") == 1
    assert "Full system against Random impact sound" in text


def test_odd_names_are_escaped(tmp_path: Path) -> None:
    made = report(("a_b&c%$#{x}~^\\<>", "random"))
    latex.write(made, tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == {*latex.TABLES, "methods"}
    text = (tmp_path / "variants.tex").read_text(encoding="utf-8")
    assert r"a\_b\&c\%\$\#\{x\}\textasciitilde{}\textasciicircum{}\textbackslash{}$<$$>$" in text


def test_the_methods_can_be_put_into_a_paper(tmp_path: Path) -> None:
    latex.write(report(), tmp_path)
    text = (tmp_path / "methods.tex").read_text(encoding="utf-8")
    assert text.isascii()
    assert r"Gelbach \& Miller" in text and r"95\% interval" in text


def test_the_methods_count_the_pairs_that_were_compared() -> None:
    trials = simulate({"full": 0.4, "no-rnn": 0.3, "random": 0.2, "scratch": 0.3}, n_participants=8,
                      n_trials=8, n_videos=12, rng=np.random.default_rng(1))  # fmt: skip
    seen = [unanswered(row) if row.variant in ("scratch", "no-rnn") else row for row in people(trials)]
    assert "over 1 pairs of variants" in " ".join(methods.of(summary(seen)))
    assert "over 6 pairs of variants" in " ".join(methods.of(summary(people(trials))))


def test_simulated_answers_are_called_so() -> None:
    trials = simulate({"full": 0.4}, n_participants=5, n_trials=6, n_videos=8,
                      rng=np.random.default_rng(1))  # fmt: skip
    assert "Simulated participants" in latex.variants(summary(trials))
    assert "Simulated" not in latex.variants(report())
