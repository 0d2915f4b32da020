"""The parts that descriptions of JSON are made of (JSON Schema, as OpenAPI 3.1 has it)."""

from typing import Any

Json = dict[str, Any]


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


def text() -> Json:
    """Describe a text."""
    return {"type": "string"}


def number() -> Json:
    """Describe a number, 0 or more."""
    return {"type": "number", "minimum": 0}


def count(least: int) -> Json:
    """Describe a whole number."""
    return {"type": "integer", "minimum": least}


def one_of(words: Any) -> Json:
    """Describe one of a few words."""
    return {"enum": list(words)}
