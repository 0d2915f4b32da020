"""Draw docs/images/demo.png: one impact of each material of a demo dataset, seen and heard.

Usage: python docs/make/demo_picture.py DATASET docs/images/demo.png
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from models.centred import cut_window
from models.cochleagram import clip_cochleagrams
from models.dataset import Dataset, Impact, Video, read_dataset
from models.pictures import draw_cochleagram
from models.video import read_clips, read_sound

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
    figure, axes = plt.subplots(2 * rows, COLUMNS, figsize=(2.0 * COLUMNS, 2.55 * rows), dpi=130)
    for axis in axes.flat:
        axis.axis("off")
    for place, (material, (video, impact)) in enumerate(chosen.items()):
        row, column = divmod(place, COLUMNS)
        clip = next(read_clips(video.pictures, [impact.time_s]))
        window = cut_window(read_sound(video.sound), impact.time_s)
        picture, sound = axes[2 * row, column], axes[2 * row + 1, column]
        picture.imshow(clip.images[len(clip.images) // 2 + 1])
        picture.set_title(material, fontsize=9, pad=3)
        if window is not None:
            draw_cochleagram(sound, np.asarray(clip_cochleagrams(window[None])[0]))
            sound.set(xlabel="", ylabel="", title="")
            sound.axis("off")
    figure.subplots_adjust(left=0.01, right=0.99, top=0.97, bottom=0.0, wspace=0.06, hspace=0.3)
    figure.savefig(out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
