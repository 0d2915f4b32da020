"""Annotation's part of the API's description."""

from experiment_server.studies.annotation import KINDS, Annotation
from experiment_server.web import bodies, schema
from experiment_server.web.schema import Json

MOST_REPLAYS = 100_000  # a day of clips of a second; what is more is no count
SHARES = "shares of the picture from 0 to 1, or both null"


def label(wanted: Annotation | None = None) -> Json:
    """Describe what a page says of an impact, in a study that wants this, or any."""
    share = {"type": "number", "minimum": 0, "maximum": 1, "title": "x and y", "description": SHARES}
    place = {**schema.or_null(share), "description": "Of the picture, from above left"}
    return schema.record(
        {
            "nonce": bodies.OPAQUE,
            **{kind: _choice(kind, wanted) for kind in KINDS},
            "x": place,
            "y": place,
            "rt_ms": schema.MS,
            "replays": schema.count(0, MOST_REPLAYS),
        }
    )


def _choice(kind: str, wanted: Annotation | None) -> Json:
    if wanted is None:
        return {
            **schema.or_null(schema.TEXT),
            "description": "One of the study's names; null for can't tell",
        }
    names = schema.one_of(wanted.choices(kind))
    return schema.or_null(names) if wanted.other else names


def labelling(path: Json) -> Json:
    """Describe what a page is told of the impact that is due."""
    return schema.record(
        {
            **{name: schema.count(1) for name in ("position", "count", "width", "height")},
            "nonce": schema.TEXT,
            "clip": path,
            "impact_s": {"type": "number", "description": "When the impact is in the clip"},
            "still_s": {**schema.MS, "description": "A time at which its picture is shown"},
        }
    )
