"""Fitting a network: stochastic gradient descent with momentum, as in Section 5.1.

"We train the RNN and CNN jointly using stochastic gradient descent [...] We found it helpful for
convergence to remove dropout and to clip large gradients." Learning rate, batch, number of epochs and
early stopping are ours, for the paper does not give them.
"""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
from models.training.plans import Epoch, Plan, TrainOptions, validation_mask
from models.training.workers import Team

Report = Callable[[Epoch], None]
Rows = NDArray[np.intp]


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
    try:
        training = _Training(plan, clips, folder, team)
        if resume:
            training.restore()
        training.run(report)
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


class _Training:
    """A network on its way: what is trained, on what, and how far it is."""

    def __init__(self, plan: Plan, clips: Examples, folder: Path, team: Team) -> None:
        self.plan, self.options, self.team = plan, plan.options, team
        self.clips, self.folder = clips, folder
        chosen = validation_mask(clips.video_ids, share=plan.options.validation_share)
        self.training, self.validation = np.flatnonzero(~chosen), np.flatnonzero(chosen)
        if len(self.training) < max(team.size, 2):
            raise ModelsError(
                f"{len(self.training)} training clips for {team.size} processes; that is too few"
            )
        self.network = self._new_network()
        self.wrapped = team.wrap(self.network)  # with gradients averaged over processes
        self.optimizer = _optimizer(self.network, plan.options)
        self.history: list[dict[str, Any]] = []
        self.best_loss, self.best_epoch = math.inf, -1

    def _new_network(self) -> SoundNetwork:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.options.seed)
            network = SoundNetwork(self.plan.config)
        heard = self.clips.cochleagrams[self.training]
        network.targets = fit_targets(heard, n_components=self.plan.config.n_components)
        if isinstance(network.encoder, DenseEncoder):
            _standardize(network.encoder, self.clips, self.training)
        network.encoder.load_state_dict({**network.encoder.state_dict(), **self.plan.layers})
        return network.to(self.team.device)

    def run(self, report: Report | None) -> None:
        """Train epoch by epoch, until the last one or until patience ends."""
        options = self.options
        for number in range(len(self.history), options.epochs):
            if number - 1 - max(self.best_epoch, options.settled) >= options.patience:
                return
            started = time.monotonic()
            loss = self._train_epoch(number)
            checked = self._validation_loss()
            self._require_finite(loss if checked is None else loss + checked, number)
            seconds = time.monotonic() - started
            self.history.append(
                {"epoch": number, "train_loss": loss, "validation_loss": checked, "seconds": seconds}
            )
            if checked is None or checked < self.best_loss or number <= options.settled:
                self.best_loss, self.best_epoch = loss if checked is None else checked, number
            if self.team.leads:
                self._keep()
            if report is not None and self.team.leads:
                mean_s = float(np.mean([epoch["seconds"] for epoch in self.history]))
                report(
                    Epoch(
                        number=number,
                        train_loss=loss,
                        validation_loss=checked,
                        seconds=seconds,
                        left_s=mean_s * (options.epochs - len(self.history)),
                    )
                )

    def _train_epoch(self, number: int) -> float:
        options, team = self.options, self.team
        for group in self.optimizer.param_groups:
            group["lr"] = options.learning_rate_at(number)
        order = np.random.default_rng([options.seed, number]).permutation(self.training)
        crops = np.random.default_rng([options.seed, number, team.rank])
        noise = torch.Generator(device=team.device)
        noise.manual_seed(int(crops.integers(2**62)))
        epsilon = options.epsilon_at(number)
        self.wrapped.train()
        losses = torch.zeros(2, dtype=torch.float64, device=team.device)
        for start in range(0, len(order), options.batch):
            drawn = order[start : start + options.batch]
            if len(drawn) < max(team.size, 2):  # batch norm needs two, and every process its clip
                continue
            rows = team.share(drawn)
            self.optimizer.zero_grad(set_to_none=True)
            batch = make_batch(self.clips, rows, self.plan.config, device=team.device, rng=crops)
            if options.input_noise:
                batch = noisy(batch, self.network, options.input_noise, noise)
            loss, papers = self._losses(self.wrapped, batch, epsilon)
            # processes average their gradients, so that each counts by its share of the batch
            (loss * (len(rows) * team.size / len(drawn))).backward()  # type: ignore[no-untyped-call]  # torch's own
            nn.utils.clip_grad_norm_(self.network.parameters(), options.clip_norm)
            self.optimizer.step()
            losses += _weighted(papers.detach(), len(rows))  # so that epochs compare
        return _mean(team.total(losses))

    def _validation_loss(self) -> float | None:
        if not len(self.validation):
            return None
        self.network.eval()
        losses = torch.zeros(2, dtype=torch.float64, device=self.team.device)
        own, size = self.team.share(self.validation), self.options.batch
        with torch.inference_mode():
            for start in range(0, len(own), size):
                rows = own[start : start + size]
                batch = make_batch(self.clips, rows, self.plan.config, device=self.team.device)
                _, papers = self._losses(self.network, batch, EPSILON)
                losses += _weighted(papers, len(rows))
        return _mean(self.team.total(losses))

    def _losses(self, module: nn.Module, batch: Batch, epsilon: float) -> tuple[Tensor, Tensor]:
        """Predict a batch, and move the prediction if the plan says so; its loss, and the paper's."""
        device = batch.frames.device.type
        with torch.autocast(device_type=device, dtype=torch.bfloat16, enabled=device == "cuda"):
            predicted = module(batch.frames, batch.first)
        true, weights = self.network.targets.encode(batch.cochleagrams), None
        if self.plan.align is not None:
            predicted, weights = self.plan.align(predicted, true, batch.cochleagrams, epsilon)
        return (
            robust_loss(predicted, true, epsilon=epsilon, weights=weights),
            robust_loss(predicted, true, epsilon=EPSILON, weights=weights),
        )

    def _require_finite(self, loss: float, number: int) -> None:
        if math.isfinite(loss):
            return
        rate = self.options.learning_rate
        kept = (
            f"the last good checkpoint is in {self.folder}" if number else "there is no checkpoint yet"
        )
        raise ModelsError(
            f"the loss of {self.plan.variant} is {loss} in epoch {number + 1} at a learning rate of "
            f"{rate:g}; try --learning-rate {rate / 3:.2g}; {kept}"
        )

    def _keep(self) -> None:
        """Write what it takes to go on, and the network if it is the best so far."""
        facts = {"best_epoch": self.best_epoch, "best_loss": self.best_loss}
        weights = self.network.state_dict()
        if self.best_epoch == len(self.history) - 1:
            checkpoint = Checkpoint(
                variant=self.plan.variant,
                config=self.plan.config,
                images=self.plan.images,
                state={name: value.cpu() for name, value in weights.items()},
                training={**self.plan.described, **facts},
            )
            write_checkpoint(self.folder, checkpoint)
        tensors = {"network": weights, "optimizer": self.optimizer.state_dict()}
        described = {"plan": self.plan.described, "history": self.history, **facts}
        save(self.folder, STATE, described, tensors)

    def restore(self) -> None:
        """Take up what `_keep` wrote; raises `ModelsError` if that was another plan's."""
        content, _ = load(self.folder, STATE)
        stored, asked = content["plan"], self.plan.described
        differing = sorted(key for key in asked if stored.get(key) != asked[key])
        if differing:
            there, here = ([plan.get(key) for key in differing] for plan in (stored, asked))
            raise ModelsError(
                f"the training in {self.folder} differs in {', '.join(differing)} from the one to "
                f"resume: {there} there, {here} here"
            )
        self.network.load_state_dict(content["network"])
        self.optimizer.load_state_dict(content["optimizer"])
        self.history = content["history"]
        self.best_loss, self.best_epoch = content["best_loss"], content["best_epoch"]


