import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from detection_samples import FIT, trained_context
from media_samples import rewritten, sample_sound, small_backbone, write_video, write_wav
from training_samples import CONFIG

import models.networks.backbones
from models.cli import main
from models.context import Context
from models.detection.calibration import (
    best_threshold,
    median_delay,
    read_calibration,
    write_calibration,
)
from models.detection.detector import load_detector
from models.detection.evaluation import evaluate_detection
from models.detection.grid import FIRST, joined, map_blocks, pictures_on_grid
from models.detection.matching import Prediction, match_peaks
from models.detection.peaks import Peaks, parametric_pieces, sound_peaks
from models.detection.precision import Detections
from models.detection.recordings import Recording, load_recordings
from models.detection.training import sequences_of, train_detectors
from models.errors import ModelsError, UnavailableError
from models.networks.checkpoints import read_checkpoint
from models.networks.convolutions import convolutions_of
from models.networks.network import SoundNetwork
from models.sounds.cochleagram import cochleagrams
from models.sounds.sound import CLIP_STEPS, SAMPLE_RATE
from models.training.trainings import NetworkOptions, TrainRequest
from models.training.workers import Team
from models.videos.dataset import Impact, Video
from models.videos.frames import resize
from models.videos.video import read_pictures


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(models.networks.backbones, "load_backbone", small_backbone)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return trained_context(tmp_path_factory.mktemp("dataset"))


def test_the_output_comes_two_frames_late_and_is_put_back() -> None:
    torch.manual_seed(0)
    network = SoundNetwork(dataclasses.replace(CONFIG, layers=3, lag=2)).eval()
    frames, first = torch.randn(1, 22, 12), torch.randn(1, 12)
    with torch.inference_mode():
        before = network(frames, first)
        frames[0, 12] += 5
        after = network(frames, first)
    assert before.shape == (1, 60, 10)
    changed = (before != after).any(dim=2)[0]
    assert changed.nonzero()[0].item() == 30  # frame 12 speaks from frame 10 on


def test_a_checkpoint_knows_its_three_layers_and_its_lag(context: Context) -> None:
    folder = context.cache / "checkpoints"
    for name, frames in (("detection", "spacetime"), ("detection-no-spacetime", "colour")):
        config = read_checkpoint(folder / name).config
        assert (config.layers, config.lag, config.frames) == (3, 2, frames)
    with pytest.raises(UnavailableError, match="models train"):
        load_detector(context, folder / "none")


def test_sequences_begin_every_half_second_and_see_two_frames_more() -> None:
    frames = np.arange(200, dtype=np.float16)[:, None]
    sound = np.arange(590, dtype=np.float32)[:, None]
    video = Video(id="v", pictures=Path("v"), sound=Path("v"), impacts=None)
    recording = Recording(video=video, frames=frames, first=frames[::15], cochleagram=sound, impacts=())
    short = dataclasses.replace(recording, frames=frames[:61], first=frames[:61:15])
    found = sequences_of([short, recording])
    assert len(found) == found.frames.shape[0] == 10  # 0 to 135: 196 frames are heard
    np.testing.assert_array_equal(found.frames[3][:, 0], np.arange(45, 107))
    np.testing.assert_array_equal(found.cochleagrams[[3]][0, :, 0], np.arange(135, 315))
    assert found.first[np.arange(10)][:, 0].tolist() == [15 * i for i in range(10)]
    with pytest.raises(ModelsError, match=r"2\.07 s"):
        sequences_of([short])


@pytest.mark.parametrize("rate", [24, 25, 30, 60])
def test_pictures_of_any_rate_come_30_a_second(tmp_path: Path, rate: int) -> None:
    video = write_video(tmp_path / "a.mp4", seconds=2, rate=rate, clicks_s=(1.0,), sound=False)
    own = [resize(picture.upright()[None], 32)[0] for picture in read_pictures(video)]
    found = list(pictures_on_grid(video, size=32))
    assert len(found) == 60
    for index, image in enumerate(found):
        nearest = round(rate * (index / 30 + 1 / 90))  # the middle of the frame's three steps
        np.testing.assert_array_equal(image, own[min(nearest, len(own) - 1)])


