"""What an installation stands on: its data folder, held by one instance, and its port."""

import errno
import fcntl
import getpass
import os
import socket
import time
from pathlib import Path

from dashboard.cli.trouble import Trouble

_PREDECESSOR_ENDS_WITHIN = 8.0  # seconds


def make_data_dir(path: Path) -> None:
    """Make it, for our user only, and try it out; raises Trouble."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        (path / "log").mkdir(mode=0o700, exist_ok=True)
        probe = path / ".probe"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Trouble(f"The disk is full: make room where {path} is.") from None
        raise Trouble(
            f"The data folder {path} cannot be written by {getpass.getuser()} "
            f"({(error.strerror or str(error)).lower()}): change its owner, or name another folder "
            "in LINKKEEPER_DATA_DIR."
        ) from None


def lock_data_dir(path: Path) -> int:
    """Hold the folder for as long as the returned descriptor is open, here or in a child.

    Waits for the parts of an instance that was killed a moment ago. Raises Trouble.
    """
    descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    give_up = time.monotonic() + _PREDECESSOR_ENDS_WITHIN
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            owner = os.read(descriptor, 20).decode(errors="replace").strip()
            os.lseek(descriptor, 0, os.SEEK_SET)
            if _is_running(owner) or time.monotonic() > give_up:
                os.close(descriptor)
                raise Trouble(
                    f"Linkkeeper is already running on {path} (process {owner or 'unknown'}): stop "
                    "that one first, or name another folder in LINKKEEPER_DATA_DIR."
                ) from None
            time.sleep(0.05)
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor


def listen(host: str, port: int, *, option: str = "--port") -> socket.socket:
    """Take the port at once, before anything else is started; port 0 takes a free one."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OverflowError:
        raise Trouble(f"{port} is not a port: choose one from 1 to 65535 with {option}.") from None
    except socket.gaierror:
        raise Trouble(f"{host} is no address of this machine: choose one with --host.") from None
    except OSError as error:
        raise Trouble(_why_not(host, port, option, error)) from None
    return listener


def _why_not(host: str, port: int, option: str, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken by another program: stop that one, or choose another "
            f"port with {option}."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is only for the system: choose one from 1024 on with {option}."
    return f"{host}:{port} cannot be listened on ({(error.strerror or str(error)).lower()})."


def _is_running(process: str) -> bool:
    if not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
