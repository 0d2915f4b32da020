"""Scoring variants by the paper's auditory metrics on the test videos (Section 6.2, Fig. 5a).

"For the neural network models, we computed the auditory metrics for the sound features that were
predicted by the network, rather than those of the inverted sounds or transferred exemplars." Both are
given here: ``features``, as the paper, and ``sound``, of what is heard.
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.backend import Backend
from models.context import Context
from models.errors import UnavailableError
from models.evaluation.metrics import (
    LEVEL,
    N_RESAMPLES,
    Agreement,
    Estimate,
    agreement,
    centroid,
    loudness,
)
from models.evaluation.testing import Heard, HeldOut, hear, heard_of, prepared, read_held_out
from models.training.clipset import load_clipset
from models.variants.predicted import Predicted
from models.variants.registry import load

FORMAT = 1
NAME_WIDTH = 23  # of the table's first column
FEATURES, SOUND = "features", "sound"


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
    backends, unavailable = _loaded(variants, context)
    others = {name: b for name, b in backends.items() if not isinstance(b, Predicted)}
    heard = hear(others, context, test, seed=seed)
    scores: list[Score] = []
    for variant, backend in backends.items():
        score = partial(_score, variant, test=test, backend=backend, seed=seed, n_resamples=n_resamples)
        if isinstance(backend, Predicted):
            rows, predicted = predict_held_out(backend, context, test)
            scores.append(score(FEATURES, rows, predicted))
            heard[variant] = _inverted(variant, backend, rows, predicted, test, seed)
        if len(heard[variant].rows):
            scores.append(score(SOUND, heard[variant].rows, heard[variant].cochleagrams))
        else:
            unavailable[variant] = f"{variant} made no sound for any test clip"
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


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Turn an evaluation into plain JSON values, as docs/training.md describes them."""
    return {"format": FORMAT, "what": "evaluation", **dataclasses.asdict(evaluation)}


def write_evaluation(path: Path, evaluation: Evaluation) -> None:
    """Write an evaluation as a JSON file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(to_json(evaluation), indent=1, ensure_ascii=False, allow_nan=False)
    partial = path.with_name(path.name + ".writing")
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(path)


def _loaded(variants: Sequence[str], context: Context) -> tuple[dict[str, Backend], dict[str, str]]:
    """Load what can run; of the rest say why it can't."""
    backends: dict[str, Backend] = {}
    unavailable: dict[str, str] = {}
    for variant in variants:
        try:
            backends[variant] = load(variant, context)
        except UnavailableError as error:
            unavailable[variant] = str(error)
    return backends, unavailable


def _inverted(
    variant: str,
    backend: Predicted,
    rows: NDArray[np.intp],
    predicted: NDArray[np.float32],
    test: HeldOut,
    seed: int,
) -> Heard:
    """Make sounds of predictions, and measure them."""
    clips = prepared([test.clips[row] for row in rows], backend, test, variant=variant, seed=seed)
    return heard_of(rows.tolist(), backend.sounds(predicted, clips))


def predict_held_out(
    backend: Predicted, context: Context, test: HeldOut
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Predict all test clips that have pictures.

    Returns
    -------
    rows : ndarray of int [shape=(n,)]
        Which clips of `test`.
    predicted : ndarray of float32 [shape=(n, 45, 42)]
        Compressed envelopes.
    """
    clips = load_clipset(context, test.bank, backend.predictor.streams)
    place = {clip_id: row for row, clip_id in enumerate(test.bank.ids)}
    rows = np.array([place[clip_id] for clip_id in clips.ids], np.intp)
    return rows, backend.predict(clips)


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


def _score(
    variant: str,
    basis: str,
    rows: NDArray[np.intp],
    cochleagrams: NDArray[np.float32],
    *,
    test: HeldOut,
    backend: Backend,
    seed: int,
    n_resamples: int,
) -> Score:
    video_ids = tuple(test.bank.video_ids[row] for row in rows)
    true = test.bank.cochleagrams[rows]
    measured = {
        name: agreement(
            measure(cochleagrams),
            measure(true),
            video_ids,
            rng=np.random.default_rng(seed),
            n_resamples=n_resamples,
        )
        for name, measure in (("loudness", loudness), ("centroid", centroid))
    }
    network = backend.predictor.checkpoint.digest if isinstance(backend, Predicted) else None
    return Score(
        variant=variant,
        basis=basis,
        n_clips=len(rows),
        n_videos=len(set(video_ids)),
        network=network,
        **measured,
    )
