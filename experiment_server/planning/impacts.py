"""Who labels which impacts: drawn from a seed, those with the fewest votes first. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from experiment_server.errors import StudyError
from experiment_server.studies.annotation import Annotation
from stimuli.manifest import Clip

EDGE = 1e-6  # of a picture: an impact on the border of two, as rounded, belongs to the one it begins


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """One impact of a participant's plan: its place, from 1, and its clip."""

    position: int
    video: str
    clip: str


def check(clips: Sequence[Clip], annotation: Annotation) -> None:
    """Make sure that every participant can be given a plan.

    Raises
    ------
    StudyError
        If there are too few impacts.
    """
    if annotation.impacts > len(clips):
        raise StudyError(
            f"impacts = {annotation.impacts}, but the stimulus set has {len(clips)} and each is shown "
            f"to a participant at most once; set impacts to {len(clips)} or less"
        )


def people_wanted(n_impacts: int, annotation: Annotation) -> int:
    """Count the participants that give every impact its votes."""
    return math.ceil(n_impacts * annotation.votes / annotation.impacts)


def draw_plan(
    clips: Sequence[Clip], n_impacts: int, *, votes: Mapping[str, int], rng: np.random.Generator
) -> tuple[Planned, ...]:
    """Draw the impacts that one participant labels.

    Parameters
    ----------
    clips : sequence of Clip
        All impacts; `check` must hold.
    n_impacts : int
        How many the participant labels.
    votes : mapping of str to int
        By clip, the votes that are given, or held by somebody else's plan; those not named have none.
    rng : Generator
        The source of chance: who of equals comes first, and in which order they are shown.

    Returns
    -------
    tuple of Planned
        Impacts with the fewest votes, no clip twice. So, when plans are drawn one after the other, the
        votes of any two impacts differ by one at most, as long as they did before.
    """
    equals = [clips[index] for index in rng.permutation(len(clips))]
    chosen = sorted(equals, key=lambda clip: votes.get(clip.id, 0))[:n_impacts]  # stable
    return tuple(
        Planned(position=position, video=chosen[index].video_id, clip=chosen[index].id)
        for position, index in enumerate(rng.permutation(len(chosen)), start=1)
    )


def impact_s(clip: Clip) -> float:
    """Tell when the impact is in its clip (s), from the beginning of the first picture."""
    return clip.impact_s - clip.start_s


def still_s(clip: Clip) -> float:
    """Tell the middle of the time (s) of the picture that shows the impact: seeking can't miss it."""
    picture = math.floor(impact_s(clip) * clip.frame_rate + EDGE)
    return (min(max(picture, 0), clip.n_frames - 1) + 0.5) / clip.frame_rate
