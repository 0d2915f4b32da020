"""Draw docs/images/dubbed.png: a silent demo video, the sound that `models dub` made, the recorded one.

Usage: python docs/make/dubbed_clip.py DATASET NETWORKS VIDEO docs/images/dubbed.png

The picture in the README is of demo-0029, a test video of

    models demo-data DATASET --videos-per-material 2 --seed 3
    models train --variant detection --dataset DATASET --out NETWORKS --image-size 96 --epochs 10 \
      --optimizer adam --epsilon 3 --input-noise 0.5
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.sounds.cochleagram import cochleagrams
from models.sounds.pictures import draw_cochleagram
from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import Video, read_dataset
from models.videos.video import read_clips, read_sound

FROM_S, TO_S = 0.0, 6.0  # what is shown of the video
FRAMES = 6
SIZE_INCHES = (10.0, 4.35)
INK, MARK = "#444444", "#1f77b4"


def write_silent(source: Path, target: Path) -> None:
    """Copy a video's pictures without its sound."""
    with av.open(source) as read, av.open(target, "w") as written:
        pictures = read.streams.video[0]
        copied = written.add_stream_from_template(pictures)
        for packet in read.demux(pictures):
            if packet.dts is not None:
                packet.stream = copied
                written.mux(packet)


def dub(video: Path, networks: Path, folder: Path) -> tuple[Path, list[float]]:
    """Run `models dub`; return the dubbed video and the times of its impacts (s)."""
    out, stems = folder / "dubbed.mp4", folder / "stems"
    command = ["models", "dub", video, "-o", out, "--checkpoints", networks, "--stems", stems]
    subprocess.run(list(map(str, command)), check=True)
    with (stems / "impacts.csv").open(encoding="utf-8", newline="") as file:
        return out, [float(row["impact_s"]) for row in csv.DictReader(file)]


def heard(path: Path) -> NDArray[np.float32]:
    """Measure the cochleagram of what is shown of a recording."""
    first, last = round(FROM_S * SAMPLE_RATE), round(TO_S * SAMPLE_RATE)
    return np.asarray(cochleagrams(read_sound(path)[None, first:last])[0])


def draw_frames(axes: list[Axes], video: Video, times_s: list[float]) -> None:
    """Show the pictures at these times."""
    for axis, clip, time_s in zip(axes, read_clips(video.pictures, times_s), times_s, strict=True):
        axis.imshow(clip.images[len(clip.images) // 2 + 1])
        axis.set_title(f"{time_s:.2f} s", fontsize=8, pad=3, color=INK)
        axis.axis("off")


def draw_sound(axis: Axes, sound: NDArray[np.float32], title: str, times_s: list[float]) -> None:
    """Draw a cochleagram with marks above it."""
    draw_cochleagram(axis, sound, start_s=FROM_S)
    axis.plot(times_s, np.full(len(times_s), sound.shape[1] + 0.5), "v", color=MARK, ms=4, clip_on=False)
    axis.set_title(title, fontsize=9, loc="left", pad=8, color=INK)
    axis.set_ylabel("Hz", fontsize=7, color=INK)


def draw(video: Video, dubbed: Path, found_s: list[float]) -> Figure:
    """Draw frames above both sounds."""
    inside_s = [time_s for time_s in found_s if FROM_S + 0.3 < time_s < TO_S - 0.3]
    chosen = np.linspace(0, len(inside_s) - 1, min(FRAMES, len(inside_s))).round().astype(int)
    true_s = [impact.time_s for impact in video.impacts or () if impact.time_s < TO_S]
    figure = plt.figure(figsize=SIZE_INCHES, dpi=110, layout="constrained")
    frames, above, below = figure.subfigures(3, 1, height_ratios=(1.12, 1, 1))
    draw_frames(list(frames.subplots(1, len(chosen))), video, [inside_s[index] for index in chosen])
    shown_s = [time_s for time_s in found_s if time_s < TO_S]
    draw_sound(above.subplots(), heard(dubbed), "from the silent pictures, by models dub", shown_s)
    draw_sound(below.subplots(), heard(video.sound), "as recorded, never heard by the model", true_s)
    return figure


def main(dataset: Path, networks: Path, name: str, out: Path) -> None:
    """Dub one video and draw it."""
    video = next(video for video in read_dataset(dataset).videos if video.id == name)
    with tempfile.TemporaryDirectory() as folder:
        silent = Path(folder) / "silent.mp4"
        write_silent(video.pictures, silent)
        dubbed, found_s = dub(silent, networks, Path(folder))
        draw(video, dubbed, found_s).savefig(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
