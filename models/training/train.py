"""Fitting a network: stochastic gradient descent with momentum, as in Section 5.1.

"We train the RNN and CNN jointly using stochastic gradient descent [...] We found it helpful for
convergence to remove dropout and to clip large gradients." Learning rate, batch, number of epochs and
early stopping are ours, for the paper does not give them.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.errors import ModelsError
from models.networks.checkpoints import STATE, Checkpoint, load, read_checkpoint, save, write_checkpoint
from models.networks.loss import EPSILON, robust_loss
from models.networks.network import DenseEncoder, SoundNetwork
from models.networks.targets import fit_targets
from models.training.batches import Batch, Examples, make_batch, noisy
from models.training.plans import Epoch, Plan, TrainOptions, epoch_report, validation_mask
from models.training.workers import Team

Report = Callable[[Epoch], None]
Rows = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Job:
    plan: Plan
    clips: Examples
    training: Rows
    validation: Rows
    folder: Path
    team: Team


@dataclass(kw_only=True, slots=True)
class _Progress:
    network: SoundNetwork
    wrapped: nn.Module  # the network, with gradients averaged over processes
    optimizer: torch.optim.Optimizer
    history: list[dict[str, Any]]
    best_loss: float = math.inf
    best_epoch: int = -1


def fit(
    plan: Plan,
    clips: Examples,
    folder: Path,
    *,
    team: Team,
    resume: bool = False,
    report: Report | None = None,
) -> Checkpoint | None:
    """Train a network; after every epoch its folder holds the best so far and what it takes to go on.

    Parameters
    ----------
    plan : Plan
        What to train.
    clips : Examples
        The training clips or sequences; some of their videos are kept for validation.
    folder : Path
        Where the checkpoints go; of several machines, all see the same folder.
    team : Team
        The processes that train together, from `models.training.workers.team`.
    resume : bool
        Go on where an earlier training of the same plan stopped; the losses are then those of a
        training that never stopped.
    report : callable, optional
        Told of each epoch.

    Returns
    -------
    Checkpoint or None
        The network of the lowest validation loss; None in processes that don't lead the team.

    Raises
    ------
    ModelsError
        If the loss is no longer finite, or memory runs out; the last good checkpoint stays.
    """
    chosen = validation_mask(clips.video_ids, share=plan.options.validation_share)
    training, validation = np.flatnonzero(~chosen), np.flatnonzero(chosen)
    if len(training) < max(team.size, 2):
        raise ModelsError(f"{len(training)} training clips for {team.size} processes; that is too few")
    job = _Job(
        plan=plan, clips=clips, training=training, validation=validation, folder=folder, team=team
    )
    try:
        state = _started(job)
        if resume:
            _restore(state, job)
        _epochs(state, job, report)
    except (RuntimeError, MemoryError) as error:
        if not _out_of_memory(error):
            raise
        raise ModelsError(
            f"{team.device} ran out of memory training {plan.variant}, {plan.options.batch} clips a "
            f"step; give a smaller --batch. The last good checkpoint, if any, is in {folder}"
        ) from error
    return read_checkpoint(folder) if team.leads else None


def _out_of_memory(error: BaseException) -> bool:
    known = isinstance(error, torch.OutOfMemoryError | MemoryError)
    return known or "can't allocate memory" in str(error)  # what torch says of a CPU's memory


def _started(job: _Job) -> _Progress:
    plan, options = job.plan, job.plan.options
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        network = SoundNetwork(plan.config)
    heard = job.clips.cochleagrams[job.training]
    network.targets = fit_targets(heard, n_components=plan.config.n_components)
    if isinstance(network.encoder, DenseEncoder):
        _standardize(network.encoder, job.clips, job.training)
    network.encoder.load_state_dict({**network.encoder.state_dict(), **plan.layers})
    network.to(job.team.device)
    wrapped = job.team.wrap(network)
    return _Progress(
        network=network, wrapped=wrapped, optimizer=_optimizer(network, options), history=[]
    )


def _optimizer(network: SoundNetwork, options: TrainOptions) -> torch.optim.Optimizer:
    rate, parameters = options.learning_rate, network.parameters()
    if options.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=rate, betas=(options.momentum, 0.999))
    return torch.optim.SGD(parameters, lr=rate, momentum=options.momentum)


def _standardize(encoder: DenseEncoder, clips: Examples, training: Rows) -> None:
    """Set the maps' mean and standard deviation, over frames and first images of training clips."""
    total, squares, count = np.zeros(clips.first.shape[1]), np.zeros(clips.first.shape[1]), 0
    for row in training:
        maps = np.concatenate([clips.frames[row], clips.first[row][None]]).astype(np.float64)
        total, squares = total + maps.sum(axis=0), squares + np.square(maps).sum(axis=0)
        count += len(maps)
    mean = total / count
    scale = np.sqrt(np.maximum(squares / count - mean**2, 0))
    floor = 1e-3 * scale.max() + 1e-6  # numbers that hardly vary are not blown up
    encoder.mean.copy_(torch.from_numpy(mean))
    encoder.scale.copy_(torch.from_numpy(np.maximum(scale, floor)))


def _epochs(state: _Progress, job: _Job, report: Report | None) -> None:
    options = job.plan.options
    for number in range(len(state.history), options.epochs):
        if number - 1 - max(state.best_epoch, options.settled) >= options.patience:
            return
        started = time.monotonic()
        loss = _train_epoch(state, job, number)
        checked = _validation_loss(state, job)
        _require_finite(loss if checked is None else loss + checked, job, number)
        seconds = time.monotonic() - started
        state.history.append(
            {"epoch": number, "train_loss": loss, "validation_loss": checked, "seconds": seconds}
        )
        better = checked is None or checked < state.best_loss or number <= options.settled
        if better:
            state.best_loss, state.best_epoch = loss if checked is None else checked, number
        if job.team.leads:
            _keep(state, job)
        if report is not None and job.team.leads:
            report(epoch_report(state.history, epochs=options.epochs))


