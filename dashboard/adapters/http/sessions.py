"""The sessions of aiohttp, set up for hostile servers, and what has to be known of their inside."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

import aiohttp
from aiohttp import AddrInfoType

from dashboard.adapters.authorities import verifying_context
from dashboard.adapters.http.resolver import JudgingResolver, Lookup, system_lookup
from dashboard.domain.wire import Silence

NewSocket: TypeAlias = Callable[[AddrInfoType], socket.socket]

_MOST_HEADERS = 100
_LONGEST_FIELD = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Budgets in seconds and numbers (R43); the total deadline comes with each question.

    The numbers of connections hold for questions that only read and, apart, for all others.
    """

    connect: float = 5.0
    between_pieces: float = 10.0
    connections: int = 100
    connections_per_host: int = 10
    remember_names: int = 10

    @classmethod
    def for_asks(cls, per_host: int) -> "Limits":
        """Room for as many questions at once as the checks ask, so that none waits in here."""
        return cls(connections=4 * per_host, connections_per_host=per_host)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What the client takes from the system around it; tests bring their own."""

    lookup: Lookup = system_lookup
    authorities: ssl.SSLContext | None = None  # None: those that the system trusts
    new_socket: NewSocket | None = None


@dataclass(slots=True)
class Progress:
    """How far a question got; `left` once there is a connection that it may have left by."""

    left: bool = False


_PROGRESS: ContextVar[Progress] = ContextVar("progress")


def begin() -> Progress:
    """The progress of the question that this task sends next, with all its redirects."""
    progress = Progress()
    _PROGRESS.set(progress)
    return progress


class EndedError(Exception):
    """We ended the exchange ourselves."""

    def __init__(self, silence: Silence) -> None:
        super().__init__(silence.value)
        self.silence = silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """The sessions of one event loop.

    `changing` makes a new connection for each question. A kept one may be closed by the server
    just as the question leaves: harmless where it only reads and is sent again, an unknown
    outcome where it changes something (R35, R77).
    """

    loop: asyncio.AbstractEventLoop
    reading: aiohttp.ClientSession
    changing: aiohttp.ClientSession

    async def close(self) -> None:
        await self.reading.close()
        await self.changing.close()


def open_sessions(
    *, user_agent: str, exempt: frozenset[str], limits: Limits, network: Network
) -> Sessions:
    """Open both sessions for the running loop."""
    authorities = network.authorities or verifying_context()
    resolver = JudgingResolver(network.lookup, exempt)

    def session(*, reuse: bool) -> aiohttp.ClientSession:
        connector = _WatchedConnector(
            ssl=authorities,
            resolver=resolver,
            socket_factory=network.new_socket,
            ttl_dns_cache=limits.remember_names,
            limit=limits.connections,
            limit_per_host=limits.connections_per_host,
            force_close=not reuse,
        )
        return aiohttp.ClientSession(
            connector=connector,
            headers={"User-Agent": user_agent, "Accept-Encoding": "gzip, deflate"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=limits.connect),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            max_headers=_MOST_HEADERS,
            max_line_size=_LONGEST_FIELD,
            max_field_size=_LONGEST_FIELD,
            middlewares=() if reuse else (_never_twice,),
        )

    return Sessions(
        loop=asyncio.get_running_loop(),
        reading=session(reuse=True),
        changing=session(reuse=False),
    )


async def _never_twice(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating PUT and DELETE when the connection ends in the middle."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError):
        pass  # told below as our own error, so that aiohttp does not recognise its one and repeat
    raise EndedError(Silence.BROKEN_OFF)


class _WatchedConnector(aiohttp.TCPConnector):
    """Notes that a question has a connection. Tracing would tell too, for a tenth of a check."""

    async def connect(self, *arguments: Any, **named: Any) -> Any:
        connection = await super().connect(*arguments, **named)
        _PROGRESS.get().left = True
        return connection
