"""Annotations on disk: ``index.html`` to mail, ``consensus.csv``, JSON, a table, figures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis import formats, provenance
from analysis.annotation import consensus, page
from analysis.annotation.annotate import annotate
from analysis.annotation.results import Annotated, Rules
from analysis.annotation.votes import KINDS, MATERIAL, answers_of
from analysis.clock import Clock
from analysis.errors import AnalysisError
from analysis.rendering.files import write_csv, write_figures, write_json
from experiment_server.errors import StudyError
from experiment_server.exports.labels import LabelRecord, read, read_study
from experiment_server.exports.records import RecordsError
from stimuli.manifest import ManifestError

SCHEMA_VERSION = 1  # of report.json
PAGE_NAME, REPORT_NAME, CONSENSUS_NAME = "index.html", "report.json", "consensus.csv"


def make(
    out: Path, *, study: Path | None, labels: Path | None, rules: Rules, clock: Clock | None = None
) -> Annotated:
    """Read a study's labels, find what people agree on, and write it; equal labels give equal bytes.

    Parameters
    ----------
    out : Path
        Folder to write into; made if it is missing.
    study : Path or None
        Folder of an annotation study.
    labels : Path or None
        A labels.csv from `experiment-server export`; give this or `study`.
    rules : Rules
        How the numbers are made.
    clock : Clock, optional
        Told how long each part took.

    Raises
    ------
    AnalysisError
        If there are no labels, or they can't be read.
    """
    clock = clock or Clock()
    with clock.section("reading"):
        answers = answers_of(_records(study, labels))
    with clock.section("agreement"):
        found = annotate(answers, rules)
    with clock.section("figures and page"):
        _write(found, out)
    return found


def _records(study: Path | None, labels: Path | None) -> list[LabelRecord]:
    try:
        if study is not None and labels is None:
            return read_study(study)
        if labels is not None and study is None:
            return read(labels)
    except (StudyError, ManifestError, RecordsError) as error:
        raise AnalysisError(str(error)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise AnalysisError(f"{labels} can't be read ({error}); give a labels.csv") from error
    raise AnalysisError("give either a study (--study) or a file of labels (--labels)")


def _write(found: Annotated, out: Path) -> None:
    drawn = page.draw_figures(found)
    write_figures(drawn, out / "figures")
    consensus.write(found.consensus, out / CONSENSUS_NAME)
    _write_people(found, out / "people.csv")
    made_from = _made_from(found)
    write_json(out / REPORT_NAME, _facts(found, made_from), escaped=True)
    (out / PAGE_NAME).write_text(page.render(found, drawn, provenance=made_from), encoding="utf-8")


def _write_people(found: Annotated, path: Path) -> None:
    rows = []
    for person in found.people:
        numbers = [*(person.shares[kind] for kind in KINDS), person.distance]
        written = ["" if value is None else f"{value:.4f}" for value in numbers]
        rows.append([person.name, person.n_answers, *written])
    head = ["participant", "answers", *(f"{kind}_agreement" for kind in KINDS), "distance"]
    write_csv(path, head, rows)


def _facts(found: Annotated, made_from: Mapping[str, str]) -> dict[str, Any]:
    answers = found.answers
    return {
        "schema_version": SCHEMA_VERSION,
        "study": answers.study,
        "simulated": answers.simulated,
        "impacts": len(answers.impacts),
        "people": len(answers.people),
        "answers": int(answers.n_answers.sum()),
        "withdrawn_answers": answers.n_withdrawn,
        "rules": found.rules,
        "agreement": found.agreements,
        "agreement_merged": found.merged_agreements,
        "classes": found.classes,
        "confusions": found.confusions,
        "suggested_merges": found.suggested,
        "labels": found.standing,
        "labels_merged": found.merged_standing,
        "places": found.places,
        "made_from": made_from,
    }


def _made_from(found: Annotated) -> dict[str, str]:
    rules, program = found.rules, provenance.of_program(command="analysis annotation")
    merges = ", ".join(f"{old} into {new}" for old, new in rules.merges.items())
    return {
        "study": found.answers.study,
        "stimulus set, SHA-256": found.answers.stimulus_set,
        "tie rule": rules.ties,
        "votes that an impact must have": str(rules.least),
        "votes that a label needs": str(rules.agreeing),
        "merges": merges or formats.NONE,
        "seed of the intervals": str(rules.seed),
        "commit": program["git_commit"] or formats.NONE,
        "versions": ", ".join(f"{name} {text}" for name, text in program["versions"].items()),
    }


def format_table(found: Annotated) -> str:
    """Lay the agreement out for a terminal."""
    head = f"{'':22}{'agreement':>10}{'95%':>14}{'ties out':>10}{'others':>9}{'alpha':>8}{'votes':>8}"
    lines = [head]
    for name, row in page.rows_of(found):
        headline = found.headline(row)
        lines.append(
            f"{name:22}{formats.percent(headline.value):>10}{formats.interval(headline):>14}"
            f"{formats.percent(row.dropped.value):>10}{formats.percent(row.leave_one_out.value):>9}"
            f"{formats.decimal(row.alpha.value, digits=3):>8}{row.n_votes:>8}"
        )
    standing = found.merged_standing[MATERIAL]
    lines.append(
        f"\n{standing.n_labelled} of {len(found.consensus)} impacts have a material on which people "
        f"agree ({standing.n_tied} tied, {standing.n_few} with too few votes)"
    )
    return "\n".join(lines)
