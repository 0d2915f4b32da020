"""Draw docs/images/demo.png: one impact of each material of a demo dataset, seen and heard.

Usage: python docs/make/demo_picture.py DATASET docs/images/demo.png
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from models.sounds.cochleagram import clip_cochleagrams
from models.sounds.pictures import draw_cochleagram
from models.videos.centred import cut_window
from models.videos.dataset import Dataset, Impact, Video, read_dataset
from models.videos.video import read_clips, read_sound

COLUMNS = 6


def first_hits(dataset: Dataset) -> dict[str, tuple[Video, Impact]]:
    """Choose the loudest-looking early hit of each material: the third hit of its first video."""
    chosen: dict[str, tuple[Video, Impact]] = {}
    for video in dataset.videos:
        hits = [impact for impact in video.impacts or () if impact.action == "hit" and impact.material]
        if hits:
            impact = hits[len(hits) // 2]
            chosen.setdefault(str(impact.material), (video, impact))
    return dict(sorted(chosen.items()))


def main(root: Path, out: Path) -> None:
    """Draw frame above cochleagram for every material."""
    chosen = first_hits(read_dataset(root))
    rows = -(-len(chosen) // COLUMNS)
    figure = plt.figure(figsize=(2.0 * COLUMNS, 2.65 * rows), dpi=100)
    grid = figure.add_gridspec(rows, COLUMNS, left=0.005, right=0.995, top=0.965, bottom=0.005)
    grid.update(wspace=0.04, hspace=0.13)
    for place, (material, (video, impact)) in zip(grid, chosen.items(), strict=False):
        cell = place.subgridspec(2, 1, height_ratios=(15, 9), hspace=0.02)
        picture, sound = figure.add_subplot(cell[0]), figure.add_subplot(cell[1])
        clip = next(read_clips(video.pictures, [impact.time_s]))
        picture.imshow(clip.images[len(clip.images) // 2 + 1], aspect="auto")
        picture.set_title(material, fontsize=9, pad=3)
        window = cut_window(read_sound(video.sound), impact.time_s)
        if window is not None:
            draw_cochleagram(sound, np.asarray(clip_cochleagrams(window[None])[0]))
        for axis in (picture, sound):
            axis.axis("off")
    figure.savefig(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
