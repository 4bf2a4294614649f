"""Answers of platforms, read as what strangers said: every field may be missing, wrong or hostile.

What an answer means is the business of the platform files; what leaves here is safe to store and
to show. Nothing here asks or decides.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote

from dashboard.domain.causes import Cause
from dashboard.domain.checks import Evidence, NoAnswer
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.untrusted import UnreadableJsonError, read_json
from dashboard.domain.wire import Answer, Ask, Http
from dashboard.platforms.values import (
    Body,
    epoch_of,
    instant_of,
    is_count,
    object_of,
    one_line,
    text_of,
)

LONGEST_WAIT = timedelta(hours=24)
"""No platform makes us wait longer, whatever it asks for (R45)."""

_REMAINING = ("x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining")
_FULL = 100  # per cent
_META_RESTS = timedelta(minutes=10)
_LONGEST_TEXT = 300
_LONGEST_CODE = 80
_LONGEST_RAW = 4_000
_RESETS = ("x-ratelimit-reset", "x-rate-limit-reset", "ratelimit-reset")
_FIRST_INSTANT = 10**9  # seconds since 1970; any smaller number is a span
_SHORTEST_SECRET = 6  # hiding one letter everywhere would hide what was said
_HIDDEN = "[hidden]"
_TOKEN_LIKE = re.compile(r"eyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]*)?|(?<=Bearer )[^\s\"',]+")
_SPEAKING = frozenset({2, 4})
_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_NOT_ACCUSED = ("The platform did not say that the link is invalid.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to one question. `body` or `items` is what its JSON holds, both None for no JSON.

    `hide` are the secrets that were sent along; they never appear in evidence.
    """

    call: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: Body | None = field(repr=False)
    items: list[object] | None = field(repr=False)
    hide: tuple[str, ...] = field(repr=False)

    def text(self, name: str, limit: int = _LONGEST_TEXT) -> str:
        """The string under `name`, cleaned; "" for anything else."""
        return text_of((self.body or {}).get(name), limit)

    def evidence(
        self, *, code: str = "", text: str | None = None, ruled_out: tuple[str, ...] = ()
    ) -> Evidence:
        """What was said, redacted and short; `text` replaces what the platform said itself."""
        said = self._said() if text is None else text
        return Evidence(
            call=self.call,
            status=self.status,
            code=_shown(code, self.hide, _LONGEST_CODE),
            text=_shown(said, self.hide, _LONGEST_TEXT),
            ruled_out=ruled_out,
        )

    def silence(self) -> NoAnswer | None:
        """NoAnswer for statuses that speak of the platform, never of the token (R36)."""
        speaks = self.status // 100 in _SPEAKING and self.status not in _LATER
        if speaks:
            return None
        cause = (
            Cause.RATE_LIMITED
            if self.status == HTTPStatus.TOO_MANY_REQUESTS
            else Cause.PLATFORM_DOWN
        )
        return NoAnswer(
            cause=cause,
            evidence=self.evidence(ruled_out=_NOT_ACCUSED),
            retry_after=retry_after(self.headers),
        )

    def unclear(self, *, code: str = "") -> NoAnswer:
        """Nothing was learnt: the answer is none that we know."""
        return NoAnswer(
            cause=Cause.PLATFORM_DOWN, evidence=self.evidence(code=code, ruled_out=_NOT_ACCUSED)
        )

    def failure(self, platform: str) -> PlatformError:
        """The error for a person who waits, when nothing more exact is known."""
        kind = "silent" if self.silence() else "odd_answer"
        said = self.evidence().text
        return PlatformError(platform, kind, f"Answer {self.status} to {self.call}. {said}".strip())

    def _said(self) -> str:
        if self.body is None:
            return "" if self.items is not None else "The answer is not in the agreed form (JSON)."
        for name in ("error_description", "message", "error"):
            if text := self.text(name, _LONGEST_RAW):
                return text
        return ""


async def send(http: Http, ask: Ask, hide: tuple[str, ...] = ()) -> Reply:
    """Ask and read the answer; raises NoAnswerError."""
    return read(ask.call, await http.send(ask), hide)


