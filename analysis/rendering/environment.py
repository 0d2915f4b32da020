"""Templates of pages."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

__all__ = ["Markup", "template"]
TEMPLATES = Path(__file__).parent / "templates"


def template(name: str, **helpers: Any) -> Template:
    """Open a template in which nothing may be missing, and all text is escaped but `Markup`.

    Parameters
    ----------
    name : str
        The file in the folder of templates.
    **helpers
        Functions and constants that it may use.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(helpers)
    return environment.get_template(name)
