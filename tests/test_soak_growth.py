"""What `make soak` measures is what there is, and it fails for growth alone."""

import os
import socket
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from soak_growth import COUNT_BOUND, FEWEST, FILES, MEMORY_BOUND, SOCKETS, THREADS, course, held

HOURS = np.arange(1, 61) / 60  # a round a minute
MEMORY = "a site: memory (MiB)"


@given(n=st.integers(2, 5), seed=st.integers(0, 99))
def test_a_leak_is_found_through_noise(n, seed):
    noise = np.random.default_rng(seed).normal(0, 1, HOURS.size)
    assert course(MEMORY, HOURS, 300 + n * MEMORY_BOUND * HOURS + noise).grows
    assert course("files", HOURS, np.floor(20 + n * COUNT_BOUND * HOURS)).grows


@given(seed=st.integers(0, 99))
def test_noise_and_a_start_that_settles_are_no_growth(seed):
    noise = np.random.default_rng(seed).normal(0, 0.5, HOURS.size)
    settling = 300 - 80 * np.exp(-20 * HOURS)
    assert not course(MEMORY, HOURS, settling + noise).grows
    assert not course("sockets", HOURS, np.where(HOURS < 0.3, 3, 16)).grows


def test_a_pool_may_fill_to_what_its_settings_allow_and_no_further():
    filling = np.minimum(7 + np.floor(10 * HOURS), 16)
    assert course("sockets", HOURS, filling).grows
    assert not course("sockets", HOURS, filling, room=16).grows
    assert course("sockets", HOURS, filling + 1, room=16).grows


def test_few_rounds_are_not_judged():
    few = HOURS[: 2 * FEWEST - 2]
    assert course("files", few, 100 * few).per_hour is None
    more = HOURS[: 2 * FEWEST]
    assert course("files", more, 100 * more).per_hour == pytest.approx(100)


def test_files_sockets_and_threads_of_a_process_are_counted(tmp_path):
    before, is_over = held([os.getpid()]), threading.Event()
    thread = threading.Thread(target=is_over.wait)
    thread.start()
    with (tmp_path / "open").open("w"), socket.create_server(("127.0.0.1", 0)):
        during = held([os.getpid()])
    is_over.set()
    thread.join()
    assert [during[what] - before[what] for what in (FILES, SOCKETS, THREADS)] == [1, 1, 1]
    assert held([os.getpid()]) | {"memory (MiB)": 0} == before | {"memory (MiB)": 0}
