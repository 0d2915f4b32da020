"""A small study whose media are to come from a bucket, for tests."""

import urllib.request
from dataclasses import replace

import server_samples

from experiment_server.clips.bucket import upload
from experiment_server.studies import study
from experiment_server.studies.study import STUDY_NAME
from stimuli import manifest
from stimuli.manifest import CATCH

ADDRESS = "s3://clips/pilot"


def make_study(tmp_path, *, media):
    made = server_samples.make_study(tmp_path, n_videos=6, clips_per_video=1, catches=CATCH)
    path = made / STUDY_NAME
    study.write(replace(study.read(path), media=media), path)
    return made


def upload_from(folder, **how):
    opened = study.read(folder / STUDY_NAME)
    return upload(opened.media, study.stimuli_folder(opened, folder), **how)


def post(url, data=b""):
    request = urllib.request.Request(
        url, data=data, headers={"Content-Type": "text/plain"}, method="POST"
    )
    with urllib.request.urlopen(request) as reply:
        assert reply.status == 200


def contents_of(folder):
    return manifest.read(study.stimuli_folder(study.read(folder / STUDY_NAME), folder))
