"""The manifest on disk: what its formats hold, and that sets made long ago keep their digests."""

import json
from dataclasses import replace

import pytest

from stimuli import manifest
from stimuli.manifest import CATCH_SILENCE, CATCH_TONE, REAL, Clip, Manifest, SilentFile, Stimulus

STIMULUS = Stimulus(
    media="a.mp4", sha256="0" * 64, n_bytes=7, level_dbfs=-20.0, peak_dbfs=-3.0, gain_db=0.0, sync_ms=0.0
)
CLIP = Clip(
    id="v_1",
    video_id="v",
    impact_s=1.5,
    start_s=1.25,
    duration_s=0.5,
    n_frames=15,
    frame_rate=30.0,
    width=64,
    height=48,
    video_sha256="1" * 64,
    material="wood",
    stimuli={REAL: STIMULUS, "random": replace(STIMULUS, media="b.mp4")},
)
SET = Manifest(seed=1, options={}, dataset={}, versions={}, variants={"random": {}}, clips=(CLIP,))
WITH_CATCHES = replace(CLIP, stimuli={**CLIP.stimuli, CATCH_SILENCE: STIMULUS, CATCH_TONE: STIMULUS})
CAUGHT = replace(SET, clips=(WITH_CATCHES,))
SILENT_FILE = SilentFile(media="c.mp4", sha256="2" * 64, n_bytes=9, x=0.25, y=0.5)
SILENT = replace(SET, variants={}, clips=(replace(CLIP, stimuli={}, silent=SILENT_FILE),))


@pytest.mark.parametrize(
    ("result", "written", "digest"),
    [
        # Digests of what was written before there were silent files: they name the sets of studies.
        (SET, 1, "dee09159f53afaf61b22ff77a9e8068247304a65272abedb9a9b283f3fc4060a"),
        (CAUGHT, 2, "2ba600968fc357b8c648ee634752507768e2733cc9277388b0e0febea228b17c"),
    ],
)
def test_sets_with_sound_keep_their_bytes(result, written, digest):
    assert json.loads(manifest.encode(result))["format"] == written
    assert "silent" not in manifest.encode(result)
    assert manifest.digest(result) == digest
    assert not manifest.is_annotation(result)


def test_a_set_of_silent_clips_is_read_as_it_was_written(tmp_path):
    manifest.write(SILENT, tmp_path)
    assert json.loads((tmp_path / manifest.MANIFEST_NAME).read_text())["format"] == 3
    assert manifest.read(tmp_path) == SILENT
    assert manifest.is_annotation(SILENT)
    assert list(SILENT.media()) == ["c.mp4"]
    assert sorted(SET.media()) == ["a.mp4", "b.mp4"]
    assert manifest.media_path(tmp_path, SILENT.clips[0].silent) == tmp_path / "media" / "c.mp4"


def test_sets_with_sound_are_read_as_they_were_written(tmp_path):
    for result in (SET, CAUGHT):
        manifest.write(result, tmp_path)
        assert manifest.read(tmp_path) == result


def test_a_later_format_is_refused(tmp_path):
    manifest.write(SILENT, tmp_path)
    path = tmp_path / manifest.MANIFEST_NAME
    path.write_text(path.read_text().replace('"format": 3', '"format": 4'))
    with pytest.raises(manifest.ManifestError, match="format 4, this version reads 1 to 3"):
        manifest.read(tmp_path)
