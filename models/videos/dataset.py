"""A dataset on disk: the published Greatest Hits layout, or any folder of videos.

The published layout is flat: ``<id>_denoised.mp4`` or ``<id>_mic.mp4`` (with ``.wav`` and
``_denoised_thumb.mp4`` beside them where present), ``<id>_times.txt``, ``train.txt`` and ``test.txt``.
Any other video file is a recording of its own, whose id is its name without the ending; without an
``<id>_times.txt`` its impacts are to be detected.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import ModelsError

VIDEO_SUFFIXES = frozenset({".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v"})
PICTURE_NAMES = ("_denoised.mp4", "_mic.mp4", "_denoised_thumb.mp4")  # best first
SOUND_NAMES = ("_denoised.wav", "_denoised.mp4", "_mic.wav", "_mic.mp4")  # best first
TIMES_NAME = "_times.txt"
TEST_SHARE = 0.25  # "75% training and 25% testing" (Section 6.1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Impact:
    """A time at which something is struck, with its labels where people gave them."""

    time_s: float
    material: str | None = None
    action: str | None = None
    reaction: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Video:
    """One full-length recording.

    Attributes
    ----------
    id : str
        Its name in the dataset.
    pictures : Path
        The file whose pictures are used.
    sound : Path
        The file whose sound is used; may be `pictures`.
    impacts : tuple of Impact or None
        The annotated impacts in order of time; None where no annotation file exists, so that they
        have to be detected (`models.videos.impacts.impacts_of`).
    """

    id: str
    pictures: Path
    sound: Path
    impacts: tuple[Impact, ...] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something odd about a file of the dataset, in one sentence for the user.

    `lost` names the recording that can't be used for it; None where no recording is lost.
    """

    file: str
    message: str
    lost: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """A folder of recordings, split into training and test videos.

    Attributes
    ----------
    root : Path
        The folder.
    train, test : tuple of Video
        In order of id. No video is in both.
    split : str
        Where the split comes from: ``files`` (train.txt, test.txt; of one that is missing, the rest)
        or ``drawn`` (by digest of the id).
    problems : tuple of Problem
        What was missing, broken or odd; the videos concerned are left out where they can't be used.
    """

    root: Path
    train: tuple[Video, ...]
    test: tuple[Video, ...]
    split: str
    problems: tuple[Problem, ...] = ()

    @property
    def videos(self) -> tuple[Video, ...]:
        """All recordings, in order of id."""
        return tuple(sorted(self.train + self.test, key=lambda video: video.id))


def read_dataset(root: Path) -> Dataset:
    """Read what a dataset folder holds, without opening any media file.

    Parameters
    ----------
    root : Path
        A folder in the published layout, or any folder of videos.

    Raises
    ------
    ModelsError
        If the folder does not exist or holds no video.
    """
    if not root.is_dir():
        raise ModelsError(f"no folder {root}; give the folder that holds the dataset's videos")
    names = sorted(path.name for path in root.iterdir() if path.is_file())
    problems: list[Problem] = []
    videos = _videos(root, names, problems)
    if not videos:
        raise ModelsError(
            f"no video in {root}; expected <id>_denoised.mp4 or <id>_mic.mp4, or any of "
            + " ".join(sorted(VIDEO_SUFFIXES))
        )
    train, test, split = _split(root, videos, problems)
    return Dataset(root=root, train=train, test=test, split=split, problems=tuple(problems))


def read_times(path: Path) -> tuple[tuple[Impact, ...], tuple[Problem, ...]]:
    """Read a ``_times.txt``: ``onset_s material action reaction`` a line, each label may be None.

    Returns
    -------
    impacts : tuple of Impact
        In order of time.
    problems : tuple of Problem
        A sentence for each line that could not be used.

    Raises
    ------
    ModelsError
        If the file is no text.
    """
    impacts, problems = [], []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        impact = _parse_impact(line)
        if impact is None:
            message = f"line {number} is {line!r}; expected 'onset_s material action reaction'"
            problems.append(Problem(file=path.name, message=message))
        else:
            impacts.append(impact)
    ordered = tuple(sorted(impacts, key=lambda impact: impact.time_s))
    return ordered, tuple(problems)


def write_times(path: Path, impacts: Sequence[Impact]) -> None:
    """Write annotated impacts in the published layout."""
    path.write_text(times_text(impacts), encoding="utf-8")


def times_text(impacts: Sequence[Impact]) -> str:
    """Give the text of a ``_times.txt``, in order of time."""
    return "".join(
        f"{impact.time_s:.6f} {impact.material} {impact.action} {impact.reaction}\n"
        for impact in sorted(impacts, key=lambda impact: impact.time_s)
    )


def _parse_impact(line: str) -> Impact | None:
    fields = line.split()
    if not 1 <= len(fields) <= 4:
        return None
    try:
        time_s = float(fields[0])
    except ValueError:
        return None
    if not 0 <= time_s < float("inf"):
        return None
    labels = [None if field == "None" else field for field in fields[1:]]
    material, action, reaction = labels + [None] * (3 - len(labels))
    return Impact(time_s=time_s, material=material, action=action, reaction=reaction)


