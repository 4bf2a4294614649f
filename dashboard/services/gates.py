"""How many questions of a round may be under way, overall and per host; may change meanwhile."""

import asyncio
from collections import deque
from types import TracebackType


class Gate:
    """A semaphore whose number can be changed: who is inside stays, who waits comes in turn."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._inside < self._limit and not self._waiting:
            self._inside += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()  # it was let in at the moment it gave up
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def resize(self, limit: int) -> None:
        """From now on so many may be inside."""
        self._limit = limit
        self._let_in()

    def _leave(self) -> None:
        self._inside -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._inside < self._limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self._inside += 1
                turn.set_result(None)


class Gates:
    """A gate for each host, and one for all of them together that holds four times as many."""

    def __init__(self, per_host: int) -> None:
        self.overall = Gate(4 * per_host)
        self._per_host = per_host
        self._hosts: dict[str, Gate] = {}

    def host(self, place: str) -> Gate:
        """The gate of one host."""
        return self._hosts.setdefault(place, Gate(self._per_host))

    def resize(self, per_host: int) -> None:
        """What the round may ask of a host at once has changed."""
        if per_host != self._per_host:
            self._per_host = per_host
            self.overall.resize(4 * per_host)
            for gate in self._hosts.values():
                gate.resize(per_host)
