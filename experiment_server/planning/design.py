"""Who sees what: a participant's whole plan, drawn from a seed. Pure: no file, clock or database.

The paper's rules (Section 6.2): each participant sees "at most one impact from each" video, and "the
sound-prediction algorithm was chosen randomly on a per-video basis"; practice comes first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from experiment_server.errors import StudyError
from experiment_server.planning import balance
from experiment_server.planning.balance import Filled
from experiment_server.studies.sections import MAIN, PRACTICE, Trials
from stimuli.manifest import Manifest

Options = Mapping[str, frozenset[str]]  # clip -> the variants that have a sound for it


@dataclass(frozen=True, kw_only=True, slots=True)
class Video:
    """A video of the stimulus set: its clips, with the variants and the catch sounds that each has."""

    id: str
    clips: Options
    catches: Options = field(default_factory=dict)


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
        What is shown; a catch trial's variant is the name of its catch sound.
    real_interval : int
        Where the real sound comes, 1 or 2.
    is_catch : bool
        Whether it is a catch trial, which stands among the main ones.
    """

    phase: str
    position: int
    video: str
    clip: str
    variant: str
    real_interval: int
    is_catch: bool = False


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
    catches: dict[str, dict[str, frozenset[str]]] = {}
    for clip in manifest.clips:
        if options := wanted.intersection(clip.variants):
            clips.setdefault(clip.video_id, {})[clip.id] = options
        if clip.catches:
            catches.setdefault(clip.video_id, {})[clip.id] = frozenset(clip.catches)
    if not clips:
        raise StudyError("the stimulus set has no clip with a synthesized sound; build it again")
    return tuple(
        Video(id=video, clips=clips[video], catches=catches.get(video, {})) for video in sorted(clips)
    )


def check(videos: Sequence[Video], trials: Trials) -> None:
    """Make sure that every participant can be given a plan.

    Raises
    ------
    StudyError
        If there are too few videos; the message says how many there are and what would do.
    """
    n_videos, main, practice = len(videos), trials.main, trials.practice
    n_able = sum(bool(video.catches) for video in videos)
    shown = main + trials.catch
    asked = f"main = {main} and catch = {trials.catch}" if trials.catch else f"main = {main}"
    if trials.catch > n_able:
        raise StudyError(
            f"catch = {trials.catch} trials, each of a video of its own, but {n_able} of the stimulus "
            f"set's {n_videos} videos have catch sounds; set catch to {n_able} or less, or build the "
            "set with them: stimuli build --catch"
        )
    if shown > n_videos:
        left = n_videos - (practice if trials.practice_videos == "apart" and practice < n_videos else 0)
        remedy = "lower one of them" if trials.catch else f"set main to {left} or less"
        raise StudyError(
            f"{asked} trials, but the stimulus set has {n_videos} videos and each is shown to a "
            f"participant at most once; {remedy}"
        )
    if trials.practice_videos == "apart" and shown + practice > n_videos:
        raise StudyError(
            f"{asked} and practice = {practice} trials need {shown + practice} videos, but the "
            f'stimulus set has {n_videos}; lower one of them, or set practice_videos = "reuse"'
        )
    if trials.practice_videos == "reuse" and practice > (most := _most_reused(videos, shown)):
        raise StudyError(
            f"practice = {practice} trials, but beside {shown} others the stimulus set's "
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
        Main trials, catch trials not among them, that each variant has in the plans that count, those
        with the real sound first and those with it second. Which plans count is the caller's matter.
    rng : Generator
        The source of chance.

    Returns
    -------
    tuple of PlannedTrial
        Practice, then main trials, with catch trials at random places among them but the first. No
        video comes twice in a phase and no clip twice at all; in each phase the counts of variants
        differ by one at most where the clips allow, the odd ones going to the least filled variants,
        and so do the counts of first and second intervals, of all trials and of each variant's. Of
        each variant's main trials, those of `filled` included, the counts of first and second intervals
        differ by one at most as well, as long as they did before. Catch trials are even in the same
        way, among themselves.
    """
    order = [videos[index] for index in rng.permutation(len(videos))]
    able = [video for video in order if video.catches]
    caught = able[len(able) - trials.catch :]
    others = [video for video in order if video not in caught]
    shown = others[: trials.main]
    main = _draw_phase(MAIN, [(video.id, video.clips) for video in shown], filled, rng)
    catches = _draw_phase(MAIN, [(video.id, video.catches) for video in caught], {}, rng)
    main = _scatter(catches, main, rng)
    used = {trial.clip for trial in main}
    spare = others[trials.main :] + ([*shown, *caught] if trials.practice_videos == "reuse" else [])
    left = (
        (video.id, {clip: names for clip, names in video.clips.items() if clip not in used})
        for video in spare
    )
    offers = [(video, clips) for video, clips in left if clips][: trials.practice]
    if len(offers) < trials.practice:
        raise StudyError(f"only {len(offers)} of {trials.practice} practice trials can be drawn")
    return (*_draw_phase(PRACTICE, offers, {}, rng), *main)


def _draw_phase(
    phase: str,
    offers: Sequence[tuple[str, Options]],
    filled: Filled,
    rng: np.random.Generator,
) -> tuple[PlannedTrial, ...]:
    options = [frozenset[str]().union(*clips.values()) for _, clips in offers]
    variants, intervals = balance.draw(options, filled=filled, rng=rng)
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


def _scatter(
    catches: Sequence[PlannedTrial], main: Sequence[PlannedTrial], rng: np.random.Generator
) -> tuple[PlannedTrial, ...]:
    """Put catch trials among the main ones, never first, and count all of them from 1."""
    if not catches:
        return tuple(main)
    n_trials = len(main) + len(catches)
    places = set(1 + rng.choice(n_trials - 1, size=len(catches), replace=False))
    rest, caught = iter(main), iter(replace(trial, is_catch=True) for trial in catches)
    mixed = [next(caught if place in places else rest) for place in range(n_trials)]
    return tuple(replace(trial, position=n) for n, trial in enumerate(mixed, start=1))


def _draw_clip(clips: Options, variant: str, rng: np.random.Generator) -> str:
    able = sorted(clip for clip, options in clips.items() if variant in options)
    return able[rng.integers(len(able))]


def _most_reused(videos: Sequence[Video], shown: int) -> int:
    """Count the practice trials that are possible even if all one-clip videos are main trials."""
    single = sum(len(video.clips) == 1 for video in videos)
    return len(videos) - min(single, shown)
