"""Signs of life of workers and schedulers, for the health page."""

import threading
import time
from types import TracebackType
from typing import Self

from dashboard.services.heartbeats import beat, say_goodbye
from dashboard.services.ports import Tools
from jobs.process import guarded

BEAT_EVERY = 10.0  # seconds


class Pulse:
    """Beats when it is told that something got done, though not much more often than needed."""

    def __init__(self, tools: Tools, name: str, kind: str) -> None:
        self._tools = tools
        self._name = name
        self._kind = kind
        self._last = float("-inf")

    def beat(self) -> None:
        """Raises when SQL is away."""
        if time.monotonic() - self._last > BEAT_EVERY / 2:
            beat(self._tools, self._name, self._kind)
            self._last = time.monotonic()

    def end(self) -> None:
        """The process ends on purpose and is not missed."""
        say_goodbye(self._tools, self._name)


class Heart:
    """A pulse in a thread of its own for as long as the `with` block lasts.

    For work that takes long at a time. A process whose work hangs beats on, but not for long: the
    watchdog ends it.
    """

    def __init__(self, pulse: Pulse) -> None:
        self._beat = guarded(pulse.beat, "heartbeat not written")
        self._end = guarded(pulse.end, "goodbye not written")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="heart")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._end()

    def _run(self) -> None:
        self._beat()
        while not self._stop.wait(BEAT_EVERY):
            self._beat()
