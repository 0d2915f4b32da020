"""The published sound features beside ours: how far apart, and with which band limits least.

The authors offer their cochleagrams beside the videos (``vis-sfs``: one ``<id>_sf.mat`` a recording, in
which ``sfs`` holds 45 steps of 42 channels for each annotated event). The paper does not give the limits
of its filters, so they are fitted to these.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from models.context import Context
from models.errors import ModelsError
from models.evaluation.official_fit import (
    MAX_SHIFT,
    REACH,
    Closeness,
    Fit,
    closeness,
    fit,
    sums_of,
    windows_of,
)
from models.files import write_json
from models.sounds.cochleagram import EXPONENT, clip_cochleagrams
from models.sounds.filterbank import HIGH_HZ, LOW_HZ, N_CHANNELS
from models.sounds.sound import CLIP_STEPS, SAMPLE_RATE, WINDOW_IMPACT, WINDOW_SAMPLES
from models.videos.centred import cut_window
from models.videos.dataset import Video
from models.videos.video import read_sound

FORMAT = 1
KEY, ENDING = "sfs", "_sf.mat"
BROKEN = (MatReadError, ValueError, TypeError, OSError, EOFError, struct.error, zlib.error)

N_SEARCHED = 256  # events that shift, order and limits are fitted on, spread over all

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficialComparison:
    """The published features beside ours.

    Attributes
    ----------
    n_videos : int
        Videos compared.
    skipped : dict of str to str
        By video: why it was not.
    as_is : Closeness
        Of all events, with our cochleagrams as they are.
    fitted : Fit
        What brings ours nearest, and how near, on some of the events.
    """

    n_videos: int
    skipped: Mapping[str, str]
    as_is: Closeness
    fitted: Fit


def read_features(path: Path) -> Floats:
    """Read a published file of sound features, float32 [shape=(n_events, 45, 42)].

    Raises
    ------
    ModelsError
        If it is no MATLAB file before version 7.3, or holds something else.
    """
    remedy = f"; save it again in MATLAB with save(file, '{KEY}', '-v7')"
    try:
        with path.open("rb") as file:
            hdf5 = file.read(8) == b"\x89HDF\r\n\x1a\n"
        content = {} if hdf5 else loadmat(path, variable_names=[KEY])
    except NotImplementedError:  # scipy's answer to the header of version 7.3
        hdf5 = True
    except BROKEN as error:
        raise ModelsError(f"{path} can't be read as a MATLAB file ({error}); copy it again") from error
    if hdf5:
        raise ModelsError(f"{path} is a MATLAB 7.3 (HDF5) file, this reads version 5 to 7{remedy}")
    if KEY not in content:
        raise ModelsError(f"{path} holds no variable {KEY!r}; give the folder of the published vis-sfs")
    values = np.asarray(content[KEY])
    if (
        values.ndim != 3
        or values.shape[1:] != (CLIP_STEPS, N_CHANNELS)
        or values.dtype.kind not in "fiu"
    ):
        raise ModelsError(
            f"{KEY!r} in {path} has shape {values.shape} of {values.dtype}; expected real numbers, "
            f"(n_events, {CLIP_STEPS}, {N_CHANNELS})"
        )
    return values.astype(np.float32)


def compare_official(context: Context, folder: Path) -> OfficialComparison:
    """Compare the published features with our cochleagrams at the annotated times.

    Parameters
    ----------
    context : Context
        All videos of its dataset are looked for; with more than one worker, sounds are decoded in
        processes of their own.
    folder : Path
        Holds ``<id>_sf.mat``.

    Raises
    ------
    ModelsError
        If a file is broken or of another form, or none can be compared.
    """
    skipped: dict[str, str] = {}
    videos = context.dataset.videos
    every = -(-sum(len(video.impacts or ()) for video in videos) // N_SEARCHED) or 1
    sums = np.zeros((6, N_CHANNELS))
    kept: list[tuple[Floats, Floats]] = []
    seen = 0  # events so far
    read = partial(read_pairs, folder)
    for video, found in context.each(read, videos, "comparing published features"):
        if isinstance(found, str):
            skipped[video.id] = found
            continue
        strips, theirs = found
        ours = clip_cochleagrams(windows_of(strips, 0), device=context.device).cpu().numpy()
        sums += sums_of(ours, theirs)
        chosen = slice(-seen % every, None, every)
        kept.append((strips[chosen], theirs[chosen]))
        seen += len(theirs)
    if not kept:
        reasons = "; ".join(f"{name}: {why}" for name, why in list(skipped.items())[:3])
        raise ModelsError(
            f"no event of {context.dataset.root} can be compared with {folder} ({reasons})"
        )
    strips, theirs = (np.concatenate(arrays) for arrays in zip(*kept, strict=True))
    return OfficialComparison(
        n_videos=len(kept),
        skipped=skipped,
        as_is=closeness(sums),
        fitted=fit(strips, theirs, device=context.device),
    )


def read_pairs(folder: Path, video: Video) -> tuple[Floats, Floats] | str:
    """Read a video's sound round its annotated times, and the published features; or say why not.

    Returns
    -------
    strips : ndarray of float32 [shape=(n_events, WINDOW_SAMPLES + 2 * REACH)]
        At `SAMPLE_RATE`; the event, as annotated, stands at sample ``WINDOW_IMPACT + REACH``.
    theirs : ndarray of float32 [shape=(n_events, 45, 42)]
        Of the events whose whole clip lies in the recording.
    """
    path = folder / f"{video.id}{ENDING}"
    if video.impacts is None or not path.is_file():
        return f"no {path.name}" if video.impacts is not None else "no annotated times"
    theirs = read_features(path)
    if len(theirs) != len(video.impacts):
        return f"{path.name} has {len(theirs)} events, the annotation {len(video.impacts)}"
    if not np.isfinite(theirs).all():
        return f"{path.name} holds numbers that are not finite"
    try:
        waveform = read_sound(video.sound)
    except ModelsError as error:
        return str(error)
    times_s = [impact.time_s for impact in video.impacts]
    whole = [row for row, time_s in enumerate(times_s) if cut_window(waveform, time_s) is not None]
    if not whole:
        return "no event has a whole clip round it"
    longer = np.pad(waveform, WINDOW_IMPACT + REACH + WINDOW_SAMPLES)
    starts = [round(times_s[row] * SAMPLE_RATE) + WINDOW_SAMPLES for row in whole]
    strips = np.stack([longer[start : start + WINDOW_SAMPLES + 2 * REACH] for start in starts])
    return strips, theirs[whole]


def write_official(path: Path, comparison: OfficialComparison) -> None:
    """Write a comparison as JSON, whole or not at all."""
    write_json(path, {"format": FORMAT, "what": "official-features", **asdict(comparison)})


def describe(comparison: OfficialComparison) -> str:
    """Say a comparison in a table and a few sentences."""
    fitted = comparison.fitted
    shift, order = fitted.shift_steps, "descend" if fitted.reversed_channels else "ascend"
    edge = ", as far as was searched" if abs(shift) == MAX_SHIFT else ""
    return "\n".join(
        [
            f"{'published features beside':28s} events       r  r, median channel  error   level",
            _row("ours as they are", comparison.as_is),
            _row("ours shifted and fitted", fitted.closeness),
            f"their clips begin {shift:+d} steps from ours{edge}; their channels {order}, ours ascend",
            f"nearest band limits {fitted.low_hz:.0f} to {fitted.high_hz:.0f} Hz, "
            f"{len(fitted.trials)} tried; ours are {LOW_HZ:.0f} to {HIGH_HZ:.0f} Hz",
            f"{comparison.n_videos} videos compared, {len(comparison.skipped)} not",
        ]
    )


def _row(name: str, of: Closeness) -> str:
    channel = "-" if of.channel_correlation is None else f"{of.channel_correlation:.3f}"
    level = f"{20 * np.log10(of.gain) / EXPONENT:+.1f} dB" if of.gain > 0 else "-"
    return (
        f"{name:28s} {of.n_events:6d}  {of.correlation:6.3f}  {channel:>17s}  {of.error:5.3f}   {level}"
    )
