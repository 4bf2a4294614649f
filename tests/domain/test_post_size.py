"""A post is as long as its platform counts it."""

import pytest

from dashboard.domain.post_size import size
from dashboard.domain.posting import misfits
from dashboard.domain.publishing import Outgoing, PostRules
from tests.fakes import START

LINK = "https://bakery.example/" + "a" * 100
PLAIN = PostRules(longest=280)
OWN_LENGTH = PostRules(longest=280, link_takes=None)
SHORT = PostRules(longest=280, link_takes=23)
WEIGHED = PostRules(longest=280, link_takes=23, wide_letters_count_twice=True)


def sized(rules: PostRules, text: str, link: str = "") -> int:
    return size(Outgoing(key="k", at=START, text=text, link=link), rules)


@pytest.mark.parametrize(
    ("rules", "text", "link", "expected"),
    [
        (PLAIN, "Bread", "", 5),
        (PLAIN, "Bre\u0301ad", "", 5),
        (PLAIN, "Bread", LINK, 5),
        (OWN_LENGTH, "Bread", LINK, 7 + len(LINK)),
        (OWN_LENGTH, "", LINK, len(LINK)),
        (SHORT, "Bread", LINK, 7 + 23),
        (SHORT, f"See {LINK} now", "", 8 + 23),
        (SHORT, f"See {LINK}", LINK, 4 + 23),
        (SHORT, "\u30d1\u30f3", "", 2),
        (WEIGHED, "Bread", "", 5),
        (WEIGHED, "Br\u00f6tchen, \u0445\u043b\u0435\u0431", "", 14),
        (WEIGHED, "\u30d1\u30f3", "", 4),
        (WEIGHED, "\U0001f35e", "", 2),
        (WEIGHED, "\U0001f44d\U0001f3fd", "", 2),
        (WEIGHED, "\U0001f468\u200d\U0001f469\u200d\U0001f467", "", 2),
        (WEIGHED, "\U0001f1f3\U0001f1f1", "", 2),
    ],
)
def test_a_post_is_counted_as_the_platform_counts(
    rules: PostRules, text: str, link: str, expected: int
) -> None:
    assert sized(rules, text, link) == expected


def test_a_post_that_its_link_makes_too_long_is_not_planned() -> None:
    post = Outgoing(key="k", at=START, text="a" * 260, link=LINK)
    assert misfits(post, SHORT) == ["The text is 5 characters too long: 280 are allowed."]
    assert misfits(post, PLAIN) == []
