"""Templates of pages, and what all of them may use."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis import formats
from analysis.findings import paper, rates
from analysis.rendering import cells

TEMPLATES = Path(__file__).parent / "templates"
ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
ENVIRONMENT.globals |= {"baseline": paper.BASELINE, "none_sign": formats.NONE}
ENVIRONMENT.globals |= {
    function.__name__: function
    for function in (
        formats.count, formats.decimal, formats.decimals, formats.inside, formats.interval,
        formats.interval_of_points, formats.level, formats.p_equation, formats.p_value, formats.percent,
        formats.plural, formats.plus_minus, formats.points, formats.points_and_ends, formats.seconds,
        paper.label, rates.targeted, rates.targeted_test, cells.change, cells.first_of_groups,
        cells.metrics, cells.p_bold, cells.printed_metrics, cells.rate_and_n, cells.share,
        cells.study_rate, cells.with_and_without,
    )
}  # fmt: skip


def render(name: str, **values: Any) -> str:
    """Fill a template in; nothing may be missing in it, and all is escaped but our own SVG and HTML."""
    return ENVIRONMENT.get_template(name).render(values)
