"""JSON from strangers is read or refused, and never trips what comes after (R43)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.domain.untrusted import UnreadableJsonError, read_json

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT
VALUES = st.recursive(
    LEAVES.filter(lambda leaf: leaf not in {float("inf"), float("-inf")}),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def nested(depth):
    return b"[" * depth + b"]" * depth


@given(VALUES, st.booleans())
def test_what_was_written_is_read(value, ascii_only):
    assert read_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize("depth", [1, 49, 50])
def test_nesting_up_to_the_limit_is_read(depth):
    assert read_json(nested(depth)) is not None


@pytest.mark.parametrize("depth", [51, 900, 100_000])
def test_deeper_nesting_is_refused(depth):
    with pytest.raises(UnreadableJsonError, match="too deep"):
        read_json(nested(depth))
    with pytest.raises(UnreadableJsonError, match="too deep"):
        read_json(b'{"a":' * depth + b"1" + b"}" * depth)


def test_many_brackets_side_by_side_are_not_deep():
    assert read_json(b"[" + b",".join([b"[{}]"] * 1000) + b"]") is not None
    assert read_json(b'["' + b"[" * 1000 + b'"]') is not None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{",
        b"{} {}",
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"1" * 5_000,
        b"\xff\xfe[\x00]\x00",
        b'"\xff"',
        b"'a'",
    ],
)
def test_what_is_no_json_is_refused(body):
    with pytest.raises(UnreadableJsonError):
        read_json(body)


def test_byte_order_mark_is_forgiven():
    assert read_json(b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800", r"\uDFFF", r"\udc00\ud800"])
def test_characters_that_no_database_stores_are_replaced(escape):
    body = f'{{"a{escape}": ["x{escape}y", 1]}}'.encode()
    text = json.dumps(read_json(body), ensure_ascii=False)
    assert "\0" not in text
    assert "\ufffd" in text
    text.encode()


def test_pair_of_surrogates_is_the_character_it_stands_for():
    assert read_json(rb'"\ud83d\ude00"') == "\U0001f600"


def test_error_repeats_nothing_of_the_content():
    with pytest.raises(UnreadableJsonError) as caught:
        read_json(b'{"access_token": "canary')
    error = caught.value
    assert "canary" not in f"{error!r} {error.__cause__!r} {error.__context__!r}"
