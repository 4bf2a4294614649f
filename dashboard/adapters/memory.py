"""How the C library hands out memory to a process with many threads."""

import ctypes
import sys

_M_ARENA_MAX = -8  # malloc.h of glibc


def one_arena() -> None:
    """Let all threads share one arena, here and in what is forked from here.

    glibc gives each thread its own, against waiting for one another; Python's threads wait for one
    another anyway, and what lies free in one arena is of no use to the others. Elsewhere than on
    glibc nothing happens.
    """
    if sys.platform != "linux":
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "gnu_get_libc_version"):
        library.mallopt(_M_ARENA_MAX, 1)
