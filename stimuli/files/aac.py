"""AAC packets of one sound, and how packets of different sounds are brought to equal sizes.

At equal bitrate the sizes of AAC packets follow the sound: summed over a file they tell recorded sound
from synthesized every time. ISO/IEC 14496-3 has the remedy that constant-bitrate encoders use: fill
elements, which every decoder skips. Filled to the largest of the clip, packet by packet, the stimuli of
a clip have equal packet sizes, so that their files are equal in everything but the sound itself.
"""

from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.codec.context import Flags
from numpy.typing import NDArray

from models.sounds.sound import SAMPLE_RATE
from stimuli.errors import StimuliError

FRAME = 1024  # samples in an AAC packet
PRIMING = 1024  # samples of silence that the encoder puts before the sound; an edit list hides them
BITRATE = 192_000  # bit/s, mono: far above where AAC is heard
ID_FIL, ID_END = 0b110, 0b111  # syntactic element ids (ISO/IEC 14496-3, table 4.85)
SHORT_FILL = 14  # most bytes that a fill element's 4-bit count can hold; 15 says that 8 bits more follow
LONG_FILL = 269  # most bytes of an extended one: 15 + 255 - 1


def prepare_encoder(context: AudioCodecContext, *, bitrate: int) -> None:
    """Set up and open the encoder that all sounds go through (mono, `SAMPLE_RATE`, bit/s)."""
    context.sample_rate, context.time_base = SAMPLE_RATE, Fraction(1, SAMPLE_RATE)
    context.layout, context.format, context.bit_rate = "mono", "fltp", bitrate
    context.flags |= Flags.bitexact  # or the encoder signs the first packet
    context.open()


def encode_sound(waveform: NDArray[np.float32], *, bitrate: int = BITRATE) -> list[bytes]:
    """Encode a mono waveform at `SAMPLE_RATE`; equal lengths give equal numbers of packets."""
    context, packets = AudioCodecContext.create("aac", "w"), []
    prepare_encoder(context, bitrate=bitrate)
    for start in range(0, len(waveform), FRAME):
        block = np.ascontiguousarray(waveform[None, start : start + FRAME], dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, start, context.time_base
        packets += context.encode(frame)
    return [bytes(packet) for packet in [*packets, *context.encode(None)]]


def equalized(sounds: Sequence[Sequence[bytes]]) -> list[list[bytes]]:
    """Fill the packets of several sounds so that the n-th ones are equally long."""
    sizes = [max(len(packet) for packet in packets) for packets in zip(*sounds, strict=True)]
    return [[filled(packet, size) for packet, size in zip(s, sizes, strict=True)] for s in sounds]


def filled(packet: bytes, size: int) -> bytes:
    """Lengthen a packet to `size` bytes by fill elements before its end element.

    Raises
    ------
    StimuliError
        If the packet does not close with an end element, or is longer than `size`.
    """
    value = int.from_bytes(packet, "big")
    unused = (value & -value).bit_length() - 1  # zeros after the end element, which is three ones
    n_bits = 8 * len(packet) - unused - 3
    if value == 0 or (value >> unused) & 0b111 != ID_END or unused > 7 or len(packet) > size:
        raise StimuliError(f"an AAC packet of {len(packet)} bytes can't be filled to {size}")
    body = value >> (unused + 3)
    while (n_bits + 3 + 7) // 8 < size:
        count = (8 * size - n_bits - 3 - 7) // 8
        if count <= SHORT_FILL:
            element, width = (ID_FIL << 4) | count, 7
        else:
            count = min(count - 1, LONG_FILL)
            element, width = (ID_FIL << 12) | (15 << 8) | (count - SHORT_FILL), 15
        body = ((body << width) | element) << 8 * count
        n_bits += width + 8 * count
    return (((body << 3) | ID_END) << (8 * size - n_bits - 3)).to_bytes(size, "big")
