"""Pictures for a page that needs no other file."""

import base64
import os
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

FRAME_WIDTH = 480  # pixels


def jpeg(image: NDArray[np.uint8], *, width: int = FRAME_WIDTH) -> bytes:
    """Encode a picture (uint8 RGB [shape=(height, width, 3)]) as JPEG, at most `width` pixels wide."""
    height, full_width = image.shape[:2]
    scale = min(1.0, width / full_width)
    size = {"width": round(full_width * scale) // 2 * 2, "height": round(height * scale) // 2 * 2}
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
    small = frame.reformat(**size, format="yuvj420p", dst_color_range=ColorRange.JPEG)
    context = VideoCodecContext.create("mjpeg", "w")
    context.width, context.height, context.pix_fmt = small.width, small.height, "yuvj420p"
    context.time_base, context.thread_count = Fraction(1, 1), 1
    small.pts = 0
    return b"".join(bytes(packet) for packet in [*context.encode(small), *context.encode(None)])


def data_uri(data: bytes, *, kind: str) -> str:
    """Write bytes as a ``data:`` address, for a page that needs no other file."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def address_of(path: Path, page: Path | None) -> str:
    """Give a video file's address on a page that links to it, or that holds it (None)."""
    if page is None:
        return data_uri(path.read_bytes(), kind="video/mp4")
    return Path(os.path.relpath(path.resolve(), page.resolve().parent)).as_posix()
