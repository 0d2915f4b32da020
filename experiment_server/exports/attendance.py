"""Who took part and how far each came: one row a participant, those without an answer too.

What each column means is what `experiment-server export` writes beside the CSV. Nothing here says who
anybody is: `tables.Identity` is not even asked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from experiment_server.database.labellings import Label, Labelling
from experiment_server.database.tables import ConsentText, Participant, Response, Trial
from experiment_server.exports.records import column
from experiment_server.participation import sessions
from experiment_server.participation.browsers import MOBILE, is_mobile

FORMAT = 1
FAMILY = "family"  # key under which a page tells its browser's name and version
_PLAIN_FAMILY = re.compile(r"[A-Za-z]+( \d+)?")  # no other text of a stranger's gets into a table


@dataclass(frozen=True, kw_only=True, slots=True)
class Attendance:
    """One participant; None stands for what did not happen, was not told, or does not apply."""

    study: str = column("name of the study")
    study_sha256: str = column("SHA-256 of the study file that the participant was served")
    stimulus_set: str = column("SHA-256 of the stimulus set's manifest")
    participant: str = column("pseudonym of the participant, as in responses.csv")
    recruiter: str = column("door the participant came by: link, panel, prolific, mturk or robot")
    simulated: bool = column("1 for a simulated participant, 0 for a person")
    state: str = column(
        "how far the participant came: screening, active, complete, screened_out, failed_media or "
        "withdrawn"
    )
    lapsed: bool = column(
        "1 if the participant was under way but silent for longer than the lease when this was "
        "written, else 0"
    )
    consent_sha256: str = column("SHA-256 of the consent text that the participant agreed to")
    language: str = column("language of that text, as in HTML; und if it is not known")
    consented_utc: str = column("when the participant agreed to take part (ISO 8601, UTC)")
    sound_checked_utc: str | None = column("when the volume was set (ISO 8601, UTC)")
    huggins: str | None = column(
        "Huggins test: right answers of those given, one fraction an attempt in order, such as 3/6 6/6"
    )
    antiphase: str | None = column("antiphase test: the same")
    instructed_utc: str | None = column(
        "when the instructions were read and the plan was drawn (ISO 8601, UTC)"
    )
    ended_utc: str | None = column("when the session ended (ISO 8601, UTC); missing if it did not")
    trials: int = column(
        "trials of the plan, practice and catch trials among them; in an annotation study its impacts"
    )
    answers: int = column("trials, or impacts, that have an answer")
    media_failures: int = column("presentations that failed or stalled")
    browser: str | None = column("kind and version of the browser, as its page tells them")
    mobile: bool | None = column("1 for a telephone or tablet, else 0; missing if it is not known")


def read(session: Session, *, study: str, now: datetime) -> list[Attendance]:
    """List all participants of a study, in order of arrival; `now` says whose lease is over."""
    people = select(Participant).options(selectinload(Participant.headphone_trials))
    languages = {text.sha256: text.language for text in session.scalars(select(ConsentText))}
    asked = _counts(Trial, Response), _counts(Labelling, Label)
    counts = {who: (trials, n) for each in asked for who, trials, n in session.execute(each)}
    return [
        _attendance(
            participant,
            study=study,
            language=languages[participant.consent_sha256],
            counts=counts.get(participant.id, (0, 0)),
            now=now,
        )
        for participant in session.scalars(people.order_by(Participant.id))
    ]


def _counts(planned: type[Trial | Labelling], answer: Any) -> "Select[int, int, int]":
    """Count what each participant was to answer, and the answers."""
    return (
        select(planned.participant_id, func.count(planned.id), func.count(answer.id))
        .outerjoin(answer)
        .group_by(planned.participant_id)
    )


def _attendance(
    participant: Participant, *, study: str, language: str, counts: tuple[int, int], now: datetime
) -> Attendance:
    return Attendance(
        study=study,
        study_sha256=participant.study_sha256,
        stimulus_set=participant.stimulus_set,
        participant=participant.name,
        recruiter=participant.recruiter,
        simulated=participant.simulated,
        state=participant.state,
        lapsed=sessions.is_lapsed(participant, now=now),
        consent_sha256=participant.consent_sha256,
        language=language,
        consented_utc=participant.consented_utc.isoformat(),
        sound_checked_utc=_time(participant.sound_checked_utc),
        huggins=_scores(participant, "huggins"),
        antiphase=_scores(participant, "antiphase"),
        instructed_utc=_time(participant.instructed_utc),
        ended_utc=_time(participant.ended_utc),
        trials=counts[0],
        answers=counts[1],
        media_failures=participant.media_failures,
        browser=_family(participant.browser),
        mobile=is_mobile(participant.browser) if MOBILE in participant.browser else None,
    )


def _scores(participant: Participant, kind: str) -> str | None:
    """Write right answers of those given, attempt by attempt."""
    right: dict[int, list[bool]] = {}
    for trial in participant.headphone_trials:  # in the order in which they were drawn
        if trial.kind == kind and trial.response_interval is not None:
            is_right = trial.response_interval == trial.target_interval
            right.setdefault(trial.attempt, []).append(is_right)
    return " ".join(f"{sum(answers)}/{len(answers)}" for answers in right.values()) or None


def _family(browser: Mapping[str, str]) -> str | None:
    found = _PLAIN_FAMILY.fullmatch(browser.get(FAMILY, ""))
    return found[0] if found else None


def _time(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
