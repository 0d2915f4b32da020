"""Scoring variants by the paper's auditory metrics on the test videos (Section 6.2, Fig. 5a).

"For the neural network models, we computed the auditory metrics for the sound features that were
predicted by the network, rather than those of the inverted sounds or transferred exemplars." Both are
given here: ``features``, as the paper, and ``sound``, of what is heard.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.context import Context
from models.evaluation.metrics import (
    LEVEL,
    N_RESAMPLES,
    NAME_WIDTH,
    Agreement,
    Estimate,
    agreement,
    centroid,
    loudness,
)
from models.evaluation.testing import HeldOut, Measured, measure, read_held_out
from models.files import write_json

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Score:
    """How near a variant's sounds come to the true ones.

    Attributes
    ----------
    variant : str
        Its name.
    basis : {"features", "sound"}
        Whether predicted sound features were measured, or the waveform.
    n_clips, n_videos : int
        Test clips that it made a sound for, and their videos.
    loudness, centroid : Agreement
        Errors are in squared units of the cochleagram, and in squared channels.
    network : str or None
        SHA-256 of the checkpoint, for variants that have one.
    """

    variant: str
    basis: str
    n_clips: int
    n_videos: int
    loudness: Agreement
    centroid: Agreement
    network: str | None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The scores of variants on a dataset.

    Attributes
    ----------
    dataset : str
        The folder's name.
    split : str
        Where the split into training and test videos comes from.
    test_digest : str
        SHA-256 over everything that the test clips depend on.
    n_clips, n_videos : int
        Test clips with whole sound and pictures, and their videos.
    seed : int
        Of sounds that involve chance, and of the bootstrap.
    n_resamples, level
        Of the bootstrap over videos.
    scores : tuple of Score
        In the order asked for.
    unavailable : dict of str to str
        By variant: why it could not run.
    """

    dataset: str
    split: str
    test_digest: str
    n_clips: int
    n_videos: int
    seed: int
    n_resamples: int
    level: float
    scores: tuple[Score, ...]
    unavailable: dict[str, str]


def evaluate(
    context: Context, variants: Sequence[str], *, seed: int = 0, n_resamples: int = N_RESAMPLES
) -> Evaluation:
    """Score variants on the test videos of a context's dataset.

    Parameters
    ----------
    context : Context
        The dataset, its cache and checkpoints.
    variants : sequence of str
        Names, see `models.variants.registry`. What can't run here is named with the reason.
    seed : int
        Of all chance.
    n_resamples : int
        Of the bootstrap.

    Raises
    ------
    ModelsError
        If there is no test clip, or no variant of one of the names.
    """
    test = read_held_out(context)
    unavailable: dict[str, str] = {}
    made = measure(context, test, variants, seed=seed, unavailable=unavailable)
    scores = [_score(measured, test, seed=seed, n_resamples=n_resamples) for measured in made]
    scores.sort(key=lambda score: variants.index(score.variant))
    return Evaluation(
        dataset=context.dataset.root.name,
        split=context.dataset.split,
        test_digest=test.bank.digest,
        n_clips=len(test.bank),
        n_videos=len(set(test.bank.video_ids)),
        seed=seed,
        n_resamples=n_resamples,
        level=LEVEL,
        scores=tuple(scores),
        unavailable=unavailable,
    )


def write_evaluation(path: Path, evaluation: Evaluation) -> None:
    """Write an evaluation as JSON, as docs/training.md describes it, whole or not at all."""
    write_json(path, {"format": FORMAT, "what": "evaluation", **dataclasses.asdict(evaluation)})


def score_table(evaluation: Evaluation) -> str:
    """Say an evaluation's scores in a table, a line each."""
    heads = ("loudness error", "r", "centroid error", "r")
    head = f"{'':{NAME_WIDTH}s} measured on " + " ".join(f"{name:22s}" for name in heads).rstrip()
    lines = [
        f"{score.variant:{NAME_WIDTH}s} {score.basis:11s} "
        + " ".join(
            f"{_interval(estimate):22s}"
            for quantity in (score.loudness, score.centroid)
            for estimate in (quantity.error, quantity.r)
        ).rstrip()
        for score in evaluation.scores
    ]
    return "\n".join([head, *lines])


def _interval(estimate: Estimate) -> str:
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return "not defined"
    return f"{estimate.value:6.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def _score(measured: Measured, test: HeldOut, *, seed: int, n_resamples: int) -> Score:
    heard = measured.heard
    video_ids = tuple(test.bank.video_ids[row] for row in heard.rows)
    true = test.bank.cochleagrams[heard.rows]
    agreements = {
        name: agreement(
            quantity(heard.cochleagrams),
            quantity(true),
            video_ids,
            rng=np.random.default_rng(seed),
            n_resamples=n_resamples,
        )
        for name, quantity in (("loudness", loudness), ("centroid", centroid))
    }
    return Score(
        variant=measured.variant,
        basis=measured.basis,
        n_clips=len(heard.rows),
        n_videos=len(set(video_ids)),
        network=measured.network,
        **agreements,
    )
