import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.commands.datasets import demo_data
from models.demo.camera import place_camera
from models.demo.materials import MATERIALS, Material
from models.demo.motion import FRAME_RATE, MIN_GAP_S, Strike, plan_strikes, tip_path, video_length_s
from models.demo.render import Renderer
from models.demo.scene import Scene, build_scene
from models.demo.shapes import FAR, Solid, meet
from models.videos.dataset import read_dataset

BY_NAME = {material.name: material for material in MATERIALS}
SIZE = (96, 72)


def rendered(
    name: str, *, seed: int, n_strikes: int = 3
) -> tuple[Scene, tuple[Strike, ...], NDArray[np.float64]]:
    material, rng = BY_NAME[name], np.random.default_rng(seed)
    scene = build_scene(material, variant=0, picture=SIZE, rng=rng)
    strikes = plan_strikes(material, n_strikes=n_strikes, reach_m=scene.reach_m, loose=True, rng=rng)
    n_frames = int(np.ceil(video_length_s(strikes) * FRAME_RATE))
    renderer = Renderer(scene, material, strikes, n_frames=n_frames, rng=rng)
    return scene, strikes, np.stack(list(renderer.frames())).astype(float)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**31), number=st.integers(0, 16))
def test_strikes_are_spaced_touch_the_surface_and_carry_published_labels(seed: int, number: int) -> None:
    material, rng = MATERIALS[number], np.random.default_rng(seed)
    strikes = plan_strikes(material, n_strikes=8, reach_m=0.08, loose=bool(seed % 2), rng=rng)
    starts = np.asarray([strike.time_s for strike in strikes])
    assert np.diff(starts).min() >= MIN_GAP_S - 0.011
    height = tip_path(strikes, starts, bounce=material.bounce)[:, 2]
    before = tip_path(strikes, starts - 0.05, bounce=material.bounce)[:, 2]
    assert np.abs(height).max() < 1e-9
    assert before.min() > 0.005
    assert {s.action for s in strikes} <= {"hit", "scratch"}
    assert {s.reaction for s in strikes} <= {"static", "rigid-motion", "deform", "scatter", "splash"}


