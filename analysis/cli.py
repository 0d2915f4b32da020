"""The command ``analysis``: what was answered, and what follows from it.

Heavy modules are imported where they are used, so that ``--help`` needs none of what draws and computes.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from analysis.annotation.cli import annotation
from analysis.console import FILE, errors, names, numbers
from analysis.recognition.cli import recognition


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="visually-indicated-sounds")
def main() -> None:
    """Fool rates with intervals and tests, and the report that shows them."""


main.add_command(recognition)
main.add_command(annotation)


@main.command()
@click.option("--study", type=FILE, help="Folder of a study.")
@click.option("--responses", type=FILE, help="A CSV from `experiment-server export`.")
@click.option(
    "--evaluation",
    type=FILE,
    help="The evaluation.json from `models evaluate`: adds the paper's auditory metrics.",
)
@click.option(
    "--detection",
    type=FILE,
    help="The detection.json from `models evaluate`, or its folder: adds how well impacts are detected.",
)
@click.option(
    "--recognition",
    type=FILE,
    help="The folder from `analysis recognition`: adds what sounds and pictures tell of materials.",
)
@click.option(
    "--declared",
    type=FILE,
    help="A study.toml whose [exclusions] and [analysis] are taken, in place of the study's own.",
)
@click.option(
    "--mixed",
    "with_mixed",
    is_flag=True,
    help="Fit a mixed logistic regression too, as a cross-check (needs the extra [mixed]; slow beyond "
    "100 000 answers).",
)
@click.option("--out", required=True, type=FILE, help="Folder for the report.")
@click.option("--title", help="Headline of the report; the study's name if not given.")
@click.option(
    "--side-by-side", "highlight", metavar="A,B", default="", callback=names,
    help="The two variants in the figure of classes; the full system and the best image match if "
    "not given, or what comes nearest to them.",
)  # fmt: skip
def report(out: Path, **asked: Any) -> None:
    """Write a report: one HTML page to mail, JSON, CSV and LaTeX tables, SVG figures.

    Give either --study or --responses.
    """
    from analysis.clock import Clock
    from analysis.rendering.terminal import format_table
    from analysis.report import PAGE_NAME, make

    clock = Clock()
    with errors("the report"):
        made = make(out, clock=clock, **asked)
    click.echo(format_table(made))
    click.echo(f"\n{clock.line()}\nReport: {out / PAGE_NAME}")


@main.command()
@click.option("--rate", default=36.0, show_default=True, help="Fool rate of the lesser variant (%).")
@click.option(
    "--difference", default=5.0, show_default=True, help="How much more the other has (points)."
)
@click.option(
    "--participants",
    default="100,200,400,800",
    show_default=True,
    callback=numbers,
    help="Numbers of participants to try.",
)
@click.option(
    "--videos",
    default="60,120,240",
    show_default=True,
    callback=numbers,
    help="Numbers of videos to try.",
)
@click.option("--trials", default=50, show_default=True, help="Main trials of each participant.")
@click.option("--variants", default=9, show_default=True, help="Variants that share the trials.")
@click.option("--comparisons", default=1, show_default=True, help="Declared comparisons (Holm).")
@click.option(
    "--spread",
    default=1.0,
    show_default=True,
    help="How much people and videos vary: a factor on the standard deviations in "
    "docs/statistics.md; 0 for not at all.",
)
@click.option("--lapses", default=2.0, show_default=True, help="Answers given blindly (%).")
@click.option(
    "--studies",
    default=200,
    show_default=True,
    type=click.IntRange(min=1),
    help="Made-up studies of each size.",
)
@click.option("--seed", default=1, show_default=True, help="Where chance comes from.")
@click.option("--out", type=FILE, help="Folder for table, figure and JSON.")  # fmt: skip
def power(
    rate: float, difference: float, trials: int, variants: int, comparisons: int, spread: float,
    lapses: float, out: Path | None, **sizes: Any,
) -> None:  # fmt: skip
    """Find how many participants and videos a difference between two variants needs.

    Whole studies are made up, with people and videos that vary, favours for an interval and blind
    answers, and tested as the report tests them.
    """
    from analysis.planning import plan
    from analysis.planning.picture import format_power, format_row
    from analysis.planning.power import Question
    from analysis.planning.simulate import ORDINARY

    question = Question(
        rate=rate / 100, difference=difference / 100, n_variants=variants, n_trials=trials,
        spread=replace(ORDINARY.times(spread), lapse=lapses / 100), n_comparisons=comparisons,
    )  # fmt: skip
    with errors("the plan"):
        rows = plan.make(
            question, out=out, on_row=lambda row: click.echo(format_row(row), err=True), **sizes
        )
    click.echo(format_power(rows, question))
    if out is not None:
        click.echo(f"\nFigure: {out / 'power.svg'}")


@main.command()
@click.argument("first", type=FILE)
@click.argument("second", type=FILE)
@click.option(
    "--first-declared",
    type=FILE,
    help="A study.toml whose exclusions are taken for the first, in place of its own.",
)
@click.option("--second-declared", type=FILE, help="The same for the second.")
@click.option(
    "--names",
    "called",
    default="first,second",
    show_default=True,
    callback=names,
    help="What to call them.",
)
@click.option("--out", required=True, type=FILE, help="Folder to write into.")  # fmt: skip
def compare(first: Path, second: Path, called: list[str], out: Path, **declared: Path | None) -> None:
    """Set two studies, or two sets of exclusions on one study, side by side.

    FIRST and SECOND are folders of studies, or CSVs from `experiment-server export`.
    """
    from analysis.comparison.page import PAGE_NAME, format_comparison, make

    if len(called) != 2:
        given = ",".join(called)
        raise click.BadParameter(f"--names {given!r} are not two; give e.g. --names pilot,main")
    with errors("the comparison"):
        found = make(first, second, out, names=(called[0], called[1]), **declared)
    click.echo(format_comparison(found))
    click.echo(f"\nPage: {out / PAGE_NAME}")


@main.command()
@click.argument("source", type=FILE)
@click.option(
    "--from",
    "of",
    default="responses",
    show_default=True,
    type=click.Choice(("responses", "amt")),
    help="What SOURCE is: a CSV from `experiment-server export`, or a batch of AMT_Real_vs_Fake.",
)
@click.option(
    "--to",
    required=True,
    type=click.Choice(("responses", "amt", "reseval", "psych-ds", "bids")),
    help="What to write: a file for the first two, a folder for the others.",
)
@click.option(
    "--practice",
    "n_practice",
    default=10,
    show_default=True,
    help="Of a batch of AMT_Real_vs_Fake: practice trials at the beginning of each row.",
)
@click.option("--out", required=True, type=FILE, help="File or folder.")  # fmt: skip
def convert(source: Path, out: Path, **formats: Any) -> None:
    """Write responses in another program's format, or read such a one."""
    from analysis.exchange.convert import convert as convert_file

    with errors(str(out)):
        n = convert_file(source, out, **formats)
    click.echo(f"{n} rows: {out}")
