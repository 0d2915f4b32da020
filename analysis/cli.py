"""The command ``analysis``: what was answered, and what follows from it."""

from pathlib import Path

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="visually-indicated-sounds")
def main() -> None:
    """Fool rates with intervals and tests, and the report that shows them."""


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
    out: Path,
    title: str | None,
    highlight: str,
) -> None:
    """Write a report: one HTML page to mail, JSON, CSV tables, SVG figures.

    Give either --study or --responses.
    """
    # imported here, so that --help needs none of what draws and computes
    from analysis.report import PAGE_NAME, write_report
    from analysis.responses import AnalysisError
    from analysis.sources import load
    from analysis.tables import format_table

    try:
        source = load(study=study, responses=responses, evaluation=evaluation)
        made = write_report(
            source.records, out=out, title=title or source.name, provenance=source.provenance,
            highlight=[name.strip() for name in highlight.split(",") if name.strip()],
            evaluation=source.evaluation, caveats=source.caveats,
        )  # fmt: skip
    except AnalysisError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the report can't be written: {error}") from error
    click.echo(format_table(made))
    click.echo(f"\nReport: {out / PAGE_NAME}")
