"""Pictures encoded once, sound laid over them by copying, and the file decoded again to measure it."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

from models.sounds.sound import SAMPLE_RATE
from stimuli.errors import StimuliError
from stimuli.files.aac import BITRATE, FRAME, PRIMING, prepare_encoder
from stimuli.files.boxes import nal_units, read_boxes
from stimuli.files.colours import BT709, Colours, coded, tag

CRF = 18  # x264's scale; 18 is held to be about where losses stop being seen
PRESET = "veryfast"  # with crf the quality is given; a slower preset would only save bytes
MAX_LAG_S = 0.05  # s, range in which the sync measurement looks; a frame lasts 0.033
SYNC_TOLERANCE_MS = 1.0  # ms; a picture lasts 33
UNTAGGED = {"fflags": "+bitexact"}  # no encoder name, no time of making
UNPROBED = {"probesize": "32", "analyzeduration": "0"}  # an MP4 file's index says all that is needed
SEI = 6  # type of the H.264 unit that carries remarks (ITU-T H.264, table 7-1)
TABLE_BYTES = 24  # at most what the tables of an MP4 file hold per packet: stsz 4, stts 8, stsc 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """The sound of a file as a player that honours the edit list gives it.

    Attributes
    ----------
    start_s : float
        Presentation time of the first sample (s).
    waveform : ndarray of float32 [shape=(n_samples,)]
        Whole AAC frames: up to 1,023 samples more than went in.
    """

    start_s: float
    waveform: NDArray[np.float32]


def exact_rate(frame_rate: float) -> Fraction:
    """Return a frame rate as the fraction it stands for, e.g. 30000/1001 for 29.97002997 Hz."""
    return Fraction(frame_rate).limit_denominator(1001)


def samples_in_clip(n_frames: int, frame_rate: float) -> int:
    """Count the samples of sound, at `SAMPLE_RATE`, that last as long as a clip's pictures (Hz)."""
    return round(n_frames * SAMPLE_RATE / exact_rate(frame_rate))


