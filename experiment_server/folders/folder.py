"""A study's folder: making it, and opening it with everything that serving and exporting need."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Engine

from experiment_server import tokens
from experiment_server.clips.opening import open_store
from experiment_server.clips.stores import media_sizes
from experiment_server.database import db, queries
from experiment_server.errors import StudyError
from experiment_server.planning import design, impacts
from experiment_server.studies import study
from experiment_server.studies.sections import ANNOTATION
from experiment_server.studies.study import STUDY_NAME, Study
from stimuli import manifest
from stimuli.manifest import Manifest


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
        What the design draws from; none in an annotation study.
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
    check_task(opened.task, contents)
    videos: tuple[design.Video, ...] = ()
    if opened.task == ANNOTATION:
        impacts.check(contents.clips, opened.annotation)
    else:
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


def check_task(task: str, contents: Manifest) -> None:
    """Make sure that a stimulus set is of the kind that a task shows.

    Raises
    ------
    StudyError
        If it is of the other kind.
    """
    if manifest.is_annotation(contents) and task != ANNOTATION:
        raise StudyError(
            f'task = "{task}", but the stimulus set holds silent clips to annotate; make the study with '
            "--task annotation, or build a set of pairs: stimuli build --models all"
        )
    if task == ANNOTATION and not manifest.is_annotation(contents):
        raise StudyError(
            'task = "annotation", but the stimulus set holds pairs to compare and no silent clips; '
            "build one: stimuli build --task annotation"
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


def check_stimulus_set(engine: Engine, opened: StudyFolder) -> None:
    """Make sure that all participants saw the stimulus set that now lies there.

    Raises
    ------
    StudyError
        If some saw another one.
    """
    with db.reading(engine) as session:
        others = set(session.scalars(queries.stimulus_sets())) - {opened.stimulus_set}
    if others:
        raise StudyError(
            f"participants of this study saw the stimulus set {min(others)[:12]}, but "
            f"{opened.stimuli} now holds {opened.stimulus_set[:12]}; put the old set back, or make a "
            "new study for the new one"
        )


def check_media(opened: StudyFolder) -> None:
    """Make sure that every clip can be served, before a participant finds that it can't.

    Raises
    ------
    StoreError
        If one is missing or damaged.
    """
    with closing(open_store(opened.study.media, opened.stimuli)) as store:
        store.check(media_sizes(opened.manifest))


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
