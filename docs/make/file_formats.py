"""Write the tables of columns in docs/file-formats.md, as the exports have them.

Run ``python docs/make/file_formats.py`` after a column of an export has changed.
"""

import re
from pathlib import Path
from typing import Any

from experiment_server.exports.attendance import Attendance
from experiment_server.exports.records import Record, columns_of, types_of

PAGE = Path(__file__).parents[1] / "file-formats.md"
TABLES: dict[str, Any] = {"responses.csv": Record, "participants.csv": Attendance}
HEAD = "| column | type | meaning |\n| --- | --- | --- |\n"


def page(text: str) -> str:
    """Return the page with the table under each heading made anew."""
    for heading, kind in TABLES.items():
        under = re.compile(rf"(^## {re.escape(heading)}\n(?:(?!\|).*\n)*)(?:\|.*\n)+", re.M)
        text, n = under.subn(lambda found, kind=kind: found[1] + table(kind), text)
        if n != 1:
            raise ValueError(f"{PAGE.name} has {n} tables under ## {heading}; expected one")
    return text


def table(kind: Any) -> str:
    """Return the columns of one file, from the dataclass of its rows."""
    types = types_of(kind)
    rows = (
        f"| `{name}` | {types[name].replace(' | None', ', or empty')} | {meaning} |\n"
        for name, meaning in columns_of(kind).items()
    )
    return HEAD + "".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
