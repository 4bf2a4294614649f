"""What a platform would not take of a post is said before it is planned, each in a sentence."""

from dataclasses import replace
from typing import Any

import pytest

from dashboard.domain.posting import misfits, says_the_same
from dashboard.domain.publishing import Outgoing, Picture, PictureRule, PostRules
from tests.fakes import START

PICTURE = Picture(data=b"\xff\xd8\xff", media_type="image/jpeg")
POST = Outgoing(key="k", text="Fresh bread", at=START)


@pytest.mark.parametrize(
    ("rule", "without", "with_one"),
    [
        (PictureRule.NONE, [], ["It takes no picture."]),
        (PictureRule.UPLOADED, [], []),
        (PictureRule.FETCHED, [], []),
        (PictureRule.MUST_BE_FETCHED, ["It needs a picture."], []),
        (PictureRule.MUST_BE_UPLOADED, ["It needs a picture."], []),
    ],
)
def test_a_picture_is_taken_wanted_or_refused(
    rule: PictureRule, without: list[str], with_one: list[str]
) -> None:
    rules = PostRules(longest=100, picture=rule)
    assert misfits(POST, rules) == without
    assert misfits(replace(POST, picture=PICTURE), rules) == with_one


def test_a_missing_title_and_a_missing_target_are_named() -> None:
    rules = PostRules(longest=100, title=True, target="board")
    assert misfits(POST, rules) == ["It needs a title.", "Name the board that it goes to."]
    assert misfits(replace(POST, title="Bread", target="Cakes"), rules) == []


@pytest.mark.parametrize(
    ("sent", "found", "is_it"),
    [
        ({"text": "Fresh bread"}, "Fresh  bread", True),
        (
            {"text": "Fresh bread", "link": "https://a.example/"},
            "Fresh bread\nhttps://t.co/x",
            True,
        ),
        ({"text": "Fresh", "title": "Bread"}, "Bread\n\nFresh", True),
        ({"text": "", "title": "Bread", "link": "https://a.example/"}, "Bread", True),
        ({"text": "", "link": "https://a.example/"}, "https://a.example/", True),
        ({"text": "Bread"}, "Fresh bread today", False),
        ({"text": "Bread"}, "Bread and cake", False),
        ({"text": ""}, "Fresh bread", False),
        ({"text": ""}, "", False),
        ({"text": "", "link": "https://a.example/"}, "", False),
    ],
)
def test_r77_only_the_same_words_make_it_the_same_post(
    sent: dict[str, Any], found: str, is_it: bool
) -> None:
    assert says_the_same(Outgoing(key="", at=START, **sent), found) is is_it
