"""What the page's events tell of a trial: how long it was out of sight, how often playing halted."""

import pytest

from experiment_server.exports import playback
from experiment_server.exports.playback import Playback, Told
from experiment_server.participation import events

PLAYED = "playing 1 1000, ended 1 1500, playing 2 2300, ended 2 2800"


def told(text):
    """Read events written as "kind interval ms", or "kind ms" where there is no interval."""
    parts = [part.split() for part in text.split(", ")]
    return [
        Told(kind=kind, interval=int(rest[0]) if len(rest) == 2 else None, client_ms=float(rest[-1]))
        for kind, *rest in parts
    ]


@pytest.mark.parametrize(
    ("text", "rt_ms", "hidden_ms"),
    [
        (PLAYED, 700.0, 0.0),
        ("playing 1 1000, hidden 1200, visible 1450, ended 1 1500", None, 250.0),
        ("hidden 400, visible 900, " + PLAYED, 700.0, 0.0),
        ("hidden 400, playing 1 1000, visible 1300, ended 1 1500", None, 300.0),
        ("playing 1 1000, visible 1300, ended 1 1500", None, 300.0),  # hidden since the trial before
        (PLAYED + ", hidden 3000, visible 3200", 700.0, 200.0),
        (PLAYED + ", hidden 3000, visible 3900", 700.0, 500.0),  # the answer came at 3500
        (PLAYED + ", hidden 3000", 700.0, 500.0),
        (PLAYED + ", hidden 3000, hidden 3100, visible 3200", 700.0, 200.0),
        ("playing 1 1000, hidden 1200, visible 1300, hidden 1400, visible 1450", None, 150.0),
        ("playing 1 9000, hidden 9100, hidden 9400, playing 1 50, " + PLAYED, 700.0, 300.0),  # a reload
    ],
)
def test_time_out_of_sight_counts_from_the_first_playing_to_the_answer(text, rt_ms, hidden_ms):
    assert playback.measure(told(text), rt_ms=rt_ms) == Playback(hidden_ms=hidden_ms, stalls=0)


def test_each_halt_counts_once():
    text = "playing 1 1000, waiting 1 1100, stalled 1 1200, playing 1 1300, ended 1 1600, waiting 2 1700"
    assert playback.measure(told(text), rt_ms=None) == Playback(hidden_ms=0.0, stalls=3)


def test_what_a_page_tells_twice_counts_once():
    text = "playing 1 1000, hidden 1100, visible 1300, waiting 1 1400, ended 1 1900"
    twice = told(f"{text}, {text}, playing 2 2700")
    assert playback.measure(twice, rt_ms=None) == Playback(hidden_ms=200.0, stalls=1)


@pytest.mark.parametrize("text", ["hidden 100, visible 300", "load_failed 1 200"])
def test_what_was_not_played_was_not_measured(text):
    assert playback.measure(told(text), rt_ms=None) is None
    assert playback.measure([], rt_ms=None) is None


def test_the_kinds_are_those_that_pages_tell():
    kinds = {playback.PLAYING, playback.ENDED, playback.HIDDEN, playback.VISIBLE, *playback.STALLS}
    assert kinds <= events.PAGE_KINDS
