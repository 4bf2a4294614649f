"""Web, workers and schedulers on machines of their own, with one PostgreSQL and one Redis."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.cli.place import listen
from dashboard.db.engine import Database
from tests.cli.running import ROOT, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def machines(postgres_database: Database, redis_url: str, tmp_path: Path) -> Iterator["Machines"]:
    machines = Machines(postgres_database.url, redis_url, tmp_path)
    yield machines
    machines.stop()


class Machines:
    """Each part has a data folder of its own, as on another machine, and the keys in common."""

    def __init__(self, database_url: str, redis_url: str, folder: Path) -> None:
        self._folder = folder
        self._shared = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "LINKKEEPER_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        }
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        own = self._folder / str(len(self._running))
        own.mkdir()
        clean = {name: value for name, value in os.environ.items() if "LINKKEEPER" not in name}
        process = subprocess.Popen(
            [sys.executable, "-m", "dashboard.cli", *arguments],
            cwd=ROOT,
            env=clean | self._shared | {"LINKKEEPER_DATA_DIR": str(own)},
        )
        self._running.append(process)
        return process

    def stop(self) -> None:
        for process in self._running:
            process.terminate()
        for process in self._running:
            process.wait(timeout=30)


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_parts_on_several_machines_are_one_installation(machines: Machines) -> None:
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    assert machines.start("migrate").wait(timeout=60) == 0
    ready = f"http://127.0.0.1:{port}/readyz"
    machines.start("web", "--port", str(port))
    wait_for(lambda: status(ready) == 503, seconds=180)

    worker, *_ = [machines.start("worker"), machines.start("worker", "quick")]
    schedulers = [machines.start("scheduler"), machines.start("scheduler")]
    wait_for(lambda: status(ready) == 200, seconds=180)

    worker.send_signal(signal.SIGKILL)
    schedulers[0].send_signal(signal.SIGKILL)
    assert status(ready) == 200
