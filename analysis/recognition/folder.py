"""Recognition on disk: ``index.html`` to mail, its section for reports, JSON, tables and figures."""

import hashlib
from pathlib import Path

from analysis import formats, provenance
from analysis.clock import Clock
from analysis.inputs.sources import SECTION_NAME
from analysis.recognition import page
from analysis.recognition.data import NAME, RecognitionData, read
from analysis.recognition.recognise import recognise
from analysis.recognition.results import Recognition, Result
from analysis.rendering.files import write_csv, write_figures, write_json

SCHEMA_VERSION = 1  # of results.json
PAGE_NAME, RESULTS_NAME = "index.html", "results.json"
LABEL_WIDTH = 44  # of the terminal table's first column


def make(
    folder: Path, out: Path, *, seed: int = 0, start_class: str | None = None, clock: Clock | None = None
) -> Recognition:
    """Read what `models recognition-data` wrote, recognise, and write what is found.

    Parameters
    ----------
    folder, out : Path
        To read from, and to write into.
    seed, start_class, clock
        As in `analysis.recognition.recognise.recognise`.

    Raises
    ------
    AnalysisError
        If the folder can't be read, or `start_class` is no material of the classifier's.
    """
    data = read(folder)
    found = recognise(data, seed=seed, start_class=start_class, clock=clock)
    write(found, data, out, clock=clock)
    return found


def write(found: Recognition, data: RecognitionData, out: Path, *, clock: Clock | None = None) -> None:
    """Write all that was found; equal data give equal bytes.

    Parameters
    ----------
    found : Recognition
        The results.
    data : RecognitionData
        What they were made of; its thumbnails are shown.
    out : Path
        Folder to write into; made if it is missing.
    clock : Clock, optional
        Told how long it took.
    """
    clock = clock or Clock()
    with clock.section("figures and page"):
        drawn = page.draw_figures(found, data)
        section = page.render_section(found, data, drawn)
        write_figures(drawn, out / "figures")
        rows = (_row(result, filters) for _, filters, result in _named(found))
        write_csv(out / "accuracies.csv", _COLUMNS, rows)
        made_from = _made_from(found, data)
        walks = [[str(data.ids[clip]) for clip in path] for path in found.walks]
        facts = {"schema_version": SCHEMA_VERSION, **vars(found), "walks": walks}
        write_json(out / RESULTS_NAME, {**facts, "made_from": made_from}, escaped=True)
        (out / SECTION_NAME).write_text(section, encoding="utf-8")
        text = page.render(section, found, provenance=made_from)
        (out / PAGE_NAME).write_text(text, encoding="utf-8")


def format_table(found: Recognition) -> str:
    """Lay the accuracies out for a terminal, with chance and the paper's value beside them."""
    names = f"{'accuracy':>8} {'95%':>13} {'chance':>7} {'paper':>6} {'clips':>6} {'videos':>6}"
    lines = [f"{'':{LABEL_WIDTH}} {names}"]
    lines += [_line(name, result) for name, _, result in _named(found)]
    if found.order.classes:
        lines.append(
            f"\nOrder of confusions, from {found.order.start} (ties: {found.order.tie_rule}):\n  "
            + " ".join(found.order.classes)
        )
    return "\n".join(lines)


def _line(label: str, result: Result) -> str:
    paper = formats.NONE if result.printed is None else f"{result.printed:.1f}%"
    estimate = result.estimate
    return (
        f"{label:{LABEL_WIDTH}} {formats.percent(estimate.value):>8} {formats.interval(estimate):>13} "
        f"{formats.percent(result.chance):>7} {paper:>6} {estimate.n:>6} {result.n_videos:>6}"
    )


def _named(found: Recognition) -> list[tuple[str, str, Result]]:
    """List all results, each with what was asked, and its number of filters if that was varied."""
    rows = [(f"{result.kind}: {result.label}", "", result) for result in found.results]
    for point in found.channels:
        rows.append((f"material: sound, {point.n_bands} filters", str(point.n_bands), point.result))
    if found.shuffled:
        rows.append((f"material: {found.shuffled.label}", "", found.shuffled))
    return rows


_COLUMNS = ("kind", "features", "filters", "accuracy", "low", "high", "chance", "printed", "n_clips",
            "n_videos", "n_classes", "per_class", "c")  # fmt: skip


def _row(result: Result, filters: str) -> list[object]:
    """Give a line's cells, by `_COLUMNS`."""
    estimate = result.estimate
    return [
        result.kind, result.features, filters, estimate.value, estimate.low, estimate.high,
        result.chance, result.printed, estimate.n, result.n_videos, len(result.confusion.classes),
        result.per_class, result.c,
    ]  # fmt: skip


def _made_from(found: Recognition, data: RecognitionData) -> dict[str, str]:
    content = (data.folder / NAME).read_bytes()
    program = provenance.of_program(command="analysis recognition")
    network = data.image_network
    split = "by train.txt and test.txt" if found.split == "files" else found.split
    return {
        "dataset": f"{found.dataset}, split {split}",
        f"{NAME}, SHA-256": hashlib.sha256(content).hexdigest(),
        "image network": f"{network['name']}, {network['size']} pixels" if network else formats.NONE,
        "seed": str(found.seed),
        "first class in confusions": found.order.start or formats.NONE,
        "ties in the order": found.order.tie_rule,
        "probabilities": found.order.probabilities or formats.NONE,
        "commit": program["git_commit"] or formats.NONE,
        "versions": ", ".join(f"{name} {text}" for name, text in program["versions"].items()),
    }
