import hashlib
import subprocess
import sys
import threading
import urllib.request
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import create_server

import boto3
import pytest
from click.testing import CliRunner
from moto.server import ThreadedMotoServer
from server_samples import Visitor, serving_site
from server_samples import make_study as make_whole_study

from experiment_server.cli import main
from experiment_server.clips import bucket
from experiment_server.clips.bucket import BucketStore, upload
from experiment_server.clips.stores import FolderStore, StoreError, media_sizes, open_store
from experiment_server.studies import study
from experiment_server.studies.sections import Trials
from experiment_server.studies.study import STUDY_NAME, Study
from stimuli import manifest
from stimuli.manifest import CATCH, Clip, Manifest, Stimulus

ADDRESS = "s3://clips/pilot"


@pytest.fixture(scope="module")
def s3():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def service(s3, monkeypatch):
    """An S3 service with an empty bucket, as the environment names it; for looking behind the scenes."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    post(f"{s3}/moto-api/reset")
    client = boto3.client("s3")
    client.create_bucket(Bucket="clips")
    yield client
    client.close()


@pytest.fixture
def folder(service, tmp_path):
    """A study whose media are to come from the bucket."""
    return make_study(tmp_path, media=ADDRESS)


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


@pytest.fixture
def store():
    opened = BucketStore(ADDRESS)
    yield opened
    opened.close()


def post(url, data=b""):
    request = urllib.request.Request(
        url, data=data, headers={"Content-Type": "text/plain"}, method="POST"
    )
    with urllib.request.urlopen(request) as reply:
        assert reply.status == 200


def contents_of(folder):
    return manifest.read(study.stimuli_folder(study.read(folder / STUDY_NAME), folder))


def test_a_folder_gives_the_bytes_and_finds_what_is_wrong(tmp_path):
    stimuli = write_set(tmp_path / "set")
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
    assert upload(folder, on_file=lambda done, total: told.append((done, total))) == len(sizes)
    assert told[-1] == (len(sizes), len(sizes))
    store.check(sizes)
    stimuli = study.stimuli_folder(study.read(folder / STUDY_NAME), folder)
    for name in sizes:
        assert store.read(name) == (stimuli / "media" / name).read_bytes()


def test_a_second_upload_copies_what_is_missing_alone(folder, service, store):
    upload(folder)
    first, second, *_ = media_sizes(contents_of(folder))
    service.delete_object(Bucket="clips", Key=f"pilot/{first}")
    service.put_object(Bucket="clips", Key=f"pilot/{second}", Body=b"cut")
    assert upload(folder) == 2
    store.check(media_sizes(contents_of(folder)))
    assert upload(folder) == 0


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
    named = study.read(folder / STUDY_NAME)
    remote = open_store(named, folder)
    assert isinstance(remote, BucketStore)
    remote.close()
    local = open_store(replace(named, media=""), folder)
    assert isinstance(local, FolderStore)
    assert local.folder == folder / "media"


@pytest.fixture
def site(service, tmp_path):
    """The site of a study whose media are in the bucket and nowhere else."""
    made = make_whole_study(tmp_path)
    path = made / STUDY_NAME
    study.write(replace(study.read(path), media=ADDRESS), path)
    upload(made)
    (tmp_path / "set" / "media").rename(tmp_path / "away")
    with serving_site(made) as app:
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
        upload(make_study(tmp_path, media=""))


def test_a_missing_object_is_told_by_its_name(folder, service, store):
    upload(folder)
    name, *_ = sizes = media_sizes(contents_of(folder))
    service.delete_object(Bucket="clips", Key=f"pilot/{name}")
    with pytest.raises(StoreError, match=f"{ADDRESS}/{name} is missing; run `experiment-server upload`"):
        store.check(sizes)
    with pytest.raises(StoreError, match=f"{ADDRESS}/{name} is missing"):
        store.read(name)


def test_a_truncated_object_is_found(folder, service, store):
    upload(folder)
    name, *_ = sizes = media_sizes(contents_of(folder))
    service.put_object(Bucket="clips", Key=f"pilot/{name}", Body=b"cut")
    with pytest.raises(StoreError, match=f"{name} has 3 bytes and not {sizes[name]}"):
        store.check(sizes)


def test_more_objects_than_a_page_of_the_list_holds_are_all_seen(service, store, monkeypatch):
    for number in range(3):
        store.write(f"{number}.mp4", b"content")
    monkeypatch.setattr(bucket, "PAGE", 2)
    store.check({f"{number}.mp4": 7 for number in range(3)})


def test_a_bucket_that_is_not_there_is_told(service):
    other = BucketStore("s3://elsewhere")
    with pytest.raises(StoreError, match=r"in no bucket that exists.*study\.toml"):
        other.check({"a.mp4": 1})
    other.close()


def test_refused_credentials_are_told(service, s3, store):
    post(f"{s3}/moto-api/reset-auth", b"0")
    try:
        with pytest.raises(StoreError, match=r"is refused \(InvalidAccessKeyId\).*s3:ListBucket"):
            store.check({"a.mp4": 1})
        with pytest.raises(StoreError, match=r"is refused \(InvalidAccessKeyId\)"):
            store.read("a.mp4")
    finally:
        post(f"{s3}/moto-api/reset-auth", b"inf")


def test_missing_credentials_are_told(service, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    store = BucketStore(ADDRESS)
    with pytest.raises(StoreError, match=r"is refused \(no credentials\); AWS_ACCESS_KEY_ID"):
        store.read("a.mp4")
    store.close()


@pytest.fixture
def silent_server():
    """A service that takes requests and never says a word."""
    held = []
    with create_server(("127.0.0.1", 0)) as listening:

        def hold():
            while True:
                try:
                    held.append(listening.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=hold)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(2)
        thread.join()
    for connection in held:
        connection.close()


def test_a_bucket_that_never_answers_is_given_up(service, silent_server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", silent_server)
    store = BucketStore(ADDRESS, read_timeout_s=0.2)
    with pytest.raises(StoreError, match=r"can't be had now \(Read timeout.*AWS_ENDPOINT_URL"):
        store.read("a.mp4")
    store.close()


class CutShort(BaseHTTPRequestHandler):
    """Promises more bytes than it sends."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "600")
        self.end_headers()
        self.wfile.write(b"half")

    def log_message(self, *_):
        pass


