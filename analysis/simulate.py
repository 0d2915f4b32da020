"""Made-up studies whose truth is known: what the statistics are tried on, before any person came."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiment_server.records import Record

MATERIALS = (  # the 17 of the Greatest Hits dataset
    "carpet", "ceramic", "cloth", "dirt", "drywall", "glass", "grass", "gravel", "leaf", "metal",
    "paper", "plastic", "plastic-bag", "rock", "tile", "water", "wood",
)  # fmt: skip
ACTIONS = ("hit", "scratch")
REACTIONS = ("deform", "rigid-motion", "scatter", "splash", "static")


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """How much people and videos vary: standard deviations on the logit scale, and the lapse rate.

    Attributes
    ----------
    participant, participant_variant : float
        Of participants, and of their taste for single variants.
    video, video_variant, clip : float
        Of videos, of how well single variants do on them, and of clips.
    side : float
        Of participants' favour for the first interval.
    lapse : float
        Share of answers given blindly, 0 to 1; half of them are fooled.
    """

    participant: float = 0.0
    participant_variant: float = 0.0
    video: float = 0.0
    video_variant: float = 0.0
    clip: float = 0.0
    side: float = 0.0
    lapse: float = 0.0


NO_SPREAD = Spread()  # every trial a coin of its variant's own weight
ORDINARY = Spread(  # assumed, not estimated: the paper's trials are not public
    participant=0.5, participant_variant=0.2, video=0.5, video_variant=0.6, clip=0.3, side=0.3,
    lapse=0.02,
)  # fmt: skip


def simulate(
    fool_rates: Mapping[str, float],
    *,
    n_participants: int,
    n_trials: int,
    n_videos: int,
    spread: Spread = NO_SPREAD,
    clips_per_video: int = 15,
    rng: np.random.Generator,
) -> list[Record]:
    """Make the responses of a study as the paper's: each video once a participant, variants at random.

    Parameters
    ----------
    fool_rates : dict of str to float
        By variant, above 0 and below 1: the share fooled where all spreads are 0.
    n_participants, n_trials, n_videos, clips_per_video : int
        Size of the study; `n_trials` is for each participant, at most `n_videos`.
    spread : Spread
        How people and videos vary.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    list of Record
        n_participants * n_trials complete trials of simulated participants, without practice.
    """
    shape = (n_participants, n_trials)
    variant = rng.integers(len(fool_rates), size=shape)
    video = np.argsort(rng.random((n_participants, n_videos)), axis=1)[:, :n_trials]
    clip = rng.integers(clips_per_video, size=shape)
    real = rng.integers(1, 3, size=shape)
    logit = _logits(np.array(list(fool_rates.values())), variant, video, clip, spread=spread, rng=rng)
    logit += rng.normal(0, spread.side, (n_participants, 1)) * (2 * (real == 2) - 1)
    chance = (1 - spread.lapse) / (1 + np.exp(-logit)) + spread.lapse / 2
    fooled = rng.random(shape) < chance
    rt_ms = 900 * np.exp(rng.normal(0, 0.35, (n_participants, 1)) + rng.normal(0, 0.5, shape))
    names = list(fool_rates)
    return [
        _record(
            p, t, variant=names[variant[p, t]], video=int(video[p, t]), clip=int(clip[p, t]),
            real=int(real[p, t]), fooled=bool(fooled[p, t]), rt_ms=float(rt_ms[p, t]),
        )
        for p in range(n_participants)
        for t in range(n_trials)
    ]  # fmt: skip


def _logits(
    fool_rates: NDArray[np.float64],
    variant: NDArray[np.int64],
    video: NDArray[np.int64],
    clip: NDArray[np.int64],
    *,
    spread: Spread,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    people, videos, kinds = len(variant), int(video.max(initial=0)) + 1, len(fool_rates)
    participant = np.arange(people)[:, None]
    effects: NDArray[np.float64] = (
        np.log(fool_rates / (1 - fool_rates))[variant]
        + rng.normal(0, spread.participant, people)[participant]
        + rng.normal(0, spread.participant_variant, (people, kinds))[participant, variant]
        + rng.normal(0, spread.video, videos)[video]
        + rng.normal(0, spread.video_variant, (videos, kinds))[video, variant]
        + rng.normal(0, spread.clip, (videos, int(clip.max(initial=0)) + 1))[video, clip]
    )
    return effects


def _record(
    participant: int, position: int, *,
    variant: str, video: int, clip: int, real: int, fooled: bool, rt_ms: float,
) -> Record:  # fmt: skip
    return Record(
        study="simulation",
        study_sha256="none",
        stimulus_set="none",
        participant=f"p{participant:05d}",
        participant_state="complete",
        simulated=True,
        participant_seed=0,
        trial=f"p{participant:05d}-{position:04d}",
        phase="main",
        position=position + 1,
        clip=f"video-{video:04d}-{clip:02d}",
        video=f"video-{video:04d}",
        impact_s=1.0 + 2 * clip,
        material=MATERIALS[video % len(MATERIALS)],
        action=ACTIONS[clip % 3 == 0],
        reaction=REACTIONS[(video + clip // 4) % len(REACTIONS)],
        variant=variant,
        real_interval=real,
        response_interval=3 - real if fooled else real,
        fooled=fooled,
        rt_ms=rt_ms,
        replays=0,
        presentations=1,
        presented_utc="2026-01-01T12:00:00+00:00",
        answered_utc="2026-01-01T12:00:05+00:00",
        practice_revealed=False,
    )
