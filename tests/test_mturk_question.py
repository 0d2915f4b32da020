"""What a HIT shows, held to MTurk's schemas."""

import pytest
from lxml import etree
from mturk_shapes import check_question

from mturk.errors import RecruitingError
from mturk.markets import question


@pytest.mark.parametrize("height", [0, 600])
def test_external_questions_are_valid(height):
    text = question.external("https://study.example/?x=<&>\"'ä", frame_height=height)
    check_question(text)


def test_mturk_shows_no_http():
    with pytest.raises(RecruitingError, match="https:// only"):
        question.external("http://study.example/", frame_height=0)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("FrameHeight>", "Height>"),
        ("2006-07-14", "2006-07-15"),
        (">600<", ">tall<"),
        ("<FrameHeight", "<Other/><FrameHeight"),
    ],
)
def test_the_schema_refuses_what_is_no_external_question(part, other):
    good = question.external("https://study.example/", frame_height=600)
    with pytest.raises(etree.DocumentInvalid):
        check_question(good.replace(part, other))
