"""What a set was made from: the dataset's and folders' fingerprints, and the versions at work."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import av

from models.videos.dataset import Dataset
from stimuli.manifest import Manifest

PACKAGES = ("visually-indicated-sounds", "av", "numpy", "scipy", "torch", "torchvision")
SHARE = 65_536  # bytes read at either end of a file


def begun_from(dataset: Dataset, shaping: Mapping[str, Any], *, seed: int) -> Manifest:
    """Begin a set's manifest with all that shapes the set and is known before anything is loaded.

    Parameters
    ----------
    dataset : Dataset
        What it is made from.
    shaping : dict
        The options that shape it.
    seed : int
        What all sampling starts from.
    """
    options = json.loads(json.dumps(shaping))  # as they will be read again
    facts, numbers = dataset_facts(dataset), versions()
    return Manifest(seed=seed, options=options, dataset=facts, versions=numbers, variants={}, clips=())


def begun_as(made: Manifest) -> Manifest:
    """Tell from the manifest of a finished set how it was begun."""
    facts = {key: value for key, value in made.dataset.items() if key != "videos"}
    return replace(made, dataset=facts, variants={}, clips=(), skipped=(), audit={})


def differences(asked: Manifest, there: Manifest) -> str:
    """Name what differs in how two sets were begun, with both values where they are short."""
    new, old = ({"seed": of.seed, **of.options, **of.versions} for of in (asked, there))
    unequal = [key for key in {**new, **old} if new.get(key) != old.get(key)]
    named = [f"{key}: {old.get(key)}, not {new.get(key)}" for key in unequal]
    return "; ".join([*named, *(["another dataset"] if asked.dataset != there.dataset else [])])


def dataset_facts(dataset: Dataset) -> dict[str, Any]:
    """Describe a dataset for the manifest: name, fingerprint, numbers; no path of this machine."""
    files = {file for video in dataset.videos for file in (video.pictures, video.sound)}
    texts = {dataset.root / f"{video.id}_times.txt" for video in dataset.videos}
    texts |= {dataset.root / "train.txt", dataset.root / "test.txt"}
    return {
        "root": dataset.root.resolve().name,
        "digest": fingerprint(files | {path for path in texts if path.is_file()}),
        "n_train": len(dataset.train),
        "n_test": len(dataset.test),
        "split": dataset.split,
    }


def folder_facts(folder: Path) -> dict[str, Any]:
    """Describe a folder of ready-made sounds: name and fingerprint."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {"folder": folder.resolve().name, "digest": fingerprint(files)}


def network_facts(checkpoints: Path) -> dict[str, str]:
    """Digest what describes each trained network, its weights' own digest included, by its name."""
    found = sorted(checkpoints.glob("*/checkpoint.json"))
    return {path.parent.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def fingerprint(files: Iterable[Path]) -> str:
    """SHA-256 over name, size and both ends of each file.

    A dataset of 40 GB is not read in full: coding a recording again changes its size and the tables at
    one of its ends.
    """
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        size = path.stat().st_size
        digest.update(f"{path.name}\n{size}\n".encode())
        with path.open("rb") as file:
            digest.update(file.read(SHARE))
            file.seek(max(0, size - SHARE))
            digest.update(file.read(SHARE))
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """List Python and every library that shapes the bytes, without loading them."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    for library, numbers in sorted(av.library_versions.items()):
        found[library] = ".".join(str(number) for number in numbers)
    return found
