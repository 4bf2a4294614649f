"""A whole installation as real processes, for the tests about processes."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_ADDRESS = re.compile(r"Open +(http://\S+)")
_LEASH = (sys.executable, "-m", "dashboard.adapters.lifeline")  # a killed test run leaves nothing
_OURS = ("LINKKEEPER_", "DATABASE_URL", "REDIS_URL")


def command(*arguments: str, **environ: str) -> "subprocess.Popen[str]":
    """`./manage ...` without its look at the environment, which has tests of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return subprocess.Popen(
        [*_LEASH, str(os.getpid()), sys.executable, "-m", "dashboard.cli", *arguments],
        cwd=ROOT,
        env=clean | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def refused(*arguments: str, **environ: str) -> tuple[int, str]:
    """Exit code and words of a command that cannot do its work."""
    process = command(*arguments, **environ)
    try:
        said, _ = process.communicate(timeout=60)
    finally:
        if process.poll() is None:  # it was not refused
            process.terminate()
            process.communicate()
    return process.returncode, said


def wait_for(what: Callable[[], bool], *, seconds: float = 30) -> bool:
    """True as soon as it happens; fails when it does not happen in time."""
    give_up = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.05)
    return True


class Installation:
    """Started with `./manage run --port 0` in a folder; `address` is where it says it is."""

    def __init__(
        self, folder: Path, *arguments: str, command_name: str = "run", **environ: str
    ) -> None:
        self.folder = folder
        environ |= {"LINKKEEPER_DATA_DIR": str(folder)}
        self.process = command(command_name, "--port", "0", *arguments, **environ)
        self.said = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line
            if found := _ADDRESS.search(line):
                self.address = found.group(1)
            if "Ctrl-C" in line:
                return
        self.end()
        raise AssertionError(f"it ended with {self.process.returncode}:\n{self.said}")

    def parts(self) -> dict[str, list[int]]:
        """Process ids of all children and grandchildren, by name."""
        found: dict[str, list[int]] = {}
        for pid in descendants(self.process.pid):
            found.setdefault(_name_of(pid), []).append(pid)
        return found

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(f"{self.address}{path}", timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Seconds until it had ended."""
        began = time.monotonic()
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=20)
        self.said += rest
        return time.monotonic() - began

    def end(self) -> None:
        """Whatever state it is in, nothing is left."""
        left = descendants(self.process.pid)
        self.process.kill()
        for pid in left:
            if is_alive(pid):
                os.kill(pid, signal.SIGKILL)
        self.process.communicate()


def descendants(pid: int) -> list[int]:
    rows = subprocess.run(
        ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout.split()
    parents = dict(zip(map(int, rows[::2]), map(int, rows[1::2]), strict=True))
    found: list[int] = []
    generation = {pid}
    while generation:
        generation = {child for child, parent in parents.items() if parent in generation}
        found += generation
    return found


def is_alive(pid: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return bool(state) and not state.startswith("Z")


def _name_of(pid: int) -> str:
    return subprocess.run(
        ["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
