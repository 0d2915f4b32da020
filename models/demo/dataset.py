"""Writes the demo dataset in the published layout: plan, render in several processes, move in place."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from models.demo.acoustics import soundtrack
from models.demo.encode import write_video
from models.demo.materials import MATERIALS
from models.demo.motion import FRAME_RATE, plan_strikes, video_length_s
from models.demo.render import Renderer
from models.demo.scene import build_scene
from models.files import new_folder
from models.pool import Pool
from models.videos.annotations import POSITIONS_NAME, SCENES_NAME, write_positions, write_scenes
from models.videos.dataset import TIMES_NAME, Impact, write_times

TRAIN_SHARE = 0.75


@dataclass(frozen=True, kw_only=True, slots=True)
class Take:
    """One video to be rendered.

    Attributes
    ----------
    id : str
        Its name; says nothing about what it shows.
    material : int
        Index into `models.demo.materials.MATERIALS`.
    variant : int
        Which video of that material.
    split : str
        ``train`` or ``test``.
    """

    id: str
    material: int
    variant: int
    split: str


def render_dataset(
    out: Path,
    *,
    seed: int = 0,
    n_materials: int = len(MATERIALS),
    videos_per_material: int = 5,
    impacts_per_video: int = 12,
    size: tuple[int, int] = (256, 192),
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Render a demo dataset.

    Parameters
    ----------
    out : Path
        Folder to make. It appears whole, or not at all.
    seed : int
        The only source of chance: the same seed and arguments give the same pictures, sounds, labels.
    n_materials : int
        Use this many materials, 1 to 17.
    videos_per_material : int
        About three quarters of them are for training; from 2 on every material is in both parts.
    impacts_per_video : int
        Hits and scratches a video.
    size : (int, int)
        Width and height of the pictures (pixels, even).
    workers : int
        Processes that render.
    progress : callable, optional
        Told (videos done, videos in all) after each video.

    Raises
    ------
    ModelsError
        If `out` exists and is not an empty folder.
    ValueError
        If a number is out of its range.
    """
    _check_arguments(n_materials, videos_per_material, impacts_per_video, size, workers)
    takes = plan_takes(n_materials, videos_per_material, seed=seed)
    with new_folder(out) as folder:
        render = partial(render_take, folder=folder, seed=seed, n_impacts=impacts_per_video, size=size)
        with Pool(workers) as pool:
            for done, _ in enumerate(pool.map(render, takes), start=1):
                if progress:
                    progress(done, len(takes))
        _write_split(folder, takes)


def plan_takes(n_materials: int, videos_per_material: int, *, seed: int) -> tuple[Take, ...]:
    """Decide which videos there are, under which neutral names, and which of them are for testing."""
    n_train = max(1, min(round(TRAIN_SHARE * videos_per_material), videos_per_material - 1))
    order = np.random.default_rng([seed, 0]).permutation(videos_per_material * n_materials)
    takes = []
    for number, index in enumerate(order.tolist(), start=1):
        variant, material = divmod(index, n_materials)
        split = "train" if variant < n_train else "test"
        takes.append(Take(id=f"demo-{number:04d}", material=material, variant=variant, split=split))
    return tuple(takes)


def render_take(take: Take, folder: Path, *, seed: int, n_impacts: int, size: tuple[int, int]) -> None:
    """Render one video with its times file."""
    material = MATERIALS[take.material]
    rng = np.random.default_rng([seed, 1, take.material, take.variant])
    scene = build_scene(material, variant=take.variant, picture=size, rng=rng)
    loose = scene.solid is not None
    strikes = plan_strikes(material, n_strikes=n_impacts, reach_m=scene.reach_m, loose=loose, rng=rng)
    n_frames = int(np.ceil(video_length_s(strikes) * FRAME_RATE))
    sound = soundtrack(material, strikes, duration_s=n_frames / FRAME_RATE, size=scene.size, rng=rng)
    renderer = Renderer(scene, material, strikes, n_frames=n_frames, rng=rng)
    write_video(folder / f"{take.id}_denoised.mp4", renderer.frames(), sound, size=size)
    impacts = [
        Impact(time_s=s.time_s, material=material.name, action=s.action, reaction=s.reaction)
        for s in strikes
    ]
    write_times(folder / f"{take.id}{TIMES_NAME}", impacts)
    write_positions(folder / f"{take.id}{POSITIONS_NAME}", renderer.positions())


def _write_split(folder: Path, takes: tuple[Take, ...]) -> None:
    for split in ("train", "test"):
        ids = sorted(take.id for take in takes if take.split == split)
        (folder / f"{split}.txt").write_text("".join(f"{id_}\n" for id_ in ids), encoding="utf-8")
    scenes = {take.id: "outdoor" if MATERIALS[take.material].outdoor else "indoor" for take in takes}
    write_scenes(folder / SCENES_NAME, scenes)


def _check_arguments(
    n_materials: int, videos_per_material: int, n_impacts: int, size: tuple[int, int], workers: int
) -> None:
    if not 1 <= n_materials <= len(MATERIALS):
        raise ValueError(f"n_materials is {n_materials}; give 1 to {len(MATERIALS)}")
    for name, number in (
        ("videos_per_material", videos_per_material),
        ("impacts_per_video", n_impacts),
        ("workers", workers),
    ):
        if number < 1:
            raise ValueError(f"{name} is {number}; give at least 1")
    if min(size) < 32 or size[0] % 2 or size[1] % 2:
        raise ValueError(f"size is {size[0]} x {size[1]}; give even numbers of pixels, at least 32")
