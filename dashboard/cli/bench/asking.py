"""The measured process: checks all that is due, or asks as much by bare aiohttp; says its cost."""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable

import aiohttp

from dashboard.adapters.clock import utc_now
from dashboard.adapters.http import HttpClient
from dashboard.adapters.keys import KeyRing
from dashboard.adapters.passwords import Passwords
from dashboard.db.engine import Database
from dashboard.platforms import available
from dashboard.services.checking import anything_due, check_due
from dashboard.services.ports import Tools
from dashboard.settings import Settings


class _NoQueue:
    """Nobody listens: the measured process takes its work from SQL."""

    def hint(self, _job: str, *_ids: str) -> bool:
        return False


def check_all(settings: Settings) -> int:
    """Check everything that is due; how many were stored."""
    database, http = Database(settings.database_url), HttpClient.from_settings(settings)
    tools = Tools(
        settings=settings,
        database=database,
        http=http,
        cipher=KeyRing.load(settings).cipher(),
        passwords=Passwords(),
        jobs=_NoQueue(),
        now=utc_now,
        platforms=available(settings.sandbox_url),
    )
    done = check_due(tools)
    while anything_due(tools):
        done += check_due(tools)
    http.close()
    database.close()
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
        "barely": lambda: ask_barely(settings, int(arguments[1])),
    }
    began, cpu = time.monotonic(), _cpu()
    done = works[arguments[0]]()
    took = {"done": done, "seconds": time.monotonic() - began, "cpu": _cpu() - cpu}
    sys.stdout.write(json.dumps(took) + "\n")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main(sys.argv[1:])
