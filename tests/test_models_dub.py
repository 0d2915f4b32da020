import csv
import dataclasses
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from click.testing import CliRunner
from detection_samples import trained_context
from media_samples import rewritten, sample_sound, small_backbone, write_video, write_wav

import models.networks.backbones
from models.cli import main
from models.context import Context
from models.detection.calibration import read_calibration
from models.detection.detector import load_detector
from models.detection.matching import Prediction
from models.dubbing.dub import DETECTION, PARAMETRIC, DubRequest, dub
from models.dubbing.remux import measure, write_dubbed
from models.errors import ModelsError, UnavailableError
from models.sounds.cochleagram import cochleagrams
from models.sounds.mixing import KNEE, Placed, limited, mixed, placed
from models.sounds.onsets import detect_onsets
from models.sounds.sound import SAMPLE_RATE, WINDOW_IMPACT
from models.videos.video import read_sound


@pytest.fixture(autouse=True)
def _stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.set_num_threads(1)
    monkeypatch.setattr(models.networks.backbones, "load_backbone", small_backbone)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return trained_context(tmp_path_factory.mktemp("dataset"))


def picture_packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(container.streams.video[0]) if packet.size]


def lag_s(heard: np.ndarray, put_in: np.ndarray) -> float:
    size = 1 << (len(heard) + len(put_in)).bit_length()
    spectra = np.fft.rfft(heard, size) * np.fft.rfft(put_in, size).conj()
    lag = int(np.argmax(np.fft.irfft(spectra)))
    return (lag - size if lag > size // 2 else lag) / SAMPLE_RATE


FORMS: dict[str, Callable[[Path], Path]] = {
    "25 Hz": lambda d: write_video(d / "a.mp4", seconds=4, rate=25, sound=False),
    "29.97 Hz": lambda d: write_video(d / "a.mp4", seconds=4, sound=False),
    "60 Hz": lambda d: write_video(d / "a.mp4", seconds=2, rate=60, sound=False),
    "odd size": lambda d: write_video(d / "a.mp4", seconds=2, size=(50, 86), sound=False),
    "with sound": lambda d: write_video(d / "a.mp4", seconds=2, sample_rate=48_000, n_channels=2),
    "Matroska": lambda d: write_video(d / "a.mkv", seconds=2, sound=False),
    "a late start": lambda d: rewritten(
        write_video(d / "b.mkv", seconds=2, sound=False), d / "a.mkv", shift=lambda packet: 1400
    ),
    "one picture": lambda d: write_video(d / "a.mp4", seconds=0.04, rate=25, sound=False),
}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
@pytest.mark.parametrize("form", FORMS)
def test_pictures_are_copied_and_the_sound_is_in_sync(tmp_path: Path, form: str, suffix: str) -> None:
    video, out = FORMS[form](tmp_path), tmp_path / f"out{suffix}"
    span = measure(video)
    put_in = sample_sound(span.end_s - span.start_s, clicks_s=(0.01,), seed=3)
    write_dubbed(video, out, np.array_split(put_in, 5), start_s=span.start_s)
    assert picture_packets(out) == picture_packets(video)
    after = measure(out)
    heard = read_sound(out)[round(after.start_s * SAMPLE_RATE) :]
    assert abs(lag_s(heard, put_in)) < 1024 / SAMPLE_RATE / 20  # far below an AAC frame
    with av.open(str(out)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
    assert after.end_s - after.start_s == pytest.approx(span.end_s - span.start_s, abs=0.002)
    assert not list(tmp_path.glob(".*"))


def test_a_turned_video_stays_turned(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", sound=False)
    content = video.read_bytes()
    upright = (1 << 16).to_bytes(4, "big") + bytes(12) + (1 << 16).to_bytes(4, "big")
    turned = bytes(4) + (1 << 16).to_bytes(4, "big") + bytes(4) + b"\xff\xff\x00\x00" + bytes(4)
    place = content.index(upright, content.index(b"tkhd"))
    video.write_bytes(content[:place] + turned + content[place + len(upright) :])
    write_dubbed(video, tmp_path / "out.mp4", [np.zeros(SAMPLE_RATE, np.float32)], start_s=0)
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert next(container.decode(video=0)).rotation % 180 == 90


def test_a_codec_that_the_container_has_no_place_for_is_named(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", seconds=0.5, sound=False)
    with pytest.raises(ModelsError, match=r"ends in \.mkv may hold it"):
        write_dubbed(video, tmp_path / "out.webm", [np.zeros(100, np.float32)], start_s=0)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def seen_perfectly(context: Context, clicks_s: tuple[float, ...], seconds: float) -> Prediction:
    """What a detection model would say that predicts the true sound."""
    folder = context.cache / "checkpoints" / "detection"
    detector, known = load_detector(context, folder), read_calibration(folder)
    sound = sample_sound(seconds, clicks_s=clicks_s, pitch_hz=1600)
    true = detector.encode(cochleagrams(sound[None])[0].numpy())
    exact = dataclasses.replace(known, threshold=0.05, late_s=0.0, predicted=known.real)
    return Prediction(detector=detector, calibration=exact, coordinates=true)


def test_impacts_that_are_seen_get_a_sound(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clicks = (0.8, 1.5, 2.3)
    watched = seen_perfectly(context, clicks, 3.4)
    monkeypatch.setattr("models.dubbing.dub.watch", lambda *_: watched)
    video = write_video(tmp_path / "a.mp4", seconds=3.4, sound=False)
    out, stems = tmp_path / "out.mp4", tmp_path / "stems"
    dubbed = dub(DubRequest(video=video, out=out, stems=stems, picture=tmp_path / "p.png"), context)
    assert (dubbed.impacts_from, dubbed.n_impacts) == ("the detection model", 3)
    with (stems / "impacts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    np.testing.assert_allclose([float(row["impact_s"]) for row in rows], clicks, atol=0.02)
    assert all("b1@" in row["source"] for row in rows)  # the one with a pitch of 1,700 Hz
    track = read_sound(stems / "mix.wav")
    np.testing.assert_allclose(detect_onsets(track, sample_rate=SAMPLE_RATE), clicks, atol=0.02)
    assert len(track) == round(dubbed.duration_s * SAMPLE_RATE)
    assert abs(lag_s(read_sound(out), track)) < 0.001
    files = {path.name for path in stems.iterdir()}
    assert files == {"mix.wav", "impacts.csv", *(row["file"] for row in rows)}
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")


def test_progress_is_told_while_watching_and_while_writing(context: Context, tmp_path: Path) -> None:
    video, told = write_video(tmp_path / "a.mp4", seconds=1, sound=False), []
    request = DubRequest(video=video, out=tmp_path / "o.mp4", impacts=tmp_path / "t.txt")
    (tmp_path / "t.txt").write_text("0.5\n")
    dub(request, context, tell=lambda what, time_s, _: told.append((what, round(time_s, 1))))
    assert {what for what, _ in told} == {"watching", "writing"}
    assert told[0] == ("watching", 0.0)
    assert max(told) == ("writing", 1.0)


def test_the_same_video_is_dubbed_alike_twice(context: Context, tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", seconds=1, sound=False)
    outs = [tmp_path / "one.mp4", tmp_path / "two.mp4"]
    for out in outs:
        dub(DubRequest(video=video, out=out, variant=PARAMETRIC), context)
    assert outs[0].read_bytes() == outs[1].read_bytes()


@pytest.mark.parametrize(
    ("seconds", "variant"), [(0.04, PARAMETRIC), (0.04, DETECTION), (0.5, DETECTION), (10.6, DETECTION)]
)
def test_a_video_of_any_length_is_dubbed(
    context: Context, tmp_path: Path, seconds: float, variant: str
) -> None:
    video = write_video(tmp_path / "a.mp4", seconds=seconds, rate=25, sound=False)
    out = tmp_path / "out.mp4"
    dub(DubRequest(video=video, out=out, variant=variant), context)
    assert len(read_sound(out)) == pytest.approx(seconds * SAMPLE_RATE, abs=2048)


def test_times_that_somebody_wrote_down_are_used(context: Context, tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", seconds=3, sound=False)
    (tmp_path / "times.txt").write_text("1.0\n2.25 wood hit None\n")
    request = DubRequest(
        video=video, out=tmp_path / "o.mp4", impacts=tmp_path / "times.txt", stems=tmp_path
    )
    assert dub(request, context).n_impacts == 2
    rows = (tmp_path / "impacts.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["1.000000", "2.250000"]


def test_a_variant_of_clips_sounds_at_the_impacts_of_the_own_sound(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.variants.baselines import RandomImpact

    monkeypatch.setattr("models.dubbing.dub.load", lambda name, context: RandomImpact(context))
    untrained = dataclasses.replace(context, checkpoints=tmp_path / "none")
    video = write_video(tmp_path / "a.mp4", seconds=3, clicks_s=(0.7, 1.6), seed=5)
    request = DubRequest(video=video, out=tmp_path / "o.mp4", variant="random")
    dubbed = dub(request, untrained)
    assert (dubbed.impacts_from, dubbed.n_impacts) == ("the video's own sound", 2)
    silent = write_video(tmp_path / "b.mp4", sound=False)
    with pytest.raises(UnavailableError, match="models train --variant detection"):
        dub(dataclasses.replace(request, video=silent), untrained)


def test_what_is_no_video_is_said_so(context: Context, tmp_path: Path) -> None:
    text = tmp_path / "notes.mp4"
    text.write_text("no video at all")
    sound = write_wav(tmp_path / "a.wav", np.zeros(1000, np.float32), sample_rate=8000)
    video = write_video(tmp_path / "v.mp4", seconds=0.2)
    cases = [
        (tmp_path / "gone.mp4", tmp_path / "o.mp4", "no file"),
        (text, tmp_path / "o.mp4", "can't be read as a video"),
        (sound, tmp_path / "o.mp4", "has no pictures"),
        (video, tmp_path / "o.gif", "expected one of .mp4"),
        (video, video, "is the video itself"),
    ]
    for source, out, message in cases:
        with pytest.raises(ModelsError, match=message):
            dub(DubRequest(video=source, out=out), context)


def test_the_command_says_what_it_did(context: Context, tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", seconds=3, sound=False)
    cache = ["--cache", str(context.cache), "--backbone", "small", "--device", "cpu"]
    done = CliRunner().invoke(main, ["dub", str(video), "-o", str(tmp_path / "o.mp4"), *cache])
    assert done.exit_code == 0, done.output
    assert "impacts by detection, times from the detection model" in done.output
    deaf = [*cache, "--threshold", "1e9"]
    done = CliRunner().invoke(main, ["dub", str(video), "-o", str(tmp_path / "o.mp4"), *deaf])
    assert " 0 impacts" in done.output and "Try a lower --threshold" in done.stderr
    missing = ["--checkpoints", str(tmp_path / "none")]
    failed = CliRunner().invoke(main, ["dub", str(video), "-o", "o.mp4", *cache, *missing])
    assert failed.exit_code == 1
    assert "models train --variant detection" in failed.output


def test_sounds_are_summed_where_they_overlap_and_cut_at_the_ends() -> None:
    ones = np.full(3 * SAMPLE_RATE, 0.2, np.float32)
    sounds = [Placed(impact_s=0, start=-SAMPLE_RATE, waveform=ones)]
    sounds += [Placed(impact_s=0, start=start * SAMPLE_RATE, waveform=ones) for start in (1, 3, 8)]
    whole = np.concatenate(list(mixed(sounds, n_samples=9 * SAMPLE_RATE)))
    seconds = whole.reshape(9, -1)
    np.testing.assert_allclose(seconds[:, 100], [0.2, 0.4, 0.2, 0.4, 0.2, 0.2, 0, 0, 0.2], rtol=1e-6)


def test_a_placed_sound_begins_and_ends_without_a_click() -> None:
    tone = np.cos(np.arange(31_850) / 5).astype(np.float32)
    sound = placed(tone, WINDOW_IMPACT, impact_s=2.0, lasts_s=0.2)
    assert (sound.start + round(SAMPLE_RATE / 30)) / SAMPLE_RATE == pytest.approx(2.0, abs=1e-4)
    assert len(sound.waveform) == round(0.2 * SAMPLE_RATE) + round(SAMPLE_RATE / 30)
    assert np.abs(sound.waveform[[0, -1]]).max() < 1e-3
    at_impact = slice(round(SAMPLE_RATE / 30), round(SAMPLE_RATE / 30) + 1000)
    np.testing.assert_array_equal(sound.waveform[at_impact], tone[WINDOW_IMPACT : WINDOW_IMPACT + 1000])


def test_what_is_too_loud_is_bent_and_the_rest_left_alone() -> None:
    ramp = np.linspace(-3, 3, 1001).astype(np.float32)
    bent = limited(ramp)
    assert np.abs(bent).max() <= 1
    assert (np.diff(bent) >= 0).all()
    quiet = np.abs(ramp) <= KNEE
    np.testing.assert_array_equal(bent[quiet], ramp[quiet])


def test_a_span_is_read_without_decoding(tmp_path: Path) -> None:
    span = measure(write_video(tmp_path / "a.mp4", seconds=2, rate=Fraction(25)))
    assert (span.start_s, span.frame_rate) == (0, 25)
    assert span.end_s == pytest.approx(2)  # 50 pictures
