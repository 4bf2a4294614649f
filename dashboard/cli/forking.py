"""Children that need no import of their own: forked from a parent that has imported all of it.

Six processes then share one copy of the code in memory, and a part that died is back at once. The
parent has no threads and no connections when it forks.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable

from dashboard.adapters.lifeline import die_with, name_process

_HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
_MOST_DESCRIPTORS = 4096


class Forked:
    """A child in a session of its own; as much of `subprocess.Popen` as its keeper needs."""

    def __init__(
        self, name: str, call: Callable[[], int], *, output: int, errors: int, keep: Iterable[int]
    ) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        self.returncode: int | None = None
        parent = os.getpid()
        # No signal may reach the child while it still has its parent's handlers.
        signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
        try:
            self.pid = os.fork()
            if self.pid == 0:
                _be_child(name, call, parent, output=output, errors=errors, keep=set(keep))
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self) -> int:
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode

    def terminate(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


def _be_child(
    name: str, call: Callable[[], int], parent: int, *, output: int, errors: int, keep: set[int]
) -> None:
    """Never returns."""
    code = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for number in _HANDLED:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HANDLED)
        die_with(parent)
        name_process(name)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((nothing, 0), (output, 1), (errors, 2)):
            os.dup2(source, target)
        _close_all_but(keep)
        sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
        sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
        code = call()
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:  # noqa: BLE001 - the end of a process is a border too
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _close_all_but(keep: set[int]) -> None:
    """Standard input and output stay."""
    first = 3
    for descriptor in sorted(keep):
        if first < descriptor:  # an empty range would close all there are (CPython 3.11)
            os.closerange(first, descriptor)
        first = max(first, descriptor + 1)
    os.closerange(first, _MOST_DESCRIPTORS)
