import errno
import filecmp
import io
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from media_samples import write_video, write_wav
from stimuli_samples import CLICKS_S, build_small, retime, write_bars, write_small_dataset

from models.errors import ModelsError
from models.sounds.sound import SAMPLE_RATE
from models.videos.dataset import Impact, Video, read_dataset
from stimuli import manifest
from stimuli.building import recordings, steps
from stimuli.building.levels import CEILING_DBFS
from stimuli.building.options import Options
from stimuli.building.variants import load_variants, synthesize
from stimuli.checking.check import check
from stimuli.errors import StimuliError


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_small_dataset(tmp_path_factory.mktemp("build") / "dataset")


@pytest.fixture(scope="module")
def small_set(dataset):
    out = dataset.parent / "set"
    build_small(dataset, out)
    return out


def same_files(one, other):
    names = [path.name for path in (one / "media").iterdir()]
    assert sorted(names) == sorted(path.name for path in (other / "media").iterdir())
    _, different, broken = filecmp.cmpfiles(one / "media", other / "media", names, shallow=False)
    same_manifest = (one / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()
    return same_manifest and not different and not broken


def test_every_clip_has_its_real_sound_and_every_variant(small_set):
    result = manifest.read(small_set)
    assert result.video_ids == ("q1", "q2")
    assert len(result.clips) == 8
    for clip in result.clips:
        assert sorted(clip.stimuli) == ["random", "real", "real-match"]
        assert min(abs(clip.impact_s - click) for click in CLICKS_S) < 0.02
        assert clip.start_s < clip.impact_s < clip.start_s + clip.duration_s
        assert clip.material in ("wood", "metal")


def test_a_pair_has_equal_sizes_and_identical_pictures(small_set):
    for clip in manifest.read(small_set).clips:
        assert len({stimulus.n_bytes for stimulus in clip.stimuli.values()}) == 1
        assert len({stimulus.media for stimulus in clip.stimuli.values()}) == 3


def test_the_real_sound_is_heard_at_the_time_of_the_pictures(small_set):
    for clip in manifest.read(small_set).clips:
        # the click starts at the impact and decays within 30 ms: its energy lies just after it
        assert 0 < clip.real.centre_s - (clip.impact_s - clip.start_s) < 0.03
        assert clip.real.sync_ms == 0


def test_any_number_of_workers_gives_the_same_bytes(dataset, small_set):
    other = dataset.parent / "two-workers"
    build_small(dataset, other, workers=2)
    assert same_files(small_set, other)


def test_another_seed_draws_other_clips(dataset):
    clips = [
        [
            c.id
            for c in build_small(
                dataset, dataset.parent / f"seed{s}", seed=s, clips_per_video=1
            ).manifest.clips
        ]
        for s in range(3)
    ]
    assert len(set(map(tuple, clips))) > 1


class Interruption(Exception):
    """Stands for a killed process."""


def test_an_interrupted_build_goes_on_where_it_stopped(dataset, small_set, monkeypatch):
    out, encoded = dataset.parent / "resumed", []
    whole = steps.encode_video

    def fails_at_q2(made, **options):
        encoded.append(made.video_id)
        if made.video_id == "q2":
            raise Interruption
        return whole(made, **options)

    monkeypatch.setattr(steps, "encode_video", fails_at_q2)
    with pytest.raises(Interruption):
        build_small(dataset, out)
    assert not out.exists()
    (dataset.parent / "resumed.partial/set/media/left.writing").write_bytes(b"half a file")
    monkeypatch.setattr(
        steps, "encode_video", lambda made, **o: (encoded.append(made.video_id), whole(made, **o))[1]
    )
    build_small(dataset, out)
    assert encoded == ["q1", "q2", "q2"]
    assert same_files(small_set, out)
    assert not (dataset.parent / "resumed.partial").exists()


def test_a_changed_option_starts_anew(dataset, monkeypatch):
    out, encoded = dataset.parent / "changed", []
    whole = steps.encode_video

    def stops_after_q1(made, **options):
        encoded.append(made.video_id)
        if made.video_id == "q2":
            raise Interruption
        return whole(made, **options)

    monkeypatch.setattr(steps, "encode_video", stops_after_q1)
    for seed in (1, 2):
        with pytest.raises(Interruption):
            build_small(dataset, out, seed=seed)
    assert encoded == ["q1", "q2", "q1", "q2"]


def test_a_finished_set_is_left_alone(dataset, small_set):
    before = {path: path.stat().st_mtime_ns for path in small_set.rglob("*")}
    assert not build_small(dataset, small_set).made
    assert before == {path: path.stat().st_mtime_ns for path in small_set.rglob("*")}


def test_another_set_is_not_overwritten(dataset, small_set):
    with pytest.raises(StimuliError, match="seed: 0, not 5"):
        build_small(dataset, small_set, seed=5)


def test_a_folder_of_other_things_is_not_overwritten(dataset, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(StimuliError, match=r"no manifest\.json"):
        build_small(dataset, tmp_path)


def test_a_full_disk_is_told_and_the_build_goes_on_later(dataset, monkeypatch):
    out = dataset.parent / "full"
    with monkeypatch.context() as patch:

        def full(*_):
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(StimuliError, match="disk is full; make room"):
            build_small(dataset, out)
    assert build_small(dataset, out).made


def test_bad_videos_are_left_out_with_their_reasons(tmp_path):
    test = ("ok", "mute", "silent", "cut", "idle")
    root = write_small_dataset(tmp_path / "d", test=("ok",))
    write_video(root / "mute_mic.mp4", seconds=1.0, sound=False)
    write_video(root / "silent_mic.mp4", seconds=2.0)
    write_wav(root / "silent_mic.wav", np.zeros(88_200, np.float32), sample_rate=44_100)
    (root / "cut_mic.mp4").write_bytes((root / "ok_mic.mp4").read_bytes()[:5000])
    write_video(root / "idle_mic.mp4", seconds=2.0)
    (root / "idle_times.txt").write_text("")
    (root / "silent_times.txt").write_text("1.0 wood hit static\n")
    (root / "test.txt").write_text("\n".join(test))
    built = build_small(root, tmp_path / "s")
    reasons = {item.what: item.reason for item in built.skipped_videos}
    assert sorted(reasons) == ["video cut", "video idle", "video mute", "video silent"]
    assert "has no sound" in reasons["video mute"]
    assert "silent" in reasons["video silent"]
    assert "can't be read" in reasons["video cut"]
    assert "no impact" in reasons["video idle"]
    assert built.manifest.video_ids == ("ok",)
    assert any("video ok: 4 clips, fewer than 15" in note for note in built.notes)


def test_unlabelled_videos_work(tmp_path):
    root = tmp_path / "plain"
    root.mkdir()
    for seed in range(5):
        write_video(root / f"film {seed}.mp4", seconds=2.5, clicks_s=(0.6, 1.2, 1.8), seed=seed)
    built = build_small(root, tmp_path / "s", models=("random",))
    assert built.manifest.clips
    assert {clip.material for clip in built.manifest.clips} == {None}


def test_variants_are_told_no_more_than_they_declare(dataset):
    seen = {}

    class Spy:
        def __init__(self, name, privileges):
            self.name, self.privileges = name, frozenset(privileges)

        def synthesize(self, clips):
            seen[self.name] = clips
            return [None] * len(clips)

    variants = load_variants(
        read_dataset(dataset), Options(models=("random",), cache=dataset.parent / "cache")
    )
    spies = {
        name: Spy(name, rights)
        for name, rights in (("none", ()), ("mat", ("material",)), ("snd", ("sound",)))
    }
    object.__setattr__(variants, "backends", spies)
    prepared = steps.prepare_video(read_dataset(dataset).test[0], Options(), ())
    assert synthesize(variants, prepared, seed=1).works == ()
    assert {(clip.material, clip.waveform) for clip in seen["none"]} == {(None, None)}
    assert all(clip.material and clip.waveform is None for clip in seen["mat"])
    assert all(clip.material is None and len(clip.waveform) for clip in seen["snd"])
    assert len({clip.seed for clips in seen.values() for clip in clips}) == 12


def external_folder(path, *, seconds, video_ids=("q1", "q2")):
    path.mkdir()
    for video_id in video_ids:
        noise = 0.1 * np.random.default_rng(0).standard_normal(round(seconds * SAMPLE_RATE))
        write_wav(path / f"{video_id}.wav", noise.astype(np.float32), sample_rate=SAMPLE_RATE)
    return path


def test_an_external_folder_is_a_variant_and_common_clips_are_those_it_covers(dataset, tmp_path):
    sounds = external_folder(tmp_path / "sounds", seconds=2.0)
    some = build_small(dataset, tmp_path / "some", models=("random",), externals={"other": sounds})
    covered = {clip.id for clip in some.manifest.clips if "other" in clip.stimuli}
    assert 0 < len(covered) < len(some.manifest.clips) == 8
    assert any("variant other: has a sound for" in note for note in some.notes)
    common = build_small(
        dataset, tmp_path / "common", models=("random",), externals={"other": sounds}, common_clips=True
    )
    assert {clip.id for clip in common.manifest.clips} == covered


def test_under_match_all_sounds_of_a_clip_are_equally_loud(dataset, tmp_path):
    sounds = external_folder(tmp_path / "sounds", seconds=3.0)
    built = build_small(
        dataset, tmp_path / "s", models=("random",), externals={"other": sounds}, level="match"
    )
    for clip in built.manifest.clips:
        levels = [stimulus.level_dbfs for stimulus in clip.stimuli.values()]
        assert max(levels) - min(levels) < 0.1
        assert max(stimulus.peak_dbfs for stimulus in clip.stimuli.values()) < 0


def test_under_keep_every_gain_is_the_same(small_set):
    assert {s.gain_db for _, _, s in manifest.read(small_set).stimuli()} == {CEILING_DBFS}


def test_an_unknown_variant_is_told_with_those_there_are(dataset, tmp_path):
    with pytest.raises(ModelsError, match=r"no variant named 'randon'.*random"):
        build_small(dataset, tmp_path / "s", models=("randon",))


def test_a_named_variant_that_can_not_run_is_an_error_and_under_all_it_is_left_out(
    tmp_path, monkeypatch
):
    root = write_small_dataset(tmp_path / "d")
    for times in root.glob("*_times.txt"):
        times.write_text("".join(f"{click} None None None\n" for click in CLICKS_S))
    with pytest.raises(StimuliError, match="'random-material' can't run"):
        build_small(root, tmp_path / "s", models=("random-material",))
    monkeypatch.setattr("stimuli.building.variants.variant_names", lambda: ("random", "random-material"))
    built = build_small(root, tmp_path / "s", models=("all",))
    assert [item.what for item in built.manifest.skipped] == ["variant random-material"]
    assert built.skipped_videos == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": "loud"}, "no level policy 'loud'"),
        ({"clips_per_video": 0}, "1 or more"),
        ({"models": ("real",)}, "can't be the name"),
        ({"models": ("random", "random")}, "twice"),
        ({"common_clips": True}, "give --external"),
        ({"bitrate": 1}, "give 32000 to 256000"),
    ],
)
def test_options_that_make_no_sense_are_told(options, message):
    with pytest.raises(StimuliError, match=message):
        Options(**options)


