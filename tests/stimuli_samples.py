"""A tiny dataset, the sets built from it, and ways to spoil a finished set."""

import dataclasses
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
from media_samples import rewritten, write_dataset, write_video, write_wav

from models.sounds.sound import SAMPLE_RATE
from stimuli import manifest
from stimuli.building.build import build
from stimuli.building.options import Options
from stimuli.building.sets import Built
from stimuli.files.names import put_whole
from stimuli.manifest import MEDIA_FOLDER, REAL, Clip

CLICKS_S = (0.6, 1.2, 1.8, 2.4)


def write_small_dataset(root: Path, *, test: tuple[str, ...] = ("q1", "q2")) -> Path:
    """Two training videos, and test videos of four impacts each, in the published layout."""
    materials = {
        video_id: ("metal", "wood")[seed % 2] for seed, video_id in enumerate(("t1", "t2", *test))
    }
    return write_dataset(root, materials, test=test, clicks_s=CLICKS_S, seconds=3.0)


def retime(path: Path, times_ms: Sequence[int]) -> None:
    """Give the pictures of a video, whose sound stays as it is, other times: a varying frame rate."""
    with av.open(str(path)) as source:
        shown = sorted(p.pts for p in source.demux(source.streams.video[0]) if p.pts is not None)

    def later(packet: av.Packet) -> int:
        if packet.stream.type != "video":
            return 0
        return round(times_ms[shown.index(packet.pts)] / 1000 / packet.time_base) - packet.pts

    rewritten(path, path.with_name("retimed.mp4"), shift=later).replace(path)


def write_bars(
    path: Path,
    colours: Sequence[Sequence[int]],
    *,
    size: tuple[int, int],
    tag: int,
    clicks_s: Sequence[float],
) -> Path:
    """Write a second of upright bars (RGB) and clicks, the matrix tagged (ITU-T H.273) or not (2)."""
    sound = write_video(path.with_name("sound.mp4"), seconds=1.0, clicks_s=clicks_s)
    bars = np.repeat(np.array(colours, np.uint8), size[0] // len(colours), axis=0)
    image = np.broadcast_to(bars, (size[1], size[0], 3)).copy()
    frame = av.VideoFrame.from_ndarray(image, format="rgb24")
    frame = frame.reformat(format="yuv420p", dst_colorspace=1 if tag == 1 else 5)
    with av.open(str(sound)) as source, av.open(str(path), "w") as target:
        video = target.add_stream("libx264", rate=30, options={"crf": "1", "preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.colorspace = tag
        audio = target.add_stream_from_template(source.streams.audio[0])
        for index in range(30):
            frame.pts = index
            target.mux(video.encode(frame))
        target.mux(video.encode(None))
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = audio
                target.mux(packet)
    return path


def build_small(dataset: Path, out: Path, **options: object) -> Built:
    """Build with the variants that need no image network, on one worker, without catch sounds."""
    cheap = {"models": ("random", "real-match"), "device": "cpu", "catch": False}
    given = {**cheap, "cache": dataset.parent / "cache"}
    return build(dataset, out, options=Options(**{**given, **options}))


def external_folder(path: Path, *, seconds: float, video_ids: Sequence[str] = ("q1", "q2")) -> Path:
    """Write noise as ready-made sounds of videos."""
    path.mkdir()
    noise = 0.1 * np.random.default_rng(0).standard_normal(round(seconds * SAMPLE_RATE))
    for video_id in video_ids:
        write_wav(path / f"{video_id}.wav", noise.astype(np.float32), sample_rate=SAMPLE_RATE)
    return path


def are_equal(one: Path, other: Path) -> bool:
    """Whether two sets hold the same files with the same bytes."""
    files = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (one, other)
    ]
    return files[0] == files[1]


def copy_set(source: Path, target: Path) -> Path:
    """Copy a set with the times of its files."""
    shutil.copytree(source, target, copy_function=shutil.copy2)
    return target


def spoil(folder: Path, change: Callable[[bytes, Clip], bytes], *, real: bool) -> None:
    """Rewrite the files of one side of every clip, and the manifest, as a leaking build would."""
    result = manifest.read(folder)
    for clip in result.clips:
        for name, stimulus in clip.stimuli.items():
            if (name == REAL) == real:
                path = manifest.media_path(folder, stimulus)
                time, data = path.stat().st_mtime_ns, change(path.read_bytes(), clip)
                path.unlink()
                facts = put_whole(data, folder / MEDIA_FOLDER, taken=set())
                clip.stimuli[name] = dataclasses.replace(stimulus, **facts)
                os.utime(manifest.media_path(folder, clip.stimuli[name]), ns=(time, time))
    manifest.write(result, folder)
