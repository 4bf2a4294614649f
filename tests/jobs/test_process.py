"""A job that goes wrong is seen by administrators and spoils nothing for the others (R65, F08)."""

import contextlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from dashboard.db.engine import Database
from dashboard.services import failures
from dashboard.services.ports import Tools
from jobs.process import Process
from tests.fakes import FrozenClock
from tests.jobs.conftest import SAMPLES
from tests.jobs.sample import CALLS, KilledError


def kill(process: Process, *ids: str, times: int = 1) -> None:
    """Run a job that takes its process with it."""
    for _ in range(times):
        with contextlib.suppress(KilledError):
            process.run("dies", ids)


def test_a_job_that_works_leaves_no_trace(process: Process, tools: Tools) -> None:
    process.run("works", ("a",))

    assert CALLS == [("works", "a")]
    assert failures.troubles(tools) == []


def test_a_job_that_raises_is_seen_with_kind_and_place(process: Process, tools: Tools) -> None:
    process.run("raises", ("a",))

    [trouble] = failures.troubles(tools)
    assert (trouble.job, trouble.key) == ("raises", "raises:a")
    assert trouble.error.startswith("ValueError\n")
    assert "sample.py" in trouble.error
    assert not trouble.running


def test_what_an_error_quotes_is_not_kept(process: Process, tools: Tools) -> None:
    """R32, R79."""
    process.run("raises")

    assert "at_canary" not in failures.troubles(tools)[0].error


def test_a_job_that_raises_is_tried_as_often_as_it_is_due(process: Process) -> None:
    for _ in range(5):
        process.run("raises", ("a",))

    assert len(CALLS) == 5


def test_after_three_crashes_a_job_is_put_aside(process: Process) -> None:
    kill(process, "a", times=5)

    assert CALLS == [("dies", "a")] * 3


def test_the_others_go_on(process: Process) -> None:
    kill(process, "a", times=4)
    kill(process, "b")
    process.run("works", ("a",))

    assert CALLS[-2:] == [("dies", "b"), ("works", "a")]


def test_administrators_learn_of_a_job_put_aside(
    process: Process, tools: Tools, clock: FrozenClock
) -> None:
    deadline = timedelta(minutes=1)
    kill(process, "a", times=3)
    assert failures.put_crashed_aside(tools, deadline=deadline) == 0  # it may still be at work

    clock.advance(minutes=2)
    assert failures.put_crashed_aside(tools, deadline=deadline) == 1
    assert failures.put_crashed_aside(tools, deadline=deadline) == 0

    [trouble] = failures.troubles(tools)
    assert "three times in a row" in trouble.error


def test_a_job_put_aside_rests_for_a_day(
    process: Process, tools: Tools, clock: FrozenClock
) -> None:
    kill(process, "a", times=3)
    clock.advance(minutes=2)
    failures.put_crashed_aside(tools, deadline=timedelta(minutes=1))

    clock.advance(hours=23)
    kill(process, "a")
    assert len(CALLS) == 3

    clock.advance(hours=2)
    kill(process, "a")
    assert len(CALLS) == 4


def test_a_sweep_is_tried_again_after_its_deadline(process: Process, clock: FrozenClock) -> None:
    """One without ids does everybody's work: it may slow down, never stop."""
    kill(process, times=4)
    assert len(CALLS) == 3

    clock.advance(minutes=2)
    kill(process)
    assert len(CALLS) == 4


def test_an_administrator_can_have_it_tried_at_once(process: Process, tools: Tools) -> None:
    kill(process, "a", times=3)
    failures.release(tools, "dies:a")

    kill(process, "a")

    assert len(CALLS) == 4


def test_a_run_that_comes_back_wipes_the_slate(process: Process, tools: Tools) -> None:
    kill(process, "a", times=2)
    failures.end_well(tools, "dies", ("a",))
    kill(process, "a", times=3)

    assert len(CALLS) == 5


def test_without_a_database_the_border_holds(tools: Tools, tmp_path: Path) -> None:
    nowhere = Database(f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3")
    Process(replace(tools, database=nowhere), SAMPLES).run("works")

    assert CALLS == []


def test_a_job_of_a_newer_version_is_left_alone(process: Process, tools: Tools) -> None:
    """F49."""
    process.run("no_such_job", ("a",))

    assert failures.troubles(tools) == []
