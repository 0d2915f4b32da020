"""The docs say what the commands can do, and point only to what is there."""

import importlib
import importlib.util
import re
import shlex
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
PROSE = [*PAGES, *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md"))]
PROGRAMS = "models|stimuli|experiment-server|analysis|mturk"
PACKAGES = "models|stimuli|experiment_server|analysis|mturk"
FOLDERS = f"{PACKAGES}|tests|docs|deploy|benchmarks|examples"
MADE = {"dataset", "checkpoints", "tables", "figures", "media"}  # of a user's folder, not of ours

by_name = pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)


def made_by(script):
    """The module of a script in docs/make."""
    spec = importlib.util.spec_from_file_location(script, ROOT / "docs" / "make" / f"{script}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def commands():
    """The help of each command, by its name."""
    found = re.findall(r"^### ([^\n]+)\n\n```\n(.*?)^```", made_by("commands").page(), flags=re.M | re.S)
    return dict(found)


def named_commands(text):
    """The commands of a page that stand on a line of their own, comments left out."""
    joined = text.replace("\\\n", " ")
    return re.findall(rf"^(?: {{4}}|\$ )?((?:{PROGRAMS}) [a-z-]+(?: .*)?)$", joined, re.M)


def slug(heading):
    """The anchor of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_the_page_of_commands_is_what_help_says():
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == made_by("commands").page(), "run: python docs/make/commands.py"


def test_the_tables_of_columns_are_what_the_exports_have():
    made = made_by("file_formats")
    written = made.PAGE.read_text(encoding="utf-8")
    assert written == made.page(written), "run: python docs/make/file_formats.py"


def test_the_house_says_of_each_file_what_the_file_says_of_itself():
    made = made_by("house")
    written = made.PAGE.read_text(encoding="utf-8")
    assert written == made.page(written), "run: python docs/make/house.py"


@pytest.mark.parametrize(
    "page", [page for page in PAGES if page.name != "commands.md"], ids=lambda p: p.name
)
def test_every_command_on_a_page_exists_with_its_options(page, commands):
    for line in named_commands(page.read_text(encoding="utf-8")):
        words = shlex.split(line.replace("…", ""), comments=True)
        name = " ".join(words[:2])
        assert name in commands, line
        for option in (word.partition("=")[0] for word in words[2:] if word.startswith("-")):
            assert re.search(rf"{option}\b", commands[name]), f"{name} has no {option}"


def test_the_readme_shows_the_life_of_a_study():
    named = {" ".join(line.split()[:2]) for line in named_commands(README.read_text(encoding="utf-8"))}
    assert len(named) >= 8
    assert {"models check-data", "stimuli build", "experiment-server run", "analysis report"} <= named


@by_name
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(
        r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text(encoding="utf-8")
    ):
        if target.startswith("http"):
            continue
        found = page.parent / target if target else page
        assert found.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text(encoding="utf-8"), re.M)
            assert anchor in map(slug, headings), f"{target}#{anchor}"


@by_name
def test_every_file_named_on_a_page_is_there(page):
    text = page.read_text(encoding="utf-8")
    for path in re.findall(rf"(?<![\w/.-])((?:{FOLDERS})/[\w./-]*\.\w+)", text):
        if path.split("/")[1] not in MADE:
            assert (ROOT / path).exists() or (page.parent / path).exists(), path


@by_name
def test_every_module_and_function_named_on_a_page_is_there(page):
    for name in re.findall(rf"`((?:{PACKAGES})(?:\.\w+)+)(?:`|\()", page.read_text(encoding="utf-8")):
        assert resolves(name), name


def resolves(name):
    """Whether a dotted name is a module, or something in one."""
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:n]))
        except ModuleNotFoundError:
            continue
        for attribute in parts[n:]:
            if not hasattr(found, attribute):
                return False
            found = getattr(found, attribute)
        return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_python_on_a_page_imports_is_there(page):
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S):
        for line in re.findall(rf"^(?:from|import) (?:{PACKAGES})\b.*$", block, re.M):
            exec(line)


def test_make_help_explains_every_target():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.M)[1].split()
    explained = re.findall(r"^([a-z-]+):.*?## \S", makefile, re.M)
    assert sorted(targets) == sorted(explained)


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {project['version']}\n" in citation


def test_a_name_that_is_nowhere_does_not_resolve():
    assert resolves("stimuli.manifest.read")
    assert not resolves("stimuli.manifest.rad")
    assert not resolves("stimuli.manifesto")


def test_every_page_is_reached_from_the_readme():
    readme = README.read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if f"(docs/{page.name})" not in readme] == []
