"""Recognition data on a small scale: sounds that tell their class, pictures that tell it better."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from models.files import new_folder
from models.recognition.folder import ALL, TEST, TRAIN, FolderWriter, LabelledClip, VideoFacts

MATERIALS = ("cloth", "leaf", "metal", "wood")  # two soft ones, two hard ones
N_STEPS, N_CHANNELS = 5, 6


def write_sample(out: Path, *, per_video: int = 6, n_videos: int = 16, noise: float = 1.0) -> Path:
    """Write a folder: every video shows one material, every other one is for testing."""
    rng = np.random.default_rng(5)
    videos = [
        VideoFacts(
            id=f"v{i}",
            part=TEST if i % 2 else TRAIN,
            duration_s=30.0,
            n_impacts=per_video,
            scene="outdoor" if i % 4 == 1 else "indoor",
        )
        for i in range(n_videos)
    ]
    clips = [
        LabelledClip(
            id=f"{video.id}@{k}", video=video.id, part=video.part, time_s=float(k),
            material=MATERIALS[int(video.id[1:]) // 2 % 4], action="hit" if k % 3 else "scratch",
            reaction="static" if k % 2 else None,
        )
        for part in (TRAIN, TEST) for video in videos if video.part == part for k in range(per_video)
    ]  # fmt: skip
    codes = np.array([MATERIALS.index(clip.material or "") for clip in clips])
    patterns = rng.uniform(0.2, 1.2, (4, N_STEPS, N_CHANNELS))
    sounds = patterns[codes] + 0.15 * noise * rng.standard_normal((len(codes), N_STEPS, N_CHANNELS))
    is_test = np.array([clip.part == TEST for clip in clips])
    predicted = patterns[codes[is_test]] + 1.6 * rng.standard_normal(sounds[is_test].shape)
    predicted[0] = np.nan  # a clip that the variant made no sound for
    images = np.eye(4)[codes] + 0.05 * rng.standard_normal((len(codes), 4))
    with new_folder(out) as folder:
        writer = FolderWriter(folder)
        writer.write("sound", [sounds], rows=ALL, kind="sound", n_bands=4)
        writer.write("sound-2", [sounds[:, :, ::2]], rows=ALL, kind="channels", n_bands=2)
        writer.write("image", [np.concatenate([images, images], axis=1)], rows=ALL, kind="sight")
        writer.write("predicted-full-features", [predicted], rows=TEST, kind="predicted", variant="full",
                     basis="features", network="abc")  # fmt: skip
        writer.write_thumbnails([jpeg(code) for code in codes])
        facts = {"dataset": "small", "split": "files", "n_steps": N_STEPS, "rate_hz": 90.0,
                 "centres_hz": [100.0, 300.0, 1000.0, 3000.0], "image_network": None}  # fmt: skip
        writer.finish(clips, videos, facts=facts, unavailable={"crop": "no positions in /srv/lab/small"})
    return out


def jpeg(code: int) -> bytes:
    """A small picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (8, 6), (60 * code, 80, 120)).save(file, format="JPEG")
    return file.getvalue()
