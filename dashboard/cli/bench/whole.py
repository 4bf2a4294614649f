"""`./manage bench memory`: what all parts of `./manage run` hold, with many accounts."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from dashboard.adapters.clock import utc_now
from dashboard.cli.bench.figures import Figure
from dashboard.cli.bench.ground import Ground, descendants, grounds, memory, platform
from dashboard.cli.bench.links import fill
from dashboard.settings import Settings

_SETTLES_IN = 10.0  # seconds in which checks run and the pages of all parts are in use
_LIMITS = ((1, 250), (10, 400))  # times as many links, megabytes


def figures(links: int, *, settles_in: float = _SETTLES_IN) -> list[Figure]:
    """One line per number of accounts; a bare Python with our imports is not counted apart."""
    with platform() as port, grounds(port) as databases:
        return [
            _held(ground, links * times, limit, settles_in)
            for ground in databases
            for times, limit in _LIMITS
        ]


def _held(ground: Ground, number: int, limit: int, settles_in: float) -> Figure:
    settings = Settings.from_env(ground.environ)
    fill(settings, number, utc_now(), spread=timedelta(minutes=10), afresh=True)
    with running(ground.environ) as parent:
        time.sleep(settles_in)
        family = descendants(parent)
        held = memory(family)
    return Figure(
        what=f"memory of all {len(family)} processes, {number:,} accounts",
        where=ground.name,
        target=f"{limit} MB",
        measured=f"{held:.0f} MB",
        met=held <= limit,
    )


@contextmanager
def running(environ: dict[str, str]) -> Iterator[int]:
    """`./manage run` on a free port, from when it is up until it has stopped."""
    command = [sys.executable, "-m", "dashboard.cli", "run", "--port", "0"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as parts:  # noqa: S603 - our own
        try:
            for line in parts.stdout or ():
                if "Open" in line:
                    break
            yield parts.pid
        finally:
            parts.terminate()
            parts.communicate(timeout=60)
