"""Batches of AMT_Real_vs_Fake, the published protocol of an author of the paper, in and out.

One row of its CSV is one worker's assignment; trial n stands in ``Input.gt_side<n>`` (the real side),
``Input.images_left<n>`` and ``Input.images_right<n>`` (``<method>/<file>``), and
``Answer.selection<n>``. Its question is which of the two is *fake*: the selection is the side that was
not called real. A selection other than ``left`` and ``right`` is a missing answer here; its own program
counts it as ``left``.
"""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path, PurePosixPath

from analysis.errors import AnalysisError
from experiment_server.exports.records import CATCH, Record
from experiment_server.studies.sections import MAIN, PRACTICE

SIDES = ("left", "right")  # intervals 1 and 2
N_PRACTICE = 10  # its default
REAL, VIGILANCE, UNSET = "gt", "vigilance", "unset"  # its folders' names, and its missing answer
GT, LEFT, RIGHT = "Input.gt_side", "Input.images_left", "Input.images_right"
SELECTION = "Answer.selection"
ZONES = {"PST": -8, "PDT": -7, "UTC": 0, "GMT": 0}  # hours, of the requester's site
TIME = "%a %b %d %H:%M:%S %Y"


def read(path: Path, *, study: str = "", n_practice: int = N_PRACTICE) -> list[Record]:
    """Read a batch.

    Parameters
    ----------
    path : Path
        The CSV that the requester's site gives.
    study : str
        Name of the study; the file's name if not given.
    n_practice : int
        Trials at the beginning of each row that were practice.

    Returns
    -------
    list of Record
        Workers are numbered in the order in which they occur, so that no worker's id gets in. Who
        occurs twice has trials of equal positions, for the rule ``repeated`` of the exclusions.

    Raises
    ------
    AnalysisError
        If it can't be read as such a batch.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AnalysisError(f"{path} can't be read: {error}") from error
    if not rows or f"{GT}0" not in rows[0] or f"{SELECTION}0" not in rows[0]:
        raise AnalysisError(
            f"{path} is no batch of AMT_Real_vs_Fake: it lacks rows, or {GT}0 or {SELECTION}0"
        )
    n_trials = sum(name.startswith(GT) for name in rows[0])
    _check_sides(rows, n_trials, path)
    _check_real_folder(rows, n_trials, path)
    workers: dict[str, str] = {}
    records = []
    for line, row in enumerate(rows):
        worker = row.get("WorkerId") or f"row {line}"
        name = workers.setdefault(worker, f"w{len(workers) + 1:05d}")
        for i in range(n_trials):
            if row[f"{GT}{i}"]:
                records.append(_record(row, i, line, name, study or path.stem, n_practice))
    return records


def write(records: Iterable[Record], path: Path) -> int:
    """Write a batch that the published programs read; return the number of rows.

    Practice comes first; missing answers are ``unset``. Participants with fewer trials than others have
    empty cells at the end.
    """
    by_participant: dict[str, list[Record]] = {}
    for record in records:
        by_participant.setdefault(record.participant, []).append(record)
    n_trials = max((len(trials) for trials in by_participant.values()), default=0)
    head = ["AssignmentId", "WorkerId", "AssignmentStatus", "SubmitTime"]
    inputs = [f"{name}{i}" for name in (GT, LEFT, RIGHT, SELECTION) for i in range(n_trials)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*head, *inputs], restval="", lineterminator="\n")
        writer.writeheader()
        for name, trials in by_participant.items():
            trials.sort(key=lambda trial: (trial.phase != PRACTICE, trial.position))
            row = {"AssignmentId": name, "WorkerId": name, "AssignmentStatus": "Submitted"}
            for i, trial in enumerate(trials):
                row |= _cells(trial, i)
            writer.writerow(row)
    return len(by_participant)


def _check_sides(rows: Sequence[Mapping[str, str]], n_trials: int, path: Path) -> None:
    for line, row in enumerate(rows, start=2):
        for i in range(n_trials):
            if (side := row[f"{GT}{i}"]) and side not in SIDES:
                raise AnalysisError(f"{path} line {line}: {GT}{i} is {side!r}; expected left or right")


def _check_real_folder(rows: Sequence[Mapping[str, str]], n_trials: int, path: Path) -> None:
    """Make sure that the side that is said to be real always shows images of one folder."""
    folders = Counter(
        _folder(row[f"{LEFT if row[f'{GT}{i}'] == SIDES[0] else RIGHT}{i}"])
        for row in rows
        for i in range(n_trials)
        if row[f"{GT}{i}"]
    )
    if len(folders) != 1:
        raise AnalysisError(
            f"{path}: the real side has images of {', '.join(sorted(folders)) or 'nothing'}; expected "
            "those of one folder"
        )


def _record(
    row: Mapping[str, str], i: int, line: int, participant: str, study: str, n_practice: int
) -> Record:
    side, selection = row[f"{GT}{i}"], (row.get(f"{SELECTION}{i}") or UNSET).strip()
    real_interval = 1 + SIDES.index(side)
    images = (row[f"{LEFT}{i}"], row[f"{RIGHT}{i}"])
    fake = PurePosixPath(images[2 - real_interval])
    called_fake = 1 + SIDES.index(selection) if selection in SIDES else None
    response = 3 - called_fake if called_fake else None
    submitted = _time(row.get("SubmitTime", ""))
    method = _folder(str(fake))
    practice = i < n_practice
    return Record(
        study=study, study_sha256="none", stimulus_set="none", participant=participant,
        recruiter="mturk", participant_state="complete", simulated=False, participant_seed=0,
        trial=f"{participant}-{line}-{i}",
        phase=PRACTICE if practice else CATCH if method == VIGILANCE else MAIN,
        position=i + 1 - (0 if practice else n_practice),
        clip=fake.name, video=fake.stem, impact_s=0.0, material=None, action=None, reaction=None,
        variant=method, real_interval=real_interval, response_interval=response,
        fooled=None if response is None else response != real_interval, rt_ms=None, replays=None,
        presentations=1, presented_utc=submitted, answered_utc=submitted if response else None,
        practice_revealed=practice and response is not None,
    )  # fmt: skip


def _cells(trial: Record, i: int) -> dict[str, str]:
    method = VIGILANCE if trial.phase == CATCH else trial.variant
    images = [f"{REAL}/{trial.clip}.mp4", f"{method}/{trial.clip}.mp4"]
    if trial.real_interval == 2:
        images.reverse()
    chosen = UNSET if trial.response_interval is None else SIDES[2 - trial.response_interval]
    return {
        f"{GT}{i}": SIDES[trial.real_interval - 1],
        f"{LEFT}{i}": images[0],
        f"{RIGHT}{i}": images[1],
        f"{SELECTION}{i}": chosen,
    }


def _folder(image: str) -> str:
    return str(PurePosixPath(image).parent)


def _time(text: str) -> str | None:
    """Read the requester's site's times, ``Wed Mar 16 12:00:00 PDT 2016``; None for any other."""
    parts = text.split()
    if len(parts) != 6 or parts[4] not in ZONES:
        return None
    zone = timezone(timedelta(hours=ZONES[parts.pop(4)]))
    try:
        return datetime.strptime(" ".join(parts), TIME).replace(tzinfo=zone).astimezone(UTC).isoformat()
    except ValueError:
        return None