def test_files_equal_to_the_last_bit_get_a_name_each(dataset, tmp_path):
    names = ("one", "two", "three")
    sounds = external_folder(tmp_path / "sounds", seconds=3.0)
    out = tmp_path / "s"
    build_small(dataset, out, models=("random",), externals=dict.fromkeys(names, sounds))
    for clip in manifest.read(out).clips:
        assert len({clip.stimuli[name].sha256 for name in names}) == 1
        assert len({clip.stimuli[name].media for name in names}) == 3
    assert check(out).findings == ()


def test_clips_of_a_real_video_are_sampled_and_decoded(greatest_hits, tmp_path):
    video = read_dataset(greatest_hits).test[1]
    prepared = steps.prepare_video(video, Options(clips_per_video=2, seed=3), ())
    assert len(prepared.clips) == 2
    for clip in prepared.clips:
        assert clip.frames.shape[1] == 256
        peak_s = clip.start_s + np.argmax(np.abs(clip.real)) / SAMPLE_RATE
        assert clip.start_s < peak_s < clip.start_s + clip.n_frames / clip.frame_rate


def test_impacts_where_the_frame_rate_varies_get_no_clip(tmp_path):
    root = write_small_dataset(tmp_path / "d")
    shown = 1000 / 30 * np.arange(90)
    shown[54:] += 30  # one picture stands for 63 ms, within the clip of the third impact alone
    retime(root / "q1_mic.mp4", shown.round().astype(int).tolist())
    built = build_small(root, tmp_path / "s", models=("random",))
    facts = built.manifest.dataset["videos"]["q1"]
    assert (facts["impacts"], facts["uneven"], facts["usable"]) == (4, 1, 3)
    note = "video q1: 1 of 4 impacts lie where the frame rate varies; no clip is made of them"
    assert note in built.notes
    impacts = [clip.impact_s for clip in built.manifest.clips_of("q1")]
    assert impacts == pytest.approx([0.6, 1.2, 2.4], abs=0.02)


