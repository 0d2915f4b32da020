"""Training the detection model, with spacetime images or on colour alone, and what it is like then."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from models.context import Context
from models.detection.calibration import calibrate, write_calibration
from models.detection.detector import Detector
from models.detection.recordings import Recording, load_recordings
from models.detection.sequences import LAG, sequences_of
from models.detection.shifts import align
from models.networks.checkpoints import Checkpoint
from models.networks.convolutions import convolutions_of
from models.networks.network import FrameInput
from models.training.plans import Plan, validation_mask
from models.training.trainings import Report, TrainRequest, fit_in_folder, pretrained_plan
from models.training.workers import Team

DETECTORS: dict[str, FrameInput] = {"detection": "spacetime", "detection-no-spacetime": "colour"}
"""By name: what the network sees of each frame. "We compared our model to an RGB-only model"."""

LAYERS = 3  # "two LSTM layers [...] (and three for the detection model)" (A1.3)


def plan_of(name: str, context: Context, request: TrainRequest) -> Plan:
    """Say what a detection network, one of `DETECTORS`, is and how it is fitted."""
    plan = pretrained_plan(name, context, request, frames=DETECTORS[name], layers=LAYERS, lag=LAG)
    return replace(plan, align=align)


def train_detectors(
    context: Context,
    names: Sequence[str],
    out: Path,
    *,
    team: Team,
    request: TrainRequest,
    report: Report | None = None,
) -> dict[str, Checkpoint | None]:
    """Train detection networks on whole recordings, and measure what they are like.

    Parameters and result are those of `models.training.trainings.train_variants`, but for `names`, which
    are of `DETECTORS`; each folder gets a calibration too.
    """
    trained = {}
    for name in names:
        with team.in_turn():
            plan = plan_of(name, context, request)
            convolutions = convolutions_of(context.image_network)
            train = context.dataset.train
            recordings = load_recordings(context, train, convolutions, plan.config.frames)
        examples, folder = sequences_of(recordings), out / name
        trained[name] = checkpoint = fit_in_folder(plan, examples, folder, team, request, report)
        if checkpoint is not None:
            detector = Detector(checkpoint, convolutions, context.device)
            kept = _validation_recordings(recordings, request.fit.validation_share)
            write_calibration(folder, calibrate(detector, kept, context))
        team.wait()
    return trained


def _validation_recordings(recordings: Sequence[Recording], share: float) -> list[Recording]:
    """Take the recordings that training did not see; all of them if it saw all."""
    chosen = validation_mask(tuple(recording.video.id for recording in recordings), share=share)
    return [r for r, kept in zip(recordings, chosen, strict=True) if kept or not chosen.any()]
