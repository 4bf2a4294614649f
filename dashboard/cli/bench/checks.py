"""`./manage bench checks`: what ten thousand checks cost, end to end, on SQLite and PostgreSQL.

Everything is real but the platform: rows, seals, the outbound client with its rules, the state
machine, what is stored. A platform process on this machine answers after 50 ms.
"""

import json
import subprocess
import sys
from dataclasses import dataclass, field, replace
from datetime import timedelta

from dashboard.adapters.clock import utc_now
from dashboard.cli.bench.figures import Figure, quantile
from dashboard.cli.bench.ground import Ground, cpu_below, grounds, platform
from dashboard.cli.bench.links import count_working, fill, lateness, move_all_due
from dashboard.settings import Settings

_SPEED = 1_000  # checks in a second
_COST = 0.5  # CPU seconds per 1,000 checks
_LATE = 1.0  # seconds
_UP_IN = timedelta(seconds=6)  # what a measured process needs to start


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one run took, in seconds; `server` is the CPU of the database's own processes."""

    name: str
    done: int
    seconds: float
    cpu: float
    server: float = 0.0
    wanted: int = 0
    steps: dict[str, float] = field(default_factory=dict)


def figures(links: int) -> list[Figure]:
    """Speed and cost of all links at once, the share of each step, and lateness under load."""
    with platform() as port, grounds(port) as databases:
        ceiling = _ask("bare aiohttp", databases[0].environ, "barely", str(links))
        found = []
        for ground in databases:
            run = _measure(ground, links)
            found += [_speed(run, ceiling), _cost(run, ceiling), _shares(run)]
            found.append(_lateness(ground, links))
    return found


def _measure(ground: Ground, number: int) -> Measured:
    settings = Settings.from_env(ground.environ)
    fill(settings, number, utc_now())
    before = cpu_below(ground.postmaster)
    run = _ask(ground.name, ground.environ, "check")
    return replace(
        run,
        done=min(run.done, count_working(settings)),
        wanted=number,
        server=cpu_below(ground.postmaster) - before,
    )


def _ask(name: str, environ: dict[str, str], *arguments: str) -> Measured:
    return _heard(name, _started(environ, *arguments))


def _started(environ: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "dashboard.cli.bench.asking", *arguments]
    return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own


def _heard(name: str, process: "subprocess.Popen[str]") -> Measured:
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the measured process ended with {process.returncode}")
    return Measured(name=name, **json.loads(said))


def _speed(run: Measured, ceiling: Measured) -> Figure:
    """No promise: an installation has two such processes, see the lateness."""
    return Figure(
        what=f"{run.done:,} of {run.wanted:,} checks by one process: checks/s",
        where=run.name,
        target="-",
        measured=f"{run.done / run.seconds:,.0f}",
        ceiling=f"{ceiling.done / ceiling.seconds:,.0f} bare aiohttp",
        met=None if run.done == run.wanted else False,
    )


def _cost(run: Measured, ceiling: Measured) -> Figure:
    thousands = max(run.done, 1) / 1000
    cost = (run.cpu + run.server) / thousands
    return Figure(
        what="CPU s per 1,000 checks (of it the database server)",
        where=run.name,
        target=f"{_COST}",
        measured=f"{cost:.2f} ({run.server / thousands:.2f})",
        ceiling=f"{ceiling.cpu / (ceiling.done / 1000):.2f} bare aiohttp",
        met=cost <= _COST,
    )


def _shares(run: Measured) -> Figure:
    """The process's own CPU by step; asking is what the others leave."""
    known = {name: used / run.cpu for name, used in run.steps.items()}
    shares = {**known, "ask": 1 - sum(known.values())}
    said = ", ".join(f"{name} {share:.0%}" for name, share in shares.items())
    return Figure(what="share of each step", where=run.name, target="-", measured=said)


def _lateness(ground: Ground, number: int) -> Figure:
    """Links fall due at the promised speed; two processes check them, as `./manage run` has."""
    settings = Settings.from_env(ground.environ)
    spread = timedelta(seconds=number / _SPEED)
    began = utc_now() + _UP_IN
    fill(settings, number, began, spread=spread, afresh=True)
    began_late = max(timedelta(), utc_now() + _UP_IN - began)
    move_all_due(settings, began_late)
    processes = [_started(ground.environ, "sustain", str(number)) for _ in range(2)]
    for process in processes:
        _heard(ground.name, process)
    late = lateness(settings, began + began_late, spread)
    p99 = quantile(late, 0.99)
    return Figure(
        what=f"{_SPEED:,} links fall due a second, two processes: p50, p99 lateness",
        where=ground.name,
        target=f"p99 {_LATE:.0f} s",
        measured=f"{quantile(late, 0.5):.2f} s, {p99:.2f} s",
        ceiling="0.05 s, the platform's own",
        met=p99 <= _LATE and len(late) == number,
    )
