"""Which variant each trial of a phase gets, and where its real sound comes: evenly. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

Filled = Mapping[
    str, Sequence[int]
]  # variant -> trials that count, with the real sound first, and second
MOST_DRAWS = 64  # of a phase, until it keeps everything even; of complete sets every third or so does


def draw(
    options: Sequence[frozenset[str]], *, filled: Filled, rng: np.random.Generator
) -> tuple[list[str], list[int]]:
    """Draw variants and intervals until intervals stay even over participants, or the nearest to it.

    Parameters
    ----------
    options : sequence of frozenset of str
        For each trial, the variants to choose from; none empty.
    filled : mapping of str to two int
        Trials of each variant in the plans that count, with the real sound first and second.
    rng : Generator
        The source of chance.

    Returns
    -------
    list of str
        The variant of each trial.
    list of int
        The interval of each trial's real sound, 1 or 2.
    """
    totals = {variant: sum(counts) for variant, counts in filled.items()}
    possible = sorted(frozenset[str]().union(*options))
    drawn: list[tuple[int, list[str], list[int]]] = []
    while len(drawn) < MOST_DRAWS and not (drawn and drawn[-1][0] == 0):
        variants = assign_variants(options, filled=totals, rng=rng)
        intervals = assign_intervals(variants, filled=filled, rng=rng)
        drawn.append((_excess(possible, filled, variants, intervals), variants, intervals))
    return min(drawn, key=lambda draw: draw[0])[1:]


def assign_variants(
    options: Sequence[frozenset[str]], *, filled: Mapping[str, int], rng: np.random.Generator
) -> list[str]:
    """Give each video one of the variants that it can be shown with, as evenly as possible.

    Parameters
    ----------
    options : sequence of frozenset of str
        For each video, the variants to choose from; none empty.
    filled : mapping of str to int
        Earlier uses of each variant; they settle who gets the odd ones.
    rng : Generator
        The source of chance: which video gets which variant.

    Returns
    -------
    list of str
        One variant a video. No exchange along a chain of videos makes the counts more even, which
        for these (convex) counts means that nothing does.
    """
    chosen = [""] * len(options)
    uses: Counter[str] = Counter()
    for index in rng.permutation(len(options)):
        names = [str(name) for name in rng.permutation(sorted(options[index]))]
        chosen[index] = min(names, key=lambda name: (uses[name], filled.get(name, 0)))
        uses[chosen[index]] += 1
    while chain := _evening_chain(chosen, options, filled):
        for index, variant in chain:
            chosen[index] = variant
    return chosen


def assign_intervals(variants: Sequence[str], *, filled: Filled, rng: np.random.Generator) -> list[int]:
    """Put the real sound first (1) or second (2), evenly over all trials and within each variant.

    The odd trials of variants that have one go half first, half second: second to those that had it
    first more often in earlier plans (`filled`), as far as the halves allow.
    """
    uses = Counter(variants)
    odd = [str(name) for name in rng.permutation(sorted(uses)) if uses[str(name)] % 2]
    odd.sort(key=lambda name: _lean(filled, name))  # stable: equals stay in random order
    n_first = len(odd) // 2
    if len(odd) % 2:
        lean = _lean(filled, odd[n_first])
        n_first += int(lean < 0 or (lean == 0 and rng.integers(2)))
    intervals = [0] * len(variants)
    for name in sorted(uses):
        places = rng.permutation([index for index, variant in enumerate(variants) if variant == name])
        half = uses[name] // 2 + (name in odd[:n_first])
        for turn, index in enumerate(places):
            intervals[index] = 1 if turn < half else 2
    return intervals


def _excess(
    names: Sequence[str], filled: Filled, variants: Sequence[str], intervals: Sequence[int]
) -> int:
    """Count what keeps intervals from being even now, and from staying so.

    Each variant may lean by one to an interval; so may, together, all that had equally many trials,
    lest a later participant gets odd ones of one side only.
    """
    pairs = Counter(zip(variants, intervals, strict=True))
    leans: dict[int, list[int]] = {}
    for name in names:
        first, second = (n + pairs[name, k] for k, n in enumerate(filled.get(name, (0, 0)), start=1))
        leans.setdefault(first + second, []).append(first - second)
    sums = [*(lean for group in leans.values() for lean in group), *map(sum, leans.values())]
    return sum(max(0, abs(lean) - 1) for lean in sums)


def _lean(filled: Filled, variant: str) -> int:
    return filled[variant][0] - filled[variant][1] if variant in filled else 0


def _evening_chain(
    chosen: Sequence[str], options: Sequence[frozenset[str]], filled: Mapping[str, int]
) -> list[tuple[int, str]]:
    """Find videos that can hand variants on, from an often used one to a seldom used one."""
    uses = Counter(chosen)
    for start in sorted(uses, key=lambda name: -uses[name]):
        for end, chain in _reachable(start, chosen, options).items():
            apart = uses[start] - uses[end]
            later = filled.get(start, 0) - filled.get(end, 0) + apart
            if apart >= 2 or (apart == 1 and later >= 2):
                return chain
    return []


def _reachable(
    start: str, chosen: Sequence[str], options: Sequence[frozenset[str]]
) -> dict[str, list[tuple[int, str]]]:
    """Search breadth first for the variants that could be used once more, if `start` were once less."""
    chains: dict[str, list[tuple[int, str]]] = {start: []}
    waiting = [start]
    for variant in waiting:
        for index, current in enumerate(chosen):
            if current == variant:
                for name in sorted(options[index] - chains.keys()):
                    chains[name] = [*chains[variant], (index, name)]
                    waiting.append(name)
    return {name: chain for name, chain in chains.items() if name != start}
