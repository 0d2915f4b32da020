"""The headphone test's rules: which trial is due, and who has passed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from experiment_server import tokens
from experiment_server.database.tables import SCREENING, HeadphoneTrial, Participant
from experiment_server.screening.sounds import INTERVALS
from experiment_server.studies.sections import HEADPHONES, Screening
from experiment_server.studies.study import Study

SEEDS = 2**63  # a signed 64-bit column holds those below
SOUNDS = "sounds/"  # where the site serves sounds


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How an attempt at the headphone test stands.

    Attributes
    ----------
    correct : int
        Right answers so far.
    trials : int
        Trials of the attempt, of all kinds.
    passed : bool or None
        Whether the right answers of each kind suffice; None until every trial has an answer.
    """

    correct: int
    trials: int
    passed: bool | None


def due_headphones(session: Session, participant: Participant, study: Study) -> HeadphoneTrial | None:
    """Return the trial of the headphone test that is due, the same one until it is answered.

    An attempt is drawn and stored when its first trial is due; the caller's transaction holds the
    participant's row. None if the participant is through with the test, or the study has none.
    """
    screening = study.screening
    if participant.state != SCREENING or not HEADPHONES[screening.headphones]:
        return None
    trials = last_attempt(participant.headphone_trials)
    passed = score(trials, least=screening.headphone_pass).passed if trials else False
    if passed is False:  # not taken yet, or the last attempt failed
        attempt = trials[0].attempt + 1 if trials else 1
        trials = draw_attempt(participant.seed, screening, attempt=attempt)
        participant.headphone_trials.extend(trials)
        session.flush()
    return next((trial for trial in trials if trial.response_interval is None), None)


def has_passed(trials: Iterable[HeadphoneTrial], screening: Screening) -> bool:
    """Tell whether a participant with these trials, of all attempts, has passed the last one."""
    last = last_attempt(trials)
    return bool(last) and score(last, least=screening.headphone_pass).passed is True


def last_attempt(trials: Iterable[HeadphoneTrial]) -> list[HeadphoneTrial]:
    """Return the trials of the last attempt among these, in order; none if there are none."""
    known = sorted(trials, key=lambda trial: (trial.attempt, trial.position))
    return [trial for trial in known if trial.attempt == known[-1].attempt]


def score(trials: Sequence[HeadphoneTrial], *, least: int) -> Score:
    """Count one attempt's right answers; `least` of each kind pass (or all, where it has fewer)."""
    right: dict[str, list[bool]] = {}
    for trial in trials:
        right.setdefault(trial.kind, []).append(trial.response_interval == trial.target_interval)
    is_over = all(trial.response_interval is not None for trial in trials)
    suffices = all(sum(answers) >= min(least, len(answers)) for answers in right.values())
    return Score(
        correct=sum(map(sum, right.values())),
        trials=len(trials),
        passed=suffices if is_over else None,
    )


def shown(trial: HeadphoneTrial, study: Study) -> dict[str, Any]:
    """Describe a trial to the page; nothing in it depends on which interval is the target."""
    trials = last_attempt(trial.participant.headphone_trials)
    return {
        "kind": trial.kind,
        "position": trial.position,
        "count": len(trials),
        "attempt": trial.attempt,
        "attempts": max(study.screening.headphone_attempts, trial.attempt),
        "sound": f"{SOUNDS}{trial.sound}",
    }


def draw_attempt(seed: int, screening: Screening, *, attempt: int) -> list[HeadphoneTrial]:
    """Draw an attempt's trials: kind by kind, targets as even as the numbers allow, in random order.

    Parameters
    ----------
    seed : int
        The participant's.
    screening : Screening
        Which kinds, and how many trials of each.
    attempt : int
        1, 2, ...; each is another draw.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(attempt,)))
    kinds = HEADPHONES[screening.headphones]
    plan = [(kind, target) for kind in kinds for target in _targets(screening.headphone_trials, rng)]
    return [
        HeadphoneTrial(
            kind=kind,
            attempt=attempt,
            position=position,
            seed=int(rng.integers(SEEDS)),
            target_interval=target,
            sound=tokens.opaque_name(),
        )
        for position, (kind, target) in enumerate(plan, 1)
    ]


def _targets(n: int, rng: np.random.Generator) -> list[int]:
    """Draw n targets: each as often as the others, and the odd ones, if n is no multiple, at random."""
    rounds = [rng.permutation(INTERVALS) + 1 for _ in range(-(-n // INTERVALS))]
    return [int(target) for target in rng.permutation(np.concatenate(rounds)[:n])]
