"""Descriptions of JSON (JSON Schema, as OpenAPI 3.1 has it): their parts, and bodies checked by them."""

import re
import sys
from collections.abc import Collection
from types import NoneType
from typing import Any

from werkzeug.exceptions import BadRequest

Json = dict[str, Any]

TYPES = {
    "array": (list,),
    "integer": (int,),
    "null": (NoneType,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}
NAMES = {"object": "an object", "string": "a text"}

TEXT: Json = {"type": "string"}
MS: Json = {
    "type": "number",
    "minimum": 0,
    "description": "a time in ms, 0 or more, that a double can hold",
}


def check(value: Any, schema: Json, name: str) -> None:
    """Make sure that what was sent is as described; what is not described is passed over.

    Parameters
    ----------
    value : object
        What was sent.
    schema : dict
        Its description, of the parts below; ``description`` says in words what it must be.
    name : str
        What it is called, for who sent something else.

    Raises
    ------
    BadRequest
        If it is not, with a sentence.
    """
    wanted, *others = schema.get("anyOf", (schema,))
    if value is None and others:
        return
    if not _fits(value, wanted):
        raise _refusal(wanted, name)
    for key, inner in wanted.get("properties", {}).items():
        if key in value:
            check(value[key], inner, key)
        elif key in wanted["required"]:
            raise _refusal(inner.get("anyOf", (inner,))[0], key)
    if "items" in wanted:
        for item in value:
            check(item, wanted["items"], f"each of {name}")


def _fits(value: Any, schema: Json) -> bool:
    if "enum" in schema:
        return isinstance(value, str) and value in schema["enum"]
    if type(value) not in TYPES[schema["type"]]:  # to JSON, true is no number
        return False
    if isinstance(value, str):
        return "pattern" not in schema or re.fullmatch(schema["pattern"], value) is not None
    if isinstance(value, list):
        return bool(len(value) <= schema["maxItems"])
    if isinstance(value, dict):
        inner = schema.get("additionalProperties")
        return inner is None or all(_fits(each, inner) for each in value.values())
    least, most = schema["minimum"], schema.get("maximum", sys.float_info.max)
    return bool(least <= value <= most)


def _refusal(schema: Json, name: str) -> BadRequest:
    words = schema.get("enum")
    must = f"one of {', '.join(sorted(words))}" if words else schema.get("description")
    return BadRequest(f"{schema.get('title', name)} must be {must or NAMES[schema['type']]}.")


def ref(schema: str) -> Json:
    """Refer to one of the description's own schemas."""
    return {"$ref": f"#/components/schemas/{schema}"}


def content(kind: str, schema: Json, description: str) -> Json:
    """Describe what is sent in one kind of content."""
    return {"description": description, "content": {kind: {"schema": schema}}}


def record(properties: Json, *, optional: tuple[str, ...] = ()) -> Json:
    """Describe an object whose properties are all required but the optional ones."""
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def or_null(schema: Json) -> Json:
    """Allow null, too."""
    return {"anyOf": [schema, {"type": "null"}]}


def text(pattern: str, description: str) -> Json:
    """Describe a text that is as a regular expression says."""
    return {**TEXT, "pattern": f"^{pattern}$", "description": description}


def count(least: int, most: int | None = None) -> Json:
    """Describe a whole number."""
    described = {"type": "integer", "minimum": least}
    if most is None:
        return described
    kind = "a whole number" if least else "a count"
    return {**described, "maximum": most, "description": f"{kind} from {least} to {most}"}


def one_of(words: Collection[str]) -> Json:
    """Describe one of a few words."""
    return {"enum": list(words)}
