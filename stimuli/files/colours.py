"""How the numbers of a video stand for colours, so that a clip's are those of its recording.

A clip is coded by the matrix that its recording was decoded by, and tagged as the recording is, or
left untagged as it is: brightness and colour come back as they were, and a player shows the clip as it
would show the recording, whatever it makes of untagged video.
"""

from dataclasses import dataclass

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

UNTAGGED = 2  # "unspecified" in all three tables of ITU-T H.273
# By H.273's number of the matrix, swscale's: those that it converts to and from. What is untagged it
# takes for BT.601, whatever its size.
MATRICES = {
    1: Colorspace.ITU709,
    UNTAGGED: Colorspace.ITU601,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Colours:
    """What a video is tagged with, as the numbers of ITU-T H.273.

    Attributes
    ----------
    matrix : int
        From red, green and blue to brightness and two colour differences.
    primaries : int
        What red, green and blue are.
    transfer : int
        From light to numbers.
    """

    matrix: int
    primaries: int
    transfer: int


BT709 = Colours(matrix=1, primaries=1, transfer=1)


def colours_of(stream: "av.VideoStream") -> Colours:
    """Read a video's tags; `BT709` where its pictures are RGB, or of a matrix that can't be written."""
    context = stream.codec_context
    if int(context.colorspace) not in MATRICES:
        return BT709
    return Colours(
        matrix=int(context.colorspace),
        primaries=int(context.color_primaries),
        transfer=int(context.color_trc),
    )


def coded(image: NDArray[np.uint8], *, colours: Colours) -> av.VideoFrame:
    """Convert a picture (uint8 RGB [shape=(height, width, 3)]) to 4:2:0, limited range."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    return frame.reformat(
        format="yuv420p",
        dst_colorspace=MATRICES[colours.matrix],
        dst_color_range=ColorRange.MPEG,
    )


def tag(context: "av.VideoCodecContext", colours: Colours) -> None:
    """Tell an encoder, before it is opened, what its pictures' numbers stand for."""
    context.color_range, context.colorspace = ColorRange.MPEG, colours.matrix
    context.color_primaries, context.color_trc = colours.primaries, colours.transfer
