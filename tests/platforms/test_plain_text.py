"""The words of a post survive, its markup does not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.platforms.plain_text import plain_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hello</p><p>World</p>", "Hello\n\nWorld"),
        ("<p>one<br>two<br/>three</p>", "one\ntwo\nthree"),
        ("a &lt;b&gt; &amp; &quot;c&quot; &#233; &nbsp;d", 'a <b> & "c" é d'),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<p>see <a href='x'><span>https://</span>a.example</a></p>", "see https://a.example"),
        ("before<script>alert('<p>')</script>after", "beforeafter"),
        ("<style>p {}</style>text<!-- note -->s", "texts"),
        ("<ul><li>one</li><li>two</li></ul>", "one\ntwo"),
        ("line\nend", "line end"),
        ("<![>x", "x"),
        ("", ""),
        (None, ""),
        (["<p>"], ""),
    ],
)
def test_what_a_reader_would_see(html: object, text: str) -> None:
    assert plain_text(html) == text


HOSTILE = [
    "<a ", "<a\n", '<a b="', "<a b='>", '<a ="', "<!--", "<![CDATA[", "<!DOCTYPE [", "<?", "</",
    "<![", "<script></", "<p>", "&#", "<", "<script><!-->", "<a x='\"'", "<svg/onload=",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_r43_no_markup_costs_more_than_a_moment(piece: str) -> None:
    """A megabyte of it is cut; some of these take Python's parser minutes as they are."""
    begun = time.process_time()
    plain_text(piece * (1_000_000 // len(piece)))
    assert time.process_time() - begun < 1


@given(
    st.lists(st.one_of(st.sampled_from([*HOSTILE, ">", "-->", "]]>"]), st.text(max_size=5))).map(
        "".join
    )
)
def test_no_markup_raises(html: str) -> None:
    assert isinstance(plain_text(html), str)
