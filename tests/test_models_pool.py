"""Work in processes of this machine and on a real Dask cluster: the same results, and plain failures."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import dask
import numpy as np
import pytest
from click.testing import CliRunner
from distributed import LocalCluster
from media_samples import small_backbone, write_dataset
from pool_samples import doubled, dying, failing, larger
from stimuli_samples import write_small_dataset

import models.networks.backbones
from models.context import Context
from models.errors import ModelsError
from models.pool import Pool
from models.videos.dataset import read_dataset
from stimuli.cli import main

AHEAD = 3  # items: one more than there are workers


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Address of a scheduler with two worker processes, each with one thread."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as made,
    ):
        yield made.scheduler_address


@pytest.fixture(params=["alone", "processes", "cluster"])
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    address = request.getfixturevalue("cluster") if request.param == "cluster" else None
    with Pool({"alone": 1}.get(request.param, 2), cluster=address) as made:
        yield made


def test_results_come_in_the_order_of_the_items(pool: Pool) -> None:
    assert [result for result, _ in pool.map(doubled, range(20))] == list(range(0, 40, 2))


def test_items_are_taken_only_when_their_turn_is_near(pool: Pool) -> None:
    taken: list[int] = []
    results = pool.map(doubled, (taken.append(number) or number for number in range(50)))
    for done in range(10):
        next(results)
        assert len(taken) <= done + AHEAD


def test_large_pictures_travel_there_and_back(pool: Pool) -> None:
    pictures = [np.full((1000, 1000, 3, 5), value, np.uint8) for value in range(3)]  # 15 MB each
    for picture, result in zip(pictures, pool.map(larger, pictures), strict=True):
        np.testing.assert_array_equal(result, picture + 1)


def test_an_error_of_the_work_arrives_as_it_was(pool: Pool) -> None:
    with pytest.raises(ModelsError, match="number 0 can't be used"):
        list(pool.map(failing, range(3)))


def test_the_work_is_done_by_other_processes(cluster: str) -> None:
    for given in ({}, {"cluster": cluster}):
        with Pool(2, **given) as pool:
            done_by = {worker for _, worker in pool.map(doubled, range(10))}
        assert os.getpid() not in done_by


def test_a_worker_that_dies_is_told_in_a_sentence(cluster: str) -> None:
    for given in ({}, {"cluster": cluster}):
        with Pool(2, **given) as pool, pytest.raises(ModelsError, match="a worker process died"):
            list(pool.map(dying, range(2)))


def test_a_scheduler_that_is_not_there_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.pool.PATIENCE_S", 0.5)
    with pytest.raises(ModelsError, match=r"no Dask scheduler answers at 'tcp://127\.0\.0\.1:9'"):
        Pool(2, cluster="tcp://127.0.0.1:9")


def test_a_cluster_without_workers_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.pool.PATIENCE_S", 2)
    with LocalCluster(n_workers=0, dashboard_address=":0") as empty:
        address = empty.scheduler_address
        with pytest.raises(ModelsError, match=f"has no worker; start 'dask worker {address}'"):
            Pool(2, cluster=address)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ModelsError, match=r"pip install 'visually-indicated-sounds\[cluster\]'"):
        Pool(2, cluster="tcp://127.0.0.1:8786")


def test_features_are_the_same_from_a_cluster(
    tmp_path: Path, cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models.networks.backbones, "load_backbone", small_backbone)
    dataset = read_dataset(write_dataset(tmp_path / "dataset"))
    banks = [
        Context(dataset=dataset, cache=tmp_path / name, image_size=16, cluster=address).exemplars
        for name, address in (("here", None), ("there", cluster))
    ]
    assert banks[0].digest == banks[1].digest
    for index in range(len(banks[0])):
        assert banks[0].waveform(index).tobytes() == banks[1].waveform(index).tobytes()
    for name in ("cochleagrams", "image_features", "spacetime_features"):
        here, there = (getattr(bank, name) for bank in banks)
        assert here.tobytes() == there.tobytes()


def test_a_stimulus_set_has_the_same_bytes_from_a_cluster(tmp_path: Path, cluster: str) -> None:
    dataset = write_small_dataset(tmp_path / "dataset")
    command = ["build", "--dataset", str(dataset), "--models", "random,real-match", "--device", "cpu"]
    command += ["--cache", str(tmp_path / "cache"), "--workers", "2"]
    for name, more in (("here", ()), ("there", ("--cluster", cluster))):
        done = CliRunner().invoke(main, [*command, "--out", str(tmp_path / name), *more])
        assert done.exit_code == 0, done.output
    here, there = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (tmp_path / "here", tmp_path / "there")
    )
    assert len(here) > 10
    assert here == there