def _optimizer(network: SoundNetwork, options: TrainOptions) -> torch.optim.Optimizer:
    rate, parameters = options.learning_rate, network.parameters()
    if options.optimizer == "adam":
        return torch.optim.Adam(parameters, lr=rate, betas=(options.momentum, 0.999))
    return torch.optim.SGD(parameters, lr=rate, momentum=options.momentum)


def _standardize(encoder: DenseEncoder, clips: Examples, training: Rows) -> None:
    """Set the maps' mean and standard deviation, over frames and first images of training clips."""
    (total, squares), count = np.zeros((2, len(encoder.mean))), 0
    for row in training:
        maps = np.concatenate([clips.frames[row], clips.first[row][None]]).astype(np.float64)
        total, squares = total + maps.sum(axis=0), squares + np.square(maps).sum(axis=0)
        count += len(maps)
    mean = total / count
    scale = np.sqrt(np.maximum(squares / count - mean**2, 0))
    floor = 1e-3 * scale.max() + 1e-6  # numbers that hardly vary are not blown up
    encoder.mean.copy_(torch.from_numpy(mean))
    encoder.scale.copy_(torch.from_numpy(np.maximum(scale, floor)))


def _weighted(loss: Tensor, n_clips: int) -> Tensor:
    total = loss.double() * n_clips
    return torch.stack([total, torch.full_like(total, n_clips)])


def _mean(losses: Tensor) -> float:
    total, count = losses.tolist()
    return float(total / count)
