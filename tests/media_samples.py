"""Tiny recordings for tests: pictures that move, sounds that click where they are told to."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from torch import nn

from models.networks.backbones import Backbone

MATERIALS = {"a1": "wood", "a2": "wood", "b1": "metal", "b2": "metal", "c1": "wood"}


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


def write_wav(
    path: Path, waveform: NDArray[np.float32], *, sample_rate: int, codec: str = "pcm_s16le"
) -> Path:
    """Write mono 16-bit samples, full scale at 1, and return the path; or as ``flac``."""
    samples = np.round(np.clip(waveform, -1, 1) * 32767).astype(np.int16)[None]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=sample_rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = sample_rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_dataset(
    root: Path,
    materials: Mapping[str, str] = MATERIALS,
    *,
    test: Sequence[str] = ("c1",),
    clicks_s: Sequence[float] = (0.7, 1.3, 1.9),
    seconds: float = 2.6,
) -> Path:
    """Write recordings in the published layout, by default four to train on, and one to test.

    `materials` names what is struck in each; each differs in its pictures and its pitch, and each impact
    in a video is a click.
    """
    root.mkdir(parents=True, exist_ok=True)
    for seed, (video_id, material) in enumerate(materials.items()):
        path = root / f"{video_id}_mic.mp4"
        write_video(path, seconds=seconds, clicks_s=clicks_s, pitch_hz=500 + 600 * seed, seed=seed)
        lines = [f"{click} {material} hit static\n" for click in clicks_s]
        (root / f"{video_id}_times.txt").write_text("".join(lines), encoding="utf-8")
    for name, ids in {"train.txt": materials.keys() - {*test}, "test.txt": test}.items():
        (root / name).write_text("".join(f"{one}\n" for one in sorted(ids)), encoding="utf-8")
    return root


def small_backbone(spec: str, *, image_size: int | None = None, device: str = "cpu") -> Backbone:
    """Stand in for `backbones.load_backbone`: colours averaged on a 4 by 4 grid, 48 features."""
    return Backbone(
        name=spec,
        digest="0" * 64,
        image_size=image_size or 16,
        n_features=48,
        device=device,
        network=nn.Sequential(nn.AdaptiveAvgPool2d(4), nn.Flatten()),
        mean=(0.5, 0.5, 0.5),
        std=(0.2, 0.2, 0.2),
    )


def rewritten(
    source: Path,
    out: Path,
    *,
    keep: Callable[[av.Packet], bool] = lambda packet: True,
    shift: Callable[[av.Packet], int] = lambda packet: 0,
    options: dict[str, str] | None = None,
) -> Path:
    """Copy a file's packets, without those not kept, each `shift` of its stream's ticks later."""
    with av.open(str(source)) as read, av.open(str(out), "w", options=options or {}) as write:
        streams = {stream.index: write.add_stream_from_template(stream) for stream in read.streams}
        for packet in read.demux():
            if packet.dts is not None and keep(packet):
                late = shift(packet)
                packet.pts, packet.dts = packet.pts + late, packet.dts + late
                packet.stream = streams[packet.stream.index]
                write.mux(packet)
    return out


def late_after_a_second(packet: av.Packet) -> int:
    """For `rewritten`: all pictures after the first second come 0.1 s later."""
    is_late = packet.stream.type == "video" and packet.pts * packet.time_base > 1.0
    return round(0.1 / packet.time_base) if is_late else 0
