"""What a HIT shows, as MTurk's XML: the study in a frame, or a page of a few words."""

from html import escape
from xml.etree import ElementTree

from mturk.errors import RecruitingError

EXTERNAL = (
    "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd"
)
HTML = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2011-11-11/HTMLQuestion.xsd"
MOST_BYTES = 65_535
SCRIPT = "https://s3.amazonaws.com/mturk-public/externalHIT_v1.js"  # MTurk's own: fills in assignmentId


def external(address: str, *, frame_height: int) -> str:
    """Show a site in a frame.

    Parameters
    ----------
    address : str
        The site, from https:// on.
    frame_height : int
        Height of the frame (pixels); 0 lets MTurk choose.

    Raises
    ------
    RecruitingError
        If the address is not of HTTPS, or too long.
    """
    if not address.startswith("https://"):
        raise RecruitingError(f"the study's address is {address!r}; MTurk shows https:// only")
    root = ElementTree.Element("ExternalQuestion", xmlns=EXTERNAL)
    ElementTree.SubElement(root, "ExternalURL").text = address
    ElementTree.SubElement(root, "FrameHeight").text = str(frame_height)
    return _written(root)


def note(sentence: str) -> str:
    """Show a sentence with a button that submits, for a HIT that only pays."""
    page = (
        f"<!DOCTYPE html><html><head><script src='{SCRIPT}'></script></head><body>"
        "<form name='mturk_form' method='post' action='https://www.mturk.com/mturk/externalSubmit'>"
        "<input type='hidden' name='assignmentId' id='assignmentId' value=''/>"
        "<input type='hidden' name='taken' value='yes'/>"
        f"<p>{escape(sentence)}</p><p><input type='submit' value='Submit'/></p></form>"
        "<script>turkSetAssignmentID();</script></body></html>"
    )
    root = ElementTree.Element("HTMLQuestion", xmlns=HTML)
    ElementTree.SubElement(root, "HTMLContent").text = page
    ElementTree.SubElement(root, "FrameHeight").text = "300"
    return _written(root)


def _written(root: ElementTree.Element) -> str:
    text = ElementTree.tostring(root, encoding="unicode")
    if len(text.encode()) > MOST_BYTES:
        raise RecruitingError(f"the question has {len(text.encode())} bytes, MTurk allows {MOST_BYTES}")
    return text
