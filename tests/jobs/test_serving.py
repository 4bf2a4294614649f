"""A worker goes on when Redis does not, ends in peace, and does not hang for ever."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dashboard.adapters import valkey
from dashboard.adapters.redis import connect
from jobs.queues import QUEUES, RedisJobs
from jobs.serving import Stop, Work, serve
from tests.cli.running import ROOT

KEY = b"k" * 32


def wait_for(what: Callable[[], object], *, seconds: float = 60) -> bool:
    """True as soon as it happens; fails when it does not happen in time."""
    give_up = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)
    return True


class Served:
    """A worker in a thread."""

    def __init__(self, url: str) -> None:
        self.ran: list[tuple[str, ...]] = []
        self.looked_alone = 0
        self.stop = Stop()
        work = Work(run=lambda job, ids: self.ran.append((job, *ids)), alone=self._alone)
        self._url = url
        self._redis = connect(url)
        self._thread = threading.Thread(
            target=serve,
            args=(QUEUES,),
            kwargs={"redis": self._redis, "key": KEY, "work": work, "stop": self.stop},
        )
        self._thread.start()

    def _alone(self) -> None:
        self.looked_alone += 1

    def end(self) -> None:
        self.stop.requested = True
        hint(self._url, "wake up")
        self._thread.join(timeout=20)
        self._redis.close()
        assert not self._thread.is_alive()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[[str], Served]]:
    started: list[Served] = []

    def start(url: str) -> Served:
        started.append(Served(url))
        return started[-1]

    yield start
    for worker in started:
        worker.end()


def hint(url: str, *ids: str) -> bool:
    redis = connect(url)
    taken = RedisJobs(redis, KEY).hint("upkeep", *ids)
    redis.close()
    return taken


def test_without_redis_due_work_is_looked_for_in_sql_and_hints_count_again_later(
    served: Callable[[str], Served], tmp_path: Path
) -> None:
    """R63, R64: it was there, goes away, comes back empty."""
    with valkey.running(tmp_path) as server:
        worker = served(server.url)
        hint(server.url, "before")
        wait_for(lambda: worker.ran)
        assert worker.looked_alone == 0
    assert wait_for(lambda: worker.looked_alone > 1)

    server.set_aside_data()
    with valkey.running(tmp_path) as server:
        wait_for(lambda: hint(server.url, "after"))
        assert wait_for(lambda: ("upkeep", "after") in worker.ran)


def test_a_worker_starts_where_there_is_no_redis_yet(
    served: Callable[[str], Served], tmp_path: Path
) -> None:
    worker = served(f"unix://{tmp_path}/valkey.sock")

    assert wait_for(lambda: worker.looked_alone > 1)


def test_a_flushed_redis_does_not_stop_a_worker(
    served: Callable[[str], Served], redis_url: str
) -> None:
    """F09."""
    worker = served(redis_url)
    for number in range(3):
        client = connect(redis_url)
        client.flushall()
        client.close()
        hint(redis_url, str(number))
        assert wait_for(lambda number=number: ("upkeep", str(number)) in worker.ran)


def test_a_job_at_hand_is_finished_and_no_other_begun(redis_url: str, tmp_path: Path) -> None:
    """R66, also when it is told twice."""
    hint(redis_url, "first", "1.5")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.slow_worker", redis_url, KEY.decode(), tmp_path],
        cwd=ROOT,
    )
    wait_for((tmp_path / "begun-first").exists)
    hint(redis_url, "second", "0")
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)

    assert process.wait(timeout=60) == 0
    assert (tmp_path / "done-first").exists()
    assert not (tmp_path / "begun-second").exists()


def test_an_idle_worker_ends_at_once(redis_url: str, tmp_path: Path) -> None:
    hint(redis_url, "one", "0")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.slow_worker", redis_url, KEY.decode(), tmp_path],
        cwd=ROOT,
    )
    wait_for((tmp_path / "done-one").exists)
    time.sleep(0.2)
    began = time.monotonic()
    process.terminate()

    assert process.wait(timeout=60) == 0
    assert time.monotonic() - began < 2


def test_a_job_that_hangs_takes_its_process_along_and_says_where() -> None:
    """No exception is thrown into it: that could tear a token renewal apart."""
    script = (
        "import time\nfrom jobs.serving import Watchdog\n"
        "def hang():\n    time.sleep(30)\nwith Watchdog(1):\n    hang()"
    )
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "in hang" in done.stderr
    assert time.monotonic() - began < 25