def _train_epoch(state: _Progress, job: _Job, number: int) -> float:
    options, team = job.plan.options, job.team
    for group in state.optimizer.param_groups:
        group["lr"] = options.learning_rate_at(number)
    order = np.random.default_rng([options.seed, number]).permutation(job.training)
    crops = np.random.default_rng([options.seed, number, team.rank])
    noise = torch.Generator(device=team.device)
    noise.manual_seed(int(crops.integers(2**62)))
    state.wrapped.train()
    losses = torch.zeros(2, dtype=torch.float64, device=team.device)
    for start in range(0, len(order), options.batch):
        drawn = order[start : start + options.batch]
        if len(drawn) < max(team.size, 2):  # batch norm needs two, and every process its clip
            continue
        rows = team.share(drawn)
        state.optimizer.zero_grad(set_to_none=True)
        batch = make_batch(job.clips, rows, job.plan.config, device=team.device, rng=crops)
        if options.input_noise:
            batch = noisy(batch, state.network, options.input_noise, noise)
        epsilon = options.epsilon_at(number)
        compared = _compared(state.wrapped, state.network, batch, job.plan, epsilon)
        loss = compared.loss(epsilon)
        # processes average their gradients, so that each counts by its share of the batch
        (loss * (len(rows) * team.size / len(drawn))).backward()  # type: ignore[no-untyped-call]  # torch's own
        nn.utils.clip_grad_norm_(state.network.parameters(), options.clip_norm)
        state.optimizer.step()
        losses += _weighted(compared.loss().detach(), len(rows))  # so that epochs compare
    return _mean(team.total(losses))


def _validation_loss(state: _Progress, job: _Job) -> float | None:
    if not len(job.validation):
        return None
    state.network.eval()
    losses = torch.zeros(2, dtype=torch.float64, device=job.team.device)
    own, size = job.team.share(job.validation), job.plan.options.batch
    with torch.inference_mode():
        for start in range(0, len(own), size):
            rows = own[start : start + size]
            batch = make_batch(job.clips, rows, job.plan.config, device=job.team.device)
            compared = _compared(state.network, state.network, batch, job.plan, EPSILON)
            losses += _weighted(compared.loss(), len(rows))
    return _mean(job.team.total(losses))


class _Compared(NamedTuple):
    """What is predicted and what is true, in the targets' coordinates, and the weights of steps."""

    predicted: Tensor
    true: Tensor
    weights: Tensor | None

    def loss(self, epsilon: float = EPSILON) -> Tensor:
        return robust_loss(self.predicted, self.true, epsilon=epsilon, weights=self.weights)


def _compared(
    module: nn.Module, network: SoundNetwork, batch: Batch, plan: Plan, epsilon: float
) -> _Compared:
    """Predict a batch, and move the prediction if the plan says so."""
    device = batch.frames.device.type
    with torch.autocast(device_type=device, dtype=torch.bfloat16, enabled=device == "cuda"):
        predicted = module(batch.frames, batch.first)
    true = network.targets.encode(batch.cochleagrams)
    if plan.align is None:
        return _Compared(predicted, true, None)
    moved, weights = plan.align(predicted, true, batch.cochleagrams, epsilon)
    return _Compared(moved, true, weights)


def _weighted(loss: Tensor, n_clips: int) -> Tensor:
    total = loss.double() * n_clips
    return torch.stack([total, torch.full_like(total, n_clips)])


def _mean(losses: Tensor) -> float:
    total, count = losses.tolist()
    return float(total / count)


def _require_finite(loss: float, job: _Job, number: int) -> None:
    if math.isfinite(loss):
        return
    rate = job.plan.options.learning_rate
    kept = f"the last good checkpoint is in {job.folder}" if number else "there is no checkpoint yet"
    raise ModelsError(
        f"the loss of {job.plan.variant} is {loss} in epoch {number + 1} at a learning rate of "
        f"{rate:g}; try --learning-rate {rate / 3:.2g}; {kept}"
    )


def _keep(state: _Progress, job: _Job) -> None:
    """Write what it takes to go on, and the network if it is the best so far."""
    facts = {"best_epoch": state.best_epoch, "best_loss": state.best_loss}
    if state.best_epoch == len(state.history) - 1:
        checkpoint = Checkpoint(
            variant=job.plan.variant,
            config=job.plan.config,
            images=job.plan.images,
            state={name: value.cpu() for name, value in state.network.state_dict().items()},
            training={**job.plan.described, **facts},
        )
        write_checkpoint(job.folder, checkpoint)
    tensors = {"network": state.network.state_dict(), "optimizer": state.optimizer.state_dict()}
    described = {"plan": job.plan.described, "history": state.history, **facts}
    save(job.folder, STATE, described, tensors)


def _restore(state: _Progress, job: _Job) -> None:
    content, _ = load(job.folder, STATE)
    stored, asked = content["plan"], job.plan.described
    differing = sorted(key for key in asked if stored.get(key) != asked[key])
    if differing:
        raise ModelsError(
            f"the training in {job.folder} differs in {', '.join(differing)} from the one to resume: "
            f"{[stored.get(key) for key in differing]} there, {[asked[key] for key in differing]} here"
        )
    state.network.load_state_dict(content["network"])
    state.optimizer.load_state_dict(content["optimizer"])
    state.history = content["history"]
    state.best_loss, state.best_epoch = content["best_loss"], content["best_epoch"]
