"""What MTurk takes: requests of its service model, questions of its schemas, amounts."""

import re
from pathlib import Path
from typing import Any

from botocore.session import Session
from botocore.validate import ParamValidator
from lxml import etree

MODEL = Session().get_service_model("mturk")
SCHEMAS = Path(__file__).parent / "data" / "mturk"
MOST_BYTES = 65_535  # of a question


def check_request(operation: str, params: dict[str, Any]) -> None:
    """Hold a request to the service model."""
    shape = MODEL.operation_model(operation).input_shape
    report = ParamValidator().validate(params, shape)
    assert not report.has_errors(), report.generate_report()
    check_values(params, shape, operation)


def check_values(value: Any, shape: Any, place: str) -> None:
    """Hold values to what botocore knows but does not check: patterns, lengths, words."""
    if shape.type_name == "structure":
        for name, inner in value.items():
            check_values(inner, shape.members[name], f"{place}.{name}")
    elif shape.type_name == "list":
        for inner in value:
            check_values(inner, shape.member, place)
    elif shape.type_name == "string":
        rules = shape.metadata
        assert len(value) <= rules.get("max", 10**6), place
        assert "pattern" not in rules or re.fullmatch(rules["pattern"], value), f"{place}: {value}"
        assert "enum" not in rules or value in rules["enum"], f"{place}: {value}"


def check_question(text: str) -> None:
    """Hold a question to its schema, and to what its schema does not say."""
    assert len(text.encode()) <= MOST_BYTES
    root = etree.fromstring(text)
    schema = etree.XMLSchema(file=str(SCHEMAS / f"{etree.QName(root).localname}.xsd"))
    schema.assertValid(root)
    shown, height = root
    assert etree.QName(shown).localname != "ExternalURL" or (shown.text or "").startswith("https://")
    assert int(height.text or "") >= 0


def cents_of(amount: str) -> int:
    """Read an amount in dollars as MTurk writes it."""
    assert re.fullmatch(r"[0-9]+\.[0-9]{2}", amount)
    return int(amount.replace(".", ""))
