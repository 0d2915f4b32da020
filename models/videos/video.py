"""Reading a video file: what it holds, its whole sound, and all its clips in one pass."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE

LEAST_HOLE_S = 0.02  # s; containers round times, some to a millisecond, and frames last about this long
MOST_HOLE_S = 60.0  # s; a recording whose clock jumps further is broken
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
        RGB, in order of time, upright and with square pixels, as a player would show them.
    times_s : ndarray of float64 [shape=(n_frames,)]
        Presentation time of each picture (s); uneven where the frame rate varies.
    """

    index: int
    images: NDArray[np.uint8]
    times_s: NDArray[np.float64]

    @property
    def start_s(self) -> float:
        """Presentation time of the first picture (s)."""
        return float(self.times_s[0])


class Picture(NamedTuple):
    """A decoded picture, its presentation time (s), and quarter turns, counterclockwise, to upright."""

    time_s: float
    frame: av.VideoFrame
    turns: int

    def upright(self) -> NDArray[np.uint8]:
        """Give the picture as a player would show it, RGB [shape=(height, width, 3)]."""
        image = self.frame.to_ndarray(format="rgb24").astype(np.uint8, copy=False)
        return np.rot90(image, self.turns)


def frames_per_clip(frame_rate: float, *, clip_s: float = CLIP_S) -> int:
    """Count the frames of a clip, an odd number: of 0.5 s 15 at 29.97 and 30 Hz, 13 at 25 Hz."""
    return 2 * int(clip_s * frame_rate / 2) + 1


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
        itself begins at. Where the stream has a hole, there is silence.

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
        clock = _SoundClock(path)
        blocks: list[NDArray[np.float32]] = []
        try:
            for frame in container.decode(stream):
                for whole in clock.filled(frame):
                    whole.pts = None
                    blocks += [out.to_ndarray().mean(axis=0) for out in resampler.resample(whole)]
            if clock.start_s is not None:
                blocks += [out.to_ndarray().mean(axis=0) for out in resampler.resample(None)]
        except av.FFmpegError as error:
            raise ModelsError(f"the sound of {path.name} can't be decoded: {error}") from error
    if not blocks or clock.start_s is None:
        raise ModelsError(f"{path.name} has an empty sound track")
    return _from_time_zero(np.concatenate(blocks), round(clock.start_s * sample_rate))


class _SoundClock:
    """Keeps decoded sound in step with the stream's own times."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.start_s: float | None = None
        self.end_s = 0.0

    def filled(self, frame: av.AudioFrame) -> "Iterator[av.AudioFrame]":
        """Yield the frame, after silence if it comes later than the one before it ended."""
        time_s = self.end_s if frame.time is None else float(frame.time)
        if self.start_s is None:
            self.start_s = self.end_s = time_s
        hole_s = time_s - self.end_s
        if hole_s > MOST_HOLE_S:
            raise ModelsError(
                f"the sound of {self.path.name} jumps from {self.end_s:.2f} to {time_s:.2f} s; "
                "its clock is broken"
            )
        if hole_s > LEAST_HOLE_S:
            yield _silence(frame, round(hole_s * frame.sample_rate))
            self.end_s = time_s
        yield frame
        self.end_s += frame.samples / frame.sample_rate


def _silence(like: av.AudioFrame, n_samples: int) -> av.AudioFrame:
    frame = av.AudioFrame(format=like.format, layout=like.layout, samples=n_samples)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate = like.sample_rate
    return frame


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
    with _opened_pictures(path, height) as (stream, pictures):
        rate = float(stream.average_rate or stream.guessed_rate or 0)
        if not rate:
            raise ModelsError(f"{path.name} does not say how many pictures a second it has")
        yield from _centred(pictures, times_s, n_frames or frames_per_clip(rate), 1 / rate)


def read_pictures(path: Path, *, height: int | None = None) -> Iterator[Picture]:
    """Decode all pictures of a video in order of time, one in memory at a time.

    Parameters
    ----------
    path : Path
        Any file with a video stream.
    height : int, optional
        Scale the pictures to this height (pixels), keeping their shape, if they are higher.

    Raises
    ------
    ModelsError
        If the file has no pictures or they can't be decoded.
    """
    with _opened_pictures(path, height) as (_, pictures):
        yield from pictures


@contextmanager
def _opened_pictures(
    path: Path, height: int | None
) -> Iterator[tuple["av.VideoStream", Iterator[Picture]]]:
    with _opened(path) as container:
        if not container.streams.video:
            raise ModelsError(f"{path.name} has no pictures")
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        yield stream, _timed_pictures(container, stream, path, height)


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
) -> Iterator[Picture]:
    aspect = float(stream.sample_aspect_ratio or 1)
    size: tuple[int, int] | None = None
    try:
        for frame in container.decode(stream):
            if frame.time is not None:
                size = size or _shown_size(frame, aspect=aspect, height=height)
                same = size == (frame.width, frame.height)
                turns = frame.rotation // 90  # a scaled frame forgets it
                yield Picture(frame.time, frame if same else frame.reformat(*size), turns)
    except av.FFmpegError as error:
        raise ModelsError(f"the pictures of {path.name} can't be decoded: {error}") from error


def _shown_size(frame: "av.VideoFrame", *, aspect: float, height: int | None) -> tuple[int, int]:
    """Width and height (pixels, before turning) that make pixels square and the picture no higher."""
    width = frame.width * aspect
    shown_height = width if frame.rotation % 180 else frame.height
    scale = min(1.0, height / shown_height) if height else 1.0
    return round(width * scale), round(frame.height * scale)


def _centred(
    pictures: Iterator[Picture],
    times_s: Sequence[float],
    n_frames: int,
    period_s: float,
) -> Iterator[ClipFrames]:
    """Keep a window of the last `n_frames` pictures; a clip is due when its time is in the middle."""
    waiting = sorted(range(len(times_s)), key=lambda index: times_s[index])
    window: list[Picture] = []
    for picture in pictures:
        if not waiting:
            return
        window = [*window[-(n_frames - 1) :], picture]
        if len(window) < n_frames:
            continue
        middle = window[n_frames // 2].time_s
        while waiting and times_s[waiting[0]] < middle + period_s / 2:
            index = waiting.pop(0)
            if times_s[index] >= middle - period_s / 2:
                yield ClipFrames(
                    index=index,
                    images=np.stack([shown.upright() for shown in window]),
                    times_s=np.array([shown.time_s for shown in window]),
                )
