"""Annotation's part of the API's description."""

from experiment_server.studies.annotation import KINDS
from experiment_server.web import schema
from experiment_server.web.schema import Json


def label(opaque: Json) -> Json:
    """Describe what a page says of an impact."""
    said = {
        **schema.or_null(schema.text()),
        "description": "One of the study's names; null for can't tell",
    }
    share = {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "description": "Of the picture, from above left",
    }
    return schema.record(
        {
            "nonce": opaque,
            **dict.fromkeys(KINDS, said),
            "x": schema.or_null(share),
            "y": schema.or_null(share),
            "rt_ms": schema.number(),
            "replays": schema.count(0),
        }
    )


def labelling(path: Json) -> Json:
    """Describe what a page is told of the impact that is due."""
    return schema.record(
        {
            **{name: schema.count(1) for name in ("position", "count", "width", "height")},
            "nonce": schema.text(),
            "clip": path,
            "impact_s": {"type": "number", "description": "When the impact is in the clip"},
            "still_s": {**schema.number(), "description": "A time at which its picture is shown"},
        }
    )