async def read_as(
    http: Http,
    credential: Credential,
    call: str,
    url: str,
    hide: tuple[str, ...],
    *,
    units: int = 1,
) -> Reply:
    """Read something in somebody's name, at the price of `units`; raises NoAnswerError."""
    ask = Ask(call=call, method="GET", url=url, headers=bearer(credential.access), units=units)
    return await send(http, ask, hide)


def read(call: str, answer: Answer, hide: tuple[str, ...] = ()) -> Reply:
    """Read an answer; whatever it holds, this succeeds."""
    try:
        value = read_json(answer.body)
    except UnreadableJsonError:
        value = None
    return Reply(
        call=call,
        status=answer.status,
        headers=answer.headers,
        body=value if isinstance(value, dict) else None,
        items=value if isinstance(value, list) else None,
        hide=hide,
    )


def secrets_of(credential: Credential | None, app: App | None = None) -> tuple[str, ...]:
    """All that must not be seen in evidence."""
    found = [app.client_secret] if app else []
    if credential:
        found += [credential.access, credential.refresh]
    return tuple(secret for secret in found if secret)


def bearer(token: str) -> dict[str, str]:
    """The headers of a question in somebody's name (RFC 6750)."""
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long the platform asks us to wait, at most a day; None if it does not say (R45).

    Dates are compared with the `Date` of the same answer, so that no clock but the platform's own
    matters. Besides the standard: `X-RateLimit-Reset` (Mastodon: ISO 8601; Reddit: seconds from
    now), `X-Rate-Limit-Reset` (X) and `RateLimit-Reset` (Bluesky), both in seconds since 1970.
    """
    asked = headers.get("retry-after", "").strip()
    if asked.isascii() and asked.isdigit():
        return _clamped(timedelta(seconds=min(int(asked[:9]), 10**8)))
    there = _http_date(headers.get("date", ""))
    until = _http_date(asked)
    for reset in (headers[name].strip() for name in _RESETS if name in headers):
        if until is None and (wait := _seconds(reset)) is not None:
            return _clamped(wait)
        until = until or _instant(reset)
    return None if until is None or there is None else _clamped(until - there)


def used_up(headers: Mapping[str, str]) -> timedelta | None:
    """How long nothing is left although this question was answered; None while there is something.

    `X-App-Usage` of Meta counts in per cent of an hour that moves along (docs:
    graph-api/overview/rate-limiting); asking on while it is full makes the block longer.
    """
    if any(
        isinstance(part, int | float) and part >= _FULL
        for part in _usage(headers.get("x-app-usage", "")).values()
    ):
        return _META_RESTS
    left = [headers[name].strip() for name in _REMAINING if name in headers]
    if any(re.fullmatch(r"0+(?:\.0*)?", one) for one in left):
        return retry_after(headers)
    return None


def _usage(text: str) -> Body:
    try:
        return object_of(read_json(text.encode()[:_LONGEST_RAW])) if text else {}
    except UnreadableJsonError:
        return {}


def _seconds(text: str) -> timedelta | None:
    """A number too small for an instant of our days is a wait; Reddit writes it with a fraction."""
    whole, _, fraction = text.partition(".")
    few = is_count(whole) and is_count(fraction or "0") and int(whole) < _FIRST_INSTANT
    return timedelta(seconds=math.ceil(float(text))) if few else None


def _instant(text: str) -> datetime | None:
    return epoch_of(int(text)) if is_count(text) else instant_of(text)


def _http_date(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _clamped(span: timedelta) -> timedelta | None:
    return min(span, LONGEST_WAIT) if span > timedelta(0) else None


def _shown(text: str, hide: tuple[str, ...], limit: int) -> str:
    """Hide before cutting, so that no half of a secret is left over, and again after cleaning."""
    return _redacted(one_line(_redacted(text, hide)[:_LONGEST_RAW]), hide)[:limit].rstrip()


def _redacted(text: str, hide: tuple[str, ...]) -> str:
    for secret in sorted(hide, key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            for form in (secret, quote(secret, safe="")):
                text = text.replace(form, _HIDDEN)
    return _TOKEN_LIKE.sub(_HIDDEN, text)
