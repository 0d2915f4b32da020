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
from models.networks.checkpoints import STATE, Checkpoint, facts_of
from models.networks.convolutions import convolutions_of, pretrained_layers
from models.networks.network import FrameInput
from models.training.batches import Examples
from models.training.plans import Plan, validation_mask
from models.training.train import fit
from models.training.trainings import Report, TrainRequest, draw_curves, pretrained_config
from models.training.workers import Team

DETECTORS: dict[str, FrameInput] = {"detection": "spacetime", "detection-no-spacetime": "colour"}
"""By name: what the network sees of each frame. "We compared our model to an RGB-only model"."""

LAYERS = 3  # "two LSTM layers [...] (and three for the detection model)" (A1.3)


def plan_of(name: str, context: Context, request: TrainRequest) -> Plan:
    """Say what a detection network is and how it is fitted.

    Parameters
    ----------
    name : str
        One of `DETECTORS`.
    context : Context
        Its backbone and image size are those of the pretrained part.
    request : TrainRequest
        Sizes and options.
    """
    backbone = context.image_network
    config = replace(
        pretrained_config(convolutions_of(backbone), request.shape),
        frames=DETECTORS[name],
        layers=LAYERS,
        lag=LAG,
    )
    return Plan(
        variant=name,
        config=config,
        images=facts_of(backbone),
        layers=pretrained_layers(backbone),
        data_digest=context.exemplars.digest,
        options=request.fit,
        align=align,
    )


def train_detectors(
    context: Context,
    names: Sequence[str],
    out: Path,
    *,
    team: Team,
    request: TrainRequest,
    report: Report | None = None,
) -> dict[str, Checkpoint | None]:
    """Train detection networks on whole recordings.

    Parameters
    ----------
    context : Context
        The dataset, its cache, the image network and the device.
    names : sequence of str
        Of `DETECTORS`.
    out : Path
        Gets a folder for each, with its checkpoint, calibration and learning curves.
    team : Team
        The processes that train together.
    request : TrainRequest
        How.
    report : callable, optional
        Told of each epoch.

    Returns
    -------
    dict of str to (Checkpoint or None)
        By name; None in processes that don't lead the team.
    """
    trained = {}
    for name in names:
        trained[name] = _trained(name, context, out / name, team, request, report)
        team.wait()
    return trained


def _trained(
    name: str,
    context: Context,
    folder: Path,
    team: Team,
    request: TrainRequest,
    report: Report | None,
) -> Checkpoint | None:
    if not team.leads:
        team.wait()  # for the cache
    plan = plan_of(name, context, request)
    convolutions = convolutions_of(context.image_network)
    recordings = load_recordings(context, context.dataset.train, convolutions, plan.config.frames)
    if team.leads:
        team.wait()
    examples: Examples = sequences_of(recordings)
    begun = request.resume and (folder / f"{STATE}.json").exists()
    tell = None if report is None else lambda epoch: report(name, epoch)
    checkpoint = fit(plan, examples, folder, team=team, resume=begun, report=tell)
    if checkpoint is not None:
        draw_curves(folder, name)
        detector = Detector(checkpoint, convolutions, context.device)
        kept = _validation_recordings(recordings, request.fit.validation_share)
        write_calibration(folder, calibrate(detector, kept, context))
    return checkpoint


def _validation_recordings(recordings: Sequence[Recording], share: float) -> list[Recording]:
    """Take the recordings that training did not see; all of them if it saw all."""
    chosen = validation_mask(tuple(recording.video.id for recording in recordings), share=share)
    return [r for r, kept in zip(recordings, chosen, strict=True) if kept or not chosen.any()]
