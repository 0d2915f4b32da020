"""Write the tables of keys in docs/study-file.md, and examples/study.toml, as the program has them.

Run ``python docs/make/study_file.py`` after a key or a text of the study file has changed.
"""

import dataclasses
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from experiment_server.studies import study, toml_text
from experiment_server.studies.study import TABLES, Study
from experiment_server.studies.texts import Texts

PAGE = Path(__file__).parents[1] / "study-file.md"
EXAMPLE = Path(__file__).parents[2] / "examples" / "study.toml"
HEADINGS: dict[str, Any] = {"Study": Study, **{f"[{name}]": kind for name, kind in TABLES.items()}}


def page(text: str) -> str:
    """Return the page with the first table under each heading made anew."""
    for heading, kind in HEADINGS.items():
        under = re.compile(rf"(^## {re.escape(heading)}\n(?:(?!\|).*\n)*)(?:\|.*\n)+", re.M)
        fresh = r"\1" + table(kind).replace("\\", r"\\")
        text, n = under.subn(fresh, text)
        if n != 1:
            raise ValueError(f"{PAGE.name} has {n} tables under ## {heading}; expected one")
    return text


def example(path: Path) -> Study:
    """Return an example with its own numbers and the texts of a new study."""
    lines, _, _ = path.read_text(encoding="utf-8").partition("[texts]\n")
    with TemporaryDirectory() as folder:
        without_texts = Path(folder) / path.name
        without_texts.write_text(lines, encoding="utf-8")
        return study.read(without_texts)


def table(kind: Any) -> str:
    """Return the keys of one part of the file; texts without what stands where they are left out."""
    fields = [f for f in dataclasses.fields(kind) if "meaning" in f.metadata]
    columns = [["key", "---", *(f"`{f.name}`" for f in fields)]]
    columns.append(["meaning", "---", *(f.metadata["meaning"] for f in fields)])
    if kind is not Texts:
        columns.append(["when left out", "---", *map(_default, fields)])
    return "".join(f"| {' | '.join(row)} |\n" for row in zip(*columns, strict=True))


def _default(field: Any) -> str:
    if field.default is dataclasses.MISSING:
        return "must be given"
    return f"`{toml_text.from_value(field.default)}`"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    study.write(example(EXAMPLE), EXAMPLE)
