"""Clips from a folder or a bucket: the same bytes, nothing that marks them, and no way elsewhere."""

import subprocess
import sys

import pytest
from bucket_samples import ADDRESS, contents_of, make_study, upload_from
from click.testing import CliRunner
from server_samples import Visitor, serving_site, write_set

from experiment_server.cli import main
from experiment_server.clips.bucket import BucketStore
from experiment_server.clips.opening import open_store
from experiment_server.clips.stores import FolderStore, StoreError, media_sizes
from experiment_server.studies import study
from experiment_server.studies.study import STUDY_NAME
from stimuli import manifest


@pytest.fixture
def folder(service, tmp_path):
    """A study whose media are to come from the bucket."""
    return make_study(tmp_path, media=ADDRESS)


def test_a_folder_gives_the_bytes_and_finds_what_is_wrong(tmp_path):
    stimuli = write_set(tmp_path / "set", n_videos=2)
    sizes = media_sizes(manifest.read(stimuli))
    folder = FolderStore(stimuli / "media")
    folder.check(sizes)
    name = next(iter(sizes))
    assert len(folder.read(name)) == sizes[name]
    (stimuli / "media" / name).write_bytes(b"cut")
    with pytest.raises(StoreError, match=f"{name} has 3 bytes and not {sizes[name]}"):
        folder.check(sizes)
    (stimuli / "media" / name).unlink()
    for call in (lambda: folder.check(sizes), lambda: folder.read(name)):
        with pytest.raises(StoreError, match=r"No such file.*stimuli check"):
            call()


@pytest.mark.parametrize("name", ["../manifest.json", "a/b.mp4", "..mp4", "a.mp4/..", "", "a.mp4\n"])
def test_a_name_that_leads_elsewhere_is_refused(name, tmp_path, service, store):
    for one in (FolderStore(tmp_path), store):
        for call in (lambda one=one: one.read(name), lambda one=one: one.check({name: 1})):
            with pytest.raises(StoreError, match="tampered"):
                call()


def test_an_uploaded_set_comes_back_byte_by_byte(folder, store):
    sizes = media_sizes(contents_of(folder))
    told = []
    assert upload_from(folder, on_file=lambda done, total: told.append((done, total))) == len(sizes)
    assert told[-1] == (len(sizes), len(sizes))
    store.check(sizes)
    stimuli = study.stimuli_folder(study.read(folder / STUDY_NAME), folder)
    for name in sizes:
        assert store.read(name) == (stimuli / "media" / name).read_bytes()


def test_a_second_upload_copies_what_is_missing_alone(folder, service, store):
    upload_from(folder)
    first, second, *_ = media_sizes(contents_of(folder))
    service.delete_object(Bucket="clips", Key=f"pilot/{first}")
    service.put_object(Bucket="clips", Key=f"pilot/{second}", Body=b"cut")
    assert upload_from(folder) == 2
    store.check(media_sizes(contents_of(folder)))
    assert upload_from(folder) == 0


def test_the_command_copies_a_study_and_says_how_much(folder, store):
    sizes = media_sizes(contents_of(folder))
    done = CliRunner().invoke(main, ["upload", str(folder)])
    assert done.exit_code == 0, done.output
    assert f"{len(sizes)} clips copied" in done.output
    store.check(sizes)


def test_the_command_says_in_a_sentence_why_it_can_not(folder, service):
    service.delete_bucket(Bucket="clips")
    done = CliRunner().invoke(main, ["upload", str(folder)])
    assert done.exit_code == 1
    assert f"Error: {ADDRESS} is in no bucket that exists" in done.output


def test_a_study_opens_the_store_that_it_names(folder):
    remote = open_store(study.read(folder / STUDY_NAME).media, folder)
    assert isinstance(remote, BucketStore)
    remote.close()
    local = open_store("", folder)
    assert isinstance(local, FolderStore)
    assert local.folder == folder / "media"


@pytest.fixture
def site(folder, tmp_path):
    """The site of a study whose media are in the bucket and nowhere else."""
    upload_from(folder)
    (tmp_path / "set" / "media").rename(tmp_path / "away")
    with serving_site(folder) as app:
        yield app


def test_clips_from_a_bucket_reach_the_page_without_anything_that_marks_them(site, tmp_path):
    visitor = Visitor(site).begin()
    replies = [visitor.client.get(f"/{path}") for path in visitor.next()["trial"]["clips"]]
    originals = {path.read_bytes() for path in (tmp_path / "away").iterdir()}
    assert {reply.data for reply in replies} <= originals
    assert replies[0].data != replies[1].data
    for reply in replies:
        assert reply.status_code == 200
        told = {"etag", "last-modified", "content-disposition"}
        assert [name for name, _ in reply.headers if name.lower() in told or "amz" in name.lower()] == []


@pytest.mark.parametrize("left", [None, b"cut"])
def test_a_clip_that_the_bucket_lost_or_cut_is_asked_for_again_later(site, service, tmp_path, left):
    visitor = Visitor(site).begin()
    path = visitor.next()["trial"]["clips"][0]
    for media in (tmp_path / "away").iterdir():
        place = {"Bucket": "clips", "Key": f"pilot/{media.name}"}
        service.delete_object(**place) if left is None else service.put_object(**place, Body=left)
    reply = visitor.client.get(f"/{path}")
    assert reply.status_code == 503
    assert reply.headers["Retry-After"]
    assert "s3" not in reply.get_data(as_text=True)


def test_a_study_with_its_media_in_a_folder_has_nothing_to_upload(tmp_path):
    with pytest.raises(StoreError, match="names no bucket; write"):
        upload_from(make_study(tmp_path, media=""))


def test_the_server_does_without_boto3(tmp_path):
    code = (
        "import sys; sys.modules['boto3'] = None\n"
        "from pathlib import Path\n"
        "from experiment_server import app\n"
        "from experiment_server.clips import opening, stores\n"
        "from experiment_server.folders import folder\n"
        "opening.open_store('', Path())\n"
        "try: opening.open_store('s3://b', Path())\n"
        "except stores.StoreError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "need boto3: pip install" in done.stdout
