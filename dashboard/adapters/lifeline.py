"""A child process that does not outlive its parent, whatever happens to the parent.

Linux tells the child (PR_SET_PDEATHSIG); elsewhere the child looks now and then whose child it is.
The kernel means the parent's *thread*: children have to be started from its main thread.

`python -m dashboard.adapters.lifeline PARENT COMMAND ...` gives a foreign program the same manners.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_NAME = 15
_LOOK_EVERY = 1.0  # seconds

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with(parent: int) -> None:
    """End this process by SIGTERM when the process `parent` is gone; ends it now if it already is.

    Called by the child itself, first thing. On Linux a later `exec` keeps the promise.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    else:
        threading.Thread(target=_look_for, args=(parent,), daemon=True, name="lifeline").start()
    if os.getppid() != parent:
        os._exit(1)


def name_process(name: str) -> None:
    """Be told apart in `top` and `ps -o comm`, where the system can show it (15 characters)."""
    if _libc is not None:
        _libc.prctl(_PR_SET_NAME, name.encode())


def _look_for(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)


def _become(parent: int, command: list[str]) -> int:
    """Be the command, or where the kernel does not help, stay beside it."""
    die_with(parent)
    if _libc is not None:
        os.execv(command[0], command)  # noqa: S606 - the supervisor's own command
    process = subprocess.Popen(command)  # noqa: S603 - likewise
    signal.signal(signal.SIGTERM, lambda _number, _frame: process.terminate())
    return process.wait()


if __name__ == "__main__":
    sys.exit(_become(int(sys.argv[1]), sys.argv[2:]))
