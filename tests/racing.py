"""What a further process does in the tests of renewals: races, dies, or is told to stop."""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

from dashboard.adapters.clock import utc_now
from dashboard.adapters.http import HttpClient
from dashboard.adapters.pictures import Pictures
from dashboard.db.engine import Database
from dashboard.domain.faults import planned
from dashboard.services.ports import Tools
from dashboard.services.refreshing import refresh_grant
from dashboard.settings import Settings
from tests.fakes import GlassSealer, PlainPasswords, RecordingJobs
from tests.rotating import Endpoint, RotatingPlatform

GENERATIONS = 5
THREADS = 6


def race(url: str, grant_id: UUID, endpoint: str, what: str) -> None:
    """Play the part `what`; the exit code and the endpoint's log tell how it went."""
    http = HttpClient(user_agent="racer")
    tools = Tools(
        settings=Settings.from_env({"LINKKEEPER_DATA_DIR": str(Path(endpoint).parent)}),
        database=Database(url),
        http=http,
        cipher=GlassSealer(),
        passwords=PlainPasswords(),
        pictures=Pictures(),
        jobs=RecordingJobs(),
        now=utc_now,
        platforms={"fake": RotatingPlatform(Endpoint(Path(endpoint), delay=_DELAYS[what]))},
    )
    _PARTS[what](tools, grant_id)
    http.close()


def race_of_processes(number: int, *arguments: Any) -> None:
    """So many processes race each other, after one import for all; ends 0 if each ended well."""
    racers = []
    for _ in range(number):
        racers.append(os.fork())
        if racers[-1] == 0:
            race(*arguments)
            os._exit(0)
    sys.exit(max(os.waitpid(racer, 0)[1] for racer in racers))


def _race(tools: Tools, grant_id: UUID) -> None:
    for generation in range(1, GENERATIONS + 1):
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in range(THREADS):
                pool.submit(_renew, tools, grant_id, generation)


def _die(tools: Tools, grant_id: UUID) -> None:
    def die(point: str) -> None:
        if point == "refresh.after_response":
            os._exit(9)

    with planned(die):
        _renew(tools, grant_id, 1)


def _slow(tools: Tools, grant_id: UUID) -> None:
    """Asked to stop while the answer is under way, as a worker is: the main thread ends."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())

    def say(point: str) -> None:
        if point == "refresh.before_send":
            sys.stdout.write("asking\n")
            sys.stdout.flush()

    with planned(say):
        threading.Thread(target=_renew, args=(tools, grant_id, 1), daemon=True).start()
        ended.wait(30)
        tools.http.close()  # type: ignore[attr-defined]


def _renew(tools: Tools, grant_id: UUID, generation: int) -> Any:
    return tools.http.run(refresh_grant(tools, grant_id, generation=generation))


_PARTS = {"race": _race, "die": _die, "slow": _slow}
_DELAYS = {"race": 0.01, "die": 0.0, "slow": 1.0}
