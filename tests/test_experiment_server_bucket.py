"""What a bucket does not give: missing, cut, refused, silent or gone, told in a sentence each."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import create_server

import boto3
import pytest
from bucket_samples import ADDRESS, contents_of, make_study, post, upload_from

from experiment_server.clips import bucket
from experiment_server.clips.bucket import BucketStore
from experiment_server.clips.stores import StoreError, media_sizes


@pytest.fixture
def folder(service, tmp_path):
    """A study whose media are to come from the bucket."""
    return make_study(tmp_path, media=ADDRESS)


def test_a_missing_object_is_told_by_its_name(folder, service, store):
    upload_from(folder)
    name, *_ = sizes = media_sizes(contents_of(folder))
    service.delete_object(Bucket="clips", Key=f"pilot/{name}")
    with pytest.raises(StoreError, match=f"{ADDRESS}/{name} is missing; run `experiment-server upload`"):
        store.check(sizes)
    with pytest.raises(StoreError, match=f"{ADDRESS}/{name} is missing"):
        store.read(name)


def test_a_truncated_object_is_found(folder, service, store):
    upload_from(folder)
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
