"""Jobs that go wrong are never silent: administrators see them, and a poisonous one is put aside.

A run is counted *before* it begins, so a killed process counts (R65). After three runs in a row
that never came back the job is put aside: one with ids rests for a day, because its next try would
most likely kill the next worker. One without ids is a sweep over everything and is tried again.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta

from dashboard.db import failures
from dashboard.db.failures import JobFailure
from dashboard.services.ports import Tools

CRASHES_ALLOWED = 3
REST = timedelta(days=1)

_KEEP = timedelta(days=30)
_CRASHED = "The process that ran it ended three times in a row before it was done."

_log = logging.getLogger(__name__)


def begin(tools: Tools, job: str, ids: Sequence[str], *, deadline: timedelta) -> bool:
    """Count a run and allow it; False when the job has crashed too often.

    No run lasts longer than `deadline`, so a younger one may still be at work.
    """
    now = tools.now()
    key = _key(job, ids)
    with tools.database.writing() as unit:
        known = failures.find(unit, key)
        if known is not None and known.crashes >= CRASHES_ALLOWED:
            rest = deadline if known.running else REST if ids else timedelta()
            if now - known.last_at < rest:
                return False
        failures.begin(unit, key=key, job=job, now=now)
    return True


def put_crashed_aside(tools: Tools, *, deadline: timedelta) -> int:
    """Tell administrators of jobs whose runs never came back; returns how many are new."""
    now = tools.now()
    with tools.database.writing() as unit:
        keys = failures.put_aside(
            unit, crashes=CRASHES_ALLOWED, before=now - deadline, error=_CRASHED, now=now
        )
    for key in keys:
        _log.error("job put aside", extra={"job": key})
    return len(keys)


def end_well(tools: Tools, job: str, ids: Sequence[str]) -> None:
    """The run came back; earlier trouble of the same job is forgotten."""
    with tools.database.writing() as unit:
        failures.end_well(unit, _key(job, ids))


def record(tools: Tools, job: str, ids: Sequence[str], error: str) -> None:
    """The run raised: keep what it said, without secrets, where administrators look."""
    with tools.database.writing() as unit:
        failures.end_with_error(unit, key=_key(job, ids), error=error, now=tools.now())


def troubles(tools: Tools) -> list[JobFailure]:
    """Failed and resting jobs, newest first."""
    with tools.database.reading() as session:
        return failures.troubles(session)


def release(tools: Tools, key: str) -> None:
    """An administrator wants it tried again, or no longer wants to see it."""
    with tools.database.writing() as unit:
        failures.end_well(unit, key)


def mark_all_seen(tools: Tools) -> None:
    """An administrator has looked; what goes wrong after this is new again."""
    with tools.database.writing() as unit:
        failures.mark_seen(unit, now=tools.now())


def forget_old_failures(tools: Tools) -> None:
    """What has not happened again for a month is over."""
    with tools.database.writing() as unit:
        failures.forget_before(unit, tools.now() - _KEEP)


def _key(job: str, ids: Sequence[str]) -> str:
    return ":".join([job, *ids])[:300]
