"""Evaluation files as `models evaluate` writes them, and answers to show them with."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from analysis.planning.simulate import ORDINARY, simulate
from experiment_server.exports.records import Record


def interval(value: float | None, half: float = 0.02) -> dict[str, float | None]:
    if value is None:
        return {"value": None, "low": None, "high": None}
    return {"value": value, "low": value - half, "high": value + half}


def score(variant: str, basis: str = "sound", *metrics: float | None) -> dict[str, Any]:
    loudness_error, loudness_r, centroid_error, centroid_r = metrics or (0.5, 0.1, 9.0, 0.2)
    return {
        "variant": variant, "basis": basis, "n_clips": 60, "n_videos": 6,
        "loudness": {"error": interval(loudness_error), "r": interval(loudness_r)},
        "centroid": {"error": interval(centroid_error), "r": interval(centroid_r)},
        "network": "a" * 64 if basis == "features" else None,
    }  # fmt: skip


def measured(*scores: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "format": 1, "what": "evaluation", "dataset": "marble", "split": "files",
        "test_digest": "d" * 64, "n_clips": 60, "n_videos": 6, "seed": 0, "n_resamples": 2000,
        "level": 0.95, "scores": list(scores), "unavailable": {}, **changes,
    }  # fmt: skip


def ordinary() -> dict[str, Any]:
    return measured(
        score("full", "features", 0.211, 0.44, 3.85, 0.4711),
        score("full", "sound", 0.31, 0.39, 4.9, 0.37),
        score("parametric", "features", 0.2149, 0.436, 3.852, 0.47),
        score("parametric", "sound", 0.3, 0.4, 4.7, 0.41),
        score("random", "sound", 0.44, -0.03, 9.32, 0.02),
        score("real-match", "sound", 0.1, 0.9, 1.0, 0.95),
        unavailable={
            "no-rnn": "no trained network 'no-rnn' in /home/ada/nets; use --out /home/ada/nets"
        },
    )


def written(folder: Path, data: Any, name: str = "evaluation.json") -> Path:
    (folder / name).write_text(json.dumps(data), encoding="utf-8")
    return folder / name


def answers(*names: str) -> list[Record]:
    rng = np.random.default_rng(4)
    sizes = {"n_participants": 8, "n_trials": 12, "n_videos": 14}
    return simulate(dict.fromkeys(names, 0.4), spread=ORDINARY, rng=rng, **sizes)
