"""Tables of ReSEval (reseval/reseval), one AB evaluation of two conditions for each variant.

Its programs read ``<evaluation>/tables/*.csv``. A response is the condition that was called real, so
that the share of the variant's condition is its fool rate. Missing answers have no row, as there.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from analysis.rendering.files import write_csv
from experiment_server.exports.records import Record
from experiment_server.studies.sections import MAIN

REAL = "real"
EXTENSION = "mp4"
COMPLETE = "complete"
INCOMPLETE = "INCOMPLETE"  # its completion code of who did not finish


def write(records: Iterable[Record], folder: Path) -> int:
    """Write a folder for each variant; return the number of responses.

    Parameters
    ----------
    records : iterable of Record
        Main trials are taken, practice and catch trials are not.
    folder : Path
        Where the variants' folders go.
    """
    answers = [row for row in records if row.phase == MAIN and row.response_interval is not None]
    for variant in sorted({row.variant for row in answers}):
        _write_variant([row for row in answers if row.variant == variant], folder / variant / "tables")
    return len(answers)


def _write_variant(answers: Sequence[Record], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    people = {row.participant: row for row in answers}
    stems = sorted({row.clip for row in answers})
    uses = {stem: sum(row.clip == stem for row in answers) for stem in stems}
    write_csv(folder / "conditions.csv", ("Condition",), [(REAL,), (answers[0].variant,)])
    write_csv(
        folder / "files.csv", ("Stem", "Extension", "Uses"), [(s, EXTENSION, uses[s]) for s in stems]
    )
    write_csv(
        folder / "participants.csv", ("ID", "CompletionCode", "DateTaken"),
        [(name, _code(row), (row.answered_utc or "")[:19].replace("T", " "))
         for name, row in people.items()],
    )  # fmt: skip
    write_csv(folder / "evaluators.csv", ("ID", "Participant"), list(enumerate(people, start=1)))
    write_csv(
        folder / "responses.csv", ("Stem", "Participant", "OrderAsked", "Response"),
        [(row.clip, row.participant, row.position, row.variant if row.fooled else REAL)
         for row in answers],
    )  # fmt: skip


def _code(row: Record) -> str:
    return COMPLETE if row.participant_state == COMPLETE else INCOMPLETE
