"""Participants who take the headphone test: the right answer is looked up, as no page could."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from server_samples import Visitor, make_study
from werkzeug.test import TestResponse

from experiment_server.database import db
from experiment_server.database.tables import Event, HeadphoneTrial, Participant
from experiment_server.web import serving

SHORT = {"sound_check": True, "headphones": "both", "headphone_trials": 3, "headphone_pass": 3}


def make_screened_study(tmp_path: Path, **screening: Any) -> Path:
    """Make a study with sound level and both headphone tests, of three trials, unless told otherwise."""
    return make_study(tmp_path, screening={**SHORT, **screening})


class Listener(Visitor):
    """A participant's page in the checks before the instructions."""

    def __init__(self, app: Flask, **how: Any) -> None:
        super().__init__(app)
        self.app = app
        self.enrol(**how)

    def choose(self, sound: str, interval: Any) -> TestResponse:
        """Answer the headphone trial of a sound."""
        return self.post("headphones", sound=sound, interval=interval)

    def take(self, choose: Callable[[int], int]) -> list[TestResponse]:
        """Take the test to the end of an attempt; `choose` is told the target and gives the answer."""
        replies: list[TestResponse] = []
        while (due := self.next())["page"] == "headphones":
            test = due["test"]
            replies.append(self.choose(test["sound"], choose(self.target(test["sound"]))))
            if test["position"] == test["count"]:
                break
        return replies

    def target(self, sound: str) -> int:
        """Look up which interval of a sound is the right one."""
        return next(t.target_interval for t in self.trials() if sound.endswith(t.sound))

    def trials(self) -> list[HeadphoneTrial]:
        """Read the headphone trials of all participants."""
        return self._read(HeadphoneTrial)

    def events(self) -> list[str]:
        """Read the kinds of everything that was noted."""
        return [event.kind for event in self._read(Event)]

    @property
    def participant(self) -> Participant:
        """The last participant who came."""
        found: Participant = self._read(Participant)[-1]
        return found

    def _read(self, table: Any) -> list[Any]:
        with self.app.app_context(), db.reading(serving.current().engine) as session:
            return session.query(table).order_by(table.id).all()


def rightly(target: int) -> int:
    """Choose the right interval."""
    return target


def wrongly(target: int) -> int:
    """Choose another interval."""
    return target % 3 + 1
