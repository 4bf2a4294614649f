"""Keeps the parts of an installation alive under one parent, and ends all of them with it.

Single-threaded: a loop over what the parts say, signals and deaths. What parts say goes to a file
each; warnings also to the screen. Parts end by themselves if this process is killed (lifeline).
"""

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable, Mapping
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Self

from dashboard.cli.part import READY, Part
from dashboard.cli.trouble import Trouble

STOP_WITHIN = 3.5  # seconds for all parts but the last
_LAST_STOPS_WITHIN = 1.0
_LOG_BYTES = 5_000_000
_CHUNK = 65_536

Say = Callable[[str, str], None]
"""Gets the name of a part and a line."""


class Supervisor:
    """In its `with` block, start parts and watch them; leaving the block stops them all."""

    def __init__(
        self,
        *,
        log_dir: Path,
        environ: Mapping[str, str],
        keep: tuple[int, ...],
        hear: Say,
        tell: Say,
    ) -> None:
        """`hear` gets what parts say, `tell` what happens to them.

        Parts get the environment and keep the descriptors.
        """
        self.parts: list[Part] = []
        self.stop_requested = False
        self._log_dir = log_dir
        self._environ = environ
        self._keep = keep
        self._hear = hear
        self._tell = tell
        self._logs: dict[str, RotatingFileHandler] = {}
        self._selector = selectors.DefaultSelector()
        self._wakeup: tuple[int, int] | None = None
        self._handlers: dict[int, object] = {}

    def __enter__(self) -> Self:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        os.set_blocking(writing, False)
        self._wakeup = (reading, writing)
        self._selector.register(reading, selectors.EVENT_READ, lambda: _drain(reading))
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._request_stop)
        self._handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda _n, _f: None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_all()
        signal.set_wakeup_fd(-1)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal() returned
        for descriptor in self._wakeup or ():
            os.close(descriptor)
        self._selector.close()
        for log in self._logs.values():
            log.close()

    def start(self, part: Part) -> None:
        """Start a part; from now on it is restarted when it dies."""
        if part not in self.parts:
            self.parts.append(part)
        descriptor = part.be_born(self._environ, self._keep)
        os.set_blocking(descriptor, False)
        pending = bytearray()
        self._selector.register(
            descriptor, selectors.EVENT_READ, lambda: self._listen(part, descriptor, pending)
        )

    def watch(
        self,
        until: Callable[[], bool],
        *,
        seconds: float | None = None,
        look_every: float | None = None,
    ) -> bool:
        """Serve the parts until `until` holds; False when stopping was asked for or time is over.

        It is looked at after each event, and every `look_every` seconds if that is given. Raises
        Trouble when a part dies again and again.
        """
        give_up = None if seconds is None else time.monotonic() + seconds
        while not until():
            if self.stop_requested or (give_up is not None and time.monotonic() > give_up):
                return False
            look_at = None if look_every is None else time.monotonic() + look_every
            self._turn(_earliest([give_up, look_at, *(part.restart_at for part in self.parts)]))
        return True

    def _turn(self, wake_at: float | None) -> None:
        timeout = None if wake_at is None else max(0.0, wake_at - time.monotonic())
        self._hear_all(timeout)
        if self.stop_requested:
            return
        for part in self.parts:
            if part.restart_at is not None:
                if time.monotonic() >= part.restart_at:
                    self._restart(part)
            elif not part.is_running:
                self._bury(part)

    def _hear_all(self, timeout: float | None) -> None:
        for key, _ in self._selector.select(timeout):
            key.data()

    def _bury(self, part: Part) -> None:
        self._hear_all(0)  # its last words
        if not part.note_death():
            raise Trouble(
                f"{part.name} ends as soon as it is started ({part.how_it_died()}). Its last lines "
                f"(all of them: {self._log_dir / part.name}.log):\n" + "\n".join(part.tail)
            )
        self._note(
            part, f"ended unexpectedly ({part.how_it_died()}) and is started again", self._tell
        )

    def _restart(self, part: Part) -> None:
        part.kill()  # what it may have left of its own children
        if part.before_restart is not None:
            part.before_restart(part.lived)
        self.start(part)

    def _listen(self, part: Part, descriptor: int, pending: bytearray) -> None:
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return
        pending += chunk
        *lines, rest = bytes(pending).split(b"\n")
        pending[:] = rest
        if not chunk:
            lines = [rest] if rest else []
            self._selector.unregister(descriptor)
            os.close(descriptor)
        for line in lines:
            self._hear_line(part, line.decode(errors="replace").rstrip())

    def _hear_line(self, part: Part, line: str) -> None:
        if line == READY:
            part.ready = True
        else:
            part.tail.append(line)
            self._note(part, line, self._hear)

    def _note(self, part: Part, line: str, say: Say) -> None:
        self._log(part.name).emit(_record(line))
        with contextlib.suppress(OSError):  # the terminal may be gone; the parts live on
            say(part.name, line)

    def _log(self, name: str) -> RotatingFileHandler:
        if name not in self._logs:
            path = self._log_dir / f"{name}.log"
            self._logs[name] = RotatingFileHandler(path, maxBytes=_LOG_BYTES, backupCount=1)
        return self._logs[name]

    def _request_stop(self, number: int, frame: object) -> None:  # noqa: ARG002 - a signal handler
        self.stop_requested = True

    def _stop_all(self) -> None:
        """Those that use others first; whoever does not end in time is killed with its children."""
        last = [part for part in self.parts if part.stops_last]
        self._stop([part for part in self.parts if not part.stops_last], STOP_WITHIN)
        self._stop(last, _LAST_STOPS_WITHIN)

    def _stop(self, parts: list[Part], seconds: float) -> None:
        for part in parts:
            part.terminate()
        give_up = time.monotonic() + seconds
        while any(part.is_running for part in parts) and time.monotonic() < give_up:
            self._hear_all(0.05)
        for part in parts:
            if part.is_running:
                self._note(part, "did not end in time and was killed", self._tell)
            part.kill()
        self._hear_all(0)


def _earliest(instants: list[float | None]) -> float | None:
    return min((instant for instant in instants if instant is not None), default=None)


def _drain(descriptor: int) -> None:
    with contextlib.suppress(BlockingIOError):
        os.read(descriptor, _CHUNK)


def _record(line: str) -> LogRecord:
    return LogRecord("", 0, "", 0, line, None, None)