def test_a_video_that_starts_late_is_counted_from_its_start(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mkv", seconds=1, rate=30, sound=False)
    late = rewritten(video, tmp_path / "b.mkv", shift=lambda packet: 5000)
    expected = list(pictures_on_grid(video, size=16))
    found = list(pictures_on_grid(late, size=16, origin_s=5.0))
    assert len(found) == len(expected) == 30
    assert all(map(np.array_equal, found, expected))
    assert len(list(pictures_on_grid(late, size=16))) == 180


def test_maps_in_blocks_are_those_of_the_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images = [rng.integers(0, 255, (16, 16, 3)).astype(np.uint8) for _ in range(130)]
    convolutions = convolutions_of(small_backbone("small"))
    maps = joined(map_blocks(iter(images), convolutions, ("spacetime", "colour", FIRST)))
    assert {name: len(values) for name, values in maps.items()} == {
        "spacetime": 130, "colour": 130, FIRST: 9,
    }  # fmt: skip
    np.testing.assert_array_equal(maps["colour"], convolutions.features(np.stack(images)))
    np.testing.assert_array_equal(maps[FIRST], maps["colour"][::15])
    alone = joined(map_blocks(iter(images[50:70]), convolutions, ("spacetime",)))["spacetime"]
    np.testing.assert_array_equal(maps["spacetime"][51:69], alone[1:-1])


def test_recordings_come_out_of_the_cache_as_they_went_in(context: Context) -> None:
    convolutions = convolutions_of(context.image_network)
    first, second = (
        load_recordings(context, context.dataset.test, convolutions, "spacetime") for _ in range(2)
    )
    np.testing.assert_array_equal(first[0].frames, second[0].frames)
    assert first[0].impacts == second[0].impacts
    assert len(first[0].frames) == pytest.approx(3.4 * 30, abs=1)
    assert [type(impact) for impact in first[0].impacts] == [Impact] * 4


def test_a_resumed_training_is_that_of_one_that_never_stopped(context: Context, tmp_path: Path) -> None:
    team = Team(rank=0, size=1, device="cpu")
    shape = NetworkOptions(dense_features=16)
    losses = []
    for name in ("whole", "resumed"):
        request = TrainRequest(fit=FIT, shape=shape, resume=name == "resumed")
        train_detectors(context, ["detection"], tmp_path / name, team=team, request=request)
        history = json.loads((tmp_path / name / "detection" / "resume.json").read_text())["history"]
        losses.append([(epoch["train_loss"], epoch["validation_loss"]) for epoch in history])
    assert losses[0] == losses[1]
    assert len(losses[0]) == FIT.epochs


def test_peaks_of_the_inverted_envelopes_are_where_it_clicks() -> None:
    clicks = (0.6, 3.9, 4.1 + 0.3, 8.0)
    sound = 0.003 * sample_sound(9, clicks_s=clicks)  # predictions are too soft
    predicted = cochleagrams(sound[None])[0].numpy()
    peaks = sound_peaks(parametric_pieces(predicted, seed=0))
    surest = np.sort(peaks.times_s[np.argsort(-peaks.amplitudes)[:4]])
    np.testing.assert_allclose(surest, clicks, atol=0.03)


def test_inverted_pieces_have_no_seams() -> None:
    steady = np.full((900, 42), 0.3, np.float32)
    whole = np.concatenate(list(parametric_pieces(steady, seed=1)))
    assert len(whole) == 900 * 490
    jumps = np.abs(np.diff(whole))
    borders = np.arange(1, 3) * 360 * 490
    assert jumps[[border - 1 for border in borders]].max() < np.quantile(jumps, 0.9999)


def test_a_predicted_exemplar_finds_itself(context: Context) -> None:
    detector = load_detector(context, context.cache / "checkpoints" / "detection")
    bank = context.exemplars
    known = read_calibration(context.cache / "checkpoints" / "detection")
    exact = dataclasses.replace(known, predicted=known.real)
    coordinates = detector.encode(bank.cochleagrams[5])
    prediction = Prediction(detector=detector, calibration=exact, coordinates=coordinates)
    peaks = Peaks(times_s=np.array([(CLIP_STEPS // 2) / 90]), amplitudes=np.ones(1))
    indices, _ = match_peaks(prediction, peaks, bank)
    assert indices.tolist() == [5]


def test_the_threshold_balances_precision_and_recall() -> None:
    peaks = Peaks(times_s=np.array([1.02, 2.02, 5, 7]), amplitudes=np.array([0.9, 0.8, 0.1, 0.05]))
    videos = [Detections(peaks=peaks, true_s=np.array([1.0, 2.0, 3.0]))]
    assert best_threshold(videos) == (0.8, 1.0, pytest.approx(2 / 3))
    assert median_delay(videos) == pytest.approx(-0.02)
    nothing = Detections(peaks=peaks, true_s=np.array([9.0]))
    with pytest.raises(ModelsError, match="more epochs"):
        best_threshold([nothing])


def test_a_calibration_is_read_as_it_was_written(context: Context, tmp_path: Path) -> None:
    known = read_calibration(context.cache / "checkpoints" / "detection")
    write_calibration(tmp_path, known)
    again = read_calibration(tmp_path)
    assert (again.threshold, again.late_s, again.dataset) == (
        known.threshold,
        known.late_s,
        known.dataset,
    )
    np.testing.assert_array_equal(again.real.covariance, known.real.covariance)
    (tmp_path / "calibration.json").write_text("{}")
    with pytest.raises(ModelsError, match="train again"):
        read_calibration(tmp_path)


def test_detectors_and_others_sounds_are_scored_on_the_same_stretch(
    context: Context, tmp_path: Path
) -> None:
    perfect = sample_sound(2.2, clicks_s=(0.7, 1.3, 1.9))
    write_wav(tmp_path / "c1.wav", perfect, sample_rate=SAMPLE_RATE)
    found = evaluate_detection(context, ["detection"], external={"other": tmp_path}, n_resamples=100)
    assert found.videos == {"c1": pytest.approx(2.2)}
    own, other = found.scores
    assert (own.precision.n_true, other.precision.n_true) == (3, 3)
    assert other.precision.average_precision.value == 1
    assert (other.name, other.network) == ("other", None)
    assert own.network is not None


def test_the_command_writes_the_scores_of_both_detectors(context: Context, tmp_path: Path) -> None:
    options = ["--dataset", str(context.dataset.root), "--cache", str(context.cache)]
    options += ["--backbone", "small", "--out", str(tmp_path), "--resamples", "100", "--device", "cpu"]
    names = ["--variant", "detection", "--variant", "detection-no-spacetime", "--until", "2.5"]
    done = CliRunner().invoke(main, ["evaluate", *names, *options])
    assert done.exit_code == 0, done.output
    facts = json.loads((tmp_path / "detection.json").read_text())
    assert (facts["format"], facts["what"], facts["tolerance_s"]) == (1, "detection", 0.1)
    assert [score["name"] for score in facts["scores"]] == ["detection", "detection-no-spacetime"]
    assert {score["precision"]["n_true"] for score in facts["scores"]} == {3}  # the fourth is at 2.6 s
    assert (tmp_path / "precision-recall.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "evaluation.json").exists()
    assert "detection-no-spacetime" in done.output


def test_the_command_trains_a_detector_and_nothing_else(context: Context, tmp_path: Path) -> None:
    options = ["--dataset", str(context.dataset.root), "--cache", str(context.cache)]
    options += ["--backbone", "small", "--out", str(tmp_path), "--device", "cpu"]
    names = ["--variant", "detection", "--optimizer", "adam", "--epochs", "3", "--epsilon", "3"]
    done = CliRunner().invoke(main, ["train", *names, *options])
    assert done.exit_code == 0, done.output
    assert [path.name for path in tmp_path.iterdir()] == ["detection"]
    assert {"checkpoint.json", "calibration.json", "curves.png"} <= {
        path.name for path in (tmp_path / "detection").iterdir()
    }
