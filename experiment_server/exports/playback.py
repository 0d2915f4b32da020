"""How a pair was played, as the page's events tell it. Pure: no database, no clock."""

from collections.abc import Sequence
from dataclasses import dataclass

# Kinds of events, of those in `events.PAGE_KINDS`.
PLAYING, ENDED, HIDDEN, VISIBLE = "playing", "ended", "hidden", "visible"
STALLS = frozenset(("waiting", "stalled"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One event that a page told of.

    Attributes
    ----------
    kind : str
        What happened, of `events.PAGE_KINDS`.
    interval : int or None
        The interval that was playing, 1 or 2.
    client_ms : float
        When, by the page's `performance.now()` (ms); it starts anew when the page is loaded anew.
    """

    kind: str
    interval: int | None
    client_ms: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Playback:
    """How a trial's pair was played.

    Attributes
    ----------
    hidden_ms : float
        Time that the page was out of sight between the first playing and the answer (ms).
    stalls : int
        Times that playing halted for want of data.
    """

    hidden_ms: float
    stalls: int


def measure(told: Sequence[Told], *, rt_ms: float | None) -> Playback | None:
    """Measure how a trial was played.

    Parameters
    ----------
    told : sequence of Told
        The trial's events, in the order in which they were heard of.
    rt_ms : float or None
        Time from the last end of the second interval to the answer (ms); None if there was none.

    Returns
    -------
    Playback or None
        None if the page told of no playing. Where the page was loaded anew, each load counts, from
        its own first playing on.
    """
    if not any(event.kind == PLAYING for event in told):
        return None
    once = tuple(dict.fromkeys(told))  # a page that got no reply may have told it again
    loads = _loads(once)
    answers = [None] * (len(loads) - 1) + [rt_ms]
    return Playback(
        hidden_ms=sum(_hidden_ms(load, rt_ms) for load, rt_ms in zip(loads, answers, strict=True)),
        stalls=sum(event.kind in STALLS for event in once),
    )


def _loads(told: Sequence[Told]) -> list[list[Told]]:
    """Part the events where the page's clock has started anew."""
    loads: list[list[Told]] = []
    for event in told:
        if not loads or event.client_ms < loads[-1][-1].client_ms:
            loads.append([])
        loads[-1].append(event)
    return loads


def _hidden_ms(load: Sequence[Told], rt_ms: float | None) -> float:
    start = next((event.client_ms for event in load if event.kind == PLAYING), None)
    if start is None:
        return 0.0
    end = _answer_ms(load, rt_ms)
    total, since = 0.0, None
    for event in load:
        if event.kind == HIDDEN:
            since = event.client_ms if since is None else since
        elif event.kind == VISIBLE:
            # Without a `hidden` before it the page was hidden when the trial began.
            total += _overlap_ms(start if since is None else since, event.client_ms, start, end)
            since = None
    return total if since is None else total + _overlap_ms(since, end, start, end)


def _answer_ms(load: Sequence[Told], rt_ms: float | None) -> float:
    ends = [event.client_ms for event in load if event.kind == ENDED and event.interval == 2]
    return ends[-1] + rt_ms if ends and rt_ms is not None else load[-1].client_ms


def _overlap_ms(start: float, end: float, first: float, last: float) -> float:
    return max(0.0, min(end, last) - max(start, first))
