"""The measured process: checks all that is due, or asks as much by bare aiohttp; says its cost."""

import asyncio
import gc
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp

from dashboard.adapters.clock import utc_now
from dashboard.adapters.http import HttpClient
from dashboard.adapters.keys import KeyRing
from dashboard.adapters.passwords import Passwords
from dashboard.adapters.pictures import Pictures
from dashboard.cli.bench.links import count_working
from dashboard.db.engine import Database
from dashboard.platforms import available
from dashboard.services import checking
from dashboard.services.checking import anything_due, check_due
from dashboard.services.ports import Tools
from dashboard.settings import Settings

_LOOK_EVERY = 0.05  # seconds; in an installation a hint comes every second
_GIVES_UP = 120.0  # seconds
_STEPS = {"claim and read": "claim_questions", "advance": "_finding", "store": "store"}


class _NoQueue:
    """Nobody listens: the measured process takes its work from SQL."""

    def hint(self, _job: str, *_ids: str) -> bool:
        return False


@contextmanager
def bench_tools(settings: Settings) -> Iterator[Tools]:
    """All that the services work with, and nobody who listens to hints."""
    database, http = Database(settings.database_url), HttpClient.from_settings(settings)
    yield Tools(
        settings=settings,
        database=database,
        http=http,
        cipher=KeyRing.load(settings).cipher(),
        passwords=Passwords(),
        pictures=Pictures(),
        jobs=_NoQueue(),
        now=utc_now,
        platforms=available(settings.sandbox_url, clock=utc_now),
    )
    http.close()
    database.close()


def check_all(settings: Settings) -> int:
    """Check everything that is due; how many were stored."""
    with bench_tools(settings) as tools:
        done = check_due(tools)
        while anything_due(tools):
            done += check_due(tools)
    return done


def check_until(settings: Settings, number: int) -> int:
    """Check what falls due until so many were checked by all; how many by this process."""
    done, ends_at = 0, time.monotonic() + _GIVES_UP
    with bench_tools(settings) as tools:
        while count_working(settings) < number and time.monotonic() < ends_at:
            done += check_due(tools)
            time.sleep(_LOOK_EVERY)
    return done


def ask_barely(settings: Settings, number: int) -> int:
    """The ceiling: the same questions by aiohttp alone, read, parsed and forgotten."""

    async def one(session: aiohttp.ClientSession, gate: asyncio.Semaphore, nth: int) -> None:
        async with gate, session.get(f"{settings.sandbox_url}/api/accounts/{nth}") as answer:
            json.loads(await answer.read())

    async def every() -> None:
        connector = aiohttp.TCPConnector(limit=settings.asks_per_host)
        gate = asyncio.Semaphore(settings.asks_per_host)
        async with aiohttp.ClientSession(connector=connector) as session:
            await asyncio.gather(*(one(session, gate, nth) for nth in range(number)))

    asyncio.run(every())
    return number


def main(arguments: list[str]) -> None:
    """Do it and print what it took, in seconds; what it costs to start is left out."""
    settings = Settings.from_env()
    works: dict[str, Callable[[], int]] = {
        "check": lambda: check_all(settings),
        "sustain": lambda: check_until(settings, int(arguments[1])),
        "barely": lambda: ask_barely(settings, int(arguments[1])),
    }
    steps: dict[str, float] = {}
    for step, name in _STEPS.items():
        _time(steps, step, name)
    gc.freeze()  # as in the parts of `./manage run`: code is no garbage
    began, cpu = time.monotonic(), _cpu()
    done = works[arguments[0]]()
    took = {"done": done, "seconds": time.monotonic() - began, "cpu": _cpu() - cpu, "steps": steps}
    sys.stdout.write(json.dumps(took) + "\n")


def _time(steps: dict[str, float], step: str, name: str) -> None:
    """Add up the CPU of a function of the checks, whichever thread it runs in."""
    call = getattr(checking, name)
    steps[step] = 0.0

    def timed(*arguments: Any, **named: Any) -> Any:
        began = time.thread_time()
        try:
            return call(*arguments, **named)
        finally:
            steps[step] += time.thread_time() - began

    setattr(checking, name, timed)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(sys.argv[1:])
