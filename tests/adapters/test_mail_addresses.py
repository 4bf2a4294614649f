"""E-mail addresses are read strictly and stored in one form (R56)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.adapters.mail_addresses import parse_address, parse_sender
from dashboard.domain.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("ada@example.org", "ada@example.org"),
        ("  Ada.Lovelace+team@Example.ORG ", "ada.lovelace+team@example.org"),
        ("o'brien@sub.example.co.uk", "o'brien@sub.example.co.uk"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@example.org\u200b", "ada@example.org"),
        ("a@3com.xn--zckzah", "a@3com.xn--zckzah"),
    ],
)
def test_address_is_stored_in_one_form(text, stored):
    assert parse_address(text) == stored
    assert parse_address(stored) == stored


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "ada", "@example.org", "ada@", "ada@@example.org", "a@x.example,b@y.example",
        "a@x.example b@y.example", "a@x.example;b@y.example", '"a\n"@x.example', '"a"@x.example',
        "Ada <ada@example.org>", "<ada@example.org>", "ada@example.org\r\nBcc: v@x.example",
        "ada@example.org\n", "\tada@example.org", "ada\0@example.org", "ada@example",
        "ada@localhost",
        "ada@[127.0.0.1]", "ada@127.0.0.1", "ada@example.123", "ada@-example.org",
        "ada@example..org", "ada@example.org.", ".ada@example.org", "ada.@example.org",
        "a..b@example.org", "ä@example.org", "ada(comment)@example.org", "ada@exam_ple.org",
        "ada@☃.example", "a" * 65 + "@example.org", "a@" + "b." * 130 + "example", "a@x@y.example",
        "ada@example.org\u202e", "\u212aing@example.org", "\ud800@example.org", "ada@\ud800.org",
    ],
)  # fmt: skip
def test_anything_else_is_refused_at_its_field(text):
    with pytest.raises(InvalidInputError) as caught:
        parse_address(text, field="address")
    assert caught.value.field == "address"
    assert "such as" in caught.value.why


@given(st.text(max_size=40) | st.from_regex(r"[a-z.]{1,9}@[a-z.]{1,9}\.[a-z]{2,4}", fullmatch=True))
def test_what_is_taken_is_stable_and_plain(text):
    try:
        stored = parse_address(text)
    except InvalidInputError:
        return
    assert parse_address(stored) == stored == stored.lower()
    assert stored.isascii()
    assert stored.count("@") == 1
    assert stored.isprintable()


def test_sender_has_a_name_and_may_live_on_this_machine():
    assert parse_sender("Link Keeper <keeper@localhost>") == ("Link Keeper", "keeper@localhost")
    assert parse_sender("keeper@example.org") == ("", "keeper@example.org")


@pytest.mark.parametrize(
    "text", ["", "Keeper", "a@x.example, b@y.example", "K\r\nBcc: v@x <k@x.example>"]
)
def test_sender_that_is_not_one_address_is_refused(text):
    with pytest.raises(ValueError, match="such as"):
        parse_sender(text)
