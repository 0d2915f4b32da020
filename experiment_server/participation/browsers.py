"""What a participant's browser says of itself, as far as the study needs to know."""

import re
from collections.abc import Mapping

from werkzeug.datastructures import Headers

MOBILE = "mobile"  # key of what was decided: "true" or "false"
MOST_ITEMS, MOST_LENGTH = 12, 64  # of what a page tells; the rest is not kept

_MOBILE_NAMES = re.compile(r"Android|iPhone|iPad|iPod|Mobile|Tablet|Silk/|Kindle|Windows Phone")


def read(told: Mapping[str, object], headers: Headers) -> dict[str, str]:
    """Keep the short texts that a page tells, and decide whether this is a telephone or tablet.

    It is one if the browser's client hint or its name says so, or the page: a tablet that asks for the
    sites of computers (iPads do) can be told by its touch screen alone. The name is not kept: it can
    point to a person.

    Parameters
    ----------
    told : mapping
        What the page tells.
    headers : Headers
        The request's headers.
    """
    kept = {
        key: value
        for key, value in list(told.items())[:MOST_ITEMS]
        if isinstance(value, str) and _is_short(key) and _is_short(value)
    }
    mobile = (
        kept.get(MOBILE) == "true"
        or headers.get("Sec-CH-UA-Mobile") == "?1"
        or _MOBILE_NAMES.search(headers.get("User-Agent", "")) is not None
    )
    return {**kept, MOBILE: str(mobile).lower()}


def is_mobile(browser: Mapping[str, str]) -> bool:
    """Tell whether a browser runs on a telephone or tablet."""
    return browser.get(MOBILE) == "true"


def _is_short(text: str) -> bool:
    return len(text) <= MOST_LENGTH and text.isprintable()
