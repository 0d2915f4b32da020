"""Training on several GPUs or machines, as ``torchrun`` starts it: one process each, gradients averaged.

Started without ``torchrun`` there is one process, and nothing here does anything.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from models.devices import resolve_device

PATIENCE = timedelta(hours=24)  # the others wait while the first computes the features of all images


@dataclass(frozen=True, kw_only=True, slots=True)
class Team:
    """One process among those that train together.

    Attributes
    ----------
    rank, size : int
        Its number, and how many there are.
    device : str
        Its own torch device.
    """

    rank: int
    size: int
    device: str

    @property
    def leads(self) -> bool:
        """Whether it is the one that writes files and tells how far things are."""
        return self.rank == 0

    def wait(self) -> None:
        """Wait until all processes have come here."""
        if self.size > 1:
            distributed.barrier()

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Let the leader do something first, so that the others find it in the cache."""
        if not self.leads:
            self.wait()
        yield
        if self.leads:
            self.wait()

    def share(self, rows: NDArray[np.intp]) -> NDArray[np.intp]:
        """Take this process's part of a batch, every `size`-th row."""
        return rows[self.rank :: self.size]

    def total(self, values: Tensor) -> Tensor:
        """Sum a tensor over all processes."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def wrap(self, network: nn.Module) -> nn.Module:
        """Let gradients be averaged over all processes; batch norm's statistics too, on GPUs."""
        if self.size == 1:
            return network
        if self.device.startswith("cuda"):
            convert = nn.SyncBatchNorm.convert_sync_batchnorm
            network = convert(network)  # type: ignore[no-untyped-call]  # torch's own
            return DistributedDataParallel(network, device_ids=[torch.device(self.device)])
        return DistributedDataParallel(network)


@contextmanager
def team(device: str) -> Iterator[Team]:
    """Join the processes that ``torchrun`` started, if it did.

    Parameters
    ----------
    device : str
        As `models.devices.resolve_device` takes it; of several GPUs each process gets its own.

    Raises
    ------
    ModelsError
        If there is no such device.
    """
    device = resolve_device(device)
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Team(rank=0, size=1, device=device)
        return
    on_gpu = device.startswith("cuda")
    own = f"cuda:{os.environ['LOCAL_RANK']}" if on_gpu else device
    if on_gpu:
        torch.cuda.set_device(own)
    distributed.init_process_group("nccl" if on_gpu else "gloo", timeout=PATIENCE)
    try:
        yield Team(rank=int(os.environ["RANK"]), size=size, device=own)
    finally:
        distributed.destroy_process_group()
