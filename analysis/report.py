"""The report on disk: ``index.html`` to mail, ``report.json``, tables (CSV, LaTeX), figures (SVG)."""

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from analysis.clock import Clock
from analysis.inference.pooled import LEVEL, Estimate
from analysis.inputs.sources import load, read_section
from analysis.rendering import latex, page, tables
from analysis.rendering.figures import FIGURES, OF_IMPACTS
from analysis.rendering.files import write_figures, write_json
from analysis.summary import Report, summarize

SCHEMA_VERSION = 2  # of report.json
PAGE_NAME, DATA_NAME = "index.html", "report.json"
TABLES_FOLDER, FIGURES_FOLDER = "tables", "figures"


def make(
    out: Path,
    *,
    study: Path | None = None,
    responses: Path | None = None,
    declared: Path | None = None,
    evaluation: Path | None = None,
    detection: Path | None = None,
    recognition: Path | None = None,
    title: str | None = None,
    highlight: Sequence[str] = (),
    with_mixed: bool = False,
    clock: Clock | None = None,
) -> Report:
    """Read a study, summarize it, and write its report.

    Parameters
    ----------
    out : Path
        Folder to write into.
    study, responses, declared, evaluation, detection : Path, optional
        As in `analysis.inputs.sources.load`; one of the first two must be given.
    recognition : Path, optional
        The folder that `analysis recognition` wrote.
    title, highlight, with_mixed, clock
        As in `analysis.summary.summarize`.

    Raises
    ------
    AnalysisError
        If something can't be read, or can't be asked of these responses.
    """
    clock = clock or Clock()
    with clock.section("reading"):
        source = load(
            study=study, responses=responses, study_file=declared, evaluation=evaluation,
            detection=detection,
        )  # fmt: skip
    report = summarize(source, title=title, highlight=highlight, with_mixed=with_mixed, clock=clock)
    section = read_section(recognition) if recognition else ""
    write(report, out, recognition=section, clock=clock)
    return report


def write(report: Report, out: Path, *, recognition: str = "", clock: Clock | None = None) -> None:
    """Write the report; equal reports give equal bytes.

    Parameters
    ----------
    report : Report
        From `analysis.summary.summarize`.
    out : Path
        Folder to write into; made if it is missing, files of an older report are replaced.
    recognition : str
        The section that `analysis.inputs.sources.read_section` gives; empty for none.
    clock : Clock, optional
        Told how long each section took.
    """
    clock = clock or Clock()
    with clock.section("figures"):
        names = [name for name in FIGURES if report.impacts or name != OF_IMPACTS]
        figures = {name: FIGURES[name](report) for name in names}
    with clock.section("page and tables"):
        text = page.render(report, figures, recognition=recognition)
        out.mkdir(parents=True, exist_ok=True)
        facts = {"schema_version": SCHEMA_VERSION, "level": LEVEL, **_plain(report)}
        write_json(out / DATA_NAME, facts, plain=_plain)
        tables.write(report, out / TABLES_FOLDER)
        latex.write(report, out / TABLES_FOLDER)
        (out / FIGURES_FOLDER / f"{OF_IMPACTS}.svg").unlink(missing_ok=True)  # of before
        write_figures(figures, out / FIGURES_FOLDER)
        (out / PAGE_NAME).write_text(text, encoding="utf-8")


def _plain(value: Any) -> dict[str, Any]:
    plain = {field.name: getattr(value, field.name) for field in fields(value)}
    return {**plain, "half_width": value.half_width} if isinstance(value, Estimate) else plain
