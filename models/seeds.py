"""Seeds that follow from names: equal names give equal seeds, others unrelated ones."""

import hashlib


def derived_seed(*names: object) -> int:
    """Make a seed from what names its use, from 0 to 2**48 - 1."""
    text = "/".join(str(name) for name in names)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big")
