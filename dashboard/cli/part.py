"""One part of the installation (web, a worker, Valkey ...) as a child process."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.cli.forking import Forked

READY = "ready"  # the line by which a part says that it is at work
_QUICK = 5.0  # seconds; who dies sooner has hardly lived
_PATIENCE = 5  # quick deaths in a row of a part that has been at work
_PATIENCE_AT_START = 2
_TAIL = 15  # lines

Start = Callable[[int, Mapping[str, str], Sequence[int]], "subprocess.Popen[bytes] | Forked"]
"""Starts a process that writes to a descriptor, with an environment and descriptors to keep."""


@dataclass(slots=True, kw_only=True, eq=False)
class Part:
    """What to start, and how it has fared. Times are of the monotonic clock, in seconds."""

    name: str
    start: Start
    before_restart: Callable[[float], None] | None = None  # told how many seconds it lived
    probe: Callable[[], bool] | None = None  # for one that cannot say when it is ready
    stops_last: bool = False
    process: "subprocess.Popen[bytes] | Forked | None" = None
    born_at: float = 0.0
    lived: float = 0.0
    quick_deaths: int = 0
    restart_at: float | None = None
    ready: bool = False
    tail: "deque[str]" = field(default_factory=lambda: deque(maxlen=_TAIL))

    def be_born(self, environ: Mapping[str, str], keep: Sequence[int]) -> int:
        """Start it in a session of its own; returns the descriptor of what it says.

        A session of its own, so that Ctrl-C reaches us only and we stop the parts in order.
        """
        reading, writing = os.pipe()
        try:
            self.process = self.start(writing, environ, keep)
        finally:
            os.close(writing)
        self.born_at = time.monotonic()
        self.restart_at = None
        return reading

    def is_up(self) -> bool:
        """Whether it has ever been at work."""
        if not self.ready and self.probe is not None:
            self.ready = self.probe()
        return self.ready

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def note_death(self) -> bool:
        """Plan the restart; False when it has died too often too soon."""
        now = time.monotonic()
        self.lived = now - self.born_at
        if self.lived > _QUICK:
            self.quick_deaths = 0
        self.quick_deaths += 1
        self.restart_at = now + 0.1 * 2**self.quick_deaths
        return self.quick_deaths < (_PATIENCE if self.ready else _PATIENCE_AT_START)

    def how_it_died(self) -> str:
        """The exit code or signal in words."""
        code = (self.process and self.process.returncode) or 0
        if code < 0:
            return f"signal {signal.Signals(-code).name}"
        return f"exit code {code}"

    def terminate(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.is_running:
            self.process.terminate()

    def kill(self) -> None:
        """End it and all that it started.

        Once it has ended, its number lives on as that of the group of its children, and nobody can
        be given it. If there is a process of that number all the same, the group has ended, too,
        and the number is a stranger's by now.
        """
        if self.process is not None and (self.is_running or not _is_taken(self.process.pid)):
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                return
            self.process.wait()


def _is_taken(pid: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True


def say_ready() -> None:
    """Said by a part, on its standard output, when it is at work."""
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()


def forked(name: str, call: Callable[[], int]) -> Start:
    """A part that is a function of ours."""

    def start(output: int, environ: Mapping[str, str], keep: Sequence[int]) -> Forked:  # noqa: ARG001 - a Start
        return Forked(f"lk-{name}", call, output=output, errors=output, keep=keep)

    return start


def executed(*command: str) -> Start:
    """A part that is a program."""

    def start(
        output: int, environ: Mapping[str, str], keep: Sequence[int]
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(  # noqa: S603 - our own commands
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environ),
            pass_fds=tuple(keep),
            start_new_session=True,
        )

    return start
