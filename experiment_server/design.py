"""Who sees what: a participant's whole plan, drawn from a seed. Pure: no file, clock or database.

The paper's rules (Section 6.2): each participant sees "at most one impact from each" video, and "the
sound-prediction algorithm was chosen randomly on a per-video basis"; practice comes first.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiment_server.study import MAIN, PRACTICE, StudyError, Trials
from stimuli.manifest import Manifest

Options = Mapping[str, frozenset[str]]  # clip -> the variants that have a sound for it
Filled = Mapping[str, Sequence[int]]  # variant -> earlier trials with the real sound first, and second
MOST_DRAWS = 64  # of a phase, until it keeps everything even; of complete sets every third or so does


@dataclass(frozen=True, kw_only=True, slots=True)
class Video:
    """A video of the stimulus set: its clips, and the variants each of them can be shown with."""

    id: str
    clips: Options


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedTrial:
    """One trial of a plan.

    Attributes
    ----------
    phase : str
        ``practice`` or ``main``.
    position : int
        Place in its phase, from 1.
    video, clip, variant : str
        What is shown.
    real_interval : int
        Where the real sound comes, 1 or 2.
    """

    phase: str
    position: int
    video: str
    clip: str
    variant: str
    real_interval: int


def videos_of(manifest: Manifest, variants: Sequence[str] = ()) -> tuple[Video, ...]:
    """List the videos of a stimulus set that can be shown with some of the variants ((): all).

    Raises
    ------
    StudyError
        If a variant is not in the set, or nothing is left.
    """
    present = {variant for clip in manifest.clips for variant in clip.variants}
    unknown = [variant for variant in variants if variant not in present]
    if unknown:
        raise StudyError(
            f"no variant named {unknown[0]!r} in the stimulus set; it has {', '.join(sorted(present))}"
        )
    wanted = frozenset(variants or present)
    clips: dict[str, dict[str, frozenset[str]]] = {}
    for clip in manifest.clips:
        if options := wanted.intersection(clip.variants):
            clips.setdefault(clip.video_id, {})[clip.id] = options
    if not clips:
        raise StudyError("the stimulus set has no clip with a synthesized sound; build it again")
    return tuple(Video(id=video, clips=clips[video]) for video in sorted(clips))


def check(videos: Sequence[Video], trials: Trials) -> None:
    """Make sure that every participant can be given a plan.

    Raises
    ------
    StudyError
        If there are too few videos; the message says how many there are and what would do.
    """
    n_videos, main, practice = len(videos), trials.main, trials.practice
    if main > n_videos:
        raise StudyError(
            f"main = {main} trials, but the stimulus set has {n_videos} videos and each is shown to a "
            f"participant at most once; set main to {n_videos} or less"
        )
    if trials.practice_videos == "apart" and main + practice > n_videos:
        raise StudyError(
            f"main = {main} and practice = {practice} trials need {main + practice} videos, but the "
            f'stimulus set has {n_videos}; lower one of them, or set practice_videos = "reuse"'
        )
    if trials.practice_videos == "reuse" and practice > (most := _most_reused(videos, main)):
        raise StudyError(
            f"practice = {practice} trials, but beside {main} main trials the stimulus set's "
            f"{n_videos} videos have other clips for {most}; lower practice or main"
        )


def draw_plan(
    videos: Sequence[Video],
    trials: Trials,
    *,
    filled: Filled,
    rng: np.random.Generator,
) -> tuple[PlannedTrial, ...]:
    """Draw everything that one participant will be shown.

    Parameters
    ----------
    videos : sequence of Video
        What there is to show; `check` must hold.
    trials : Trials
        How many, and where practice comes from.
    filled : mapping of str to two int
        Main trials that each variant has in earlier participants' plans, those with the real sound
        first and those with it second.
    rng : Generator
        The source of chance.

    Returns
    -------
    tuple of PlannedTrial
        Practice, then main trials. No video comes twice in a phase and no clip twice at all; in
        each phase the counts of variants differ by one at most where the clips allow, the odd ones
        going to the least filled variants, and so do the counts of first and second intervals, of
        all trials and of each variant's. Of each variant's main trials in all plans the counts of
        first and second intervals differ by one at most as well.
    """
    order = [videos[index] for index in rng.permutation(len(videos))]
    shown = order[: trials.main]
    main = _draw_phase(MAIN, [(video.id, video.clips) for video in shown], filled, rng)
    used = {trial.clip for trial in main}
    spare = order[trials.main :] + (shown if trials.practice_videos == "reuse" else [])
    left = ((video.id, _without(video.clips, used)) for video in spare)
    offers = [(video, clips) for video, clips in left if clips][: trials.practice]
    if len(offers) < trials.practice:
        raise StudyError(f"only {len(offers)} of {trials.practice} practice trials can be drawn")
    return (*_draw_phase(PRACTICE, offers, {}, rng), *main)


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


def _draw_phase(
    phase: str,
    offers: Sequence[tuple[str, Options]],
    filled: Filled,
    rng: np.random.Generator,
) -> tuple[PlannedTrial, ...]:
    options = [frozenset[str]().union(*clips.values()) for _, clips in offers]
    variants, intervals = _draw_cells(options, filled, rng)
    return tuple(
        PlannedTrial(
            phase=phase,
            position=position,
            video=video,
            clip=_draw_clip(clips, variant, rng),
            variant=variant,
            real_interval=interval,
        )
        for position, ((video, clips), variant, interval) in enumerate(
            zip(offers, variants, intervals, strict=True), start=1
        )
    )


def _draw_cells(
    options: Sequence[frozenset[str]], filled: Filled, rng: np.random.Generator
) -> tuple[list[str], list[int]]:
    """Draw variants and intervals until intervals stay even over participants, or the nearest to it."""
    totals = {variant: sum(counts) for variant, counts in filled.items()}
    possible = sorted(frozenset[str]().union(*options))
    drawn: list[tuple[int, list[str], list[int]]] = []
    while len(drawn) < MOST_DRAWS and not (drawn and drawn[-1][0] == 0):
        variants = assign_variants(options, filled=totals, rng=rng)
        intervals = assign_intervals(variants, filled=filled, rng=rng)
        drawn.append((_excess(possible, filled, variants, intervals), variants, intervals))
    return min(drawn, key=lambda draw: draw[0])[1:]


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


def _draw_clip(clips: Options, variant: str, rng: np.random.Generator) -> str:
    able = sorted(clip for clip, options in clips.items() if variant in options)
    return able[rng.integers(len(able))]


def _without(clips: Options, used: Iterable[str]) -> Options:
    taken = set(used)
    return {clip: options for clip, options in clips.items() if clip not in taken}


def _most_reused(videos: Sequence[Video], main: int) -> int:
    """Count the practice trials that are possible even if all one-clip videos are main trials."""
    single = sum(len(video.clips) == 1 for video in videos)
    return len(videos) - min(single, main)


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
