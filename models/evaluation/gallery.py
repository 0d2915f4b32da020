"""True and predicted cochleagrams side by side, as in Fig. 8 of the paper."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.context import Context
from models.evaluation.testing import HeldOut, predict_held_out, prepared, sound_cochleagrams
from models.sounds.pictures import draw_cochleagram
from models.sounds.sound import CLIP_STEPS, ENVELOPE_RATE
from models.variants.predicted import Predicted
from models.videos.video import read_clips

ROWS = 6
ROW_INCHES, WIDTH_INCHES = 1.75, 11.0
HEIGHT = 240  # of the pictures (pixels)
HEADINGS = ("at the impact", "true sound", "predicted", "nearest training sound")


@dataclass(frozen=True, kw_only=True)
class Example:
    """One row of the picture.

    Attributes
    ----------
    title : str
        Beside the row.
    picture : ndarray of uint8 [shape=(height, width, 3)]
        The frame at the impact.
    cochleagrams : sequence of ndarray of float32 [shape=(45, 42)]
        True, predicted, and of the sound that is heard.
    """

    title: str
    picture: NDArray[np.uint8]
    cochleagrams: Sequence[NDArray[np.float32]]


def save_gallery(
    path: Path, backend: Predicted, context: Context, test: HeldOut, *, n_examples: int = ROWS
) -> None:
    """Draw predictions of test clips beside the truth, of as many materials as there is room for.

    Parameters
    ----------
    path : Path
        Where to; the suffix says the format.
    backend : Predicted
        The variant.
    context : Context
        The dataset and its cache.
    test : HeldOut
        From `models.evaluation.testing.read_held_out`.
    n_examples : int
        Rows.
    """
    heard = predict_held_out(backend, context, test)
    rows, predicted = heard.rows, heard.cochleagrams
    chosen = _spread(rows, test, n_examples)
    places = [int(np.flatnonzero(rows == row)[0]) for row in chosen]
    bare = [test.clips[row] for row in chosen]
    clips = prepared(bare, backend, test, variant="gallery", seed=0)
    sounds = backend.sounds(predicted[places], clips)
    examples = []
    for row, place, sound in zip(chosen, places, sounds, strict=True):
        heard = sound_cochleagrams([sound])[0] if sound else np.zeros_like(predicted[place])
        examples.append(
            Example(
                title=test.bank.materials[row] or test.bank.ids[row],
                picture=_picture(context, test, row),
                cochleagrams=(test.bank.cochleagrams[row], predicted[place], heard),
            )
        )
    draw_gallery(examples).savefig(path, dpi=110)


def draw_gallery(examples: Sequence[Example]) -> Figure:
    """Draw one row for each example, all cochleagrams on one scale of colour."""
    figure = Figure(figsize=(WIDTH_INCHES, ROW_INCHES * len(examples) + 0.5), layout="constrained")
    grid = figure.subplots(len(examples), len(HEADINGS), squeeze=False)
    loudest = max(float(np.max(cochleagram)) for e in examples for cochleagram in e.cochleagrams)
    for example, axes in zip(examples, grid, strict=True):
        _draw_row(example, axes, loudest or 1.0)
    for heading, axes in zip(HEADINGS, grid[0], strict=True):
        axes.set_title(heading, fontsize=10)
    return figure


def _draw_row(example: Example, axes: Sequence[Axes], loudest: float) -> None:
    picture, *others = axes
    picture.imshow(example.picture)
    picture.set(xticks=[], yticks=[])
    picture.set_ylabel(example.title, fontsize=10)
    for ax, cochleagram in zip(others, example.cochleagrams, strict=True):
        start_s = -(CLIP_STEPS // 2) / ENVELOPE_RATE
        draw_cochleagram(ax, cochleagram, start_s=start_s, impact_s=0.0, maximum=loudest)
        ax.tick_params(labelsize=7)
        ax.set_xlabel(ax.get_xlabel(), fontsize=7)
        ax.set_ylabel(ax.get_ylabel(), fontsize=7)


def _spread(rows: NDArray[np.intp], test: HeldOut, count: int) -> list[int]:
    """Choose one clip of each material, evenly among the materials; clips evenly if unlabelled."""
    first: dict[str, int] = {}
    for row in rows.tolist():
        first.setdefault(test.bank.materials[row] or test.bank.ids[row], row)
    candidates = [first[name] for name in sorted(first)]
    picks = np.linspace(0, len(candidates) - 1, min(count, len(candidates))).round().astype(int)
    return [candidates[pick] for pick in picks]


def _picture(context: Context, test: HeldOut, row: int) -> NDArray[np.uint8]:
    video = next(v for v in context.dataset.test if v.id == test.bank.video_ids[row])
    clip = next(read_clips(video.pictures, [test.clips[row].impact_s], height=HEIGHT))
    return np.asarray(clip.images[len(clip.images) // 2])
