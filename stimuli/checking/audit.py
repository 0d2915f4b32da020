"""The leak audit: can anything but the decoded sound tell which stimulus of a clip is the real one.

Two questions for each piece of evidence. Is it equal in all stimuli of a clip (all but the name have to
be)? And over the whole set, do two rules find the real one more often, or less often, than chance: take
the stimulus with the higher value, or take the one with a certain value? Each rule is put to an exact
test in which, if nothing leaks, the real one of a clip is any of its stimuli with equal probability;
clips are independent, stimuli of a clip need not be. The p-values are Bonferroni-adjusted over both
rules and all evidence that is not equal everywhere.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from stimuli.checking.evidence import NAME, Evidence, Value
from stimuli.manifest import CATCH, REAL

ALPHA = 0.01  # chance that a set without any leak is failed for its names
FEWEST = 6  # clips; a value seen in fewer can't reach any alpha of use


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one piece of evidence tells.

    Attributes
    ----------
    accuracy : float
        Share of pairs in which "the higher is the real one", or "the lower", is right, whichever is
        more; equal values count half. 0.5 tells nothing.
    p : float
        Probability of so much, if nothing leaks; adjusted, see above.
    n_unequal : int
        Clips whose stimuli are not all equal in it.
    """

    accuracy: float
    p: float
    n_unequal: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Audit:
    """What the audit of a set found.

    Attributes
    ----------
    n_clips, n_pairs : int
        What it saw.
    outside : dict of str to Finding
        By piece of evidence outside the decoded sound; catch sounds count as synthesized ones.
    inside : dict of str to Finding
        The same for measures of the decoded sound, which may differ; catch sounds aside.
    tells : tuple of str
        A clause for each piece of evidence that gives the real sounds away; empty if none does.
    """

    n_clips: int
    n_pairs: int
    outside: Mapping[str, Finding]
    inside: Mapping[str, Finding]
    tells: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values, for the manifest."""
        return {**asdict(self), "tells": list(self.tells), "alpha": ALPHA}


def audit(evidence: Sequence[Evidence]) -> Audit:
    """Audit a set.

    Parameters
    ----------
    evidence : sequence of Evidence
        One for every stimulus.
    """
    clips: dict[str, list[Evidence]] = defaultdict(list)
    for row in evidence:
        clips[row.clip].append(row)
    outside, inside = (_findings(list(clips.values()), side) for side in ("outside", "inside"))
    return Audit(
        n_clips=len(clips),
        n_pairs=sum(row.variant not in (REAL, *CATCH) for row in evidence),
        outside=outside,
        inside=inside,
        tells=tuple(_tells(outside)),
    )


def chance_of(n_hits: int, chances: Sequence[float]) -> float:
    """Two-sided p-value of a number of hits in independent tries, each with a chance of its own.

    With equal chances of one half this is the sign test.

    Parameters
    ----------
    n_hits : int
        Tries that hit.
    chances : sequence of float
        Probability of a hit in each try, if nothing leaks.
    """
    law = np.ones(1)
    for chance in chances:
        law = np.convolve(law, [1 - chance, chance])
    tail = min(law[: n_hits + 1].sum(), law[n_hits:].sum())
    return float(min(1.0, 2 * tail))


_OfClip = tuple[Value, list[Value]]
"""The real stimulus' value in a clip, and the others'."""


def _findings(clips: list[list[Evidence]], side: str) -> dict[str, Finding]:
    names = getattr(clips[0][0], side) if clips else ()
    if side == "inside":
        clips = [[row for row in rows if row.variant not in CATCH] for rows in clips]
    values = {name: [_of_clip(rows, side, name) for rows in clips] for name in names}
    varying = [name for name, of_clips in values.items() if any(map(_unequal, of_clips))]
    return {name: _finding(of_clips, max(1, 2 * len(varying))) for name, of_clips in values.items()}


def _of_clip(rows: list[Evidence], side: str, name: str) -> _OfClip:
    by_variant = {row.variant: getattr(row, side)[name] for row in rows}
    real = by_variant.pop(REAL)
    return real, list(by_variant.values())


def _finding(clips: list[_OfClip], tries: int) -> Finding:
    wins = [_win(real, other) for real, others in clips for other in others]
    accuracy = float(np.mean(wins)) if wins else 0.5
    p = min(_p_of_higher(clips), _p_of_values(clips))
    return Finding(
        accuracy=round(max(accuracy, 1 - accuracy), 4),
        p=min(1.0, p * tries),
        n_unequal=sum(map(_unequal, clips)),
    )


def _unequal(clip: _OfClip) -> bool:
    real, others = clip
    return any(other != real for other in others)


def _win(real: Value, other: Value) -> float:
    if real == other:
        return 0.5
    return float(real > other)  # type: ignore[operator]  # a feature's values are of one type


def _p_of_higher(clips: list[_OfClip]) -> float:
    """Test whether the real one is above most others of its clip, or below, more often than not."""
    margins = [sum(_win(real, other) - 0.5 for other in others) for real, others in clips]
    decided = [margin for margin in margins if margin]
    return chance_of(sum(margin > 0 for margin in decided), [0.5] * len(decided))


def _p_of_values(clips: list[_OfClip]) -> float:
    """Test whether some value marks the real one, or the others; the best of all values, adjusted."""
    seen = Counter(value for real, others in clips for value in {real, *others})
    common = [value for value, n_clips in seen.items() if n_clips >= FEWEST]
    return min([1.0, *(len(common) * _p_of_value(clips, value) for value in common)])


def _p_of_value(clips: list[_OfClip], value: Value) -> float:
    """In a clip where m of n stimuli have the value, the real one has it with probability m / n."""
    shares = [(real == value, np.mean([v == value for v in (real, *rest)])) for real, rest in clips]
    open_ones = [(hit, float(share)) for hit, share in shares if 0 < share < 1]
    return chance_of(sum(hit for hit, _ in open_ones), [share for _, share in open_ones])


def _tells(outside: Mapping[str, Finding]) -> list[str]:
    unequal = [
        f"the {name} (unequal in {finding.n_unequal} clips, finds the real sound in "
        f"{finding.accuracy:.0%} of pairs)"
        for name, finding in outside.items()
        if name != NAME and finding.n_unequal
    ]
    likely = [
        f"the {name} (finds the real sound in {finding.accuracy:.0%} of pairs, p = {finding.p:.2g})"
        for name, finding in outside.items()
        if finding.p < ALPHA and (name == NAME or not finding.n_unequal)
    ]
    return [*unequal, *likely]