def encode_pictures(images: NDArray[np.uint8], *, rate: float, colours: Colours = BT709) -> bytes:
    """Encode a clip's pictures as H.264 in a silent MP4 file; equal pictures give equal bytes.

    Parameters
    ----------
    images : ndarray of uint8 [shape=(n_frames, height, width, 3)]
        RGB; an odd last row or column is cut off, since 4:2:0 colour needs even sizes.
    rate : float
        Pictures a second (Hz).
    colours : Colours
        What the file is coded by and tagged with: those of the recording.

    Returns
    -------
    bytes
        The file: one key frame, no frame out of order, no encoder's signature.
    """
    buffer = io.BytesIO()
    height, width = images.shape[1] // 2 * 2, images.shape[2] // 2 * 2
    # x264's macroblock tree reads unset memory: 15 of 4,000 codings of small pictures differed.
    options = {"crf": str(CRF), "preset": PRESET, "bf": "0", "threads": "1", "x264-params": "mbtree=0"}
    with av.open(buffer, "w", format="mp4", options=UNTAGGED) as container:
        stream = container.add_stream("libx264", rate=exact_rate(rate), options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.gop_size, stream.codec_context.thread_count = len(images), 1
        tag(stream.codec_context, colours)
        for index, image in enumerate(images[:, :height, :width]):
            frame = coded(image, colours=colours)
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def shrunk(images: NDArray[np.uint8], *, height: int) -> NDArray[np.uint8]:
    """Scale pictures to a height (pixels), keeping their shape, if they are higher."""
    n_frames, full_height, full_width = images.shape[:3]
    if full_height <= height:
        return images
    size = {"height": height, "width": round(full_width * height / full_height)}
    frames = (av.VideoFrame.from_ndarray(image, format="rgb24") for image in images)
    small = np.empty((n_frames, size["height"], size["width"], 3), np.uint8)
    for index, frame in enumerate(frames):
        small[index] = frame.reformat(**size).to_ndarray(format="rgb24")
    return small


def mux(
    pictures: bytes, packets: Sequence[bytes] = (), *, n_samples: int = 0, bitrate: int = BITRATE
) -> bytes:
    """Copy pictures, and coded sound if there is any, into one MP4 file whose index stands in front.

    Parameters
    ----------
    pictures : bytes
        From `encode_pictures`.
    packets : sequence of bytes
        From `stimuli.files.aac.encode_sound`, the priming included; an edit list hides it. Without any
        the file has no sound track.
    n_samples : int
        Samples of sound that went into the encoder.
    bitrate : int
        What they were encoded at (bit/s).
    """
    buffer = io.BytesIO()
    with av.open(io.BytesIO(pictures), "r", format="mp4", options=UNPROBED) as source:
        stream = source.streams.video[0]
        images = [packet for packet in source.demux(stream) if packet.dts is not None]
        options = _in_front(len(images) + len(packets))
        with av.open(buffer, "w", format="mp4", options=options) as target:
            video = target.add_stream_from_template(stream)
            copies = [_unsigned(packet, video) for packet in images]
            if packets:
                audio = target.add_stream("aac", rate=SAMPLE_RATE)
                prepare_encoder(audio.codec_context, bitrate=bitrate)
                copies += _timed(packets, n_samples, audio)
            for packet in sorted(copies, key=_decoding_time):
                target.mux(packet)
    return _without_tags(buffer.getvalue())


def decode_sound(data: bytes) -> Decoded:
    """Decode a file's sound as a player does, the edit list honoured.

    Raises
    ------
    StimuliError
        If there is no sound or it can't be decoded.
    """
    try:
        with av.open(io.BytesIO(data), "r", format="mp4", options=UNPROBED) as container:
            frames = list(container.decode(audio=0))
            blocks = [frame.to_ndarray().mean(axis=0, dtype=np.float32) for frame in frames]
            return Decoded(start_s=float(frames[0].time or 0), waveform=np.concatenate(blocks))
    except (av.FFmpegError, IndexError) as error:
        raise StimuliError(f"the sound can't be decoded: {error}") from error


def decode_pictures(data: bytes) -> NDArray[np.uint8]:
    """Decode a file's pictures: uint8 RGB [shape=(n_frames, height, width, 3)].

    Raises
    ------
    StimuliError
        If there are none or they can't be decoded.
    """
    try:
        with av.open(io.BytesIO(data), "r") as container:
            images = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
            return np.stack(images).astype(np.uint8, copy=False)
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise StimuliError(f"the pictures can't be decoded: {error}") from error


def sync_ms(decoded: Decoded, waveform: NDArray[np.float32]) -> float:
    """Measure how late a decoded sound is against the one that was encoded (ms).

    The lag is where their cross-correlation is highest, within `MAX_LAG_S`; for silence, which has
    none, it is the start that the file declares.
    """
    size = next_fast_len(len(decoded.waveform) + len(waveform), real=True)
    correlation = irfft(rfft(decoded.waveform, size) * rfft(waveform, size).conj(), size)
    reach = round(MAX_LAG_S * SAMPLE_RATE)
    nearby = np.concatenate([correlation[-reach:], correlation[: reach + 1]])
    lag = int(np.argmax(nearby)) - reach if waveform.any() else 0
    return round(1000 * (decoded.start_s + lag / SAMPLE_RATE), 3)


def _in_front(n_packets: int) -> dict[str, str]:
    """Give the muxer's options that leave room for an index of so many packets in front of them."""
    room = 2048 + TABLE_BYTES * n_packets
    return {**UNTAGGED, "movie_timescale": str(SAMPLE_RATE), "moov_size": str(room)}


def _unsigned(packet: "av.Packet[Any]", stream: av.VideoStream) -> "av.Packet[Any]":
    """Copy a packet without the text with its version and settings that x264 puts in the first."""
    copy = av.Packet(b"".join(u for u in nal_units(bytes(packet)) if u[4] & 0x1F != SEI))
    copy.pts, copy.dts, copy.duration = packet.pts, packet.dts, packet.duration
    copy.time_base, copy.is_keyframe, copy.stream = packet.time_base, packet.is_keyframe, stream
    return copy


def _timed(
    packets: Sequence[bytes], n_samples: int, stream: av.AudioStream
) -> Iterator["av.Packet[Any]"]:
    for index, data in enumerate(packets):
        packet = av.Packet(data)
        packet.time_base, packet.stream, packet.is_keyframe = Fraction(1, SAMPLE_RATE), stream, True
        packet.pts = packet.dts = index * FRAME - PRIMING
        packet.duration = min(FRAME, n_samples - packet.pts)
        yield packet


def _decoding_time(packet: "av.Packet[Any]") -> Fraction:
    return (packet.dts or 0) * (packet.time_base or Fraction(1))


def _without_tags(data: bytes) -> bytes:
    """Turn the muxer's empty `udta` box into free space of the same size."""
    cleaned = bytearray(data)
    for box in read_boxes(data):
        if box.kind == "udta":
            cleaned[box.start - 4 : box.end] = b"free" + bytes(box.end - box.start)
    return bytes(cleaned)
