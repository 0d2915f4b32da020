"""Who may take a HIT up: MTurk's own qualifications, and one of the study's against coming twice."""

from typing import Any

from mturk.offer import Turk

# System qualifications: the same in sandbox and production, save Masters (AWS's API reference).
APPROVAL_PERCENT = "000000000000000000L0"
APPROVED_HITS = "00000000000000000040"
LOCALE = "00000000000000000071"
ADULT = "00000000000000000060"
MASTERS = {
    "mturk": "2F1QJWKUDD8XADTFD2Q0G6UTO95ALH",
    "mturk-sandbox": "2ARFPLSP75KLA8M8DH1HTEQVJT3SY6",
}  # by market
HIDES = "DiscoverPreviewAndAccept"  # who does not qualify does not even see the HIT

Requirement = dict[str, Any]


def requirements(turk: Turk, *, market: str, taken_part: str) -> list[Requirement]:
    """List what a worker must have.

    Parameters
    ----------
    turk : Turk
        The offer's rules.
    market : str
        "mturk" or "mturk-sandbox".
    taken_part : str
        Id of the qualification that says who took part in this study.
    """
    needed = [must(taken_part, "DoesNotExist")]
    if turk.approval_percent:
        percent = [turk.approval_percent]
        needed.append(must(APPROVAL_PERCENT, "GreaterThanOrEqualTo", IntegerValues=percent))
    if turk.approved_hits:
        needed.append(must(APPROVED_HITS, "GreaterThanOrEqualTo", IntegerValues=[turk.approved_hits]))
    if turk.countries:
        needed.append(must(LOCALE, "In", LocaleValues=[{"Country": name} for name in turk.countries]))
    if turk.adult:
        needed.append(must(ADULT, "EqualTo", IntegerValues=[1]))
    if turk.masters:
        needed.append(must(MASTERS[market], "Exists"))
    return needed


def must(qualification: str, comparator: str, **values: list[Any]) -> Requirement:
    """Require a qualification; values are named as in MTurk's API."""
    return {
        "QualificationTypeId": qualification,
        "Comparator": comparator,
        "ActionsGuarded": HIDES,
        **values,
    }
