"""Which store a study names: its stimulus set's folder, or a bucket, which alone loads boto3."""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import cast

from experiment_server.clips.stores import BUCKET_SCHEME, FolderStore, Store, StoreError
from stimuli.manifest import MEDIA_FOLDER


def open_store(media: str, stimuli: Path) -> Store:
    """Open the store that a study names: a bucket, or the folder of its stimulus set.

    Parameters
    ----------
    media : str
        What its study.toml says under media.
    stimuli : Path
        Folder of its stimulus set.

    Raises
    ------
    StoreError
        If the bucket's address is wrong, or boto3 is not installed.
    """
    if not media.startswith(BUCKET_SCHEME):
        return FolderStore(stimuli / MEDIA_FOLDER)
    return cast(Store, bucket_module().BucketStore(media))


def bucket_module() -> ModuleType:
    """Load `experiment_server.clips.bucket`, and with it boto3, which nobody else needs.

    Raises
    ------
    StoreError
        If boto3 is not installed.
    """
    try:
        return import_module("experiment_server.clips.bucket")
    except ModuleNotFoundError as error:
        if error.name not in ("boto3", "botocore"):
            raise
        raise StoreError(
            "media in a bucket need boto3: pip install 'visually-indicated-sounds[s3]'"
        ) from error
