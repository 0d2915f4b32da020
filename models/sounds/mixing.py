"""Sounds placed in time and summed, a few seconds in memory at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.sounds.sound import SAMPLE_RATE

BLOCK = 4 * SAMPLE_RATE  # samples mixed at a time
LEAD_S = 1 / 30  # of a sound before its impact; what is older belongs to another one
RISE_S, FALL_S = 0.010, 0.060  # fades at the ends of what is placed
KNEE = 0.8  # magnitude from which the sum is bent, so that it stays below full scale


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A sound with its place.

    Attributes
    ----------
    impact_s : float
        When it is struck (s).
    start : int
        Its first sample's number, at `SAMPLE_RATE`; may be negative.
    waveform : ndarray of float32 [shape=(n_samples,)]
        Faded at both ends.
    source : dict
        Where it comes from, as plain JSON values.
    """

    impact_s: float
    start: int
    waveform: NDArray[np.float32]
    source: dict[str, Any] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """The number of the sample after its last."""
        return self.start + len(self.waveform)


def placed(
    waveform: NDArray[np.float32],
    impact: int,
    *,
    impact_s: float,
    lasts_s: float = np.inf,
    source: dict[str, Any] | None = None,
) -> Placed:
    """Cut a sound from just before its impact, fade it and give it its place.

    Parameters
    ----------
    waveform : ndarray of float32 [shape=(n_samples,)]
        At `SAMPLE_RATE`.
    impact : int
        Sample of the impact in it.
    impact_s : float
        When it is to be struck (s).
    lasts_s : float
        How much of it to take after the impact, at the most (s).
    source : dict, optional
        Where it comes from.
    """
    first = max(impact - round(LEAD_S * SAMPLE_RATE), 0)
    last = min(len(waveform), impact + round(min(lasts_s, 3600.0) * SAMPLE_RATE))
    return Placed(
        impact_s=impact_s,
        start=round(impact_s * SAMPLE_RATE) - impact + first,
        waveform=_faded(waveform[first:last]),
        source=source or {},
    )


def mixed(sounds: Iterable[Placed], *, n_samples: int) -> Iterator[NDArray[np.float32]]:
    """Sum placed sounds, in order of their starts, into one track.

    Parameters
    ----------
    sounds : iterable of Placed
        Ascending by `start`; taken only when their time has come.
    n_samples : int
        Length of the track; what lies outside is cut.

    Yields
    ------
    ndarray of float32 [shape=(BLOCK,)]
        The track, piece by piece; the last is shorter.
    """
    coming, sounding = iter(sounds), list[Placed]()
    following = next(coming, None)
    for start in range(0, n_samples, BLOCK):
        block = np.zeros(min(BLOCK, n_samples - start), np.float32)
        end = start + len(block)
        while following is not None and following.start < end:
            sounding.append(following)
            following = next(coming, None)
        for sound in sounding:
            first, last = max(sound.start, start), min(sound.end, end)
            if first < last:
                block[first - start : last - start] += sound.waveform[
                    first - sound.start : last - sound.start
                ]
        sounding = [sound for sound in sounding if sound.end > end]
        yield limited(block)


def limited(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bend what is louder than `KNEE` smoothly to below 1; the rest is left as it is."""
    room = np.float32(1 - KNEE)
    over = np.maximum(np.abs(waveform) - np.float32(KNEE), 0)
    bent = np.sign(waveform) * (np.float32(KNEE) + room * np.tanh(over / room))
    return np.where(over > 0, bent, waveform).astype(np.float32)


def _faded(waveform: NDArray[np.float32]) -> NDArray[np.float32]:
    result = waveform.astype(np.float32)
    for duration_s, piece in ((RISE_S, result), (FALL_S, result[::-1])):
        n = min(round(duration_s * SAMPLE_RATE), len(result) // 2)
        piece[:n] *= (0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / max(n, 1))).astype(np.float32)
    return result
