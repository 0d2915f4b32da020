"""Time ``stimuli build`` beside its floor: ``python benchmarks/build.py [DATASET]``.

The floor is what no build can do without, each part measured alone: every test video decoded once
(sound and pictures), every clip's pictures encoded once, every sound coded and muxed onto the copied
pictures once. The build has eight variants that cost next to nothing (`random`, and seven folders of
ready-made noise) and one worker. Times are processor seconds of this process, so that other work on
the machine does not count; without DATASET a small demo dataset is rendered first.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from bench import dataset_or_demo, timed
from scipy.io import wavfile

from models.clips.exemplars import load_exemplars
from models.context import Context
from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import Dataset, Video, read_dataset
from models.videos.video import ClipFrames, read_clips, read_sound
from stimuli.building.build import build
from stimuli.building.options import Options
from stimuli.files.aac import BITRATE, encode_sound, equalized
from stimuli.files.media import encode_pictures, mux
from stimuli.files.sounds import excerpt
from stimuli.manifest import Clip, Manifest

N_FOLDERS = 7
AIM = 1.5


def noise_folder(folder: Path, dataset: Dataset) -> Path:
    """Write 90 s of noise for every test video, in the form that external variants have."""
    folder.mkdir()
    noise = np.random.default_rng(0).normal(scale=2000, size=90 * SAMPLE_RATE).astype("<i2")
    for video in dataset.test:
        wavfile.write(folder / f"{video.id}.wav", SAMPLE_RATE, noise)
    return folder


def decode(videos: list[Video], made: Manifest) -> tuple[dict[str, ClipFrames], dict[str, np.ndarray]]:
    """Decode every video once, as the build has to: all its sound, its pictures up to the last clip."""
    frames: dict[str, ClipFrames] = {}
    sounds: dict[str, np.ndarray] = {}
    for video in videos:
        clips = made.clips_of(video.id)
        middles = [clip.start_s + clip.n_frames // 2 / clip.frame_rate for clip in clips]
        sounds[video.id] = read_sound(video.sound)
        for found in read_clips(video.pictures, middles):
            frames[clips[found.index].id] = found
    return frames, sounds


def encode(clip: Clip, frames: dict[str, ClipFrames]) -> bytes:
    """Encode a clip's pictures once."""
    return encode_pictures(frames[clip.id].images, rate=clip.frame_rate)


def copy(clip: Clip, pictures: bytes, waveform: np.ndarray) -> int:
    """Code a sound for every stimulus of a clip, and mux it onto the copied pictures."""
    n_samples = round(clip.duration_s * SAMPLE_RATE)
    sound = excerpt(waveform, round(clip.start_s * SAMPLE_RATE), n_samples)
    packets = equalized([encode_sound(sound) for _ in clip.stimuli])
    return sum(len(mux(pictures, of, n_samples=n_samples, bitrate=BITRATE)) for of in packets)


def floor(dataset: Dataset, made: Manifest) -> dict[str, float]:
    """Measure the parts of the floor (s)."""
    videos = [video for video in dataset.test if made.clips_of(video.id)]
    decoding, (frames, sounds) = timed(lambda: decode(videos, made))
    encoding, pictures = timed(lambda: {clip.id: encode(clip, frames) for clip in made.clips})
    copying, _ = timed(lambda: [copy(c, pictures[c.id], sounds[c.video_id]) for c in made.clips])
    return {"decode once": decoding, "encode once a clip": encoding, "code and copy a sound": copying}


def main(given: Path | None) -> None:
    """Print the table."""
    torch.set_num_threads(1)
    with dataset_or_demo(given) as (root, scratch):
        dataset = read_dataset(root)
        context = Context(dataset=dataset, cache=scratch / "cache")
        load_exemplars(context, dataset.train)  # made once, not by each build
        folder = noise_folder(scratch / "noise", dataset)
        options = Options(
            models=("random",),
            externals={f"noise-{i}": folder for i in range(N_FOLDERS)},
            cache=scratch / "cache",
            device="cpu",
            catch=False,
        )
        total, built = timed(lambda: build(root, scratch / "set", options=options))
        parts = floor(dataset, built.manifest)
    report(built.manifest, total, parts)


def report(made: Manifest, total: float, parts: dict[str, float]) -> None:
    """Print what was measured."""
    n_stimuli = sum(len(clip.stimuli) for clip in made.clips)
    print(f"{len(made.video_ids)} videos, {len(made.clips)} clips, {n_stimuli} stimuli")
    for name, seconds in parts.items():
        print(f"  {name:24s} {seconds:8.2f} s")
    least = sum(parts.values())
    print(f"  {'sum':24s} {least:8.2f} s")
    print(f"  {'stimuli build':24s} {total:8.2f} s = {total / least:.2f} x the sum (aim: {AIM} x)")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
