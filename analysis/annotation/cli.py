"""The command `analysis annotation`."""

from pathlib import Path

import click

from analysis.console import FILE, errors


@click.command()
@click.option("--study", type=FILE, help="Folder of an annotation study.")
@click.option("--labels", type=FILE, help="A labels.csv from `experiment-server export`.")
@click.option("--out", required=True, type=FILE, help="Folder to write into.")
@click.option(
    "--ties", type=click.Choice(("keep", "drop")), default="keep", show_default=True,
    help="Whether impacts whose most frequent labels tie count towards agreement.",
)  # fmt: skip
@click.option(
    "--least", default=3, show_default=True, help="Votes an impact needs to count towards agreement."
)
@click.option("--agreeing", default=2, show_default=True, help="Votes a label needs to stand.")
@click.option(
    "--merge", "merges", multiple=True, metavar="A+B",
    help="Materials to make one, called by the last; 'none' for no merge. The paper's by default: "
    "cardboard+paper, concrete+rock, cushion+cloth, rubber+plastic.",
)  # fmt: skip
@click.option(
    "--suggest-over", default=8.0, show_default=True, type=click.FloatRange(0, 100),
    help="Confusion (%) above which a pair of materials is suggested to be merged.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, help="Where the intervals' chance comes from.")
def annotation(
    study: Path | None,
    labels: Path | None,
    out: Path,
    ties: str,
    least: int,
    agreeing: int,
    merges: tuple[str, ...],
    suggest_over: float,
    seed: int,
) -> None:
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
        rules = Rules(
            ties=ties,
            least=least,
            agreeing=agreeing,
            merges=merges_of(merges or PAPERS),
            suggested_over=suggest_over / 100,
            seed=seed,
        )
        found = make(out, study=study, labels=labels, rules=rules, clock=clock)
    click.echo(format_table(found))
    click.echo(f"\n{clock.line()}\nPage: {out / PAGE_NAME}\nLabels: {out / CONSENSUS_NAME}")
