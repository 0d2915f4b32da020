"""Which values the keys of a study file may have: pure, one rule a line."""

import dataclasses
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from experiment_server.studies.annotation import KINDS, choices_of
from experiment_server.studies.sections import (
    ANNOTATION,
    DOORS,
    HEADPHONES,
    PRACTICE_VIDEOS,
    TARGETS,
    Pay,
    pair_of,
)

if TYPE_CHECKING:
    from experiment_server.studies.study import Study

FRAME_ANCESTOR = re.compile(r"https?://[\w.*:-]+", re.ASCII)
PANEL_RETURN = re.compile(r"https://[\w.:-]+([/?#][!-~]*)?", re.ASCII)  # nothing to fill in in the host
LABEL = re.compile(r"(?!None$)[\w-]{1,64}")  # in `_times.txt` labels stand between spaces, or are None
MAX_TRIALS = 1000  # a typing slip, not a study, asks one person for more


def broken(study: "Study") -> Iterator[tuple[str, Any]]:
    """Go through the keys whose values are not allowed: name and value."""
    for name, value, is_allowed in (*_number_rules(study), *_word_rules(study)):
        if not is_allowed:
            yield name, value


def _number_rules(study: "Study") -> list[tuple[str, Any, bool]]:
    trials, recruiting, screening, pay = study.trials, study.recruiting, study.screening, study.pay
    rules = study.exclusions
    ranges = (
        (study, "seed", 0, None),
        (trials, "main", 0 if study.task == ANNOTATION else 1, MAX_TRIALS),
        (trials, "practice", 0, MAX_TRIALS),
        (trials, "catch", 0, MAX_TRIALS),
        (trials, "replays", 0, None),
        (trials, "cue_ms", 0, 5000),
        (study.annotation, "impacts", 1, MAX_TRIALS),
        (study.annotation, "votes", 1, None),
        (recruiting, "participants", 0, None),
        (recruiting, "lease_minutes", 1, 1440),
        (screening, "headphone_trials", 1, 24),
        (screening, "headphone_pass", 1, screening.headphone_trials),
        (screening, "headphone_attempts", 1, 5),
        (screening, "media_failures", 1, None),
        *((pay, f.name, 0, None) for f in dataclasses.fields(Pay) if f.type is int),
        *((rules, name, 0, None) for name in ("fast_ms", "slow_ms", "hidden_ms", "stalls")),
        *((rules, name, 0, 100) for name in ("catch_percent", "fast_percent", "side_percent")),
        (rules, "least_answers", 0, None),
        (study.analysis, "margin_points", 1, 49),
    )
    values = ((name, getattr(table, name), least, most) for table, name, least, most in ranges)
    return [
        (name, value, value >= least and (most is None or value <= most))
        for name, value, least, most in values
    ]


def _word_rules(study: "Study") -> list[tuple[str, Any, bool]]:
    trials, recruiting, screening = study.trials, study.recruiting, study.screening
    by_panel = "panel" in recruiting.doors
    rules, contrasts = study.exclusions, study.analysis.contrasts
    panel_returns = ("panel_return", "panel_return_others")
    return [
        *_choice_rules(study),
        ("name", study.name, study.name.replace("-", "").replace("_", "").isalnum()),
        ("media", study.media, study.media == "" or study.media.startswith("s3://")),
        ("practice_videos", trials.practice_videos, trials.practice_videos in PRACTICE_VIDEOS),
        ("variants", trials.variants, len(set(trials.variants)) == len(trials.variants)),
        ("doors", recruiting.doors, bool(recruiting.doors) and set(recruiting.doors) <= set(DOORS)),
        ("panel_id", recruiting.panel_id, not by_panel or recruiting.panel_id != ""),
        *(
            (name, getattr(recruiting, name), _is_return(getattr(recruiting, name)))
            for name in panel_returns
        ),
        (
            "frame_ancestors",
            recruiting.frame_ancestors,
            all(FRAME_ANCESTOR.fullmatch(site) for site in recruiting.frame_ancestors),
        ),
        ("mobile", screening.mobile, screening.mobile in ("exclude", "allow")),
        ("headphones", screening.headphones, _is_test(screening.headphones, study.task)),
        ("side_percent", rules.side_percent, rules.side_percent == 0 or rules.side_percent > 50),
        ("contrasts", contrasts, all(len(pair_of(text)) == 2 for text in contrasts)),
        ("target", study.analysis.target, study.analysis.target in TARGETS),
        ("currency", study.pay.currency, re.fullmatch("[A-Z]{3}", study.pay.currency) is not None),
    ]


def _choice_rules(study: "Study") -> list[tuple[str, Any, bool]]:
    """Ask for two choices or more of each kind, whose names can stand in a file of labels."""
    lists = [(f"{kind}s", getattr(study.annotation, f"{kind}s")) for kind in KINDS]
    return [(name, texts, _are_choices(texts)) for name, texts in lists]


def _are_choices(texts: tuple[str, ...]) -> bool:
    names = choices_of(texts)
    return len(names) == len(texts) > 1 and all(LABEL.fullmatch(name) for name in names)


def _is_test(headphones: str, task: str) -> bool:
    return headphones in HEADPHONES and not (task == ANNOTATION and headphones != "none")


def _is_return(address: str) -> bool:
    return address == "" or PANEL_RETURN.fullmatch(address) is not None
