"""What `experiment-server init` makes of its options.

Heavy modules are imported where they are used, so that ``--help`` answers at once.
"""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from experiment_server.folders.folder import StudyFolder
    from experiment_server.studies.study import Study

SEED_BITS = 31  # of a drawn seed; short enough to be typed
ONLY = {
    "2afc": ("variants", "trials", "practice", "practice_videos", "replays", "catch", "headphones"),
    "annotation": ("impacts", "votes"),
}  # options that one task alone has


def refuse_others(task: str) -> None:
    """Refuse options of another task.

    Raises
    ------
    click.UsageError
        If one was given.
    """
    context = click.get_current_context()
    for name in (name for other, names in ONLY.items() if other != task for name in names):
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--{name.replace('_', '-')} means nothing with --task {task}")


def draft(
    folder: Path,
    task: str,
    *,
    stimuli: Path,
    name: str | None,
    seed: int | None,
    doors: tuple[str, ...],
    **numbers: Any,
) -> "Study":
    """Compose the study that the options ask for; `numbers` are those in `ONLY`."""
    from experiment_server.folders import drafts

    wanted = {key: numbers[key] for key in ONLY[task]}
    wanted["seed"] = secrets.randbits(SEED_BITS) if seed is None else seed
    wanted["doors"] = doors or ("link",)
    if task == "annotation":
        return drafts.new_annotation_study(folder, stimuli, name=name, **wanted)
    variants = tuple(part.strip() for part in wanted.pop("variants").split(",") if part.strip())
    main = wanted.pop("trials")
    return drafts.new_study(folder, stimuli, name=name, variants=variants, main=main, **wanted)


def contents(opened: "StudyFolder") -> str:
    """Say in a sentence what a study shows."""
    trials, annotation = opened.study.trials, opened.study.annotation
    if opened.study.task == "annotation":
        return (
            f"{len(opened.manifest.clips)} impacts, {annotation.impacts} a participant and "
            f"{annotation.votes} votes an impact: places for {opened.study.recruiting.participants} "
            "participants."
        )
    catch_trials = f", and {trials.catch} catch trials among the main ones" if trials.catch else ""
    return (
        f"{len(opened.videos)} videos, {trials.practice} practice and {trials.main} main trials a "
        f"participant{catch_trials}."
    )
