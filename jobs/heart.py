"""Says every few seconds that this process is at work; the health page listens."""

import sys
import threading
from types import TracebackType
from typing import Self

from dashboard.services.heartbeats import beat, say_goodbye
from dashboard.services.ports import Tools
from jobs.process import guarded

BEAT_EVERY = 10.0  # seconds
_READY = "ready\n"  # what the supervisor waits for


class Heart:
    """Beats in a thread of its own for as long as the `with` block lasts.

    A process whose work hangs beats on, but not for long: the watchdog ends it.
    """

    def __init__(self, tools: Tools, name: str, kind: str) -> None:
        self._beat = guarded(lambda: beat(tools, name, kind), "heartbeat not written")
        self._goodbye = guarded(lambda: say_goodbye(tools, name), "goodbye not written")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="heart")

    def __enter__(self) -> Self:
        self._thread.start()
        sys.stdout.write(_READY)
        sys.stdout.flush()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._goodbye()

    def _run(self) -> None:
        self._beat()
        while not self._stop.wait(BEAT_EVERY):
            self._beat()
