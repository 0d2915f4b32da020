"""Made-up labels of an annotation study, with a truth that is known."""

from collections.abc import Sequence

import numpy as np

from experiment_server.exports.labels import LabelRecord

TRUTHS = ("cardboard", "cloth", "dirt", "glass", "leaf", "metal", "paper", "wood")
TAKEN_FOR = {"cardboard": "paper", "paper": "cardboard", "dirt": "leaf", "leaf": "dirt"}
TAKEN_FOR |= {"cloth": "wood", "wood": "cloth", "glass": "metal", "metal": "glass"}
KNOWN_AS = {"cardboard": "paper"}  # as a dataset has it, whose classes are merged


def made_up(
    *,
    n_videos: int = 16,
    impacts_per_video: int = 8,
    n_votes: int = 3,
    n_people: int = 30,
    error: float = 0.12,
    noise: float = 0.02,
    seed: int = 0,
) -> list[LabelRecord]:
    """Let people label impacts, each wrong material being the one that `TAKEN_FOR` names."""
    rng = np.random.default_rng(seed)
    records = []
    for video in range(n_videos):
        for number in range(impacts_per_video):
            truth = TRUTHS[(video + number) % len(TRUTHS)]
            x, y = (float(v) for v in rng.uniform(0.2, 0.8, 2))
            for person in rng.choice(n_people, size=n_votes, replace=False):
                wrong = rng.random() < error
                records.append(
                    record(
                        f"v{video:02d}",
                        1.0 + number,
                        f"person-{person:03d}",
                        material=TAKEN_FOR[truth] if wrong else truth,
                        place=(x + rng.normal(0, noise), y + rng.normal(0, noise)),
                        known=KNOWN_AS.get(truth, truth),
                        known_place=(x, y),
                    )
                )
    return records


def record(
    video: str,
    impact_s: float,
    participant: str,
    *,
    material: str | None = "wood",
    action: str | None = "hit",
    reaction: str | None = "static",
    place: Sequence[float] | None = (0.5, 0.5),
    known: str | None = None,
    known_place: Sequence[float] | None = None,
    state: str = "complete",
    answered: bool = True,
    study: str = "made-up",
) -> LabelRecord:
    """Write one labelling."""
    return LabelRecord(
        study=study,
        stimulus_set="0" * 64,
        participant=participant,
        recruiter="link",
        simulated=False,
        state=state,
        labelling=f"{participant}-{video}-{impact_s}",
        position=1,
        clip=f"{video}_{round(1000 * impact_s):06d}",
        video=video,
        impact_s=impact_s,
        material=material if answered else None,
        action=action if answered else None,
        reaction=reaction if answered else None,
        x=place[0] if place and answered else None,
        y=place[1] if place and answered else None,
        rt_ms=5000.0 if answered else None,
        replays=1 if answered else None,
        presented_utc="2026-11-22T10:00:00+00:00",
        answered_utc="2026-11-22T10:00:09+00:00" if answered else None,
        known_material=known,
        known_action=None,
        known_reaction=None,
        known_x=known_place[0] if known_place else None,
        known_y=known_place[1] if known_place else None,
    )
