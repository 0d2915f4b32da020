"""The whole of it: from answers to agreement, merges, people and labels."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from analysis.annotation.agreement import (
    Agreement,
    agreement,
    by_class,
    confusions,
    majority,
    others_agree,
)
from analysis.annotation.consensus import apart_from_others, consensus_of, places_of, standing
from analysis.annotation.merging import suggested
from analysis.annotation.results import TIES, Annotated, Person, Places, Rules, Standing
from analysis.annotation.votes import KINDS, MATERIAL, Answers, Votes
from analysis.errors import AnalysisError


def annotate(answers: Answers, rules: Rules) -> Annotated:
    """Measure agreement, and find the labels that follow.

    Parameters
    ----------
    answers : Answers
        From `analysis.annotation.votes.answers_of`.
    rules : Rules
        How.

    Raises
    ------
    AnalysisError
        If a rule is out of its range.
    """
    _check(rules)
    merged = {**answers.votes, MATERIAL: answers.votes[MATERIAL].merged(rules.merges)}
    material = answers.votes[MATERIAL]
    taken_for = confusions(material, least=rules.least)
    return Annotated(
        answers=answers,
        rules=rules,
        agreements=_agreements(answers, answers.votes, rules),
        merged_agreements=_agreements(answers, merged, rules),
        classes={kind: by_class(answers.votes[kind], least=rules.least) for kind in KINDS},
        confusions=taken_for,
        suggested=suggested(taken_for, over=rules.suggested_over),
        people=_people(answers),
        standing=_standing(answers, answers.votes, rules, {}),
        merged_standing=_standing(answers, merged, rules, rules.merges),
        places=_places(answers),
        consensus=consensus_of(answers, merged, agreeing=rules.agreeing),
    )


def _check(rules: Rules) -> None:
    if rules.ties not in TIES:
        raise AnalysisError(f"no tie rule {rules.ties!r}; give one of {', '.join(TIES)}")
    if rules.least < 2 or rules.agreeing < 1:
        raise AnalysisError(
            f"agreement of {rules.least} votes, labels by {rules.agreeing}; give at least 2 and 1"
        )


def _agreements(answers: Answers, votes: Mapping[str, Votes], rules: Rules) -> dict[str, Agreement]:
    videos = answers.video_codes
    return {
        kind: agreement(
            votes[kind], videos, least=rules.least, rng=np.random.default_rng([rules.seed, row])
        )
        for row, kind in enumerate(KINDS)
    }


def _people(answers: Answers) -> tuple[Person, ...]:
    distances = np.hypot(*apart_from_others(answers).T)
    shares = {kind: _shares_of_people(answers, kind) for kind in KINDS}
    people = [
        Person(
            name=name,
            n_answers=int(answers.n_answers[row]),
            shares={kind: shares[kind][row] for kind in KINDS},
            distance=_median(distances[answers.clicks.people == row]),
        )
        for row, name in enumerate(answers.people)
    ]
    return tuple(sorted(people, key=_least_agreeing))


def _least_agreeing(person: Person) -> tuple[float, str]:
    share = person.shares[MATERIAL]
    return (2.0 if share is None else share, person.name)


def _shares_of_people(answers: Answers, kind: str) -> list[float | None]:
    votes = answers.votes[kind]
    compared = votes.counts.sum(axis=1)[votes.impacts] >= 2
    agree, n = (
        np.bincount(votes.people, weights=weights, minlength=len(answers.people))
        for weights in (others_agree(votes) * compared, compared.astype(np.float64))
    )
    return [float(part / whole) if whole else None for part, whole in zip(agree, n, strict=True)]


def _standing(
    answers: Answers, votes: Mapping[str, Votes], rules: Rules, merges: Mapping[str, str]
) -> dict[str, Standing]:
    found = {}
    for kind in KINDS:
        labels = standing(votes[kind], agreeing=rules.agreeing)
        tied = int(((majority(votes[kind]) < 0) & (votes[kind].counts.sum(axis=1) > 0)).sum())
        known = [impact.known[kind] for impact in answers.impacts]
        pairs = [
            (label, merges.get(before, before))
            for label, before in zip(labels, known, strict=True)
            if label is not None and before is not None
        ]
        n_labelled = sum(label is not None for label in labels)
        found[kind] = Standing(
            n_labelled=n_labelled,
            n_tied=tied,
            n_few=len(labels) - n_labelled - tied,
            n_known=len(pairs),
            n_equal=sum(label == before for label, before in pairs),
        )
    return found


def _places(answers: Answers) -> Places:
    centres, _ = places_of(answers)
    errors = [
        float(np.hypot(*(centre - np.array(impact.place))))
        for centre, impact in zip(centres, answers.impacts, strict=True)
        if impact.place is not None and np.isfinite(centre[0])
    ]
    return Places(
        n_clicks=len(answers.clicks.impacts),
        n_impacts=len(np.unique(answers.clicks.impacts)),
        spread=_median(np.hypot(*apart_from_others(answers).T)),
        n_known=len(errors),
        error=_median(np.array(errors)),
    )


def _median(values: NDArray[np.float64]) -> float | None:
    measured = values[np.isfinite(values)]
    return float(np.median(measured)) if len(measured) else None
