"""Precision-recall curves of what was detected, as one picture."""

from pathlib import Path

from matplotlib.figure import Figure

from models.detection.evaluation import DetectionEvaluation

SIDE_INCHES = 4.2


def save_precision_recall(path: Path, evaluation: DetectionEvaluation) -> None:
    """Draw the curve of each system, its average precision in the legend.

    Parameters
    ----------
    path : Path
        The suffix chooses the format.
    evaluation : DetectionEvaluation
        At least one system's scores.
    """
    figure = Figure(figsize=(SIDE_INCHES, SIDE_INCHES), dpi=130, layout="constrained")
    ax = figure.subplots()
    for score in evaluation.scores:
        curve, value = score.precision.curve, score.precision.average_precision.value
        ax.plot(curve.recall, curve.precision, label=f"{score.name}, AP {100 * (value or 0):.1f} %")
    ax.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="recall", ylabel="precision")
    ax.set_title(f"impacts of {evaluation.dataset}", fontsize=9, loc="left")
    ax.legend(fontsize=7, frameon=False, loc="lower left")
    ax.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)
