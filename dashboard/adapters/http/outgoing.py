"""A question in the form in which it leaves: headers that cannot break out, body as bytes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from aiohttp import FormData

from dashboard.domain.wire import Ask, Part

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)
_VALUE = re.compile(r"[ -~]*", re.ASCII)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_READING = frozenset({"GET", "HEAD"})
# Written by the client alone: the name that was checked, the length that was measured.
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
# All that another host is told after a redirect: an allow-list, as keys have many names (R42).
_FOR_STRANGERS = frozenset({"accept", "accept-language"})


class UnsendableError(Exception):
    """The question cannot be put on the wire as it is: a bad method, or a header with a line end.

    Tokens come from strangers and end up in headers, so this happens without a fault of ours.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """Method, headers and body of a question."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | FormData | None = field(repr=False)

    @property
    def only_reads(self) -> bool:
        """Whether sending it twice does no harm."""
        return self.method in _READING

    def for_strangers(self) -> "Outgoing":
        """The same without anything that could be a secret of the first host."""
        kept = {name: value for name, value in self.headers.items() if name in _FOR_STRANGERS}
        return replace(self, headers=kept)


def outgoing(ask: Ask) -> Outgoing:
    """Build what leaves for `ask`; raises UnsendableError."""
    bodies = [ask.form is not None, ask.json is not None, bool(ask.parts), ask.raw is not None]
    if ask.method not in _METHODS or sum(bodies) > 1:
        raise UnsendableError
    headers = {name.lower(): value for name, value in ask.headers.items()}
    body: bytes | FormData | None = ask.raw
    if ask.parts:
        body = _files(ask.parts)
    elif ask.form is not None:
        body = urlencode(ask.form).encode("ascii")
        headers.setdefault("content-type", "application/x-www-form-urlencoded")
    elif ask.json is not None:
        body = json.dumps(ask.json, ensure_ascii=True, separators=(",", ":")).encode("ascii")
        headers.setdefault("content-type", "application/json")
    for name, value in headers.items():
        if name in _OURS or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise UnsendableError
    return Outgoing(method=ask.method, headers=headers, body=body)


def _files(parts: tuple[Part, ...]) -> FormData:
    form = FormData(default_to_multipart=True)
    for part in parts:
        form.add_field(
            part.name,
            part.data if part.filename else part.data.decode(),
            filename=part.filename or None,
            content_type=part.media_type or None,
        )
    return form
