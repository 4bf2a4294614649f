"""Name resolution for the outbound client: every address is judged before any is connected (R40).

aiohttp connects to exactly what this returns, so a second, different answer of a hostile name
server (DNS rebinding) has nowhere to go.
"""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

from dashboard.adapters.http.addresses import ForbiddenAddressError, Rule, is_public

Lookup: TypeAlias = Callable[[str, int], list[tuple[socket.AddressFamily, str]]]

_TRIED_PER_FAMILY = 4


def system_lookup(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    """Ask the system's resolver; blocks. Raises OSError when there is no such name."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, _numeric(address)) for family, _, _, _, address in found]


class JudgingResolver(AbstractResolver):
    """Resolves in threads; raises ForbiddenAddressError if any address of a name is not public."""

    def __init__(self, lookup: Lookup, exempt: frozenset[str]) -> None:
        self._lookup = lookup
        self._exempt = exempt

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await _in_thread(self._lookup, host, port)
        exempt = f"{host}:{port}" in self._exempt
        if not exempt and not all(is_public(address) for _, address in found):
            raise ForbiddenAddressError(Rule.PRIVATE)
        wanted = found if family == socket.AF_UNSPEC else [f for f in found if f[0] == family]
        if not wanted:
            raise OSError(None, "No address for this name")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=version,
                proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for version, address in _some_of_each(wanted)
        ]

    async def close(self) -> None:
        """Nothing is kept."""


async def _in_thread(
    lookup: Lookup, host: str, port: int
) -> list[tuple[socket.AddressFamily, str]]:
    """Run `lookup` in a daemon thread of its own.

    A dead name server holds a thread for half a minute: in a pool, six such names would stop all
    others, and the end of the process would wait for them.
    """
    outcome: Future[list[tuple[socket.AddressFamily, str]]] = Future()
    outcome.set_running_or_notify_cancel()

    def work() -> None:
        try:
            outcome.set_result(lookup(host, port))
        except OSError as error:
            outcome.set_exception(error)

    Thread(target=work, name="name-lookup", daemon=True).start()
    return await asyncio.wrap_future(outcome)


def _some_of_each(
    found: list[tuple[socket.AddressFamily, str]],
) -> list[tuple[socket.AddressFamily, str]]:
    """The first few per family: a name with a thousand addresses gets no thousand attempts."""
    kept: dict[socket.AddressFamily, list[tuple[socket.AddressFamily, str]]] = {}
    for family, address in found:
        of_family = kept.setdefault(family, [])
        if len(of_family) < _TRIED_PER_FAMILY and (family, address) not in of_family:
            of_family.append((family, address))
    return [entry for entries in kept.values() for entry in entries]


def _numeric(address: tuple[str | int, ...] | tuple[int, bytes]) -> str:
    zone = f"%{address[3]}" if len(address) > 3 and address[3] else ""  # noqa: PLR2004  IPv6 tuple
    return f"{address[0]!s}{zone}"