def read_text(path: Path) -> str:
    """Read a text file that may come from an editor on Windows.

    Raises
    ------
    ModelsError
        If it is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8-sig")  # they put a mark in front
    except UnicodeDecodeError as error:
        raise ModelsError(f"{path.name} is not UTF-8 text; save it again as UTF-8") from error


def _videos(root: Path, names: list[str], problems: list[Problem]) -> list[Video]:
    present = set(names)
    annotated = any(name.endswith(TIMES_NAME) for name in names)
    chosen = _pictures_by_id(names, problems)
    videos = []
    for video_id, pictures in sorted(chosen.items()):
        published = pictures.startswith(video_id + "_")
        sounds = [video_id + name for name in SOUND_NAMES] if published else []
        sound = next((name for name in sounds if name in present), pictures)
        impacts = _annotated(root / f"{video_id}{TIMES_NAME}", problems, expected=annotated)
        videos.append(Video(id=video_id, pictures=root / pictures, sound=root / sound, impacts=impacts))
    for name in names:
        ending = next((end for end in (TIMES_NAME, *SOUND_NAMES) if name.endswith(end)), None)
        owner = name.removesuffix(ending or "")
        if ending and owner not in chosen:
            message = f"belongs to {owner}, which has no video"
            problems.append(Problem(file=name, message=message, lost=owner))
    return videos


def _pictures_by_id(names: list[str], problems: list[Problem]) -> dict[str, str]:
    """Choose one video file for each id; what is left over without a reason is a problem."""
    chosen: dict[str, str] = {}
    for ending in PICTURE_NAMES:
        for name in names:
            if name.endswith(ending):
                chosen.setdefault(name.removesuffix(ending), name)
    for name in names:
        plain = Path(name).suffix.lower() in VIDEO_SUFFIXES and not name.endswith(PICTURE_NAMES)
        if plain and chosen.setdefault(Path(name).stem, name) != name:
            message = f"is not used: {chosen[Path(name).stem]} has the same id; rename one of them"
            problems.append(Problem(file=name, message=message, lost=name))
    return chosen


def _annotated(path: Path, problems: list[Problem], *, expected: bool) -> tuple[Impact, ...] | None:
    if not path.exists():
        if expected:
            message = "is missing; impacts of this video will be detected, without labels"
            problems.append(Problem(file=path.name, message=message))
        return None
    try:
        impacts, found = read_times(path)
    except ModelsError as error:
        message = f"can't be used, impacts will be detected, without labels: {error}"
        problems.append(Problem(file=path.name, message=message))
        return None
    problems.extend(found)
    return impacts


def _split(
    root: Path, videos: list[Video], problems: list[Problem]
) -> tuple[tuple[Video, ...], tuple[Video, ...], str]:
    ids = {video.id for video in videos}
    known = _names_of(videos)
    to_train, to_test = (_listed_ids(root / f"{name}.txt", known) for name in ("train", "test"))
    if to_train is None and to_test is None:
        test_ids = _drawn_test_ids(sorted(ids))
        train_ids, split = ids - test_ids, "drawn"
    else:
        split = "files"
        test_ids = ids - (to_train or set()) if to_test is None else to_test
        train_ids = ids - test_ids if to_train is None else to_train
        _report_split(train_ids, test_ids, ids, problems)
        train_ids -= test_ids
    train = tuple(video for video in videos if video.id in train_ids)
    test = tuple(video for video in videos if video.id in test_ids)
    return train, test, split


def _names_of(videos: list[Video]) -> dict[str, str]:
    """By what a line of train.txt may call a video, its id: file names and names without ending too."""
    names = {name: v.id for v in videos for name in (v.pictures.name, v.pictures.stem)}
    return names | {video.id: video.id for video in videos}


def _listed_ids(path: Path, known: dict[str, str]) -> set[str] | None:
    if not path.exists():
        return None
    lines = [line.strip() for line in read_text(path).splitlines() if line.strip()]
    return {known.get(line, line) for line in lines}


def _report_split(
    train_ids: set[str], test_ids: set[str], present: set[str], problems: list[Problem]
) -> None:
    for name, ids in (("train.txt", train_ids), ("test.txt", test_ids)):
        for video_id in sorted(ids - present):
            message = f"names {video_id}, which has no video"
            problems.append(Problem(file=name, message=message, lost=video_id))
    for video_id in sorted(train_ids & test_ids):
        message = f"and test.txt both name {video_id}; it is used for testing only"
        problems.append(Problem(file="train.txt", message=message))
    for video_id in sorted(present - train_ids - test_ids):
        message = "is in neither train.txt nor test.txt and is not used"
        problems.append(Problem(file=video_id, message=message))


def _drawn_test_ids(ids: list[str]) -> set[str]:
    """Choose a quarter of the videos by digest, so that the choice outlives additions and order."""
    ranked = sorted(ids, key=lambda video_id: hashlib.sha256(video_id.encode()).hexdigest())
    return set(ranked[: max(1, round(TEST_SHARE * len(ids)))] if len(ids) > 1 else ranked)
