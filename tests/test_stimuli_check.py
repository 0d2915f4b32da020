import dataclasses
import os

import numpy as np
import pytest
from stimuli_samples import build_small, copy_set, spoil, write_small_dataset

from stimuli import manifest
from stimuli.checking.check import check
from stimuli.files import media
from stimuli.files.aac import encode_sound, filled
from stimuli.files.boxes import read_boxes, read_tracks
from stimuli.files.media import samples_in_clip
from stimuli.files.sounds import apply_gain
from stimuli.manifest import REAL


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("check")
    build_small(write_small_dataset(folder / "d", test=("q1", "q2", "q3")), folder / "keep", catch=True)
    build_small(folder / "d", folder / "match", level="match", catch=True)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    return copy_set(made / "keep", tmp_path / "set")


def messages(folder):
    return "\n".join(str(finding) for finding in check(folder).findings)


def told(folder, evidence):
    """Whether the audit names a piece of evidence."""
    return any(f"the {evidence} " in tell for tell in check(folder).audit.tells)


def remade(data, clip, change, *, n_samples=None):
    """Change the decoded sound of a file and code it again, onto the pictures, in packets as large."""
    n_samples = n_samples or samples_in_clip(clip.n_frames, clip.frame_rate)
    sizes = [b - a for a, b in sound_track(data).extents]
    waveform = change(media.decode_sound(data).waveform)[:n_samples]
    packets = [
        filled(packet, max(size, len(packet)))
        for packet, size in zip(encode_sound(waveform), sizes, strict=False)
    ]
    return media.mux(data, packets, n_samples=n_samples, bitrate=192_000)


def sound_track(data):
    return next(track for track in read_tracks(data) if track.kind == "soun")


def test_a_fresh_set_is_in_order(made):
    for name in ("keep", "match"):
        checked = check(made / name)
        assert checked.findings == ()
        assert checked.audit.tells == ()
        assert checked.audit.as_json() == manifest.read(made / name).audit


def test_a_changed_byte_is_found(folder):
    path = next((folder / "media").iterdir())
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert "has changed since it was built" in messages(folder)


def test_missing_and_stray_files_are_found(folder):
    path = next((folder / "media").iterdir())
    path.rename(folder / "media" / "stray.mp4")
    assert "the file is missing" in messages(folder)
    assert "media/stray.mp4: is not in the manifest" in messages(folder)


def test_a_leak_by_size_is_caught(folder):
    spoil(folder, lambda data, clip: data + b"\0\0\0\x10free" + bytes(8), real=False)
    assert told(folder, "bytes of the file")
    assert "different sizes" in messages(folder)


def test_a_leak_by_metadata_is_caught(folder):
    def tagged(data, clip):
        box = next(box for box in read_boxes(data) if box.path == "free")
        return (
            data[: box.start] + b"made by a network".ljust(box.end - box.start, b"\0") + data[box.end :]
        )

    spoil(folder, tagged, real=False)
    assert told(folder, "metadata")
    assert "carries metadata (free)" in messages(folder)


def test_a_leak_by_the_order_of_names_is_caught(folder):
    result = manifest.read(folder)
    for clip in result.clips:
        name = "0" + clip.real.media
        manifest.media_path(folder, clip.real).rename(folder / "media" / name)
        clip.stimuli[REAL] = dataclasses.replace(clip.real, media=name)
    manifest.write(result, folder)
    assert told(folder, "name")
    assert "does not follow from its bytes" in messages(folder)


def test_a_leak_by_the_times_of_files_is_caught(folder):
    for clip in manifest.read(folder).clips:
        for second, name in enumerate(clip.stimuli):
            os.utime(manifest.media_path(folder, clip.stimuli[name]), (second, second))
    assert told(folder, "time of the file")


def test_a_leak_by_pictures_coded_again_is_caught(folder):
    def recoded(data, clip):
        images = np.clip(media.decode_pictures(data).astype(int) + 3, 0, 255).astype(np.uint8)
        pictures = media.encode_pictures(images, rate=clip.frame_rate)
        packets = [data[a:b] for a, b in sound_track(data).extents]
        n_samples = samples_in_clip(clip.n_frames, clip.frame_rate)
        return media.mux(pictures, packets, n_samples=n_samples, bitrate=192_000)

    spoil(folder, recoded, real=False)
    assert told(folder, "coded pictures")
    assert "its coded pictures are not those of the clip" in messages(folder)


def test_a_leak_by_the_number_of_samples_is_caught(folder):
    spoil(folder, lambda data, clip: remade(data, clip, np.asarray, n_samples=21_000), real=False)
    assert told(folder, "duration of the sound")
    assert "holds 21000 samples" in messages(folder)


def test_a_leak_by_a_lost_edit_list_is_caught(folder):
    def unedited(data, clip):
        box = [box for box in read_boxes(data) if box.kind == "elst"][1]
        return data[: box.start + 12] + bytes(4) + data[box.start + 16 :]

    spoil(folder, unedited, real=False)
    assert told(folder, "start of the sound")
    assert "its edit list starts the sound at [0]" in messages(folder)


def test_a_sound_that_was_moved_is_caught(folder):
    spoil(folder, lambda data, clip: remade(data, clip, lambda w: np.roll(w, 900)), real=False)
    assert "ms from where it was put" in messages(folder)


def test_a_leak_by_the_order_of_boxes_is_caught(folder):
    def swapped(data, clip):
        first, second = (box for box in read_boxes(data) if box.path in ("free", "free2"))
        one, two = data[first.start - 8 : first.end], data[second.start - 8 : second.end]
        return data[: first.start - 8] + two + one + data[second.end :]

    spoil(folder, swapped, real=False)
    assert told(folder, "boxes")


def test_a_leak_by_level_is_caught_where_levels_are_matched(made, tmp_path):
    folder = copy_set(made / "match", tmp_path / "set")
    spoil(folder, lambda data, clip: remade(data, clip, lambda w: apply_gain(w, -6)), real=False)
    result = manifest.read(folder)
    for clip in result.clips:
        for name in clip.variants:
            stimulus = clip.stimuli[name]
            moved = {"level_dbfs": stimulus.level_dbfs - 6, "peak_dbfs": stimulus.peak_dbfs - 6}
            clip.stimuli[name] = dataclasses.replace(stimulus, **moved)
    manifest.write(result, folder)
    assert "6.0 dB off the real sound's level" in messages(folder)


def test_levels_that_are_not_those_recorded_are_found(folder):
    spoil(folder, lambda data, clip: remade(data, clip, lambda w: apply_gain(w, -6)), real=True)
    assert "not what the manifest says" in messages(folder)


def test_a_damaged_file_is_told_and_not_raised(folder):
    path = next((folder / "media").iterdir())
    path.write_bytes(path.read_bytes()[:3000])
    assert "leak audit: can't be made" in messages(folder)