def test_a_video_whose_frame_rate_varies_all_along_is_left_out(tmp_path):
    root = write_small_dataset(tmp_path / "d")
    jumping = 1000 / 30 * np.arange(90) + 14 * (np.arange(90) % 2)
    retime(root / "q1_mic.mp4", jumping.round().astype(int).tolist())
    built = build_small(root, tmp_path / "s", models=("random",))
    assert [item.what for item in built.skipped_videos] == ["video q1"]
    assert "4 of 4 impacts lie where the frame rate varies" in built.skipped_videos[0].reason


def test_a_clip_that_is_decoded_without_one_of_its_pictures_is_told(dataset, monkeypatch):
    whole = recordings.read_clips
    monkeypatch.setattr(
        recordings,
        "read_clips",
        lambda *given, **options: (
            replace(c, times_s=c.times_s + (np.arange(15) > 6) / 30) for c in whole(*given, **options)
        ),
    )
    found = recordings.prepare_video(read_dataset(dataset).test[0], Options(), ())
    assert "is damaged: pictures round 0.60 s can't be decoded" in found.reason


@pytest.mark.parametrize("tag", [2, 1, 6])
@pytest.mark.parametrize("size", [(1280, 720), (256, 192)])
def test_colours_and_brightness_come_back_as_they_were(tmp_path, size, tag):
    colours = ([128, 128, 128], [200, 0, 0], [0, 200, 0], [0, 0, 200])
    source = write_bars(tmp_path / "bars.mp4", colours, size=size, tag=tag, clicks_s=(0.4,))
    video = Video(id="v", pictures=source, sound=source, impacts=(Impact(time_s=0.4),))
    prepared = steps.prepare_video(video, Options(), ())
    with av.open(str(source)) as recorded, av.open(io.BytesIO(prepared.clips[0].pictures)) as made:
        before, after = (next(one.decode(video=0)) for one in (recorded, made))
    assert after.colorspace == before.colorspace == tag
    for bar in range(4):
        here = size[1] // 2, size[0] * (2 * bar + 1) // 8  # its middle
        rgb = [frame.to_ndarray(format="rgb24")[here].astype(int) for frame in (before, after)]
        assert np.abs(rgb[0] - colours[bar]).max() <= 3
        assert np.abs(rgb[1] - rgb[0]).max() <= 3
        brightness = [int(frame.to_ndarray()[here]) for frame in (before, after)]
        assert abs(brightness[1] - brightness[0]) <= 1


def test_a_silent_sound_counts_as_none(dataset, tmp_path):
    sounds = external_folder(tmp_path / "sounds", seconds=3.0, video_ids=("q1",))
    write_wav(sounds / "q2.wav", np.zeros(3 * SAMPLE_RATE, np.float32), sample_rate=SAMPLE_RATE)
    given = {"models": ("random",), "externals": {"other": sounds}}
    for level in ("keep", "match"):
        built = build_small(dataset, tmp_path / level, level=level, **given)
        assert {clip.video_id for clip in built.manifest.clips if "other" in clip.stimuli} == {"q1"}
        assert any("variant other: silent in 4 clips" in note for note in built.notes)
        assert built.manifest.dataset["videos"]["q2"]["silent"] == {"other": 4}
    common = build_small(dataset, tmp_path / "common", common_clips=True, **given)
    assert common.manifest.video_ids == ("q1",)
    assert "silent: other in 4" in common.skipped_videos[0].reason


def test_long_names_are_built_and_gone_on_with(tmp_path):
    name = "敲" * 43
    root = write_small_dataset(tmp_path / "d", test=(name,))
    assert build_small(root, tmp_path / "s").manifest.video_ids == (name,)
