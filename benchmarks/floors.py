"""The two floors of `synthesis`: what arithmetic and what moving bytes take at least on a device.

Arithmetic counts multiplications and additions of convolutions, fully connected layers, LSTMs, Fourier
transforms and distances, at the rate of the quickest of several float32 matrix products here; the three
vector operations of a value in an L1 distance count as six, since each takes the place of a fused
multiply-add. Bytes are each layer's input and output, weights once a batch, and the database once a
call, at the rate at which a large array is summed here.
"""

import math
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from bench import best_s, row
from torch import Tensor, nn

from models.sounds.bandwise import plan_bands
from models.sounds.filterbank import DEFAULT_BANK, N_CHANNELS
from models.sounds.sound import CLIP_STEPS, SAMPLE_RATE, WINDOW_SAMPLES, WINDOW_STEPS
from models.variants.predicted import CLIP_SAMPLES

COLUMNS = ("MFLOP", "MB", "floor, arithmetic: ms", "floor, bytes: ms", "ms", "clips/s", "share")
N_EXEMPLARS = 35_000  # about what the published training videos give
N_CLIPS = 15  # a call: what a video gives
VALUES = CLIP_STEPS * N_CHANNELS
WINDOW_BYTES = 4 * WINDOW_SAMPLES


class Cost(NamedTuple):
    """What a clip can't do without: floating-point operations, and bytes moved."""

    flop: float
    bytes: float

    def __add__(self, other: object) -> "Cost":
        if not isinstance(other, Cost):
            return NotImplemented
        return Cost(self.flop + other.flop, self.bytes + other.bytes)

    def times(self, factor: float) -> "Cost":
        """Scale both."""
        return Cost(self.flop * factor, self.bytes * factor)


class Machine(NamedTuple):
    """What a device can do: operations and bytes a second."""

    device: str
    flops: float
    bandwidth: float

    def floors_s(self, cost: Cost) -> tuple[float, float]:
        """Say how long the arithmetic and the bytes take at least (s)."""
        return cost.flop / self.flops, cost.bytes / self.bandwidth

    def clock_s(self) -> float:
        """Read processor time, or on a GPU time, once it has done all."""
        if self.device == "cpu":
            return time.process_time()
        torch.cuda.synchronize()
        return time.perf_counter()

    def timed_s(self, work: Callable[[], object], *, times: int = 3) -> float:
        """Take the least time of repeated runs (s)."""
        return best_s(work, times=times, clock=self.clock_s)


def measured(device: str) -> Machine:
    """Measure a device's peak rates."""
    sides, elements = ((768, 1024, 2048), 2**27) if device == "cpu" else ((4096, 8192), 2**30)
    clock = Machine(device, 1.0, 1.0)
    flops = 0.0
    for side in sides:
        one, other = torch.rand(2, side, side, device=device)
        flops = max(flops, 2 * side**3 / clock.timed_s(lambda a=one, b=other: a @ b, times=20))
    table = torch.rand(elements, device=device)
    return Machine(device, flops, 4 * elements / clock.timed_s(table.sum, times=8))


def counted(module: nn.Module, run: Callable[[], object], *, n: int) -> Cost:
    """Count a clip's share of a run of `n` clips, layer by layer; weights are read once a run."""
    costs: list[Cost] = []

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor | tuple[Tensor, ...]) -> None:
        out = output[0] if isinstance(output, tuple) else output
        weights = sum(p.numel() for p in layer.parameters())
        moved = 4.0 * (inputs[0].numel() + out.numel() + weights)
        if isinstance(layer, nn.LSTM):
            gates = 4 * layer.hidden_size * (layer.input_size + layer.hidden_size)
            costs.append(Cost(2.0 * gates * out.numel() / layer.hidden_size, moved))
        elif isinstance(layer, nn.Conv2d | nn.Linear):
            costs.append(Cost(2.0 * out.numel() * layer.weight[0].numel(), moved))

    handles = [layer.register_forward_hook(count) for layer in module.modules()]
    run()
    for handle in handles:
        handle.remove()
    return sum(costs, Cost(0, 0)).times(1 / n)


def transform_cost(n: float) -> Cost:
    """Cost of a complex Fourier transform of n points; a real one is half of it."""
    return Cost(5 * n * math.log2(n), 16 * n)


def envelopes_cost() -> Cost:
    """Cost of imposing envelopes on noise: three and a half complex transforms' worth a channel pair."""
    one, values = transform_cost(CLIP_SAMPLES), N_CHANNELS * CLIP_SAMPLES
    elementwise = Cost(30.0 * values, 4.0 * values * 8)  # straight lines, a power, a root, a quotient
    return one.times(1.0 + 1.5 * N_CHANNELS) + elementwise


def cochleagram_cost() -> Cost:
    """Cost of a clip's cochleagram."""
    plan = plan_bands(WINDOW_SAMPLES, sample_rate=SAMPLE_RATE, bank=DEFAULT_BANK, device="cpu")
    bands = [g.ratio * WINDOW_STEPS for g in plan.groups for _ in g.bands]
    parts = [transform_cost(n) + Cost(44.0 * n, 12.0 * n) for n in bands]
    return sum(parts, transform_cost(WINDOW_SAMPLES).times(0.5))


def search_cost(columns: int, *, flop_a_value: float, share: float = 1.0) -> Cost:
    """Cost of a query over the exemplars, or a share of them, that are read once a call."""
    values = share * N_EXEMPLARS * columns
    return Cost(flop_a_value * values, 4.0 * values / N_CLIPS)


def l1_cost(share: float = 1.0) -> Cost:
    """Cost of a search among sounds."""
    return search_cost(VALUES, flop_a_value=6.0, share=share)


def line(name: str, machine: Machine, cost: Cost, spent_s: float) -> float:
    """Print a row, of seconds a clip; returns them."""
    arithmetic, moving = machine.floors_s(cost)
    share = max(arithmetic, moving) / spent_s
    ms = [f"{1e3 * seconds:,.2f}" for seconds in (arithmetic, moving, spent_s)]
    millions = [f"{count / 1e6:,.1f}" for count in cost]
    row(name, *millions, *ms, f"{1 / spent_s:,.1f}", f"{share:.0%}")
    return spent_s
