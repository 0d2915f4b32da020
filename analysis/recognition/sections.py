"""The section of the page that a report takes in."""

from pathlib import Path

from analysis.errors import AnalysisError

SECTION_NAME = "section.html"


def read_section(folder: Path) -> str:
    """Read the section that `analysis recognition` wrote; raises `AnalysisError` if there is none."""
    try:
        return (folder / SECTION_NAME).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AnalysisError(
            f"{folder / SECTION_NAME} can't be read ({error}); give the folder that `analysis "
            "recognition --out` wrote"
        ) from None