@given(seed=st.integers(0, 2**31))
def test_one_picture_shows_every_touch(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for strike in plan_strikes(MATERIALS[0], n_strikes=6, reach_m=0.08, loose=False, rng=rng):
        nearest = round(strike.time_s * FRAME_RATE) / FRAME_RATE
        assert strike.time_s < nearest < strike.end_s


def test_harder_blows_come_from_higher_and_faster() -> None:
    plan = {"time_s": 1.0, "x": 0.0, "y": 0.0, "action": "hit", "reaction": "static"}
    soft, hard = (Strike(**plan, force=force) for force in (0.2, 1.0))  # type: ignore[arg-type]  # mixed
    times = np.linspace(0.5, 1.0, 2000)
    tops = [tip_path([strike], times, bounce=0.5)[:, 2] for strike in (soft, hard)]
    assert tops[1].max() > 2 * tops[0].max()
    assert -np.diff(tops[1])[-1] > 2 * -np.diff(tops[0])[-1]


@pytest.mark.parametrize("name", ["carpet", "wood", "metal", "gravel", "water"])
def test_pictures_change_most_around_strikes(name: str) -> None:
    _, strikes, frames = rendered(name, seed=1)
    calm = frames.mean(axis=3).reshape(len(frames), 18, 4, 24, 4).mean(axis=(2, 4))  # less of the noise
    change = np.abs(np.diff(calm, axis=0)).reshape(len(frames) - 1, -1).std(axis=1)  # something local
    at = np.zeros(len(change), bool)
    for strike in strikes:
        at[round(strike.time_s * FRAME_RATE) - 5 : round(strike.end_s * FRAME_RATE) + 5] = True
    assert change[at].mean() > 1.2 * change[~at].mean()


@pytest.mark.parametrize("name", ["water", "gravel", "cloth", "plastic"])
def test_a_reaction_can_be_seen_after_the_touch(name: str) -> None:
    """The same video is rendered with and without its reactions; only the pictures after differ."""
    material = BY_NAME[name]
    scene = build_scene(material, variant=0, picture=SIZE, rng=np.random.default_rng(2))
    strike = {"time_s": 1.0, "x": 0.0, "y": 0.0, "force": 1.0, "action": "hit"}
    shown = []
    for reaction in (material.reaction, "static"):
        only = (Strike(**strike, reaction=reaction),)  # type: ignore[arg-type]  # fields of mixed types
        rng = np.random.default_rng(3)
        frames = Renderer(scene, material, only, n_frames=40, rng=rng).frames()
        shown.append(np.stack(list(frames)).astype(float))
    touch = round(FRAME_RATE)
    if name == "water":  # its rings come with any touch; the drops are the reaction
        assert np.abs(shown[0][touch + 2 :] - shown[1][touch + 2 :]).max() > 40
        return
    apart = np.abs(shown[0] - shown[1]).mean(axis=(1, 2, 3))
    assert apart[touch + 1 : touch + 5].max() > 0.1
    assert apart[touch + 1 : touch + 5].max() > 2 * apart[:touch].max()


def test_the_camera_shakes_and_the_light_and_the_sensor_vary() -> None:
    _, strikes, frames = rendered("tile", seed=4)
    still = frames[: round((strikes[0].time_s - 0.35) * FRAME_RATE)]
    assert np.abs(np.diff(still, axis=0)).mean() > 0.5
    assert np.ptp(frames.mean(axis=(1, 2, 3))) > 1.0


@pytest.mark.parametrize("material", MATERIALS, ids=lambda material: material.name)
def test_each_material_has_a_look_and_no_two_videos_are_the_same(material: Material) -> None:
    scenes = [
        build_scene(material, variant=0, picture=(64, 48), rng=np.random.default_rng(seed))
        for seed in (0, 1)
    ]
    for scene in scenes:
        assert np.isfinite(scene.ground).all()
        assert 0.03 < float(scene.ground.mean()) < 1.2
        assert (scene.thing is None) == (scene.solid is None)
    assert float(np.abs(scenes[0].ground - scenes[1].ground).mean()) > 0.02
    assert material.look.__name__ == material.name.replace("-", "_")


@pytest.mark.parametrize("kind", ["box", "cone", "dome"])
def test_rays_from_above_meet_the_top_of_a_solid(kind: str) -> None:
    solid = Solid(kind=kind, yaw=0.4, half_x=0.05, half_y=0.04, height=0.06, taper=0.8)
    origin = np.asarray([0.0, 0.0, 1.0], np.float32)
    rays = np.asarray([[[0.0, 0.0, -1.0], [0.5, 0.0, -1.0]]], np.float32)
    hit = meet(solid, origin, rays)
    assert hit.reach[0, 0] == pytest.approx(0.94, abs=1e-3)
    assert hit.normal[0, 0] == pytest.approx([0, 0, 1], abs=1e-3)
    assert hit.reach[0, 1] == FAR


def test_projection_and_rays_agree() -> None:
    camera = place_camera(distance_m=0.5, pitch=0.9, roll=0.1, target=np.zeros(3), size=SIZE)
    point = camera.position + 0.4 * camera.rays()[80, 140].astype(float)
    pixels, _ = camera.project(point)
    assert pixels == pytest.approx([140.5 / 2 - 30, 80.5 / 2 - 30], abs=1e-3)


def test_the_command_writes_a_dataset_and_explains_a_refusal(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    out = tmp_path_factory.mktemp("command") / "demo"
    few = [
        "--materials",
        "1",
        "--videos-per-material",
        "1",
        "--impacts-per-video",
        "1",
        "--workers",
        "1",
    ]
    first = CliRunner().invoke(demo_data, [str(out), *few])
    again = CliRunner().invoke(demo_data, [str(out), *few])
    assert first.exit_code == 0, first.output
    assert len(read_dataset(out).videos) == 1
    assert again.exit_code == 1
    assert "give a new folder" in again.output
