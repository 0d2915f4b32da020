"""The command `models evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from models.training.cli import WIDTH, context_of, shared_options

if TYPE_CHECKING:
    from models.context import Context

EVALUATION, PICTURE = "evaluation.json", "predictions.png"
DETECTION, PRECISION_RECALL = "detection.json", "precision-recall.png"
OFFICIAL = "official-features.json"


@click.command()
@click.option("--variant", "variants", multiple=True, show_default="all", help="Can be repeated.")
@click.option(
    "--checkpoints",
    type=click.Path(path_type=Path),
    help="What 'models train --out' wrote; by default checkpoints in the cache.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder for evaluation.json, detection.json with precision-recall.png and, where 'full' is "
    "trained, predictions.png.",
)
@click.option(
    "--official-features",
    type=click.Path(path_type=Path),
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
@shared_options
@click.option(
    "--resamples",
    type=click.IntRange(min=100),
    default=2000,
    show_default=True,
    help="Of the bootstrap over videos.",
)
def evaluate(
    variants: tuple[str, ...],
    checkpoints: Path | None,
    out: Path,
    official_features: Path | None,
    external: tuple[str, ...],
    **options: Any,
) -> None:
    """Score variants on the test videos by the paper's metrics, with 95 % intervals.

    The sounds of clips by loudness and centroid; 'detection' and 'detection-no-spacetime' by the average
    precision of the impacts that they find in whole videos.
    """
    from models.devices import resolve_device
    from models.errors import ModelsError

    try:
        device = resolve_device(options["device"])
        context = context_of(options, device=device, checkpoints=checkpoints)
        if official_features is not None:
            _compare(context, official_features, out)
        if official_features is None or variants:
            names = variants or ("all",)
            detectors = _detectors(context, names)
            clips = tuple(name for name in names if name not in detectors)
            if clips:
                _score(context, clips, out, options)
            if detectors or external:
                _detect(context, detectors, external, out, options)
    except ModelsError as error:
        raise click.ClickException(str(error)) from error


def _detectors(context: "Context", names: tuple[str, ...]) -> list[str]:
    """Choose the detection models that are asked for; of all, those that are trained."""
    from models.context import default_checkpoints
    from models.detection.training import DETECTORS

    folder = context.checkpoints or default_checkpoints(context.cache)
    trained = [name for name in DETECTORS if (folder / name / "checkpoint.json").exists()]
    return trained if "all" in names else [name for name in DETECTORS if name in names]


def _detect(
    context: "Context",
    detectors: list[str],
    external: tuple[str, ...],
    out: Path,
    options: dict[str, Any],
) -> None:
    from models.detection.drawing import save_precision_recall
    from models.detection.evaluation import evaluate_detection, precision_table, write_detection
    from models.variants.external import external_option

    evaluation = evaluate_detection(
        context,
        detectors,
        external=dict(external_option(option) for option in external),
        until_s=options["until"],
        seed=options["seed"],
        n_resamples=options["resamples"],
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
        click.echo(f"{video_id:{WIDTH}s} {reason}", err=True)


def _score(context: "Context", variants: tuple[str, ...], out: Path, options: dict[str, Any]) -> None:
    from models.errors import UnavailableError
    from models.evaluation.evaluate import evaluate as score
    from models.evaluation.evaluate import score_table, write_evaluation
    from models.evaluation.gallery import save_gallery
    from models.evaluation.testing import read_held_out
    from models.variants.predicted import Full
    from models.variants.registry import variant_names

    names = variant_names() if "all" in variants else variants
    evaluation = score(context, names, seed=options["seed"], n_resamples=options["resamples"])
    write_evaluation(out / EVALUATION, evaluation)
    try:
        save_gallery(out / PICTURE, Full(context), context, read_held_out(context))
    except UnavailableError as error:
        click.echo(f"no {PICTURE}: {error}", err=True)
    click.echo(score_table(evaluation))
    for name, reason in evaluation.unavailable.items():
        click.echo(f"{name:{WIDTH}s} {reason}", err=True)
