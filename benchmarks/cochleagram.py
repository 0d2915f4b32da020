"""Time the cochleagram beside what PyPI offers: ``python benchmarks/cochleagram.py``.

One thread, processor time of this process, the best of several runs; "x" is seconds of sound a second
of processor time. Errors are relative L2 against the float64 full-rate reference, on linear envelopes
and after the power 0.3. The other libraries compute other quantities, so they have no error.
"""

import math
import platform
from collections.abc import Callable

import numpy as np
import torch
from bench import best_s, head, row, timed
from numpy.typing import NDArray

from models.sounds.bandwise import Plan, plan_bands
from models.sounds.cochleagram import cochleagrams, envelopes, reference_envelopes
from models.sounds.filterbank import DEFAULT_BANK
from models.sounds.sound import ENVELOPE_RATE

RATES = (22_050, 44_100, 96_000)
N_CLIPS, CLIP_S, TRACK_S = 32, 0.5, 35
BROKEN = (ImportError, AttributeError, TypeError, ValueError, RuntimeError, IndexError)


def impacts(n_samples: int, *, sample_rate: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Synthesize struck things: decaying modes and noise at random times, over a noise floor."""
    since_start = np.arange(n_samples) / sample_rate
    sound = rng.normal(size=n_samples) * 1e-3
    for start in rng.uniform(0, since_start[-1], size=max(1, int(3 * since_start[-1]))):
        since = since_start[since_start >= start] - start
        struck = rng.normal(size=since.size) * np.exp(-since * rng.uniform(30, 200)) * 0.3
        for hertz in np.exp(rng.uniform(np.log(80), np.log(9000), size=6)):
            mode = np.sin(2 * np.pi * hertz * since) * np.exp(-since * rng.uniform(10, 80))
            struck += rng.uniform(0, 0.4) * mode
        sound[n_samples - since.size :] += struck
    return sound.astype(np.float32)


def relative(found: NDArray[np.float64], expected: NDArray[np.float64]) -> float:
    """Take the relative L2 error."""
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def gammatone_library(waveforms: NDArray[np.float32], sample_rate: int) -> Callable[[], object]:
    """Prepare the gammatone package: 42 channels of 4th-order filter energies at 90 Hz."""
    from gammatone.gtgram import gtgram

    step = 1 / ENVELOPE_RATE
    return lambda: [gtgram(row, sample_rate, 2 * step, step, 42, 20) for row in waveforms]


def nnaudio_library(waveforms: NDArray[np.float32], sample_rate: int) -> Callable[[], object]:
    """Prepare nnAudio: 42 gammatone-weighted bands of a short-time spectrum at 90 Hz."""
    from nnAudio.features.gammatone import Gammatonegram

    layer = Gammatonegram(
        sr=sample_rate,
        n_fft=2048,
        n_bins=42,
        hop_length=round(sample_rate / ENVELOPE_RATE),
        fmin=20.0,
        fmax=10_000.0,
        verbose=False,
    )
    batch = torch.tensor(waveforms)
    return lambda: layer(batch)


def floor(plan: Plan, waveforms: torch.Tensor) -> tuple[Callable[[], object], float, float]:
    """Say what the algorithm can't do without.

    Returns
    -------
    work : callable
        Its Fourier transforms alone.
    mflop, megabytes : float
        Arithmetic, and traffic if each array is written once and read once, of the whole batch.
    """
    batch = len(waveforms)
    inputs = [
        torch.zeros(batch, len(group.bands), group.ratio * plan.n_steps, dtype=torch.complex64)
        for group in plan.groups
    ]
    n, points = plan.n_samples, [g.ratio * plan.n_steps for g in plan.groups for _ in g.bands]
    transforms = 2.5 * n * math.log2(n) + sum(5 * m * math.log2(m) for m in points)
    weighing = sum(2 * band.gains.numel() for g in plan.groups for band in g.bands)
    decimation = sum(points) * (4 + 2 * 20)
    traffic = 2 * 4 * n + 2 * 8 * n / 2 + sum(points) * 2 * (8 + 8 + 4) + 2 * 42 * plan.n_steps * 4

    def work() -> None:
        torch.fft.rfft(waveforms, n=n)
        for spectrum in inputs:
            torch.fft.ifft(spectrum)

    return work, batch * (transforms + weighing + decimation) / 1e6, batch * traffic / 1e6


def table(waveforms: NDArray[np.float32], *, sample_rate: int) -> None:
    """Print the rows of one batch."""
    seconds = waveforms.size / sample_rate
    slow_s, references = timed(
        lambda: [reference_envelopes(one, sample_rate=sample_rate) for one in waveforms]
    )
    expected = np.stack(references)
    found = envelopes(waveforms, sample_rate=sample_rate).double().numpy()
    errors = f"{relative(found, expected):.1e} | {relative(found**0.3, expected**0.3):.1e}"
    tensor = torch.tensor(waveforms)
    line(
        "models.cochleagrams",
        best(lambda: cochleagrams(tensor, sample_rate=sample_rate)),
        seconds,
        errors,
    )
    plan = plan_bands(waveforms.shape[1], sample_rate=sample_rate, bank=DEFAULT_BANK, device="cpu")
    work, mflop, megabytes = floor(plan, tensor)
    name = f"floor: its transforms alone ({mflop:.0f} MFLOP, {megabytes:.0f} MB in all)"
    line(name, best(work), seconds)
    for name, prepare in (
        ("nnAudio Gammatonegram", nnaudio_library),
        ("gammatone gtgram", gammatone_library),
    ):
        try:
            line(name, best(prepare(waveforms, sample_rate)), seconds)
        except BROKEN as error:
            reason = str(error).splitlines()[0] if str(error) else ""
            row(name, f"does not run: {type(error).__name__} {reason}", "", "", "")
    line("models.reference_cochleagram (float64)", slow_s, seconds, "0 | 0")


def best(work: Callable[[], object]) -> float:
    """Take the least time (s) of several runs after a first one."""
    work()
    return best_s(work, times=50, budget_s=2.0)


def line(name: str, spent_s: float, seconds: float, errors: str = "| ") -> None:
    """Print one row."""
    row(name, f"{1e3 * spent_s:.1f}", f"{seconds / spent_s:,.0f} x", errors)


def main() -> None:
    """Print the tables."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, one thread")
    for count, duration_s in ((N_CLIPS, CLIP_S), (1, TRACK_S)):
        for rate in RATES:
            print(f"\n{count} x {duration_s} s at {rate:,} Hz\n")
            head("", "ms", "times real time", "error, linear", "error, compressed")
            n_samples = int(duration_s * rate)
            batch = [impacts(n_samples, sample_rate=rate, rng=rng) for _ in range(count)]
            table(np.stack(batch), sample_rate=rate)


if __name__ == "__main__":
    main()
