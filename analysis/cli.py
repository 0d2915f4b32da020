"""The command ``analysis``: what was answered, and what follows from it."""

from dataclasses import replace
from pathlib import Path

import click

from analysis.recognition.cli import recognition


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="visually-indicated-sounds")
def main() -> None:
    """Fool rates with intervals and tests, and the report that shows them."""


main.add_command(recognition)


@main.command()
@click.option("--study", type=click.Path(path_type=Path), help="Folder of a study.")
@click.option(
    "--responses", type=click.Path(path_type=Path), help="A CSV from `experiment-server export`."
)
@click.option(
    "--evaluation",
    type=click.Path(path_type=Path),
    help="The evaluation.json from `models evaluate`: adds the paper's auditory metrics.",
)
@click.option(
    "--detection",
    type=click.Path(path_type=Path),
    help="The detection.json from `models evaluate`, or its folder: adds how well impacts are detected.",
)
@click.option(
    "--recognition",
    "recognised",
    type=click.Path(path_type=Path),
    help="The folder from `analysis recognition`: adds what sounds and pictures tell of materials.",
)
@click.option(
    "--declared",
    "study_file",
    type=click.Path(path_type=Path),
    help="A study.toml whose [exclusions] and [analysis] are taken, in place of the study's own.",
)
@click.option(
    "--mixed",
    "with_mixed",
    is_flag=True,
    help="Fit a mixed logistic regression too, as a cross-check (needs the extra [mixed]; slow beyond "
    "100 000 answers).",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the report.")
@click.option("--title", help="Headline of the report; the study's name if not given.")
@click.option(
    "--side-by-side", "highlight", metavar="A,B", default="",
    help="The two variants in the figure of classes; the full system and the best image match if "
    "not given, or what comes nearest to them.",
)  # fmt: skip
def report(
    study: Path | None,
    responses: Path | None,
    evaluation: Path | None,
    detection: Path | None,
    recognised: Path | None,
    study_file: Path | None,
    with_mixed: bool,
    out: Path,
    title: str | None,
    highlight: str,
) -> None:
    """Write a report: one HTML page to mail, JSON, CSV and LaTeX tables, SVG figures.

    Give either --study or --responses.
    """
    # imported here, so that --help needs none of what draws and computes
    from analysis.clock import Clock
    from analysis.findings.summary import summarize
    from analysis.inputs.responses import AnalysisError
    from analysis.inputs.sources import load
    from analysis.recognition.sections import read_section
    from analysis.rendering.terminal import format_table
    from analysis.report import PAGE_NAME, write

    clock = Clock()
    try:
        with clock.section("reading"):
            source = load(
                study=study, responses=responses, study_file=study_file, evaluation=evaluation,
                detection=detection,
            )  # fmt: skip
        made = summarize(
            source.responses, n_repeated=source.n_repeated, title=title or source.name,
            declared=source.declared, provenance=source.provenance, caveats=source.caveats,
            highlight=[name.strip() for name in highlight.split(",") if name.strip()],
            evaluation=source.evaluation, impacts=source.impacts, with_mixed=with_mixed, clock=clock,
        )  # fmt: skip
        section = read_section(recognised) if recognised else ""
        write(made, out, recognition=section, clock=clock)
    except AnalysisError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the report can't be written: {error}") from error
    click.echo(format_table(made))
    click.echo(f"\n{clock.line()}\nReport: {out / PAGE_NAME}")


def _numbers(context: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    try:
        return [int(part) for part in value.split(",")]
    except ValueError:
        raise click.BadParameter(f"{value!r} is no list of whole numbers; give e.g. 100,200") from None


@main.command()
@click.option("--rate", default=36.0, show_default=True, help="Fool rate of the lesser variant (%).")
@click.option(
    "--difference", default=5.0, show_default=True, help="How much more the other has (points)."
)
@click.option(
    "--participants",
    default="100,200,400,800",
    show_default=True,
    callback=_numbers,
    help="Numbers of participants to try.",
)
@click.option(
    "--videos",
    default="60,120,240",
    show_default=True,
    callback=_numbers,
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
@click.option("--out", type=click.Path(path_type=Path), help="Folder for table, figure and JSON.")
def power(
    rate: float,
    difference: float,
    participants: list[int],
    videos: list[int],
    trials: int,
    variants: int,
    comparisons: int,
    spread: float,
    lapses: float,
    studies: int,
    seed: int,
    out: Path | None,
) -> None:
    """Find how many participants and videos a difference between two variants needs.

    Whole studies are made up, with people and videos that vary, favours for an interval and blind
    answers, and tested as the report tests them.
    """
    import numpy as np

    from analysis.planning import plan
    from analysis.planning.picture import format_power
    from analysis.planning.power import Question, power_grid
    from analysis.planning.simulate import ORDINARY

    question = Question(
        rate=rate / 100,
        difference=difference / 100,
        n_variants=variants,
        n_trials=trials,
        spread=replace(ORDINARY.times(spread), lapse=lapses / 100),
        n_comparisons=comparisons,
    )
    try:
        rows = power_grid(
            question,
            participants=participants,
            videos=videos,
            n_studies=studies,
            rng=np.random.default_rng(seed),
            on_row=lambda row: click.echo(
                f"{row.n_videos} videos, {row.n_participants} participants: {row.power:.0%}", err=True
            ),
        )
        if out is not None:
            plan.write(rows, question, out, seed=seed)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the plan can't be written: {error}") from error
    click.echo(format_power(rows, question))
    if out is not None:
        click.echo(f"\nFigure: {out / 'power.svg'}")


@main.command()
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@click.option(
    "--first-declared",
    type=click.Path(path_type=Path),
    help="A study.toml whose exclusions are taken for the first, in place of its own.",
)
@click.option("--second-declared", type=click.Path(path_type=Path), help="The same for the second.")
@click.option("--names", default="first,second", show_default=True, help="What to call them.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write into.")
def compare(
    first: Path,
    second: Path,
    first_declared: Path | None,
    second_declared: Path | None,
    names: str,
    out: Path,
) -> None:
    """Set two studies, or two sets of exclusions on one study, side by side.

    FIRST and SECOND are folders of studies, or CSVs from `experiment-server export`.
    """
    from analysis.comparison.compare import compare as compare_sides
    from analysis.comparison.compare import side_of
    from analysis.comparison.page import PAGE_NAME, format_comparison, write
    from analysis.inputs.responses import AnalysisError
    from analysis.inputs.sources import load_any

    called = [name.strip() for name in names.split(",")]
    if len(called) != 2:
        raise click.BadParameter(f"--names {names!r} are not two; give e.g. --names pilot,main")
    try:
        sides = [
            side_of(load_any(path, study_file=declared), name=name)
            for path, declared, name in (
                (first, first_declared, called[0]),
                (second, second_declared, called[1]),
            )
        ]
        found = compare_sides(*sides)
        write(found, out)
    except AnalysisError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the comparison can't be written: {error}") from error
    click.echo(format_comparison(found))
    click.echo(f"\nPage: {out / PAGE_NAME}")


@main.command()
@click.argument("source", type=click.Path(path_type=Path))
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
    default=10,
    show_default=True,
    help="Of a batch of AMT_Real_vs_Fake: practice trials at the beginning of each row.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File or folder.")
def convert(source: Path, of: str, to: str, practice: int, out: Path) -> None:
    """Write responses in another program's format, or read such a one."""
    from analysis.exchange.convert import convert as convert_file
    from analysis.inputs.responses import AnalysisError

    try:
        n = convert_file(source, out, of=of, to=to, n_practice=practice)
    except AnalysisError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{out} can't be written: {error}") from error
    click.echo(f"{n} rows: {out}")
