"""Learning curves as a picture."""

import json
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from models.networks.checkpoints import STATE
from models.training.plans import TrainOptions

CURVES = "curves.png"
INCHES = (6.4, 4.2)
TRAIN_COLOUR, VALIDATION_COLOUR = "#4477aa", "#cc6677"  # told apart by the colour-blind too


def draw_curves(folder: Path, network: str) -> None:
    """Draw the losses of a training that has a folder, epoch by epoch, into it.

    They are those of the paper's epsilon, also of the epochs in which it was still falling.
    """
    facts = json.loads((folder / f"{STATE}.json").read_text(encoding="utf-8"))
    history, best = facts["history"], facts["best_epoch"]
    settled = min(TrainOptions(**facts["plan"]["options"]).settled, len(history))
    train, checked = ([epoch[name] for epoch in history] for name in ("train_loss", "validation_loss"))
    figure = Figure(figsize=INCHES, layout="constrained")
    axes = figure.subplots()
    epochs = range(1, len(history) + 1)
    axes.plot(epochs, train, color=TRAIN_COLOUR, label="training videos")
    if settled:
        axes.axvspan(0.5, settled + 0.5, color="0.88", zorder=0, label="epsilon falls")
    if None not in checked:
        axes.plot(epochs, checked, color=VALIDATION_COLOUR, label="validation videos")
    kept = train[best] if checked[best] is None else checked[best]
    axes.plot([best + 1], [kept], "o", color="black", markersize=5, label="kept")
    axes.set(title=f"{network}: kept after epoch {best + 1}", xlabel="epoch")
    axes.set_ylabel("robust loss of a clip (Equation 4)")
    axes.set_xlim(0.5, max(len(history), 2) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(frameon=False, loc="outside lower center", ncols=4)
    figure.savefig(folder / CURVES, dpi=120)
