"""What a platform would not take of a post is said before it is planned, each in a sentence."""

from dataclasses import replace

import pytest

from dashboard.domain.posting import misfits
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
