import subprocess
import sys
import types
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

import models.variants.registry
from models.backend import Sound
from models.context import Context
from models.errors import ModelsError, UnavailableError
from models.variants.registry import GROUP, ORDER, available, load, variant_names
from models.videos.dataset import Dataset


class Hum:
    """A tiny backend, found as any other: the same hum for every clip."""

    privileges = frozenset()

    def __init__(self, context: Context) -> None:
        self.context = context

    def synthesize(self, clips):
        return [Sound(waveform=np.ones(9, np.float32), sample_rate=8000, impact_s=0) for _ in clips]


class Never(Hum):
    """A backend that can't run anywhere."""

    def __init__(self, context: Context) -> None:
        raise UnavailableError("it lacks a checkpoint")


Offer = Callable[..., None]


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Offer:
    module = types.ModuleType("tiny_backends")
    module.Hum, module.Never = Hum, Never
    monkeypatch.setitem(sys.modules, "tiny_backends", module)

    def offered(*points: tuple[str, str]) -> None:
        found = [EntryPoint(name=name, value=value, group=GROUP) for name, value in points]
        monkeypatch.setattr(models.variants.registry, "entry_points", lambda group: found)

    return offered


@pytest.fixture
def context(tmp_path: Path) -> Context:
    dataset = Dataset(root=tmp_path, train=(), test=(), split="files")
    return Context(dataset=dataset, cache=tmp_path)


def test_the_variants_that_need_no_training_are_registered():
    ours = {"random", "image-match", "spacetime-match", "image-spacetime-match"}
    assert ours | {"random-material", "match-material", "real-match"} <= set(variant_names())


def test_names_stand_in_the_papers_order_and_others_after_them(offer: Offer):
    names = ("zither", "random", "hum", "full", "image-match")
    offer(*((name, "tiny_backends:Hum") for name in names))
    assert variant_names() == ("full", "image-match", "random", "hum", "zither")
    assert len(set(ORDER)) == len(ORDER) == 13


def test_listing_names_imports_no_torch():
    code = (
        "import sys, models.variants.registry as r; r.variant_names(); "
        "assert not {'torch', 'scipy', 'av'} & set(sys.modules), 'imported'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_registered_backend_is_built_from_the_context(offer: Offer, context: Context):
    offer(("hum", "tiny_backends:Hum"))
    backend = load("hum", context)
    assert isinstance(backend, Hum)
    assert backend.context is context


def test_an_unknown_name_is_answered_with_the_nearest_and_all_others(offer: Offer, context: Context):
    offer(("random", "tiny_backends:Hum"), ("image-match", "tiny_backends:Hum"))
    with pytest.raises(ModelsError, match="no variant named 'imagematch'; did you mean 'image-match'"):
        load("imagematch", context)
    with pytest.raises(ModelsError, match="no variant named 'xyz'; available: image-match, random"):
        load("xyz", context)


def test_a_package_that_is_not_installed_is_named(offer: Offer, context: Context):
    offer()
    with pytest.raises(ModelsError, match="entry points are missing"):
        load("random", context)


@pytest.mark.parametrize("value", ["no_such_module:X", "tiny_backends:X"])
def test_a_backend_that_cannot_be_imported_is_named(offer: Offer, context: Context, value: str):
    offer(("odd", value), ("hum", "tiny_backends:Hum"))
    with pytest.raises(ModelsError, match=f"'odd' can't be imported from {value}"):
        load("odd", context)
    states = available(context)
    assert states["hum"] is None
    assert "can't be imported" in str(states["odd"])


def test_what_cannot_run_is_listed_with_its_reason(offer: Offer, context: Context):
    offer(("never", "tiny_backends:Never"), ("hum", "tiny_backends:Hum"))
    assert available(context) == {"hum": None, "never": "it lacks a checkpoint"}


def test_nothing_of_ours_runs_without_training_videos(context: Context):
    for name in ("random", "image-match", "match-material", "real-match"):
        with pytest.raises(UnavailableError, match="no training video"):
            load(name, context)


def test_two_packages_cannot_share_a_name(offer: Offer):
    offer(("hum", "tiny_backends:Hum"), ("hum", "tiny_backends:Never"))
    with pytest.raises(ModelsError, match="two packages offer a variant named 'hum'"):
        variant_names()
