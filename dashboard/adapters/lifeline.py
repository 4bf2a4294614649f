"""A child process that does not outlive its parent, whatever happens to the parent.

Linux tells the child (PR_SET_PDEATHSIG); elsewhere the child looks now and then whose child it is.
The kernel means the parent's *thread*: children have to be started from its main thread.
"""

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LOOK_EVERY = 1.0  # seconds

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with(parent: int) -> None:
    """End this process by SIGTERM when the process `parent` is gone; ends it now if it already is.

    Called by the child itself, first thing. A later `exec` keeps the promise on Linux.
    """
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    else:
        threading.Thread(target=_look_for, args=(parent,), daemon=True, name="lifeline").start()
    if os.getppid() != parent:
        os._exit(1)


def _look_for(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGTERM)
