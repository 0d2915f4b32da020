"""The walk through the dataset as a picture strip (Fig. A2): SVG that holds its thumbnails."""

import base64
from collections.abc import Sequence
from html import escape

from analysis.recognition.data import RecognitionData

WIDTH, HEIGHT, GAP = 128, 96, 4  # of a thumbnail's place (pixels)


def uri(jpeg: bytes) -> str:
    """Write a JPEG file as an address that holds it."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def caption(data: RecognitionData, clip: int) -> str:
    """Say what a clip shows, as far as it is labelled."""
    labels = [str(data.labels[kind][clip]) for kind in ("material", "action", "reaction")]
    return ", ".join(label for label in labels if label) or "no label"


def draw(data: RecognitionData, walks: Sequence[Sequence[int]]) -> str:
    """Draw a walk a line, from left to right."""
    width = (WIDTH + GAP) * max(len(path) for path in walks)
    height = (HEIGHT + GAP) * len(walks)
    images = [
        f'<image x="{column * (WIDTH + GAP)}" y="{row * (HEIGHT + GAP)}" width="{WIDTH}" '
        f'height="{HEIGHT}" href="{uri(data.thumbnail(clip))}">'
        f"<title>{escape(caption(data, clip))}</title></image>"
        for row, path in enumerate(walks)
        for column, clip in enumerate(path)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="A walk through the dataset">{"".join(images)}</svg>\n'
    )
