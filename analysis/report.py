"""The report on disk: ``index.html`` to mail, ``report.json``, tables as CSV, figures as SVG."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis import page, svg, tables
from analysis.evaluation import Evaluation
from analysis.figures import FIGURES
from analysis.inference import LEVEL, Estimate
from analysis.summary import Report, summarize
from experiment_server.records import Record

SCHEMA_VERSION = 1  # of report.json
PAGE_NAME, DATA_NAME = "index.html", "report.json"
TABLES_FOLDER, FIGURES_FOLDER = "tables", "figures"


def write_report(
    records: Sequence[Record],
    *,
    out: Path,
    title: str,
    provenance: Mapping[str, Any] | None = None,
    highlight: Sequence[str] = (),
    evaluation: Evaluation | None = None,
    caveats: Sequence[str] = (),
) -> Report:
    """Analyse the records of a study and write the report; equal arguments give equal bytes.

    Parameters
    ----------
    records : sequence of Record
        All trials, in any order.
    out : Path
        Folder to write into; made if it is missing, files of an older report are replaced.
    title : str
        The report's headline.
    provenance : dict, optional
        Plain JSON values to show and keep with the numbers.
    highlight : sequence of str, optional
        One or two variants for the figure of classes.
    evaluation : Evaluation, optional
        What `models evaluate` measured, to show beside the answers.
    caveats : sequence of str, optional
        Sentences to show before the numbers.

    Raises
    ------
    AnalysisError
        If the records contradict themselves, or a highlighted variant is not among them.
    """
    report = summarize(
        records,
        title=title,
        provenance=provenance,
        highlight=highlight,
        evaluation=evaluation,
        caveats=caveats,
    )
    figures = {name: draw(report) for name, draw in FIGURES.items()}
    text = page.render(report, figures)
    out.mkdir(parents=True, exist_ok=True)
    (out / DATA_NAME).write_text(encode(report), encoding="utf-8")
    tables.write(report, out / TABLES_FOLDER)
    (out / FIGURES_FOLDER).mkdir(exist_ok=True)
    for name, figure in figures.items():
        svg.write(figure, out / FIGURES_FOLDER / f"{name}.svg")
    (out / PAGE_NAME).write_text(text, encoding="utf-8")
    return report


def encode(report: Report) -> str:
    """Return the report as the JSON text that `write_report` puts on disk."""
    data = {"schema_version": SCHEMA_VERSION, "level": LEVEL, **_plain(report)}
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        plain = {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {**plain, "half_width": value.half_width} if isinstance(value, Estimate) else plain
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value
