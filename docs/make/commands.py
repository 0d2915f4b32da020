"""Write docs/commands.md, the ``--help`` of every command: ``python docs/make/commands.py``."""

import importlib
from pathlib import Path

import click

COMMANDS = {
    "models": "models",
    "stimuli": "stimuli",
    "experiment-server": "experiment_server",
    "analysis": "analysis",
    "mturk": "mturk",
}
PAGE = Path(__file__).parents[1] / "commands.md"
HEAD = "# Commands\n\nWhat each command says of itself with `--help`.\n"


def page() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for name, package in COMMANDS.items():
        main = importlib.import_module(f"{package}.cli").main
        with click.Context(main, info_name=name, **main.context_settings) as context:
            parts.append(f"\n## {name}\n\n{main.help}\n")
            for verb in sorted(main.commands):
                parts.append(f"\n### {name} {verb}\n\n```\n{_help(main.commands[verb], context)}\n```\n")
    return "".join(parts)


def _help(command: click.Command, parent: click.Context) -> str:
    with click.Context(command, info_name=command.name, parent=parent, terminal_width=90) as context:
        return command.get_help(context)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
