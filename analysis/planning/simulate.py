"""Made-up studies whose truth is known: what the statistics are tried on, before any person came."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from analysis.errors import AnalysisError
from experiment_server.exports.records import CATCH, Record
from experiment_server.studies.sections import MAIN

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

    @property
    def total(self) -> float:
        """Standard deviation of all random effects together."""
        parts = (self.participant, self.participant_variant, self.video, self.video_variant, self.clip)
        return float(np.sqrt(sum(part**2 for part in (*parts, self.side))))

    def times(self, factor: float) -> "Spread":
        """Multiply all standard deviations, and leave lapses alone."""
        names = [f.name for f in fields(self) if f.name != "lapse"]
        return replace(self, **{name: factor * getattr(self, name) for name in names})


NO_SPREAD = Spread()  # every trial a coin of its variant's own weight
ORDINARY = Spread(  # assumed, not estimated: the paper's trials are not public
    participant=0.5, participant_variant=0.2, video=0.5, video_variant=0.6, clip=0.3, side=0.3,
    lapse=0.02,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """The trials of a made-up study as columns of shape (n_participants, n_trials), or flattened.

    Attributes
    ----------
    participant, video, clip : ndarray of int64
        Who, about which video, and which clip of it.
    variant : ndarray of int64
        Index into the fool rates.
    real : ndarray of int64
        Interval with the real sound, 1 or 2.
    fooled : ndarray of bool
        The answers.
    """

    participant: NDArray[np.int64]
    video: NDArray[np.int64]
    clip: NDArray[np.int64]
    variant: NDArray[np.int64]
    real: NDArray[np.int64]
    fooled: NDArray[np.bool_]


def draw(
    fool_rates: Mapping[str, float],
    *,
    n_participants: int,
    n_trials: int,
    n_videos: int,
    spread: Spread = NO_SPREAD,
    clips_per_video: int = 15,
    rng: np.random.Generator,
) -> Drawn:
    """Draw the answers of a study as the paper's: each video once a participant, variants at random.

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
    """
    shape = (n_participants, n_trials)
    variant = rng.integers(len(fool_rates), size=shape)
    video = _without_repetition(rng.random((n_participants, n_videos)), n_trials)
    clip = rng.integers(clips_per_video, size=shape)
    real = rng.integers(1, 3, size=shape)
    logit = _logits(np.array(list(fool_rates.values())), variant, video, clip, spread=spread, rng=rng)
    logit += rng.normal(0, spread.side, (n_participants, 1)) * (2 * (real == 2) - 1)
    chance = (1 - spread.lapse) / (1 + np.exp(-logit)) + spread.lapse / 2
    return Drawn(
        participant=np.broadcast_to(np.arange(n_participants)[:, None], shape), video=video, clip=clip,
        variant=variant, real=real, fooled=rng.random(shape) < chance,
    )  # fmt: skip


def mean_rate(fool_rate: float, spread: Spread) -> float:
    """Share fooled over all people and videos, where `fool_rate` is that of the average ones.

    Gauss-Hermite quadrature over the sum of all random effects, then lapses.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(64)
    logits = np.log(fool_rate / (1 - fool_rate)) + spread.total * nodes
    rate = float(np.sum(weights / (1 + np.exp(-logits))) / np.sqrt(2 * np.pi))
    return (1 - spread.lapse) * rate + spread.lapse / 2


def rate_for(mean: float, spread: Spread) -> float:
    """Find the fool rate of the average person and video that gives a mean over all of them.

    Raises
    ------
    AnalysisError
        If lapses alone keep the mean from being reached.
    """
    low, high = (mean_rate(rate, spread) for rate in (1e-6, 1 - 1e-6))
    if not low < mean < high:
        raise AnalysisError(
            f"a mean rate of {mean} can't be reached; give one from {low:.3f} to {high:.3f}"
        )
    return float(optimize.brentq(lambda rate: mean_rate(rate, spread) - mean, 1e-6, 1 - 1e-6))


def simulate(
    fool_rates: Mapping[str, float],
    *,
    n_participants: int,
    n_trials: int,
    n_videos: int,
    spread: Spread = NO_SPREAD,
    clips_per_video: int = 15,
    n_catch: int = 0,
    rng: np.random.Generator,
) -> list[Record]:
    """Make the responses of a study as complete trials of simulated participants, without practice.

    Parameters
    ----------
    n_catch : int
        Catch trials of each participant, after the main ones; only blind answers to them are wrong.
    fool_rates, n_participants, n_trials, n_videos, spread, clips_per_video, rng
        As in `draw`.
    """
    drawn = draw(
        fool_rates, n_participants=n_participants, n_trials=n_trials, n_videos=n_videos, spread=spread,
        clips_per_video=clips_per_video, rng=rng,
    )  # fmt: skip
    shape = (n_participants, n_trials + n_catch)
    rt_ms = 900 * np.exp(rng.normal(0, 0.35, (n_participants, 1)) + rng.normal(0, 0.5, shape))
    wrong = rng.random((n_participants, n_catch)) < spread.lapse / 2
    names = list(fool_rates)
    trials = []
    for p in range(n_participants):
        for t in range(n_trials):
            trials.append(_record(
                p, t, variant=names[drawn.variant[p, t]], video=int(drawn.video[p, t]),
                clip=int(drawn.clip[p, t]), real=int(drawn.real[p, t]), fooled=bool(drawn.fooled[p, t]),
                rt_ms=float(rt_ms[p, t]),
            ))  # fmt: skip
        for c in range(n_catch):
            trials.append(_record(
                p, n_trials + c, variant="catch-silence", video=n_videos + c, clip=0, real=1 + c % 2,
                fooled=bool(wrong[p, c]), rt_ms=float(rt_ms[p, n_trials + c]), phase=CATCH,
            ))  # fmt: skip
    return trials


def _without_repetition(keys: NDArray[np.float64], n: int) -> NDArray[np.int64]:
    """Give the places of each row's n smallest keys, in order of size: as argsort, but faster."""
    places = np.argpartition(keys, n - 1, axis=1)[:, :n]
    order = np.argsort(np.take_along_axis(keys, places, axis=1), axis=1)
    return np.take_along_axis(places, order, axis=1)


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
    variant: str, video: int, clip: int, real: int, fooled: bool, rt_ms: float, phase: str = MAIN,
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
        phase=phase,
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
