"""The dashboard's charts, as SVG that stretches with the page: places are percent, sizes pixels.

Colours come from the style sheet by class; the Content-Security-Policy allows no inline styles.
What a chart shows stands beside it in words, so screen readers pass it over.
"""

from collections.abc import Iterable, Mapping

from markupsafe import Markup

from experiment_server.dashboard.arrivals import Arrivals, Step
from experiment_server.dashboard.estimates import Share
from experiment_server.dashboard.numbers import Balance

ROW = 22  # px; height of a chart that stands in a table's row
ROOM = 6  # px above and below a row, through which marks go on to the next row
GAP = 0.22  # between columns, of the room for one
CHANCE = 0.5
GRID = (0.0, 0.25, 0.75, 1.0)
ENDS = (0.6, 0.8, 1.0)  # where a scale may end


def stacked(counts: Mapping[str, int]) -> Markup:
    """Draw one bar of parts, each as long as its share; classes are named after the parts."""
    total = sum(counts.values())
    if total == 0:
        return _svg(ROW, "bar", _rect("track", 0, 1))
    parts, dividers, before = [], [], 0
    for name, n in counts.items():
        if n:
            begin = before / total
            parts.append(_rect(name.replace("_", "-"), begin, n / total))
            dividers.append(_line("divider", begin, begin))
            before += n
    return _svg(ROW, "bar", *parts, *dividers[1:])


def reach(shares: Iterable[Share]) -> float:
    """Choose where the scale of fool rates ends, so that all intervals are on it."""
    highest = max((share.high for share in shares if share.high is not None), default=0.0)
    return min(end for end in ENDS if end >= highest)


def scale(end: float) -> Markup:
    """Draw the scale's numbers: 0, chance, and its end where that is not too near to chance."""
    words = [(0.0, "0 %", "start"), (CHANCE / end, "50 %", "middle")]
    if end > ENDS[0]:
        words.append((1.0, f"{100 * end:.0f} %", "end"))
    marks = (
        Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(_place(x), 12, anchor, word)
        for x, word, anchor in words
    )
    return _svg(16, "scale", *marks)


def interval(share: Share, end: float) -> Markup:
    """Draw a share as a dot on its confidence interval, with chance marked, up to a scale's end."""
    marks = [_line("grid", x / end, x / end, -ROOM, ROW + ROOM) for x in GRID if x < end]
    marks.append(_line("chance", CHANCE / end, CHANCE / end, -ROOM, ROW + ROOM))
    if share.rate is not None and share.low is not None and share.high is not None:
        middle = ROW // 2
        marks.append(_line("interval", share.low / end, share.high / end, middle, middle))
        dot = Markup('<circle class="dot" cx="{}" cy="{}" r="5"/>')
        marks.append(dot.format(_place(share.rate / end), middle))
    return _svg(ROW, "forest", *marks)


def progress(done: int, total: int) -> Markup:
    """Draw how much of something is done as a bar on a track."""
    share = min(1.0, done / total) if total else 0
    return _svg(10, "meter", _rect("track", 0, 1), _rect("filled", 0, share))


def sides(row: Balance, most: int) -> Markup:
    """Draw a variant's two counts as two thin bars, on the scale of the fullest one (`most`)."""
    heights = (("first", row.first, 2), ("second", row.second, 12))
    bars = (_rect(name, 0, n / most if most else 0, top, 8) for name, n, top in heights)
    return _svg(ROW, "sides", *bars)


def columns(arrivals: Arrivals) -> Markup:
    """Draw arrivals over time as columns, those complete by now as their darker part."""
    room = 1 / max(len(arrivals.steps), 1)
    parts = [
        part
        for index, step in enumerate(arrivals.steps)
        for part in _column(step, index * room, room, max(arrivals.most, 1))
    ]
    base = Markup('<line class="base" x1="0" x2="100%" y1="100%" y2="100%"/>')
    return _svg("100%", "columns", *parts, base)


def _column(step: Step, begin: float, room: float, most: int) -> list[Markup]:
    bar = Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>')
    place, width = _place(begin + room * GAP / 2), _place(room * (1 - GAP))
    heights = (("arrived", step.arrived / most), ("complete", step.complete / most))
    return [
        bar.format(name, place, _place(1 - height), width, _place(height))
        for name, height in heights
        if height
    ]


def _place(share: float) -> str:
    return f"{100 * share:.2f}%"


def _rect(name: str, begin: float, width: float, top: int = 0, height: int | None = None) -> Markup:
    tall = "100%" if height is None else height
    return Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        name, _place(begin), top, _place(width), tall
    )


def _line(name: str, x1: float, x2: float, y1: int = 0, y2: int = ROW) -> Markup:
    return Markup('<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
        name, _place(x1), _place(x2), y1, y2
    )


def _svg(height: int | str, name: str, *parts: Markup) -> Markup:
    return Markup('<svg class="chart {}" width="100%" height="{}" aria-hidden="true">{}</svg>').format(
        name, height, Markup().join(parts)
    )
