"""A video with another sound: its pictures copied packet by packet, the sound encoded as it comes."""

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from numpy.typing import NDArray

from models.errors import ModelsError
from models.files import whole_file
from models.sounds.sound import SAMPLE_RATE
from models.sounds.waves import audio_frame

FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
"""By the ending of the output: its container."""

AAC, OPUS = ("aac", SAMPLE_RATE), ("libopus", 48_000)  # Opus knows no 44.1 kHz
BITRATE = 192_000  # bit/s
FALLBACK = ".mkv"  # takes nearly every codec


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """When a video's pictures begin and end (s), and their frame rate (Hz)."""

    start_s: float
    end_s: float
    frame_rate: float

    @property
    def duration_s(self) -> float:
        """How long they last (s)."""
        return self.end_s - self.start_s


def measure(path: Path) -> Span:
    """Read when a video's pictures begin and end, without decoding any.

    Raises
    ------
    ModelsError
        If the file can't be read as a video, or has no pictures.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise ModelsError(f"{path.name} has no pictures; `models dub` needs a video")
            stream = container.streams.video[0]
            base, rate = stream.time_base or Fraction(1, 90_000), stream.average_rate or Fraction(30)
            first, last = math.inf, -math.inf
            for packet in container.demux(stream):
                time = packet.dts if packet.pts is None else packet.pts
                if packet.size and time is not None:
                    lasts_s = float((packet.duration or 0) * base) or float(1 / rate)
                    time_s = float(time * base)
                    first, last = min(first, time_s), max(last, time_s + lasts_s)
    except (av.FFmpegError, OSError) as error:
        raise ModelsError(f"{path.name} can't be read as a video: {error}") from error
    if last < first:
        raise ModelsError(f"{path.name} has no pictures; `models dub` needs a video")
    return Span(start_s=first, end_s=last, frame_rate=float(rate))


def format_of(out: Path) -> str:
    """Tell the container of an output from its ending; raises `ModelsError` for an unknown one."""
    if out.suffix.lower() not in FORMATS:
        raise ModelsError(f"{out.name} ends in {out.suffix!r}; expected one of {' '.join(FORMATS)}")
    return FORMATS[out.suffix.lower()]


def write_dubbed(
    source: Path,
    out: Path,
    pieces: Iterable[NDArray[np.float32]],
    *,
    start_s: float,
    tell: Callable[[float], None] = lambda time_s: None,
) -> None:
    """Copy a video's pictures and give it a sound, whole or not at all.

    Parameters
    ----------
    source : Path
        The video; its own sound is left out.
    out : Path
        See `FORMATS`.
    pieces : iterable of ndarray of float32 [shape=(n_samples,)]
        The sound at `SAMPLE_RATE`, from `start_s` on, in pieces of any length.
    start_s : float
        Presentation time of its first sample (s).
    tell : callable
        Told the time that has been written (s).

    Raises
    ------
    ModelsError
        If the pictures' codec can't be kept in such a container, or a packet is damaged.
    """
    try:
        with (
            whole_file(out) as partial,
            av.open(str(source)) as read,
            av.open(str(partial), "w", format=format_of(out)) as write,
        ):
            pictures = _copied(read, write.add_stream_from_template(read.streams.video[0]), tell)
            for packet in heapq.merge(_encoded(write, pieces, start_s), pictures, key=_time_s):
                write.mux(packet)
    except (av.FFmpegError, ValueError) as error:
        hint = "" if out.suffix == FALLBACK else f"; an output that ends in {FALLBACK} may hold it"
        raise ModelsError(f"{source.name} can't be written as {out.name}: {error}{hint}") from error


def _copied(
    read: "av.container.InputContainer", pictures: "av.VideoStream", tell: Callable[[float], None]
) -> Iterator["av.Packet[Any]"]:
    for packet in read.demux(read.streams.video[0]):
        if packet.size:
            time_s = _time_s(packet)
            packet.stream = pictures
            yield packet
            tell(time_s)


def _time_s(packet: "av.Packet[Any]") -> float:
    time = packet.pts if packet.dts is None else packet.dts
    return float((time or 0) * (packet.time_base or 0))


def _encoded(
    write: "av.container.OutputContainer", pieces: Iterable[NDArray[np.float32]], start_s: float
) -> Iterator["av.Packet[Any]"]:
    """Set up the sound's stream, and encode the packets as they are asked for."""
    codec, rate = OPUS if write.format.name == "webm" else AAC
    stream = cast("av.AudioStream", write.add_stream(codec, rate=rate))
    context = stream.codec_context
    context.layout, context.bit_rate, context.time_base = "mono", BITRATE, Fraction(1, rate)
    context.open()
    resampler = av.AudioResampler(
        format=context.format, layout="mono", rate=rate, frame_size=context.frame_size
    )
    at = round(start_s * SAMPLE_RATE)
    for piece in pieces:
        for whole in resampler.resample(audio_frame(piece, start=at)):
            yield from stream.encode(whole)
        at += len(piece)
    for whole in resampler.resample(None):
        yield from stream.encode(whole)
    yield from stream.encode(None)