def test_a_transfer_that_breaks_off_is_told(service, monkeypatch):
    with HTTPServer(("127.0.0.1", 0), CutShort) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        store = BucketStore(ADDRESS)
        with pytest.raises(StoreError, match="can't be had now"):
            store.read("a.mp4")
        store.close()
        server.shutdown()
        thread.join()


def test_a_bucket_that_can_not_be_reached_is_told(service, monkeypatch):
    with create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    store = BucketStore(ADDRESS)
    with pytest.raises(StoreError, match="can't be had now"):
        store.check({"a.mp4": 1})
    store.close()


@pytest.mark.parametrize("address", ["s3://", "s3:///prefix", "https://host/clips", "s3://b/p?x=1"])
def test_an_address_without_a_bucket_is_refused(address):
    with pytest.raises(StoreError, match="names no bucket"):
        BucketStore(address)


def test_the_server_does_without_boto3(tmp_path):
    code = (
        "import sys; sys.modules['boto3'] = None\n"
        "from dataclasses import replace\n"
        "from pathlib import Path\n"
        "from experiment_server import app\n"
        "from experiment_server.clips import stores\n"
        "from experiment_server.studies import folder, sections, study\n"
        "new = study.Study(name='s', stimuli='.', seed=1, trials=sections.Trials(main=1), media='s3://b')\n"
        "stores.open_store(replace(new, media=''), Path())\n"
        "try: stores.open_store(new, Path())\n"
        "except stores.StoreError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "need boto3: pip install" in done.stdout
