"""Tiny recordings for tests: pictures that move, sounds that click where they are told to."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def write_video(
    path: Path,
    *,
    seconds: float = 2.0,
    rate: Fraction | int = Fraction(30_000, 1001),
    size: tuple[int, int] = (64, 48),
    clicks_s: Sequence[float] = (0.5, 1.2),
    pitch_hz: float = 900.0,
    sample_rate: int = 44_100,
    n_channels: int = 1,
    seed: int = 0,
    pictures: bool = True,
    sound: bool = True,
) -> Path:
    """Write H.264 pictures and AAC sound as MP4 (or whatever the suffix says), and return the path.

    `size` is (width, height), even numbers. A textured background, its colours drawn from `seed`, with
    a white square that jumps down in the frames nearest to the clicks; each click is a decaying tone of
    `pitch_hz` with a sharp attack at exactly its time, peak 0.5, over noise at 1e-3.
    """
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=rate) if pictures else None
        layout = "mono" if n_channels == 1 else "stereo"
        audio = container.add_stream("aac", rate=sample_rate, layout=layout) if sound else None
        if video is not None:
            video.width, video.height, video.pix_fmt = *size, "yuv420p"
            video.options = {"preset": "ultrafast", "crf": "18", "threads": "1"}
            video.codec_context.thread_count = 1
            for image in sample_pictures(seconds, rate=rate, size=size, clicks_s=clicks_s, seed=seed):
                container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            container.mux(video.encode(None))
        if audio is not None:
            waveform = sample_sound(
                seconds, clicks_s=clicks_s, pitch_hz=pitch_hz, sample_rate=sample_rate, seed=seed
            )
            for start in range(0, len(waveform), 1024):
                block = np.tile(waveform[start : start + 1024], (n_channels, 1))
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
                frame.sample_rate, frame.pts, frame.time_base = (
                    sample_rate,
                    start,
                    Fraction(1, sample_rate),
                )
                container.mux(audio.encode(frame))
            container.mux(audio.encode(None))
    return path


def sample_pictures(
    seconds: float,
    *,
    rate: Fraction | int = Fraction(30_000, 1001),
    size: tuple[int, int] = (64, 48),
    clicks_s: Sequence[float] = (),
    seed: int = 0,
) -> list[NDArray[np.uint8]]:
    """Draw the pictures that `write_video` encodes: uint8 RGB, (height, width, 3) each."""
    width, height = size
    rng = np.random.default_rng(seed)
    coarse = rng.integers(30, 200, (height // 8 + 1, width // 8 + 1, 3)).astype(np.uint8)
    background = np.repeat(np.repeat(coarse, 8, axis=0), 8, axis=1)[:height, :width]
    images = []
    for index in range(round(seconds * float(rate))):
        image = background.copy()
        near = any(abs(index / float(rate) - click) <= 0.5 / float(rate) for click in clicks_s)
        top, left = (height // 2 if near else height // 8), (2 * index) % (width - width // 4)
        image[top : top + height // 4, left : left + width // 4] = 255
        images.append(image)
    return images


def sample_sound(
    seconds: float,
    *,
    clicks_s: Sequence[float],
    pitch_hz: float = 900.0,
    sample_rate: int = 44_100,
    seed: int = 0,
) -> NDArray[np.float32]:
    """Make the waveform that `write_video` encodes: float32, mono."""
    n_samples = round(seconds * sample_rate)
    waveform = 1e-3 * np.random.default_rng(seed).standard_normal(n_samples)
    for click in clicks_s:
        start = round(click * sample_rate)
        time = np.arange(n_samples - start) / sample_rate
        waveform[start:] += 0.5 * np.exp(-30 * time) * np.cos(2 * np.pi * pitch_hz * time)
    return np.clip(waveform, -1, 1).astype(np.float32)


def write_wav(path: Path, waveform: NDArray[np.float32], *, sample_rate: int) -> Path:
    """Write mono 16-bit samples, full scale at 1, and return the path."""
    samples = np.round(np.clip(waveform, -1, 1) * 32767).astype(np.int16)[None]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=sample_rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = sample_rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
