"""Published features, made here of our own cochleagrams with limits, gains and shifts that are known."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from media_samples import write_dataset, write_wav
from scipy.io import savemat

from models.commands.evaluate import evaluate as evaluate_command
from models.context import Context
from models.errors import ModelsError
from models.evaluation.official import compare_official, describe, read_features, write_official
from models.sounds.cochleagram import cochleagrams
from models.sounds.filterbank import DEFAULT_BANK, Bank
from models.sounds.sound import CLIP_STEPS, MARGIN_STEPS, SAMPLE_RATE
from models.videos.centred import cut_window
from models.videos.dataset import Dataset, Impact, Video, read_dataset
from models.videos.video import read_sound

TIMES_S = (0.7, 1.313, 1.9)
HEADER_7_3 = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Three recordings of struck things with noise in all bands, whose colour and decay differ."""
    root = tmp_path_factory.mktemp("official")
    return Dataset(
        root=root, train=tuple(_recording(root, seed) for seed in range(3)), test=(), split=""
    )


def _recording(root: Path, seed: int) -> Video:
    rng = np.random.default_rng(seed)
    sound = 1e-3 * rng.standard_normal(round(2.6 * SAMPLE_RATE))
    for time_s in TIMES_S:
        start = round(time_s * SAMPLE_RATE)
        since = np.arange(len(sound) - start) / SAMPLE_RATE
        struck = rng.standard_normal(len(since))
        for hertz in np.exp(rng.uniform(np.log(40), np.log(18_000), 12)):
            struck += 3 * np.sin(2 * np.pi * hertz * since)
        sound[start:] += 0.03 * struck * np.exp(-rng.uniform(10, 40) * since)
    path = write_wav(root / f"v{seed}.wav", sound, sample_rate=SAMPLE_RATE)
    impacts = tuple(Impact(time_s=time_s) for time_s in TIMES_S)
    return Video(id=f"v{seed}", pictures=path, sound=path, impacts=impacts)


def publish(
    dataset: Dataset,
    folder: Path,
    *,
    bank: Bank = DEFAULT_BANK,
    gain: float = 1.0,
    shift: int = 0,
    order: int = 1,
) -> Path:
    """Write what the authors would have, `shift` steps later, with `gain` and channels in `order`."""
    folder.mkdir(exist_ok=True)
    for video in dataset.videos:
        waveform = read_sound(video.sound)
        windows = [cut_window(waveform, i.time_s + shift / 90) for i in video.impacts]
        whole = cochleagrams(np.stack(windows), bank=bank).double().numpy()
        sfs = gain * whole[:, MARGIN_STEPS : MARGIN_STEPS + CLIP_STEPS, ::order]
        savemat(folder / f"{video.id}_sf.mat", {"sfs": sfs})
    return folder


def compare(dataset: Dataset, folder: Path):
    return compare_official(Context(dataset=dataset, cache=folder / "cache"), folder)


def test_our_own_features_are_found_to_be_ours(dataset: Dataset, tmp_path: Path) -> None:
    found = compare(dataset, publish(dataset, tmp_path))
    assert found.as_is.n_events == 9
    assert found.as_is.correlation == pytest.approx(1)
    assert found.as_is.channel_correlation == pytest.approx(1)
    assert found.as_is.gain == pytest.approx(1)
    assert found.as_is.error < 1e-5
    assert (found.fitted.shift_steps, found.fitted.reversed_channels) == (0, False)
    assert found.fitted.low_hz == pytest.approx(DEFAULT_BANK.low_hz, abs=0.5)
    assert found.fitted.high_hz == pytest.approx(DEFAULT_BANK.high_hz, rel=2e-3)


@pytest.mark.parametrize(
    ("low_hz", "high_hz", "gain", "shift", "order"),
    [(70.0, 14_300.0, 2.5, 0, 1), (31.0, 7100.0, 0.4, -3, 1), (20.0, 20_500.0, 1.0, 5, -1)],
)
def test_limits_gain_shift_and_order_are_recovered(
    dataset: Dataset, tmp_path: Path, low_hz: float, high_hz: float, gain: float, shift: int, order: int
) -> None:
    bank = Bank(low_hz=low_hz, high_hz=high_hz)
    publish(dataset, tmp_path, bank=bank, gain=gain, shift=shift, order=order)
    found = compare(dataset, tmp_path)
    assert (found.fitted.shift_steps, found.fitted.reversed_channels) == (shift, order < 0)
    assert found.fitted.low_hz == pytest.approx(low_hz, abs=2)
    assert found.fitted.high_hz == pytest.approx(high_hz, rel=0.01)
    assert found.fitted.closeness.gain == pytest.approx(gain, rel=0.01)
    assert found.fitted.closeness.error < 0.02
    assert found.as_is.error > 3 * found.fitted.closeness.error


