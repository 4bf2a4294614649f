"""A letter arrives as it was written: one recipient and no header that hostile text made (R56)."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.adapters.letter import Letter, UnsafeLetterError, bytes_of

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SENDER = ("Link Keeper, Inc", "keeper@example.org")
HEADERS = {
    "message-id", "auto-submitted", "from", "to", "subject", "date", "mime-version", "content-type",
}  # fmt: skip


def letter(**changes):
    return Letter(
        **{
            "to": "ada@example.org",
            "subject": "Relink @bakery on Mastodon",
            "text": "Hello",
            "html": "<p>Hello</p>",
            "message_id": "<abc.1@example.org>",
        }
        | changes
    )


def raw(sender=SENDER, **changes):
    return bytes_of(letter(**changes), sender=sender, now=NOW)


def sent(sender=SENDER, **changes):
    return message_from_bytes(raw(sender, **changes), policy=default)


def test_letter_carries_what_it_was_given():
    message = sent(text="Grüße\n.\nend", html="<p>Grüße</p>")
    assert message["From"].addresses[0].display_name == "Link Keeper, Inc"
    assert [found.addr_spec for found in message["To"].addresses] == ["ada@example.org"]
    assert message["Subject"] == "Relink @bakery on Mastodon"
    assert message["Message-ID"] == "<abc.1@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == NOW
    text, html = message.iter_parts()
    assert text.get_content() == "Grüße\r\n.\r\nend\r\n"
    assert html.get_content().strip() == "<p>Grüße</p>"


def test_further_letters_of_a_story_refer_to_the_earlier_ones():
    message = sent(references=("<one@x.example>", "<two@x.example>"))
    assert message["References"].split() == ["<one@x.example>", "<two@x.example>"]
    assert message["In-Reply-To"] == "<two@x.example>"


def test_long_address_in_a_header_for_machines_stays_readable():
    where = f"<https://keeper.example/stop/{'a' * 200}>"
    assert f"List-Unsubscribe: {where}\r\n".encode() in raw(headers={"List-Unsubscribe": where})


@pytest.mark.parametrize("text", ["x\r\nBcc: v@x", "x\nBcc: v@x", "x\rBcc: v@x", "x\0"])
@pytest.mark.parametrize("part", ["to", "subject", "name"])
def test_line_end_in_a_header_is_refused(part, text):
    changes = {"sender": (text, "k@example.org")} if part == "name" else {part: text}
    with pytest.raises(UnsafeLetterError):
        raw(**changes)


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?=0ABcc:_v@x.example?=",
        "=?utf-8?b?CkJjYzogdkB4LmV4YW1wbGU=?= ü",
        "a =?x?q?=0D=0A?= b",
    ],
)
def test_encoded_line_end_in_a_name_stays_text(subject):
    """CVE-2024-6923."""
    content = raw(subject=subject)
    message = message_from_bytes(content, policy=default)
    assert {name.lower() for name in message} == HEADERS
    assert b"\nBcc" not in content
    assert "\n" not in message["Subject"]


@pytest.mark.parametrize(
    "to",
    ["", "a", "a@x,b@y", '"a\n"@x', "a@x.example>, <b@y.example", "ä@x.example", "a@x.example b@y"],
)
def test_anything_but_one_address_is_refused(to):
    with pytest.raises(UnsafeLetterError):
        raw(to=to)


@pytest.mark.parametrize(
    "headers",
    [
        {"Bcc": "v@x.example"},
        {"bcc": "v@x.example"},
        {"To": "v@x.example"},
        {"Content-Type": "text/html"},
        {"X": "a\r\nBcc: v@x"},
        {"X: y\r\nBcc": "v@x"},
        {"X": "ü"},
        {"X": "a" * 1000},
    ],
)
def test_letter_cannot_set_headers_of_the_envelope(headers):
    with pytest.raises(UnsafeLetterError):
        raw(headers=headers)


@pytest.mark.parametrize("message_id", ["", "abc", "<a@b>\r\nBcc: x", "<a b@c>", "<a@b"])
def test_senseless_message_id_is_refused(message_id):
    with pytest.raises(UnsafeLetterError):
        raw(message_id=message_id)
    with pytest.raises(UnsafeLetterError):
        raw(references=(message_id,))


@given(subject=st.text(max_size=80), name=st.text(max_size=40), text=st.text(max_size=40))
def test_whatever_the_texts_are_no_header_and_no_recipient_is_added(subject, name, text):
    try:
        content = raw(sender=(name, "keeper@example.org"), subject=subject, text=text, html=text)
    except UnsafeLetterError:
        return
    message = message_from_bytes(content, policy=default)
    assert {found.lower() for found in message} == HEADERS
    assert [found.addr_spec for found in message["To"].addresses] == ["ada@example.org"]
    assert [found.addr_spec for found in message["From"].addresses] == ["keeper@example.org"]
    assert all(len(line) <= 998 for line in content.split(b"\r\n"))
    assert content.replace(b"\r\n", b"").count(b"\n") == 0


def test_error_repeats_nothing_of_the_letter():
    with pytest.raises(UnsafeLetterError) as caught:
        raw(to="canary@x, canary")
    assert "canary" not in repr(caught.value)
