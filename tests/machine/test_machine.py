"""Links, renewals, posts, crashes, outages in any order: I1-I7 hold on both databases.

What fails is printed with the steps that lead to it, and a blob to run it again.
`LINKKEEPER_MACHINE_EXAMPLES` says how many stories of 50 steps are told on each database (50; 200
before a release).
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from dashboard.adapters.pictures import Pictures
from dashboard.db.engine import Database
from dashboard.services.ports import Tools
from tests.conftest import emptied
from tests.fakes import FrozenClock, RecordingJobs
from tests.machine.machine import Machine

EXAMPLES = int(os.environ.get("LINKKEEPER_MACHINE_EXAMPLES", "50"))
Fresh = Callable[[ExitStack], Database]
HEALTH = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.fixture
def in_memory(tmp_path: Path) -> Iterator[Path]:
    """Thousands of commits need not reach a disk here: no machine loses its power."""
    memory = Path("/dev/shm")  # a folder of our own in it
    with TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pace of renewals is real time, and it has tests of its own."""
    monkeypatch.setattr("dashboard.services.refreshing.PER_SECOND", 1_000_000)


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, in_memory: Path) -> Fresh:
    """Makes the empty database of an example."""
    numbers = count()

    def sqlite(stack: ExitStack) -> Database:
        path = in_memory / f"{next(numbers)}.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        database = Database(f"sqlite:///{path}")
        stack.callback(path.unlink)
        stack.callback(database.close)
        return database

    def postgresql(stack: ExitStack) -> Database:
        return stack.enter_context(emptied(request.getfixturevalue("postgres_database")))

    request.getfixturevalue("sqlite_template" if request.param == "sqlite" else "postgres_database")
    return sqlite if request.param == "sqlite" else postgresql


def drive(tools: Tools, fresh: Fresh, *, examples: int, steps: int) -> int:
    """How many stories ended well: each of them, or the first that did not is raised."""
    stack, told = ExitStack(), count()

    def machine() -> Machine:
        stack.close()
        next(told)
        clock, jobs = FrozenClock(), RecordingJobs()
        empty = replace(tools, database=fresh(stack), now=clock, jobs=jobs)
        return Machine(empty, clock, jobs)

    chosen = settings(
        max_examples=examples,
        phases=[Phase.generate],  # shrinking takes minutes: with the blob it is done on its own
        stateful_step_count=steps,
        deadline=None,
        print_blob=True,
        database=None,
        suppress_health_check=HEALTH,
    )
    with stack:
        run_state_machine_as_test(machine, settings=chosen)
    return next(told)


@pytest.fixture
def tools(sqlite_database: Database, settings, http) -> Tools:
    from tests.fakes import GlassSealer, PlainPasswords

    return Tools(
        settings=settings,
        database=sqlite_database,
        http=http,
        cipher=GlassSealer(),
        passwords=PlainPasswords(),
        pictures=Pictures(),
        jobs=RecordingJobs(),
        now=FrozenClock(),
        platforms={},
    )


def test_whatever_happens_in_whatever_order_nothing_is_lost_or_doubled(
    tools: Tools, fresh: Fresh
) -> None:
    assert drive(tools, fresh, examples=5, steps=20) >= 5


@pytest.mark.slow
def test_the_same_for_long(tools: Tools, fresh: Fresh) -> None:
    assert drive(tools, fresh, examples=EXAMPLES, steps=50) >= EXAMPLES
