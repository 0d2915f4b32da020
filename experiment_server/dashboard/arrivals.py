"""When participants came, counted in steps of time that suit the study's age."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MOST_STEPS = 48  # columns that can be told apart on a telephone
STEPS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 180, 360, 1440, 10080))
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday, so that weeks begin on Mondays


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of time: its beginning, who came in it, and who of those is complete."""

    begins_utc: datetime
    arrived: int
    complete: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrivals:
    """Arrivals in equal steps, from the first participant on."""

    step: timedelta
    steps: tuple[Step, ...]

    @property
    def most(self) -> int:
        """The largest number in one step."""
        return max((step.arrived for step in self.steps), default=0)


def binned(people: Sequence[tuple[datetime, bool]], *, until: datetime | None) -> Arrivals:
    """Count arrivals in as fine steps as there is room for.

    Parameters
    ----------
    people : sequence of (datetime, bool)
        When each came, and whether the session is complete.
    until : datetime, optional
        What the last step holds, if that is later than the last arrival.
    """
    times = [came for came, _ in people] + ([until] if until else [])
    if not people:
        return Arrivals(step=STEPS[0], steps=())
    first, last = min(times), max(times)
    step = _step(first, last)
    begin = _floor(first, step)
    arrived = Counter((came - begin) // step for came, _ in people)
    complete = Counter((came - begin) // step for came, is_complete in people if is_complete)
    return Arrivals(
        step=step,
        steps=tuple(
            Step(begins_utc=begin + index * step, arrived=arrived[index], complete=complete[index])
            for index in range((last - begin) // step + 1)
        ),
    )


def _step(first: datetime, last: datetime) -> timedelta:
    fitting = (step for step in STEPS if (last - _floor(first, step)) // step < MOST_STEPS)
    weeks = (last - first) // (STEPS[-1] * (MOST_STEPS - 1)) + 1
    return next(fitting, STEPS[-1] * weeks)


def _floor(time: datetime, step: timedelta) -> datetime:
    return EPOCH + (time - EPOCH) // step * step
