"""How near two sets of cochleagrams are, and which shift, order and band limits bring ours nearest."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.evaluation.metrics import correlation
from models.sounds.cochleagram import cochleagrams
from models.sounds.filterbank import DEFAULT_BANK, N_CHANNELS, Bank, erb_to_hz, hz_to_erb
from models.sounds.sound import CLIP_STEPS, ENVELOPE_HOP, MARGIN_STEPS, SAMPLE_RATE, WINDOW_SAMPLES

MAX_SHIFT = CLIP_STEPS // 2  # steps; a clip that begins at the impact is 22 steps late
REACH = MAX_SHIFT * ENVELOPE_HOP  # samples
LOWS_HZ = (0.0, 20.0, 50.0, 100.0, 200.0)
HIGHS_HZ = (4000.0, 6000.0, 8000.0, 10_000.0, 12_500.0, 16_000.0, 20_000.0, SAMPLE_RATE / 2)
ERB_STEPS = (1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125)  # of the search round the best of these
TURNS = 3  # at most, of shift and order, then limits; one that finds nothing new is the last

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Closeness:
    """How far ours are from theirs.

    Attributes
    ----------
    n_events : int
        Events compared.
    correlation : float
        Pearson's r over all values.
    channel_correlation : float or None
        Median over the channels of each one's own r; None if no channel varies.
    gain : float
        What ours are best multiplied by; compressed values, so amplitudes by ``gain ** (1 / 0.3)``.
    error : float
        L2 norm of the difference after that, as a share of the norm of theirs.
    """

    n_events: int
    correlation: float
    channel_correlation: float | None
    gain: float
    error: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """What brings our cochleagrams nearest to others.

    Attributes
    ----------
    shift_steps : int
        Step k of theirs shows what step k + shift_steps of ours does.
    reversed_channels : bool
        Whether their channels descend in frequency.
    low_hz, high_hz : float
        Limits of our filters (Hz).
    closeness : Closeness
        With these.
    trials : tuple of (low_hz, high_hz, error)
        All limits tried, in order.
    """

    shift_steps: int
    reversed_channels: bool
    low_hz: float
    high_hz: float
    closeness: Closeness
    trials: tuple[tuple[float, float, float], ...]


def fit(strips: Floats, theirs: Floats, *, device: str) -> Fit:
    """Fit shift and order by correlation, then limits by the error after the best gain.

    Parameters
    ----------
    strips : ndarray of float32 [shape=(n_events, WINDOW_SAMPLES + 2 * REACH)]
        Waveforms at `SAMPLE_RATE`; the event stands at sample ``WINDOW_IMPACT + REACH``.
    theirs : ndarray of float32 [shape=(n_events, 45, 42)]
        The cochleagrams to come near to.
    device : str
        Torch device.
    """
    bank, placed, trials = DEFAULT_BANK, (0, False), dict[Bank, Closeness]()
    for turn in range(TURNS):
        found = _placement(strips, theirs, bank, device)
        if turn and found == placed:
            break
        placed = found
        ordered = theirs[..., ::-1] if placed[1] else theirs
        bank, trials = _nearest_limits(windows_of(strips, placed[0]), ordered, device)
    return Fit(
        shift_steps=placed[0],
        reversed_channels=placed[1],
        low_hz=bank.low_hz,
        high_hz=bank.high_hz,
        closeness=trials[bank],
        trials=tuple((b.low_hz, b.high_hz, of.error) for b, of in trials.items()),
    )


def _placement(strips: Floats, theirs: Floats, bank: Bank, device: str) -> tuple[int, bool]:
    """Find the shift (steps) and whether to reverse the channels, by correlation."""
    whole = cochleagrams(strips, device=device, bank=bank).cpu().numpy()
    nearest, best = (0, False), -np.inf
    for shift in sorted(range(-MAX_SHIFT, MAX_SHIFT + 1), key=abs):  # the smallest among equals
        first = MARGIN_STEPS + MAX_SHIFT + shift
        ours = whole[:, first : first + CLIP_STEPS]
        for is_reversed in (False, True):
            sums = sums_of(ours, theirs[..., ::-1] if is_reversed else theirs)
            r = float(correlation(sums.sum(axis=1)))
            if r > best + 1e-9:
                nearest, best = (shift, is_reversed), r
    return nearest


def _nearest_limits(windows: Floats, theirs: Floats, device: str) -> tuple[Bank, dict[Bank, Closeness]]:
    """Search a grid of limits, then round its best in ever smaller steps of ERB; also give all tried."""
    trials: dict[Bank, Closeness] = {}

    def nearest(limits_hz: Iterable[tuple[float, float]]) -> Bank:
        banks = [Bank(low_hz=round(low, 1), high_hz=round(high, 1)) for low, high in limits_hz]
        for bank in banks:
            if bank not in trials:
                whole = cochleagrams(windows, device=device, bank=bank).cpu().numpy()
                ours = whole[:, MARGIN_STEPS : MARGIN_STEPS + CLIP_STEPS]
                trials[bank] = closeness(sums_of(ours, theirs))
        return min(banks, key=lambda bank: trials[bank].error)

    best = nearest(product(LOWS_HZ, HIGHS_HZ))
    for step in ERB_STEPS:
        improved = True
        while improved:
            here = hz_to_erb([best.low_hz, best.high_hz])
            moves = [here + step * np.array(way) for way in ((1, 0), (-1, 0), (0, 1), (0, -1))]
            limits = [np.clip(erb_to_hz(move), 0, SAMPLE_RATE / 2) for move in moves]
            bank = nearest((float(low), float(high)) for low, high in limits if low < high)
            improved = trials[bank].error < trials[best].error
            best = bank if improved else best
    return best, trials


def windows_of(strips: Floats, shift: int) -> Floats:
    """Take the windows of `clip_cochleagrams`, `shift` steps after the events."""
    start = REACH + shift * ENVELOPE_HOP
    return np.ascontiguousarray(strips[:, start : start + WINDOW_SAMPLES])


def sums_of(ours: NDArray[np.floating], theirs: NDArray[np.floating]) -> Doubles:
    """Sum up by channel [shape=(6, 42)] what `closeness` and `metrics.correlation` need."""
    one, other = (x.reshape(-1, N_CHANNELS).astype(np.float64) for x in (ours, theirs))
    parts = (np.ones_like(one), one, other, one * one, other * other, one * other)
    return np.stack([part.sum(axis=0) for part in parts])


def closeness(sums: Doubles) -> Closeness:
    """Work out the closeness from `sums_of`, or from the sum of several of them."""
    total = sums.sum(axis=1)
    n, _, _, ones, others, both = total
    r = float(correlation(total))
    if not np.isfinite(r):
        raise ModelsError("all values are the same, of the published features or of the videos' sounds")
    channels = correlation(sums)
    channels = channels[np.isfinite(channels)]
    residual = max(others - both**2 / ones, 0.0)
    return Closeness(
        n_events=round(n / (CLIP_STEPS * N_CHANNELS)),
        correlation=r,
        channel_correlation=float(np.median(channels)) if channels.size else None,
        gain=float(both / ones),
        error=float(np.sqrt(residual / others)),
    )
