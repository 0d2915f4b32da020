"""Which file holds whose sound, in the layouts that later systems write."""

from pathlib import Path

import pytest
from media_samples import sample_sound, write_wav

from models.errors import ModelsError
from models.variants.import_map import Piece
from models.variants.imports import Sources, read_folder
from models.videos.dataset import Dataset, Video

IDS = ("2015-02-16-16-49-06", "2015-10-06-18-02-12-1", "2015-10-06-18-02-12-167")
A, B, C = IDS


def dataset_of(*video_ids: str) -> Dataset:
    videos = [
        Video(id=i, pictures=Path(f"{i}.mp4"), sound=Path(f"{i}.mp4"), impacts=None) for i in video_ids
    ]
    return Dataset(root=Path(), train=tuple(videos[:1]), test=tuple(videos[1:]), split="files")


def touched(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def read(folder: Path, *video_ids: str) -> Sources:
    return read_folder(folder, dataset_of(*(video_ids or IDS)))


def held(folder: Path, sources: Sources) -> dict[str, list[tuple[str, float | None]]]:
    """Say by video and clip which files were taken, from where in the video."""
    pieces = {**sources.videos, **{clip: (piece,) for clip, piece in sources.clips.items()}}
    return {
        target: [(piece.path.relative_to(folder).as_posix(), piece.offset_s) for piece in of]
        for target, of in pieces.items()
    }


LAYOUTS = {
    "MMAudio": ([f"{A}.flac", f"{A}.mp4", f"{B}.flac", f"{B}.mp4"], {A: f"{A}.flac", B: f"{B}.flac"}),
    "MMAudio, pictures named as published": ([f"{A}_denoised.flac"], {A: f"{A}_denoised.flac"}),
    "FoleyCrafter": ([f"audio/{A}.wav", f"video/{A}.mp4"], {A: f"audio/{A}.wav"}),
    "HunyuanVideo-Foley": (
        [f"{A}_mic_generated.wav", f"{A}_mic_with_audio.mp4"],
        {A: f"{A}_mic_generated.wav"},
    ),
    "HunyuanVideo-Foley, video only": ([f"{A}_with_audio.mp4"], {A: f"{A}_with_audio.mp4"}),
    "CondFoleyGen, its own input": (
        [
            f"2sec_full_generated_sound_0/{A}_to_{B}.wav",
            f"2sec_full_generated_video_0/{A}_to_{B}.mp4",
            f"2sec_full_cond_video_0/{A}_to_{B}.wav",
            f"2sec_full_orig_video/{A}.wav",
        ],
        {A: f"2sec_full_generated_sound_0/{A}_to_{B}.wav"},
    ),
    "SyncFusion": ([f"{A}.wav", f"{A}_cond.wav", f"{B}.wav"], {A: f"{A}.wav", B: f"{B}.wav"}),
    "by clip": ([f"deep/er/{A}_012345.wav"], {f"{A}_012345": f"deep/er/{A}_012345.wav"}),
    "by clip, generated": ([f"{C}_000600_generated.wav"], {f"{C}_000600": f"{C}_000600_generated.wav"}),
    "beside other files": ([f"{A}.wav", "log.txt", "._x.wav", "unknown.wav"], {A: f"{A}.wav"}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_later_systems_are_read(tmp_path: Path, layout: str):
    names, expected = LAYOUTS[layout]
    found = held(tmp_path, read(touched(tmp_path, *names)))
    assert found == {target: [(file, None)] for target, file in expected.items()}


def test_ten_second_segments_are_laid_end_to_end(tmp_path: Path):
    folder = tmp_path / "text_prompt" / "audio"
    folder.mkdir(parents=True)
    for index in (0, 2, 10):
        quiet = sample_sound(10.0 if index else 1.0, clicks_s=[], sample_rate=8_000)
        write_wav(folder / f"{A}_{index}.wav", quiet, sample_rate=8_000)
    expected = [(f"text_prompt/audio/{A}_{n}.wav", 10.0 * n) for n in (0, 2, 10)]
    assert held(tmp_path, read(tmp_path)) == {A: expected}


def test_a_numbered_file_that_is_no_segment_is_named(tmp_path: Path):
    quiet = sample_sound(12.0, clicks_s=[], sample_rate=8_000)
    write_wav(tmp_path / f"{A}_1.wav", quiet, sample_rate=8_000)
    with pytest.raises(ModelsError, match=rf"{A}_1\.wav has a number.*lasts 12\.0 s; name it after"):
        read(tmp_path)


def test_trimmed_inputs_say_where_they_begin(tmp_path: Path):
    names = [
        f"{A}_denoised_trim_to_2s_from_{start}_new_fps_resized_to_{B}_denoised_trim_to_2s_from_7.5333.wav"
        for start in ("3.0667", "30.6000")
    ]
    other = f"{C}_new_fps_trim_to_4s_from_1.0000_to_{A}_new_fps_trim_to_2s_from_0.0000.wav"
    found = held(tmp_path, read(touched(tmp_path, *names, other)))
    assert found == {A: [(names[0], 3.0667), (names[1], 30.6)], C: [(other, 1.0)]}


@pytest.mark.parametrize(
    ("video_ids", "names", "expected"),
    [
        (("take+one",), ["take one.wav"], {"take+one": "take one.wav"}),
        (("a+b", "a b"), ["a b.wav"], {"a b": "a b.wav"}),
        (("door", "door_to_wall"), ["door_to_wall.wav"], {"door_to_wall": "door_to_wall.wav"}),
        (("take", "take_1"), ["take_1.wav"], {"take_1": "take_1.wav"}),
        (("v_mic",), ["v_mic.wav"], {"v_mic": "v_mic.wav"}),
        (("_mic",), ["_mic.wav"], {"_mic": "_mic.wav"}),
    ],
)
def test_a_video_of_that_very_name_comes_before_any_other_reading(
    tmp_path: Path, video_ids: tuple[str, ...], names: list[str], expected: dict[str, str]
):
    found = held(tmp_path, read(touched(tmp_path, *names), *video_ids))
    assert found == {target: [(file, None)] for target, file in expected.items()}


@pytest.mark.parametrize(
    "names",
    [
        (f"{A}.wav", f"{A}_generated.wav"),
        (f"{A}.flac", f"{A}.wav"),
        (f"audio_prompt/audio/{A}_0.wav", f"text_prompt/audio/{A}_0.wav"),
        (f"{A}_to_{B}.wav", f"{A}_to_{C}.wav"),
        (f"{A}_000600.wav", f"sub/{A}_000600.wav"),
        (f"{A}.wav", f"{A}_trim_to_2s_from_5.0000.wav"),
        (f"a/{A}.mp4", f"b/{A}.mp4"),
    ],
)
def test_two_files_for_one_thing_are_both_named(
    tmp_path: Path, names: tuple[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        "models.variants.imports._check_segments", lambda claims: None
    )  # the files are empty
    with pytest.raises(ModelsError, match=r"both .* are for .*map\.csv") as caught:
        read(touched(tmp_path, *names))
    assert all(name in str(caught.value) for name in names)


def test_a_recording_of_the_dataset_is_no_synthesized_sound(tmp_path: Path):
    path = touched(tmp_path, "v_mic.mp4") / "v_mic.mp4"
    video = Video(id="v", pictures=path, sound=path, impacts=None)
    with pytest.raises(ModelsError, match="is a recording of the dataset"):
        read_folder(tmp_path, Dataset(root=tmp_path, train=(), test=(video,), split="files"))


def test_names_that_were_lost_ask_for_a_map(tmp_path: Path):
    touched(tmp_path, *(f"{n:04d}.wav" for n in range(5)))
    with pytest.raises(ModelsError) as caught:
        read(tmp_path)
    message = str(caught.value)
    assert "none of the 5 sounds" in message
    assert "0000.wav, 0001.wav, 0002.wav, ..." in message
    assert A in message
    assert "map.csv with a line 'file,video_id,offset_s'" in message


def test_a_folder_without_sound_is_named(tmp_path: Path):
    touched(tmp_path, "readme.txt", "x_cond.wav")
    with pytest.raises(ModelsError, match=r"no sound in .*<video id>\.wav"):
        read(tmp_path)
    with pytest.raises(ModelsError, match=r"no folder .*nowhere"):
        read(tmp_path / "nowhere")


def test_a_map_says_what_names_do_not(tmp_path: Path):
    touched(tmp_path, "0000.wav", "0001.wav", "results/0102_batch_size1/demo.wav", f"{C}.wav")
    (tmp_path / "map.csv").write_text(
        "\ufefffile, video_id, clip_id, offset_s\n"
        f"0000.wav,{A},,\n"
        f"0001.wav, {A}, , 10.0\n"
        f'"results/0102_batch_size1/demo.wav",,{B}_000600,\n',
        encoding="utf-8",
    )
    found = read(tmp_path)
    assert held(tmp_path, found) == {
        A: [("0000.wav", 0.0), ("0001.wav", 10.0)],
        C: [(f"{C}.wav", None)],
        f"{B}_000600": [("results/0102_batch_size1/demo.wav", None)],
    }


def test_a_map_settles_which_of_two_files_to_take(tmp_path: Path):
    touched(tmp_path, f"{A}_to_{B}.wav", f"{A}_to_{C}.wav")
    (tmp_path / "map.csv").write_text(f"file,video_id\n{A}_to_{C}.wav,{A}\n")
    assert read(tmp_path).videos == {
        A: (Piece(path=tmp_path / f"{A}_to_{C}.wav", offset_s=0.0),),
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "first line of .* is ''; expected file,video_id,offset_s"),
        ("file;video_id\n", "first line of .* is 'file;video_id'"),
        ("file,offset_s\n", "first line"),
        ("file,video_id,video_id\n", "first line"),
        (f"file,video_id\n0.wav,{A}\n1.wave,{B}\n", r"line 3: file is '1\.wave'.*did you mean '1\.wav'"),
        (f"file,video_id\n../0.wav,{A}\n", r"line 2: file is '\.\./0\.wav'"),
        (f"file,video_id\n0.wav,{A}7\n", f"line 2: video_id is '{A}7'.*did you mean '{A}'"),
        ("file,video_id\n0.wav,\n", "line 2: neither a video_id nor a clip_id"),
        (f"file,video_id,clip_id\n0.wav,{A},{A}_000600\n", "line 2: both a video_id and a clip_id"),
        ("file,clip_id\n0.wav,x_000600\n", "line 2: clip_id is 'x_000600'; expected <video id>_<time"),
        (f"file,video_id,offset_s\n0.wav,{A},ten\n", "line 2: offset_s is 'ten'; expected the time"),
        (f"file,video_id,offset_s\n0.wav,{A},nan\n", "line 2: offset_s is 'nan'"),
        (f"file,video_id\n0.wav,{A},1\n", "line 2 has 1 values too many"),
        (f"file,video_id\n0.wav,{A}\n1.wav,{A}\n", f"line 3: {A} has a file already, by .* line 2"),
    ],
)
def test_a_line_that_can_not_be_used_is_named(tmp_path: Path, text: str, message: str):
    touched(tmp_path, "0.wav", "1.wav")
    (tmp_path / "map.csv").write_text(text)
    with pytest.raises(ModelsError, match=message):
        read(tmp_path)


def test_a_spaced_name_that_two_videos_could_have_is_neithers(tmp_path: Path):
    with pytest.raises(ModelsError, match="none of the 1 sounds"):
        read(touched(tmp_path, "a b c.wav"), "a+b c", "a b+c")


def test_a_mapped_file_is_for_what_the_map_says_alone(tmp_path: Path):
    touched(tmp_path, f"{A}.wav")
    (tmp_path / "map.csv").write_text(f"file,video_id\n{A}.wav,{B}\n")
    assert held(tmp_path, read(tmp_path)) == {B: [(f"{A}.wav", 0.0)]}


def test_clips_have_no_segments(tmp_path: Path):
    with pytest.raises(ModelsError, match="none of the 1 sounds"):
        read(touched(tmp_path, f"{A}_000600_1.wav"))
