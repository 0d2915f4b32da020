"""Reading a video file: what it holds, its whole sound, and all its clips in one pass."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.sound import SAMPLE_RATE

CLIP_S = 0.5  # "15-frame sequences (0.5 sec.)" (Section 6.1)


@dataclass(frozen=True, kw_only=True, slots=True)
class MediaInfo:
    """What a media file says of itself; None for a stream it has not got.

    Rates are in Hz, sizes in pixels.
    """

    duration_s: float
    frame_rate: float | None
    width: int | None
    height: int | None
    sample_rate: int | None
    n_channels: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipFrames:
    """The pictures of one clip.

    Attributes
    ----------
    index : int
        Which of the asked-for times it is centred on.
    images : ndarray of uint8 [shape=(n_frames, height, width, 3)]
        RGB, in order of time.
    start_s : float
        Presentation time of the first picture (s).
    """

    index: int
    images: NDArray[np.uint8]
    start_s: float


def frames_per_clip(frame_rate: float) -> int:
    """Count the frames of a clip, an odd number: 15 at 29.97 and 30 Hz, 13 at 25 Hz."""
    return 2 * int(CLIP_S * frame_rate / 2) + 1


def probe(path: Path) -> MediaInfo:
    """Read a file's streams without decoding it.

    Raises
    ------
    ModelsError
        If it is no media file.
    """
    with _opened(path) as container:
        video = container.streams.video[0] if container.streams.video else None
        sound = container.streams.audio[0] if container.streams.audio else None
        rate = video.average_rate if video else None
        return MediaInfo(
            duration_s=(container.duration or 0) / av.time_base,
            frame_rate=float(rate) if rate else None,
            width=video.width if video else None,
            height=video.height if video else None,
            sample_rate=sound.rate if sound else None,
            n_channels=sound.channels if sound else None,
        )


def read_sound(path: Path, *, sample_rate: int = SAMPLE_RATE) -> NDArray[np.float32]:
    """Decode a file's whole sound.

    Parameters
    ----------
    path : Path
        Any file with an audio stream.
    sample_rate : int
        Rate to resample to (Hz).

    Returns
    -------
    ndarray of float32 [shape=(n_samples,)]
        The mean of the channels; sample 0 stands at presentation time 0, whatever time the stream
        itself begins at.

    Raises
    ------
    ModelsError
        If the file has no sound or can't be decoded.
    """
    with _opened(path) as container:
        if not container.streams.audio:
            raise ModelsError(f"{path.name} has no sound")
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=sample_rate)
        start_s: float | None = None
        blocks: list[NDArray[np.float32]] = []
        try:
            for frame in container.decode(stream):
                if start_s is None:
                    start_s = frame.time or 0.0
                frame.pts = None  # gaps in the file's clock are not silence
                blocks += [out.to_ndarray().mean(axis=0) for out in resampler.resample(frame)]
            if start_s is not None:
                blocks += [out.to_ndarray().mean(axis=0) for out in resampler.resample(None)]
        except av.FFmpegError as error:
            raise ModelsError(f"the sound of {path.name} can't be decoded: {error}") from error
    if not blocks or start_s is None:
        raise ModelsError(f"{path.name} has an empty sound track")
    return _from_time_zero(np.concatenate(blocks), round(start_s * sample_rate))


def read_clips(
    path: Path, times_s: Sequence[float], *, height: int | None = None, n_frames: int | None = None
) -> Iterator[ClipFrames]:
    """Decode the pictures round each time, all in one sequential pass.

    Parameters
    ----------
    path : Path
        Any file with a video stream.
    times_s : sequence of float
        Centres of the clips (s), in any order.
    height : int, optional
        Scale the pictures to this height (pixels), keeping their shape, if they are higher.
    n_frames : int, optional
        Pictures a clip, an odd number; by default `frames_per_clip`.

    Yields
    ------
    ClipFrames
        `n_frames` pictures with the one nearest the time in the middle, in order of time. A
        clip that would reach over an end of the video is left out.
    """
    with _opened(path) as container:
        if not container.streams.video:
            raise ModelsError(f"{path.name} has no pictures")
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        rate = float(stream.average_rate or stream.guessed_rate or 0)
        if not rate:
            raise ModelsError(f"{path.name} does not say how many pictures a second it has")
        frames = _timed_pictures(container, stream, path, height)
        yield from _centred(frames, times_s, n_frames or frames_per_clip(rate), 1 / rate)


def _opened(path: Path) -> "av.container.InputContainer":
    try:
        return av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        raise ModelsError(f"{path.name} can't be read as a media file: {error}") from error


def _from_time_zero(waveform: NDArray[np.float32], start: int) -> NDArray[np.float32]:
    if start < 0:
        return waveform[-start:]
    return np.concatenate([np.zeros(start, np.float32), waveform]) if start else waveform


def _timed_pictures(
    container: "av.container.InputContainer",
    stream: "av.VideoStream",
    path: Path,
    height: int | None,
) -> Iterator[tuple[float, "av.VideoFrame"]]:
    scale = min(1.0, height / stream.height) if height else 1.0
    width, height = round(stream.width * scale), round(stream.height * scale)
    try:
        for frame in container.decode(stream):
            if frame.time is not None:
                yield frame.time, frame if scale == 1.0 else frame.reformat(width, height)
    except av.FFmpegError as error:
        raise ModelsError(f"the pictures of {path.name} can't be decoded: {error}") from error


def _centred(
    frames: Iterator[tuple[float, "av.VideoFrame"]],
    times_s: Sequence[float],
    n_frames: int,
    period_s: float,
) -> Iterator[ClipFrames]:
    """Keep a window of the last `n_frames` pictures; a clip is due when its time is in the middle."""
    waiting = sorted(range(len(times_s)), key=lambda index: times_s[index])
    window: list[tuple[float, av.VideoFrame]] = []
    for time, frame in frames:
        if not waiting:
            return
        window = [*window[-(n_frames - 1) :], (time, frame)]
        if len(window) < n_frames:
            continue
        middle = window[n_frames // 2][0]
        while waiting and times_s[waiting[0]] < middle + period_s / 2:
            index = waiting.pop(0)
            if times_s[index] >= middle - period_s / 2:
                images = np.stack([picture.to_ndarray(format="rgb24") for _, picture in window])
                yield ClipFrames(
                    index=index, images=images.astype(np.uint8, copy=False), start_s=window[0][0]
                )
