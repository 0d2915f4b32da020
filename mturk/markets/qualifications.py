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
    needed = [_must(taken_part, "DoesNotExist")]
    if turk.approval_percent:
        needed.append(_must(APPROVAL_PERCENT, "GreaterThanOrEqualTo", integers=[turk.approval_percent]))
    if turk.approved_hits:
        needed.append(_must(APPROVED_HITS, "GreaterThanOrEqualTo", integers=[turk.approved_hits]))
    if turk.countries:
        needed.append(_must(LOCALE, "In", countries=turk.countries))
    if turk.adult:
        needed.append(_must(ADULT, "EqualTo", integers=[1]))
    if turk.masters:
        needed.append(_must(MASTERS[market], "Exists"))
    return needed


def must_have(qualification: str) -> list[Requirement]:
    """Require one qualification, for a HIT that is meant for one worker."""
    return [_must(qualification, "Exists")]


def _must(
    qualification: str,
    comparator: str,
    *,
    integers: list[int] | None = None,
    countries: tuple[str, ...] = (),
) -> Requirement:
    found: Requirement = {
        "QualificationTypeId": qualification,
        "Comparator": comparator,
        "ActionsGuarded": HIDES,
    }
    if integers:
        found["IntegerValues"] = integers
    if countries:
        found["LocaleValues"] = [{"Country": country} for country in countries]
    return found
