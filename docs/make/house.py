"""Write the second half of docs/house.md, what every file is for: ``python docs/make/house.py``."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "house.md"
MARK = "<!-- from here on made by docs/make/house.py -->\n"
PACKAGES = ("models", "stimuli", "experiment_server", "mturk", "analysis")


def page(written: str) -> str:
    """Make the page anew: what people wrote above the mark, and below it each file's own line."""
    return written.partition(MARK)[0] + MARK + "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    for package in PACKAGES:
        yield f"\n## {package}\n\n{_purpose(ROOT / package / '__init__.py')}\n"
        yield from _table(ROOT / package)
        for room in (ROOT / package / name for name in _order(package)):
            if not (room / "__init__.py").exists():
                continue  # a file
            yield f"\n### {room.relative_to(ROOT)}\n\n{_purpose(room / '__init__.py')}\n"
            yield from _table(room)


def _order(package: str) -> list[str]:
    """List what is in a package by the contract on its imports, from below: the way of the data."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (each["layers"] for each in contracts if each.get("containers") == [package])
    return [name for layer in reversed(layers) for name in layer.split(" | ")]


def _table(room: Path) -> Iterator[str]:
    files = [file for file in sorted(room.glob("*.py")) if file.name != "__init__.py"]
    if files:
        yield "| module | what it is for |\n| --- | --- |"
    for file in files:
        yield f"| `{file.stem}` | {_purpose(file)} |"


def _purpose(file: Path) -> str:
    """Read the first line of a file's docstring."""
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not said:
        raise SystemExit(f"{file} does not say what it is for; begin it with a docstring")
    return said.splitlines()[0].replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
