"""True and predicted cochleagrams side by side, as in Fig. 8 of the paper."""

from collections.abc import Sequence
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

ROWS = 6  # at most
ROW_INCHES, WIDTH_INCHES = 1.75, 11.0
HEIGHT = 240  # of the pictures (pixels)
HEADINGS = ("at the impact", "true sound", "predicted", "nearest training sound")


def save_gallery(path: Path, backend: Predicted, context: Context, test: HeldOut) -> None:
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
    """
    found = predict_held_out(backend, context, test)
    places = _spread(found.rows, test)
    chosen, predicted = found.rows[places], found.cochleagrams[places]
    bare = [test.clips[row] for row in chosen]
    clips = prepared(bare, backend, test, variant="gallery", seed=0)
    sounds = backend.sounds(predicted, clips)
    heard = [sound_cochleagrams([s])[0] if s else np.zeros_like(predicted[0]) for s in sounds]
    shown = np.stack([test.bank.cochleagrams[chosen], predicted, heard], axis=1)  # (n, 3, 45, 42)
    figure = Figure(figsize=(WIDTH_INCHES, ROW_INCHES * len(chosen) + 0.5), layout="constrained")
    grid = figure.subplots(len(chosen), len(HEADINGS), squeeze=False)
    for heading, axes in zip(HEADINGS, grid[0], strict=True):
        axes.set_title(heading, fontsize=10)
    loudest = float(shown.max()) or 1.0  # all are on one scale of colour
    for row, (picture, *others), cochleagrams in zip(chosen, grid, shown, strict=True):
        picture.imshow(_picture(context, test, row))
        picture.set(xticks=[], yticks=[])
        picture.set_ylabel(test.bank.materials[row] or test.bank.ids[row], fontsize=10)
        _draw(others, cochleagrams, loudest)
    figure.savefig(path, dpi=110)


def _draw(axes: Sequence[Axes], cochleagrams: NDArray[np.float32], loudest: float) -> None:
    start_s = -(CLIP_STEPS // 2) / ENVELOPE_RATE
    for ax, cochleagram in zip(axes, cochleagrams, strict=True):
        draw_cochleagram(ax, cochleagram, start_s=start_s, impact_s=0.0, maximum=loudest)
        ax.tick_params(labelsize=7)
        ax.set_xlabel(ax.get_xlabel(), fontsize=7)
        ax.set_ylabel(ax.get_ylabel(), fontsize=7)


def _spread(rows: NDArray[np.intp], test: HeldOut) -> list[int]:
    """Choose places in `rows`: a clip of each material, evenly; clips evenly if unlabelled."""
    first: dict[str, int] = {}
    for place, row in enumerate(rows):
        first.setdefault(test.bank.materials[row] or test.bank.ids[row], place)
    candidates = [first[name] for name in sorted(first)]
    picks = np.linspace(0, len(candidates) - 1, min(ROWS, len(candidates))).round().astype(int)
    return [candidates[pick] for pick in picks]


def _picture(context: Context, test: HeldOut, row: int) -> NDArray[np.uint8]:
    video = next(v for v in context.dataset.test if v.id == test.bank.video_ids[row])
    clip = next(read_clips(video.pictures, [test.clips[row].impact_s], height=HEIGHT))
    return np.asarray(clip.images[len(clip.images) // 2])
