"""Learning curves as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INCHES = (6.4, 4.2)
TRAIN_COLOUR, VALIDATION_COLOUR = "#4477aa", "#cc6677"  # told apart by the colour-blind too


def save_curves(
    path: Path, history: Sequence[Mapping[str, Any]], *, title: str, best_epoch: int, settled: int = 0
) -> None:
    """Draw the losses of a training, epoch by epoch.

    Parameters
    ----------
    path : Path
        Where to; the suffix says the format.
    history : sequence of dict
        Of each epoch ``train_loss`` and ``validation_loss``, which may be None.
    title : str
        Above the picture.
    best_epoch : int
        The epoch whose network was kept, from 0.
    settled : int
        Epochs in which epsilon was still falling, see `plans.TrainOptions`. The losses shown
        are the paper's in any case.
    """
    figure = Figure(figsize=INCHES, layout="constrained")
    axes = figure.subplots()
    epochs = range(1, len(history) + 1)
    train = [epoch["train_loss"] for epoch in history]
    axes.plot(epochs, train, color=TRAIN_COLOUR, label="training videos")
    if settled:
        axes.axvspan(0.5, settled + 0.5, color="0.88", zorder=0, label="epsilon falls")
    checked = [epoch["validation_loss"] for epoch in history]
    if None not in checked:
        axes.plot(epochs, checked, color=VALIDATION_COLOUR, label="validation videos")
    kept = checked[best_epoch] if checked[best_epoch] is not None else train[best_epoch]
    axes.plot([best_epoch + 1], [kept], "o", color="black", markersize=5, label="kept")
    axes.set(title=title, xlabel="epoch", ylabel="robust loss of a clip (Equation 4)")
    axes.set_xlim(0.5, max(len(history), 2) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(frameon=False, loc="outside lower center", ncols=4)
    figure.savefig(path, dpi=120)
