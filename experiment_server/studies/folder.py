"""A study's folder: making it, and opening it with everything that serving and exporting need."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Engine

from experiment_server.clips import stores
from experiment_server.database import db, queries
from experiment_server.errors import StudyError
from experiment_server.participation import tokens
from experiment_server.planning import design
from experiment_server.studies import study
from experiment_server.studies.sections import Recruiting, Screening, Trials
from experiment_server.studies.study import STUDY_NAME, Study
from stimuli import manifest
from stimuli.manifest import Manifest

PRACTICE = 5  # "we revealed the correct answer to five practice videos" (Section 6.2)
PANEL_ID = "participantId"  # CloudResearch Connect's; other panels have other names for it
MOST_MAIN = 50  # about five minutes of one person's attention


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyFolder:
    """An opened study.

    Attributes
    ----------
    path : Path
        The folder.
    study : Study
        What `study.toml` says.
    study_sha256 : str
        Digest of that file.
    stimuli : Path
        Folder of the stimulus set.
    manifest : Manifest
        What the set holds.
    stimulus_set : str
        Digest of the set.
    videos : tuple of Video
        What the design draws from.
    """

    path: Path
    study: Study
    study_sha256: str
    stimuli: Path
    manifest: Manifest
    stimulus_set: str
    videos: tuple[design.Video, ...]

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants of the study's design, in alphabetical order."""
        return tuple(
            sorted({name for video in self.videos for clip in video.clips.values() for name in clip})
        )

    @property
    def database_url(self) -> URL:
        """Address of the study's database."""
        return db.url_of(self.path)


def default_practice(n_videos: int) -> int:
    """Choose the paper's five practice trials, or of few videos a third (6 videos: 2)."""
    return min(PRACTICE, n_videos // 3)


def default_main(n_videos: int, n_apart: int) -> int:
    """Choose as many main trials as there are videos not kept apart for others, up to 50."""
    return max(1, min(n_videos - n_apart, MOST_MAIN))


def default_name(folder: Path) -> str:
    """Name a study after its folder: what a name may not hold becomes a hyphen."""
    return re.sub(r"[^\w-]+", "-", folder.resolve().name).strip("-_") or "study"


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
    n_videos = len(design.videos_of(contents, variants))
    if practice is None:
        practice = default_practice(n_videos)
    if main is None:
        main = default_main(n_videos, catch + (practice if practice_videos == "apart" else 0))
    present = {variant for clip in contents.clips for variant in clip.variants}
    return Study(
        name=name or default_name(folder),
        stimuli=Path(os.path.relpath(stimuli.resolve(), folder.resolve())).as_posix(),
        seed=seed,
        trials=Trials(
            main=main,
            practice=practice,
            practice_videos=practice_videos,
            variants=variants or tuple(sorted(present)),
            replays=replays,
            catch=catch,
        ),
        recruiting=Recruiting(doors=doors, panel_id=PANEL_ID if "panel" in doors else ""),
        screening=Screening(headphones=headphones),
    )


def create(folder: Path, new: Study) -> StudyFolder:
    """Make a study's folder: study file, secret key and an empty database, all or nothing.

    Key and database file can be read by their owner alone.

    Raises
    ------
    StudyError
        If the folder exists with something in it, or the stimulus set can't serve such a study.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StudyError(f"{folder} exists already; give a new name, or remove it first")
    existed = folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        study.write(new, folder / STUDY_NAME)
        opened = read(folder)
        tokens.write_key(folder)
        check_media(opened)
        _make_tables(opened.database_url)
    except BaseException:
        shutil.rmtree(folder)
        if existed:
            folder.mkdir()
        raise
    return opened


def read(folder: Path) -> StudyFolder:
    """Open a study's folder and make sure that its design is possible.

    Raises
    ------
    StudyError
        If the study file, or the design on this stimulus set, is not possible.
    ManifestError
        If the stimulus set can't be read.
    """
    path = folder / STUDY_NAME
    opened = study.read(path)
    stimuli = study.stimuli_folder(opened, folder)
    contents = manifest.read(stimuli)
    videos = design.videos_of(contents, opened.trials.variants)
    design.check(videos, opened.trials)
    return StudyFolder(
        path=folder,
        study=opened,
        study_sha256=study.digest(path),
        stimuli=stimuli,
        manifest=contents,
        stimulus_set=manifest.digest(contents),
        videos=videos,
    )


@contextmanager
def in_use(folder: Path) -> Iterator[tuple[StudyFolder, Engine]]:
    """Open a study and its database, whose tables must be of this version; let go of it at the end.

    Raises
    ------
    StudyError
        If one of them can't be used; the message says why.
    """
    opened = read(folder)
    check_database(opened)
    with db.opened(opened.database_url) as engine:
        db.check_current(engine)
        yield opened, engine


def upgrade(opened: StudyFolder) -> None:
    """Bring an older version's database to the form that this one needs; all of it or nothing.

    Raises
    ------
    StudyError
        If there is no database.
    """
    check_database(opened)
    with db.opened(opened.database_url) as engine:
        db.upgrade(engine)


def check_database(opened: StudyFolder) -> None:
    """Make sure that a database file is there, lest an empty one be made in its place.

    Raises
    ------
    StudyError
        If it is not.
    """
    url = opened.database_url
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise StudyError(f"no database {url.database}; make a study: experiment-server init")


def check_media(opened: StudyFolder) -> None:
    """Make sure that every clip can be served, before a participant finds that it can't.

    Raises
    ------
    StoreError
        If one is missing or damaged.
    """
    with closing(stores.open_store(opened.study, opened.stimuli)) as store:
        store.check(stores.media_sizes(opened.manifest))


def _make_tables(url: URL) -> None:
    if url.get_backend_name() == "sqlite" and url.database:
        Path(url.database).touch(mode=0o600)  # it holds who people are, and the right answers
    with db.opened(url) as engine:
        db.upgrade(engine)
        with db.reading(engine) as session:
            if session.scalar(queries.count_participants()):
                raise StudyError(
                    f"{url} holds participants of another study; give each study a database of its own"
                )
