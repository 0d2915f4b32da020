"""An S3-compatible bucket as a store, and how a stimulus set gets there. This module alone needs boto3.

Credentials, region and the address of another service than Amazon's come from the environment, as in
every program that uses boto3 (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_DEFAULT_REGION,
AWS_ENDPOINT_URL), or from the machine's role.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from experiment_server.clips.stores import (
    FolderStore,
    StoreError,
    checked_name,
    media_sizes,
)
from stimuli import manifest
from stimuli.manifest import MEDIA_FOLDER

CONNECT_TIMEOUT_S = 3.0
READ_TIMEOUT_S = 5.0  # between two pieces of an object; a clip has some hundred kilobytes
ATTEMPTS = 2  # for each call; after that the page asks again
CONNECTIONS = 32  # kept open; more than a worker has threads
PAGE = 1000  # objects in one reply of the list, the most that S3 gives
MISSING = ("NoSuchKey", "404")
REFUSED = ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "403")


class BucketStore:
    """Media files under one prefix of a bucket.

    Parameters
    ----------
    address : str
        ``s3://bucket`` or ``s3://bucket/prefix``.
    read_timeout_s : float
        How long to wait for the next bytes (s).

    Raises
    ------
    StoreError
        If the address names no bucket.
    """

    def __init__(self, address: str, *, read_timeout_s: float = READ_TIMEOUT_S) -> None:
        parts = urlsplit(address)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
            raise StoreError(
                f"media = {address!r} in study.toml names no bucket; write it as s3://bucket/prefix"
            )
        self.address = address.rstrip("/")
        self.bucket = parts.netloc
        self.prefix = parts.path.strip("/") + "/" if parts.path.strip("/") else ""
        config = Config(
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=read_timeout_s,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            max_pool_connections=CONNECTIONS,
        )
        with self._told():
            self._client: Any = boto3.client("s3", config=config)

    def read(self, name: str) -> bytes:
        """Return a file's bytes, see `Store.read`."""
        place = self._place(name)
        # as its own context manager the body would raise urllib3's errors, not botocore's
        with self._told(name), closing(self._client.get_object(**place)["Body"]) as body:
            return bytes(body.read())

    def check(self, sizes: Mapping[str, int]) -> None:
        """Make sure that files are there, see `Store.check`."""
        there = self.sizes(next(iter(sizes)) if len(sizes) == 1 else "")
        for name, size in sizes.items():
            if there.get(checked_name(name)) != size:
                found = f"has {there[name]} bytes and not {size}" if name in there else "is missing"
                raise StoreError(f"{self.address}/{name} {found}; run `experiment-server upload`")

    def sizes(self, start: str = "") -> dict[str, int]:
        """List what is there, of names that begin so, with sizes (bytes).

        Raises
        ------
        StoreError
            If the bucket can't be reached or refuses.
        """
        asked = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix + start, PaginationConfig={"PageSize": PAGE}
        )
        with self._told():
            listed = [item for page in asked for item in page.get("Contents", ())]
        return {item["Key"].removeprefix(self.prefix): item["Size"] for item in listed}

    def write(self, name: str, content: bytes) -> None:
        """Put a file there.

        Raises
        ------
        StoreError
            If the bucket can't be reached or refuses.
        """
        place = self._place(name)
        with self._told(name):
            self._client.put_object(**place, Body=content, ContentType="video/mp4")

    def close(self) -> None:
        """Let go of all connections."""
        self._client.close()

    def _place(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": self.prefix + checked_name(name)}

    @contextmanager
    def _told(self, name: str = "") -> Iterator[None]:
        """Say in a sentence what goes wrong with a file, or with the bucket."""
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            place = f"{self.address}/{name}" if name else self.address
            raise StoreError(f"{place} {_remedy(error)}") from error


def _remedy(error: BotoCoreError | ClientError) -> str:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    if code in MISSING:
        return "is missing; run `experiment-server upload`"
    if code == "NoSuchBucket":
        return "is in no bucket that exists; make it, or mend media in study.toml"
    if code in REFUSED or isinstance(error, NoCredentialsError):
        return (
            f"is refused ({code or 'no credentials'}); AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or the machine's role, must allow s3:GetObject and s3:ListBucket (upload: s3:PutObject)"
        )
    return f"can't be had now ({error}); look at the bucket, or at AWS_ENDPOINT_URL"


def upload(media: str, stimuli: Path, *, on_file: Callable[[int, int], None] | None = None) -> int:
    """Copy a stimulus set's media into a bucket, and make sure that they arrived.

    What is there in the right size stays, so that an interrupted upload can be given again.

    Parameters
    ----------
    media : str
        The bucket, as the study names it.
    stimuli : Path
        Folder of the stimulus set.
    on_file : callable, optional
        Called as ``on_file(done, total)`` after each file.

    Returns
    -------
    int
        Files that were copied.

    Raises
    ------
    StudyError, ManifestError
        If this names no bucket, or the stimulus set is damaged, or the bucket refuses.
    """
    with closing(BucketStore(media)) as target:
        sizes = media_sizes(manifest.read(stimuli))
        source = FolderStore(stimuli / MEDIA_FOLDER)
        source.check(sizes)
        there = target.sizes()
        missing = [name for name, size in sizes.items() if there.get(name) != size]
        for done, name in enumerate(missing, start=1):
            target.write(name, source.read(name))
            if on_file:
                on_file(done, len(missing))
        target.check(sizes)
    return len(missing)
