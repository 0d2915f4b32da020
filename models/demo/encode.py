"""Writing pictures and sound into an MP4 file."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from models.sounds.sound import SAMPLE_RATE
from models.sounds.waves import audio_frame

PICTURE_RATE = Fraction(30_000, 1001)  # Hz
# One thread, so that the bytes do not depend on the machine; the crf keeps the sensor's noise modest.
# Superfast has no macroblock tree, which in slower presets reads unset memory: 2,000 codings were alike.
X264_OPTIONS = {
    "preset": "superfast",
    "crf": "21",
    "threads": "1",
    "x264-params": "threads=1:sliced-threads=0",
}
AAC_BITS_PER_S = 160_000
AAC_BLOCK = 1024  # samples


def write_video(
    path: Path,
    frames: Iterable[NDArray[np.uint8]],
    waveform: NDArray[np.float32],
    *,
    size: tuple[int, int],
) -> None:
    """Encode one video as H.264 (yuv420p) with AAC.

    Parameters
    ----------
    path : Path
        File to write.
    frames : iterable of ndarray of uint8 [shape=(height, width, 3)]
        RGB, at 30000/1001 Hz from time 0.
    waveform : ndarray of float32 [shape=(n_samples,)]
        Mono at `models.sounds.sound.SAMPLE_RATE` from time 0, full scale at 1.
    size : (int, int)
        Width and height (pixels).
    """
    with av.open(str(path), "w", options={"movflags": "+faststart", "fflags": "+bitexact"}) as container:
        pictures = container.add_stream("libx264", rate=PICTURE_RATE, options=X264_OPTIONS)
        pictures.width, pictures.height, pictures.pix_fmt = size[0], size[1], "yuv420p"
        sound = container.add_stream("aac", rate=SAMPLE_RATE, layout="mono")
        sound.bit_rate = AAC_BITS_PER_S
        sound.options = {"aac_coder": "fast"}
        blocks = iter(range(0, waveform.size, AAC_BLOCK))
        for number, image in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(image, format="rgb24")
            picture.pts = number
            picture.time_base = 1 / PICTURE_RATE
            container.mux(pictures.encode(picture))
            _encode_sound(container, sound, waveform, blocks, until_s=float((number + 1) / PICTURE_RATE))
        _encode_sound(container, sound, waveform, blocks, until_s=float("inf"))
        container.mux(pictures.encode(None))
        container.mux(sound.encode(None))


def _encode_sound(
    container: "av.container.OutputContainer",
    stream: "av.AudioStream",
    waveform: NDArray[np.float32],
    blocks: Iterable[int],
    *,
    until_s: float,
) -> None:
    """Keep the sound just ahead of the pictures, so that the file is well interleaved."""
    for start in blocks:
        frame = audio_frame(waveform[start : start + AAC_BLOCK], start=start)
        container.mux(stream.encode(frame))
        if start >= until_s * SAMPLE_RATE:
            return
