"""The one outbound HTTP client (R39): hostile servers, names and answers end here.

It sends what platform files ask and returns plain data. It never retries what may change
something, keeps no cookies, ignores proxy variables of the environment, and neither logs nor
raises a query, a header or a body.
"""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urljoin

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from dashboard import __version__
from dashboard.adapters.http.addresses import ForbiddenAddressError, Target, target_of
from dashboard.adapters.http.background import BackgroundLoop, ClosedError
from dashboard.adapters.http.outgoing import Outgoing, UnsendableError, outgoing
from dashboard.adapters.http.sessions import (
    EndedError,
    Limits,
    Network,
    Sessions,
    begin,
    open_sessions,
)
from dashboard.adapters.http.silences import silence_of
from dashboard.domain.wire import Answer, Ask, NoAnswerError, Silence
from dashboard.settings import Settings

T = TypeVar("T")

logger = logging.getLogger(__name__)

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PIECE = 65_536
_LONGEST_HEAD = 65_536


@dataclass(frozen=True, slots=True)
class _Redirect:
    location: str


class HttpClient:
    """Sends questions; `send` may be awaited on any event loop, `run` serves synchronous code.

    Cheap to build; connects nothing before its first question. Implements `domain.wire.Http`.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow_private_hosts: frozenset[str] = frozenset(),
        limits: Limits | None = None,
        network: Network | None = None,
    ) -> None:
        self._exempt = allow_private_hosts
        self._limits = limits or Limits()
        self._open_sessions = partial(
            open_sessions,
            user_agent=user_agent,
            exempt=allow_private_hosts,
            limits=self._limits,
            network=network or Network(),
        )
        self._background = BackgroundLoop()
        self._opened: Sessions | None = None
        self._inherited: list[Sessions] = []

    @classmethod
    def from_settings(cls, settings: Settings, *, limits: Limits | None = None) -> "HttpClient":
        """The client of this installation; its user agent tells platforms whom to write to."""
        return cls(
            user_agent=f"Linkkeeper/{__version__} (+{settings.base_url})",
            allow_private_hosts=settings.allow_private_hosts,
            limits=limits or Limits.for_asks(settings.asks_per_host),
        )

    async def send(self, ask: Ask) -> Answer:
        """Return the answer, whatever its status; raises NoAnswerError.

        The waiting for a free connection counts towards the deadline.
        """
        try:
            return await self._background.visit(self._send(ask))
        except ClosedError:
            raise NoAnswerError(Silence.NOT_SENT, call=ask.call) from None

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on the client's own loop and return its result; see BackgroundLoop."""
        return self._background.run(coroutine)

    async def to_the_end(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run to its end what must not be cut off: a refresh and storing its answer (R34)."""
        return await self._background.to_the_end(coroutine)

    def close(self, *, patience: float = 1.0) -> None:
        """Stop within `patience` seconds; only what runs `to_the_end` is waited for."""
        self._background.close(self._hang_up, patience=patience)

    async def _send(self, ask: Ask) -> Answer:
        progress = begin()
        try:
            async with asyncio.timeout(ask.deadline):
                return await self._follow(ask)
        except ForbiddenAddressError as error:
            silence = Silence.FORBIDDEN_ADDRESS
            logger.warning("question refused", extra={"call": ask.call, "rule": error.rule.value})
        except UnsendableError:
            silence = Silence.NOT_SENT
        except EndedError as error:
            silence = error.silence
        except (aiohttp.ClientError, HttpProcessingError, OSError) as error:
            silence = silence_of(error)
        # Outside the handler: the errors of aiohttp carry the address with its query.
        raise NoAnswerError(silence, call=ask.call, may_have_arrived=progress.left)

    async def _follow(self, ask: Ask) -> Answer:
        sent = outgoing(ask)
        target = target_of(ask.url, self._exempt)
        redirects_left = ask.redirects if sent.only_reads else 0
        while True:
            found = await self._exchange(target, sent, ask.max_bytes)
            if isinstance(found, Answer):
                return found
            if redirects_left == 0:
                raise EndedError(Silence.REDIRECTED)
            redirects_left -= 1
            hop = self._hop(target, found)
            if hop.origin != target.origin:
                sent = sent.for_strangers()
            target = hop

    def _hop(self, target: Target, redirect: _Redirect) -> Target:
        try:
            url = urljoin(target.url, redirect.location)
        except ValueError:
            raise EndedError(Silence.REDIRECTED) from None
        hop = target_of(url, self._exempt)
        if not redirect.location or hop.scheme != target.scheme:
            raise EndedError(Silence.REDIRECTED)
        return hop

    async def _exchange(self, target: Target, sent: Outgoing, max_bytes: int) -> Answer | _Redirect:
        sessions = self._sessions()
        session = sessions.reading if sent.only_reads else sessions.changing
        request = session.request(
            sent.method,
            URL(target.url, encoded=True),
            headers=sent.headers,
            data=sent.body,
            allow_redirects=False,
        )
        # Leaving this block closes the connection if the body was not read to its end.
        async with request as response:
            if response.status in _REDIRECTS:
                return _Redirect(response.headers.get("Location", ""))
            return Answer(
                status=response.status,
                headers=_headers(response),
                body=await self._body(response, max_bytes, hurry=sent.only_reads),
            )

    async def _body(
        self, response: aiohttp.ClientResponse, max_bytes: int, *, hurry: bool
    ) -> bytes:
        """Read at most `max_bytes`, counted after decompression."""
        body = bytearray()
        pause = self._limits.between_pieces if hurry else None  # R34: no haste with a new token
        while not response.content.at_eof():
            body += await _piece(response.content, pause)
            if len(body) > max_bytes:
                raise EndedError(Silence.TOO_LARGE)
        return bytes(body)

    def _sessions(self) -> Sessions:
        loop = asyncio.get_running_loop()
        if self._opened is not None and self._opened.loop is not loop:
            # Another process's, since we were forked: closing it would meddle with the parent.
            self._inherited.append(self._opened)
            self._opened = None
        if self._opened is None:
            self._opened = self._open_sessions()
        return self._opened

    async def _hang_up(self) -> None:
        if self._opened is not None:
            await self._opened.close()


async def _piece(content: aiohttp.StreamReader, pause: float | None) -> bytes:
    if content.is_eof():  # mostly all of it came with the headers: there is nothing to wait for
        return await content.read(_PIECE)
    async with asyncio.timeout(pause):
        return await content.read(_PIECE)


def _headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Lower-case names, repeated ones joined; cookies are nobody's business."""
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        lower = name.lower()
        if lower != "set-cookie":
            headers[lower] = f"{headers[lower]}, {value}" if lower in headers else value
    if sum(len(name) + len(value) for name, value in headers.items()) > _LONGEST_HEAD:
        raise EndedError(Silence.TOO_LARGE)
    return headers
