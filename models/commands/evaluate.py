"""The command `models evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.commands import options
from models.commands.failures import failures_told
from models.progress import bars

if TYPE_CHECKING:
    from models.context import Context

EVALUATION, PICTURE = "evaluation.json", "predictions.png"
DETECTION, PRECISION_RECALL = "detection.json", "precision-recall.png"
OFFICIAL = "official-features.json"


@click.command()
@options.variants
@options.checkpoints()
@click.option(
    "--out",
    type=options.FOLDER,
    required=True,
    help="Folder for evaluation.json, detection.json with precision-recall.png and, where 'full' is "
    "trained, predictions.png.",
)
@click.option(
    "--official-features",
    type=options.PATH,
    help="The published vis-sfs: compare its cochleagrams with ours and fit the band limits, into "
    "official-features.json. Without --variant nothing else is done.",
)
@click.option(
    "--external",
    multiple=True,
    metavar="NAME=DIR",
    help="Of detection: also score the impacts in sounds that another system made for whole videos. "
    "Then all are scored on the stretches that it covers. Can be repeated.",
)
@click.option(
    "--until",
    type=click.FloatRange(min=0, min_open=True),
    help="Of detection: look at the first so many seconds of each video, where no more are annotated.",
)
@options.shared
@options.number("--resamples", click.IntRange(min=100), 2000, "Of the bootstrap over videos.")
def evaluate(
    variants: tuple[str, ...],
    checkpoints: Path | None,
    out: Path,
    official_features: Path | None,
    external: tuple[str, ...],
    **given: Any,
) -> None:
    """Score variants on the test videos by the paper's metrics, with 95 % intervals.

    The sounds of clips by loudness and centroid; 'detection' and 'detection-no-spacetime' by the average
    precision of the impacts that they find in whole videos.
    """
    with failures_told(), bars() as report:
        context = options.context_of(given, checkpoints=checkpoints, report=report)
        if official_features is not None:
            _compare(context, official_features, out)
        if official_features is None or variants:
            names = variants or ("all",)
            detectors = _detectors(context, names)
            clips = tuple(name for name in names if name not in detectors)
            if clips:
                _score(context, clips, out, given)
            if detectors or external:
                _detect(context, detectors, external, out, given)


def _detectors(context: "Context", names: tuple[str, ...]) -> list[str]:
    """Choose the detection models that are asked for; of all, those that are trained."""
    from models.detection.training import DETECTORS
    from models.networks.checkpoints import is_trained

    trained = [name for name in DETECTORS if is_trained(context.checkpoint_folder / name)]
    return trained if "all" in names else [name for name in DETECTORS if name in names]


def _detect(
    context: "Context",
    detectors: list[str],
    external: tuple[str, ...],
    out: Path,
    given: dict[str, Any],
) -> None:
    from models.detection.evaluation import (
        evaluate_detection,
        precision_table,
        save_precision_recall,
        write_detection,
    )
    from models.variants.external import external_option

    evaluation = evaluate_detection(
        context,
        detectors,
        external=dict(external_option(option) for option in external),
        until_s=given["until"],
        seed=given["seed"],
        n_resamples=given["resamples"],
    )
    write_detection(out / DETECTION, evaluation)
    save_precision_recall(out / PRECISION_RECALL, evaluation)
    click.echo(precision_table(evaluation))


def _compare(context: "Context", features: Path, out: Path) -> None:
    from models.evaluation.official import compare_official, describe, write_official

    comparison = compare_official(context, features)
    write_official(out / OFFICIAL, comparison)
    click.echo(describe(comparison))
    for video_id, reason in comparison.skipped.items():
        click.echo(f"{video_id:{options.NAME_WIDTH}s} {reason}", err=True)


def _score(context: "Context", variants: tuple[str, ...], out: Path, given: dict[str, Any]) -> None:
    from models.errors import UnavailableError
    from models.evaluation.evaluate import evaluate as score
    from models.evaluation.evaluate import score_table, write_evaluation
    from models.evaluation.gallery import save_gallery
    from models.evaluation.testing import read_held_out
    from models.variants.predicted import Full
    from models.variants.registry import variant_names

    names = variant_names() if "all" in variants else variants
    evaluation = score(context, names, seed=given["seed"], n_resamples=given["resamples"])
    write_evaluation(out / EVALUATION, evaluation)
    try:
        save_gallery(out / PICTURE, Full(context), context, read_held_out(context))
    except UnavailableError as error:
        click.echo(f"no {PICTURE}: {error}", err=True)
    click.echo(score_table(evaluation))
    for name, reason in evaluation.unavailable.items():
        click.echo(f"{name:{options.NAME_WIDTH}s} {reason}", err=True)
