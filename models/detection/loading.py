"""Trained detection networks, read from the folders that `models train` wrote."""

from pathlib import Path

from models.context import Context
from models.detection.detector import Detector
from models.errors import ModelsError
from models.networks.checkpoints import read_checkpoint
from models.networks.convolutions import convolutions_of


def load_detector(context: Context, folder: Path) -> Detector:
    """Read a trained detection network.

    Parameters
    ----------
    context : Context
        Its device, and its backbone if it is the one that the network was trained on.
    folder : Path
        The network's own.

    Raises
    ------
    UnavailableError
        If it isn't trained, or its image network can't be had.
    ModelsError
        If it is damaged or no detection network.
    """
    checkpoint = read_checkpoint(folder)
    if checkpoint.images is None or checkpoint.config.lag == 0:
        raise ModelsError(f"{folder} holds {checkpoint.variant!r}, which is no detection network")
    backbone = context.predictors.backbone(checkpoint.images)
    return Detector(checkpoint, convolutions_of(backbone), context.device)
