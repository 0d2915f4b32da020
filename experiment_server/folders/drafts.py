"""New studies: composed for a stimulus set, which says what is not given."""

import os
import re
from pathlib import Path

from experiment_server.folders.folder import check_task
from experiment_server.planning import design
from experiment_server.planning.impacts import people_wanted
from experiment_server.studies import study
from experiment_server.studies.annotation import Annotation
from experiment_server.studies.sections import ANNOTATION, PAIRS, Recruiting, Screening, Trials
from experiment_server.studies.study import Study
from stimuli import manifest

PRACTICE = 5  # "we revealed the correct answer to five practice videos" (Section 6.2)
PANEL_ID = "participantId"  # CloudResearch Connect's; other panels have other names for it
MOST_MAIN = 50  # about five minutes of one person's attention


def new_study(
    folder: Path,
    stimuli: Path,
    *,
    seed: int,
    name: str | None = None,
    variants: tuple[str, ...] = (),
    main: int | None = None,
    practice: int | None = None,
    practice_videos: str = "apart",
    replays: int = 0,
    catch: int = 0,
    headphones: str = "none",
    doors: tuple[str, ...] = ("link",),
) -> Study:
    """Compose a study for a stimulus set; what is not given follows from the set.

    Raises
    ------
    StudyError
        If a variant is not in the set.
    ManifestError
        If the set can't be read.
    """
    contents = manifest.read(stimuli)
    check_task(PAIRS, contents)
    n_videos = len(design.videos_of(contents, variants))
    if practice is None:  # of few videos a third (6 videos: 2)
        practice = min(PRACTICE, n_videos // 3)
    if main is None:  # one of each video that is not kept apart for others
        n_apart = catch + (practice if practice_videos == "apart" else 0)
        main = max(1, min(n_videos - n_apart, MOST_MAIN))
    present = {variant for clip in contents.clips for variant in clip.variants}
    return Study(
        name=name or _name(folder),
        stimuli=_relative(stimuli, folder),
        seed=seed,
        trials=Trials(
            main=main,
            practice=practice,
            practice_videos=practice_videos,
            variants=variants or tuple(sorted(present)),
            replays=replays,
            catch=catch,
        ),
        recruiting=_recruiting(doors),
        screening=Screening(headphones=headphones),
    )


def new_annotation_study(
    folder: Path,
    stimuli: Path,
    *,
    seed: int,
    name: str | None = None,
    impacts: int | None = None,
    votes: int = 3,
    doors: tuple[str, ...] = ("link",),
) -> Study:
    """Compose an annotation study for a set of silent clips, with places for as many people as it takes.

    Raises
    ------
    StudyError
        If the set holds no silent clips.
    ManifestError
        If the set can't be read.
    """
    contents = manifest.read(stimuli)
    check_task(ANNOTATION, contents)
    wanted = Annotation(impacts=impacts or min(Annotation().impacts, len(contents.clips)), votes=votes)
    return Study(
        name=name or _name(folder),
        task=ANNOTATION,
        stimuli=_relative(stimuli, folder),
        seed=seed,
        trials=study.NO_TRIALS,
        annotation=wanted,
        recruiting=_recruiting(doors, participants=people_wanted(len(contents.clips), wanted)),
        screening=Screening(sound_check=False),
        texts=study.ANNOTATION_WORDS,
    )


def _name(folder: Path) -> str:
    """Name a study after its folder: what a name may not hold becomes a hyphen."""
    return re.sub(r"[^\w-]+", "-", folder.resolve().name).strip("-_") or "study"


def _relative(stimuli: Path, folder: Path) -> str:
    return Path(os.path.relpath(stimuli.resolve(), folder.resolve())).as_posix()


def _recruiting(doors: tuple[str, ...], *, participants: int = 0) -> Recruiting:
    panel_id = PANEL_ID if "panel" in doors else ""
    return Recruiting(doors=doors, panel_id=panel_id, participants=participants)