def test_a_clip_that_begins_at_the_impact_is_recognized(dataset: Dataset, tmp_path: Path) -> None:
    found = compare(dataset, publish(dataset, tmp_path, shift=22))
    assert found.fitted.shift_steps == 22
    assert "as far as was searched" in describe(found)


def test_noise_is_found_to_be_far(dataset: Dataset, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for video in dataset.videos:
        savemat(tmp_path / f"{video.id}_sf.mat", {"sfs": rng.random((3, 45, 42))})
    found = compare(dataset, tmp_path)
    assert abs(found.as_is.correlation) < 0.1
    assert found.fitted.closeness.error > 0.4


def test_videos_that_can_not_be_compared_are_named_with_the_reason(
    dataset: Dataset, tmp_path: Path
) -> None:
    publish(dataset, tmp_path)
    (tmp_path / "v0_sf.mat").unlink()
    savemat(tmp_path / "v1_sf.mat", {"sfs": np.ones((2, 45, 42))})
    found = compare(dataset, tmp_path)
    assert found.n_videos == 1
    assert found.skipped["v0"] == "no v0_sf.mat"
    assert found.skipped["v1"] == "v1_sf.mat has 2 events, the annotation 3"
    with pytest.raises(ModelsError, match=r"no event .* can be compared .*v0: no v0_sf\.mat"):
        compare(dataset, tmp_path / "nowhere")


def test_events_at_the_ends_of_a_recording_are_left_out(dataset: Dataset, tmp_path: Path) -> None:
    publish(dataset, tmp_path)
    video = dataset.train[0]
    early = Video(
        id=video.id, pictures=video.pictures, sound=video.sound,
        impacts=(Impact(time_s=0.1), *video.impacts[1:]),
    )  # fmt: skip
    one = Dataset(root=dataset.root, train=(early,), test=(), split="")
    found = compare(one, tmp_path)
    assert found.as_is.n_events == 2
    assert found.as_is.error < 1e-5  # the others still stand beside their own


def test_a_file_of_version_7_3_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "v_sf.mat"
    for start in (HEADER_7_3 + bytes(400), b"\x89HDF\r\n\x1a\n" + bytes(400)):
        path.write_bytes(start)
        with pytest.raises(ModelsError, match=r"7\.3 .*save\(file, 'sfs', '-v7'\)"):
            read_features(path)


def test_what_is_no_file_of_features_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "v_sf.mat"
    savemat(path, {"other": np.ones((3, 45, 42))})
    with pytest.raises(ModelsError, match="no variable 'sfs'"):
        read_features(path)
    savemat(path, {"sfs": np.ones((3, 42, 45))})
    with pytest.raises(ModelsError, match=r"shape \(3, 42, 45\)"):
        read_features(path)
    path.write_bytes(b"no such thing" * 40)
    with pytest.raises(ModelsError, match="can't be read as a MATLAB file"):
        read_features(path)
    savemat(path, {"sfs": np.ones((3, 45, 42))}, do_compression=True)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ModelsError, match="can't be read as a MATLAB file"):
        read_features(path)


def test_single_and_double_numbers_and_one_event_are_read(tmp_path: Path) -> None:
    values = np.random.default_rng(0).random((1, 45, 42))
    for kind in (np.float32, np.float64):
        savemat(tmp_path / "v_sf.mat", {"sfs": values.astype(kind)})
        assert np.array_equal(read_features(tmp_path / "v_sf.mat"), values.astype(np.float32))


def test_the_file_holds_what_the_table_says(dataset: Dataset, tmp_path: Path) -> None:
    found = compare(dataset, publish(dataset, tmp_path, gain=2.0))
    write_official(tmp_path / "out" / "official-features.json", found)
    facts = json.loads((tmp_path / "out" / "official-features.json").read_text())
    assert (facts["format"], facts["what"], facts["n_videos"]) == (1, "official-features", 3)
    assert facts["as_is"]["gain"] == pytest.approx(2)
    errors = [error for _, _, error in facts["fitted"]["trials"]]
    assert facts["fitted"]["closeness"]["error"] == min(errors)
    assert "+20.1 dB" in describe(found)  # 20 log10(2) / 0.3


def test_the_command_compares_and_does_nothing_else_unless_variants_are_named(tmp_path: Path) -> None:
    root = write_dataset(tmp_path / "data")
    publish(read_dataset(root), tmp_path / "vis-sfs")
    command = [
        "--dataset",
        str(root),
        "--cache",
        str(tmp_path / "cache"),
        "--out",
        str(tmp_path / "out"),
    ]
    command += ["--official-features", str(tmp_path / "vis-sfs"), "--resamples", "100"]
    alone = CliRunner().invoke(evaluate_command, command)
    assert alone.exit_code == 0, alone.output
    assert "nearest band limits" in alone.stdout
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["official-features.json"]
    beside = CliRunner().invoke(evaluate_command, [*command, "--variant", "random"])
    assert beside.exit_code == 0, beside.output
    assert (tmp_path / "out" / "evaluation.json").is_file()
