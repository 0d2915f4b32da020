"""A study of one clip whose media are to come from a bucket, for tests."""

import hashlib
import urllib.request

from experiment_server.studies import study
from experiment_server.studies.sections import Trials
from experiment_server.studies.study import STUDY_NAME, Study
from stimuli import manifest
from stimuli.manifest import CATCH, Clip, Manifest, Stimulus

ADDRESS = "s3://clips/pilot"


def make_study(path, *, media):
    write_set(path / "set")
    new = Study(name="pilot", stimuli="set", seed=1, trials=Trials(main=1), media=media)
    study.write(new, path / STUDY_NAME)
    return path


def write_set(path):
    """Write a stimulus set of one clip and four files, of which no byte is media."""
    (path / "media").mkdir(parents=True)
    stimuli = {}
    for number, name in enumerate(("real", "random", *CATCH)):
        content = bytes([number]) * 600
        sha256 = hashlib.sha256(content).hexdigest()
        media = f"{sha256[:32]}.mp4"
        (path / "media" / media).write_bytes(content)
        measured = dict.fromkeys(("level_dbfs", "peak_dbfs", "gain_db", "sync_ms"), 0.0)
        stimuli[name] = Stimulus(media=media, sha256=sha256, n_bytes=600, **measured)
    numbers = {"impact_s": 1.0, "start_s": 0.75, "duration_s": 0.5, "n_frames": 15, "frame_rate": 30.0}
    shape = {"width": 64, "height": 48, "video_sha256": "0" * 64}
    clip = Clip(id="c", video_id="v", stimuli=stimuli, **numbers, **shape)
    about = {"seed": 1, "options": {}, "dataset": {}, "versions": {}, "variants": {"random": {}}}
    manifest.write(Manifest(clips=(clip,), **about), path)
    return path


def post(url, data=b""):
    request = urllib.request.Request(
        url, data=data, headers={"Content-Type": "text/plain"}, method="POST"
    )
    with urllib.request.urlopen(request) as reply:
        assert reply.status == 200


def contents_of(folder):
    return manifest.read(study.stimuli_folder(study.read(folder / STUDY_NAME), folder))
