"""The docs say what the commands can do, and point only to what is there."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands_page():
    spec = importlib.util.spec_from_file_location("commands", ROOT / "docs" / "make" / "commands.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.page()


def test_the_page_of_commands_is_what_help_says():
    written = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert written == commands_page(), "run: python docs/make/commands.py"


def test_every_command_in_the_readme_exists_with_its_options():
    page = commands_page()
    lines = re.findall(
        r"^(models|stimuli|experiment-server|analysis|mturk) ([a-z-]+)(.*)$", README, re.M
    )
    assert len(lines) >= 8
    for command, verb, rest in lines:
        section = page.split(f"### {command} {verb}\n")[1].split("###")[0]
        for option in re.findall(r"--[a-z-]+", rest.partition("#")[0]):
            assert option in section, f"{command} {verb} {option}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_every_page_is_reached_from_the_readme():
    assert [page.name for page in PAGES[1:] if f"docs/{page.name}" not in README] == []
