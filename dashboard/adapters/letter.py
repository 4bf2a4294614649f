"""A letter, and the message that is made of it: one recipient, no header that it did not ask for.

Names and texts in it come from platforms and are hostile (R56). Control characters are cleaned
where letters are rendered; here, as the last door, a letter that still carries them is refused.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

_LINE_ENDS = re.compile(r"[\r\n\0]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*", re.ASCII)
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._+=-]{1,200}@[A-Za-z0-9.-]{1,253}>", re.ASCII)
_VALUE = re.compile(r"[!-~][ -~]{0,900}", re.ASCII)
_OURS = frozenset(
    {
        *("to", "cc", "bcc", "from", "sender", "reply-to", "return-path", "subject", "date"),
        *("message-id", "references", "in-reply-to", "auto-submitted", "mime-version"),
        *("content-type", "content-transfer-encoding"),
    }
)


class UnsafeLetterError(ValueError):
    """The letter would have become something else on its way; `why` repeats nothing of it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What one user is told. `message_id` stays the same however often it is sent (R53).

    `to` is one address as `parse_address` returns it; `references` are the ids of earlier letters
    of the same story, so that mail programs show them together.
    """

    to: str
    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)
    message_id: str
    references: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def bytes_of(letter: Letter, *, sender: tuple[str, str], now: datetime) -> bytes:
    """Return the message as it goes to the mail server; raises UnsafeLetterError."""
    for text in (letter.to, letter.subject, *sender):
        _refuse_line_ends(text)
    plain = "".join(f"{name}: {value}\r\n" for name, value in _plain_headers(letter))
    try:
        return plain.encode("ascii") + _message(letter, sender, now).as_bytes()
    except (ValueError, IndexError, AttributeError):  # what the email package raises for nonsense
        raise UnsafeLetterError("an address or a character that mail cannot carry") from None


def _plain_headers(letter: Letter) -> Iterator[tuple[str, str]]:
    """Headers for machines: checked here and written as they are.

    The email package would turn a long address in List-Unsubscribe into encoded words, which no
    mail program undoes.
    """
    references = [_checked_id(found) for found in letter.references]
    yield "Message-ID", _checked_id(letter.message_id)
    if references:
        yield "References", "\r\n ".join(references)
        yield "In-Reply-To", references[-1]
    yield "Auto-Submitted", "auto-generated"
    for name, value in letter.headers.items():
        if not _NAME.fullmatch(name) or name.lower() in _OURS or not _VALUE.fullmatch(value):
            raise UnsafeLetterError("a header that is not the letter's to set")
        yield name, value


def _message(letter: Letter, sender: tuple[str, str], now: datetime) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(_literal(sender[0]), addr_spec=sender[1])
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = _literal(letter.subject)
    message["Date"] = now
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return message


def _refuse_line_ends(text: str) -> None:
    if _LINE_ENDS.search(text):
        raise UnsafeLetterError("a line end in a header")


def _checked_id(text: str) -> str:
    if not _MESSAGE_ID.fullmatch(text):
        raise UnsafeLetterError("not a Message-ID")
    return text


def _literal(text: str) -> str:
    """Keep `=?utf-8?q?=0ABcc:?=` from being read as an encoded line end (CVE-2024-6923)."""
    return text.replace("=?", "= ?")
