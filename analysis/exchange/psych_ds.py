"""Psych-DS 1: a folder with one CSV, a description, and a data dictionary in it."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.rendering.files import write_json
from experiment_server.exports import records
from experiment_server.exports.records import COLUMNS, TYPES, Record

DESCRIPTION = "dataset_description.json"
README = """# {name}

Answers of a two-interval forced choice: which of two sounds of a clip was recorded, which synthesized?
One row a trial, in `data/`; `{description}` says what every column means. Empty cells are missing
values.
"""
TYPES_OF_XML = {"str": "xsd:string", "int": "xsd:integer", "float": "xsd:decimal", "bool": "xsd:boolean"}


def write(rows: Sequence[Record], folder: Path) -> int:
    """Write a dataset; return the number of rows."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    name = rows[0].study if rows else "study"
    word = re.sub(r"[^a-zA-Z0-9]", "", name) or "study"  # of a file's name: letters and digits
    n = records.write(rows, folder / "data" / f"study-{word}_task-realfake_data.csv")
    write_json(folder / DESCRIPTION, _description(name))
    readme = README.format(name=name, description=DESCRIPTION)
    (folder / "README.md").write_text(readme, encoding="utf-8")
    return n


def _description(name: str) -> dict[str, Any]:
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": name,
        "description": f"Answers of the two-interval forced-choice study {name}, one row a trial",
        "keywords": ["two-interval forced choice", "synthesized sound", "audio-visual perception"],
        "variableMeasured": [
            {
                "@type": "PropertyValue",
                "name": column,
                "description": meaning,
                "valueReference": TYPES_OF_XML[TYPES[column].split(" | ")[0]],
            }
            for column, meaning in COLUMNS.items()
        ],
    }
