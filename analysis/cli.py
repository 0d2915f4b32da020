"""The command ``analysis``: what was answered, and what follows from it.

Heavy modules are imported where they are used, so that ``--help`` needs none of what draws and computes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from analysis.errors import AnalysisError

FILE = click.Path(path_type=Path)  # or a folder


@contextmanager
def errors(what: str) -> Iterator[None]:
    """Show what users can mend as a sentence; `what` is being written."""
    try:
        yield
    except AnalysisError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{what} can't be written: {error}") from error


def names(context: click.Context, parameter: click.Parameter, value: str) -> list[str]:
    """Take names apart that commas separate."""
    return [name.strip() for name in value.split(",") if name.strip()]


def numbers(context: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    """Take whole numbers apart that commas separate."""
    try:
        return [int(part) for part in value.split(",")]
    except ValueError:
        raise click.BadParameter(f"{value!r} is no list of whole numbers; give e.g. 100,200") from None


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="visually-indicated-sounds")
def main() -> None:
    """Fool rates with intervals and tests, and the report that shows them."""


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
    "--side-by-side", "highlight", metavar="A,B", default="", show_default=False, callback=names,
    help="The two variants in the figure of classes; the full system and the best image match if "
    "not given, or what comes nearest to them."
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
@click.option("--rate", default=36.0, help="Fool rate of the lesser variant (%).")
@click.option("--difference", default=5.0, help="How much more the other has (points).")
@click.option(
    "--participants", default="100,200,400,800", callback=numbers, help="Numbers of participants to try."
)
@click.option("--videos", default="60,120,240", callback=numbers, help="Numbers of videos to try.")
@click.option("--trials", default=50, help="Main trials of each participant.")
@click.option("--variants", default=9, help="Variants that share the trials.")
@click.option("--comparisons", default=1, help="Declared comparisons (Holm).")
@click.option(
    "--spread",
    default=1.0,
    help="How much people and videos vary: a factor on the standard deviations in "
    "docs/statistics.md; 0 for not at all.",
)
@click.option("--lapses", default=2.0, help="Answers given blindly (%).")
@click.option("--studies", default=200, type=click.IntRange(min=1), help="Made-up studies of each size.")
@click.option("--seed", default=1, help="Where chance comes from.")
@click.option("--out", type=FILE, help="Folder for table, figure and JSON.")
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
@click.option("--names", "called", default="first,second", callback=names, help="What to call them.")
@click.option("--out", required=True, type=FILE, help="Folder to write into.")
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
    help="Of a batch of AMT_Real_vs_Fake: practice trials at the beginning of each row.",
)
@click.option("--out", required=True, type=FILE, help="File or folder.")
def convert(source: Path, out: Path, **formats: Any) -> None:
    """Write responses in another program's format, or read such a one."""
    from analysis.exchange.convert import convert as convert_file

    with errors(str(out)):
        n = convert_file(source, out, **formats)
    click.echo(f"{n} rows: {out}")


@main.command()
@click.option(
    "--data", "folder", required=True, type=FILE, help="The folder from `models recognition-data`."
)
@click.option("--out", required=True, type=FILE, help="Folder to write into.")
@click.option(
    "--start-class", metavar="MATERIAL",
    help="The first material in figures of confusions; the first by name if not given."
)  # fmt: skip
@click.option("--seed", default=0, help="Where chance comes from.")
def recognition(folder: Path, out: Path, **asked: Any) -> None:
    """Recognise materials, actions and reactions from sounds and pictures, as the paper does.

    Writes one page, figures and tables.
    """
    from analysis.clock import Clock
    from analysis.recognition.folder import PAGE_NAME, format_table, make

    clock = Clock()
    with errors("the page"):
        found = make(folder, out, clock=clock, **asked)
    click.echo(format_table(found))
    click.echo(f"\n{clock.line()}\nPage: {out / PAGE_NAME}")


@main.command()
@click.option("--study", type=FILE, help="Folder of an annotation study.")
@click.option("--labels", type=FILE, help="A labels.csv from `experiment-server export`.")
@click.option("--out", required=True, type=FILE, help="Folder to write into.")
@click.option(
    "--ties", type=click.Choice(("keep", "drop")), default="keep",
    help="Whether impacts whose most frequent labels tie count towards agreement."
)  # fmt: skip
@click.option("--least", default=3, help="Votes an impact needs to count towards agreement.")
@click.option("--agreeing", default=2, help="Votes a label needs to stand.")  # one is no consensus
@click.option(
    "--merge", "merges", multiple=True, metavar="A+B",
    help="Materials to make one, called by the last; 'none' for no merge. The paper's by default: "
    "cardboard+paper, concrete+rock, cushion+cloth, rubber+plastic."
)  # fmt: skip
# the paper merged a pair confused in 9 % of votes, and kept others of 8 % apart
@click.option(
    "--suggest-over", default=8.0, type=click.FloatRange(0, 100),
    help="Confusion (%) above which a pair of materials is suggested to be merged."
)  # fmt: skip
@click.option("--seed", default=0, help="Where the intervals' chance comes from.")
def annotation(
    study: Path | None, labels: Path | None, out: Path, merges: tuple[str, ...], suggest_over: float,
    **asked: Any,
) -> None:  # fmt: skip
    """Measure how far annotators agree, and write the labels on which they do.

    Give either --study or --labels. Writes one page, figures, tables, and consensus.csv, which `models
    write-labels` puts into the dataset.
    """
    from analysis.annotation.folder import CONSENSUS_NAME, PAGE_NAME, format_table, make
    from analysis.annotation.merging import PAPERS, merges_of
    from analysis.annotation.results import Rules
    from analysis.clock import Clock

    clock = Clock()
    with errors("the page"):
        rules = Rules(merges=merges_of(merges or PAPERS), suggested_over=suggest_over / 100, **asked)
        found = make(out, study=study, labels=labels, rules=rules, clock=clock)
    click.echo(format_table(found))
    click.echo(f"\n{clock.line()}\nPage: {out / PAGE_NAME}\nLabels: {out / CONSENSUS_NAME}")
