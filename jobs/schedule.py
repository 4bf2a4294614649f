"""What happens how often. Ticks are claimed in SQL, so any number of these may run (R67).

Each periodic job looks in SQL for what is due, so it is also the reconciler: a hint that Redis lost
is made good by the next tick.
"""

import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.adapters.logs import set_up_logging
from dashboard.runtime import build_runtime
from dashboard.services.catching_up import spread_overdue
from dashboard.services.checking import anything_due
from dashboard.services.heartbeats import SCHEDULER
from dashboard.services.notifying import anything_ripe
from dashboard.services.ports import Tools
from dashboard.services.publishing import anything_to_publish
from dashboard.services.scheduling import claim_slot, release_slot, slot_at
from dashboard.services.sending import any_mail_due
from dashboard.settings import Settings
from jobs.heart import Pulse
from jobs.process import guarded
from jobs.queues import RedisJobs

_log = logging.getLogger(__name__)
_LOOK_EVERY = 1.0  # seconds
_JUMP = timedelta(seconds=60)
_TRUSTED = timedelta(minutes=1)  # how long `wanted` may say that there is nothing
_REST = timedelta(seconds=5)  # after a tick that could not be passed on


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """A job without ids, and the length of its interval (a day at most).

    `wanted` tells cheaply whether there is anything to do; without it every tick is passed on.
    """

    job: str
    every: timedelta
    wanted: Callable[[Tools], bool] | None = None


PERIODIC = (
    Periodic(job="check_due", every=timedelta(seconds=1), wanted=anything_due),
    Periodic(job="refresh_due", every=timedelta(seconds=30)),
    Periodic(job="sync_due", every=timedelta(seconds=30)),
    Periodic(job="gather_notices", every=timedelta(seconds=2), wanted=anything_ripe),
    Periodic(job="send_mails", every=timedelta(seconds=5), wanted=any_mail_due),
    Periodic(job="publish_due", every=timedelta(seconds=5), wanted=anything_to_publish),
    Periodic(job="give_back_access", every=timedelta(minutes=10)),  # its own retry rhythm
    Periodic(job="purge_removed", every=timedelta(hours=1)),
    Periodic(job="watch_setup", every=timedelta(minutes=1)),
    Periodic(job="upkeep", every=timedelta(minutes=5)),
)


class Ticker:
    """Passes due ticks on to `dispatch`, which returns False when it cannot take them."""

    def __init__(
        self,
        tools: Tools,
        dispatch: Callable[[str], bool],
        periodic: tuple[Periodic, ...] = PERIODIC,
    ) -> None:
        self._tools = tools
        self._dispatch = dispatch
        self._periodic = periodic
        self._seen: dict[str, int] = {}
        self._passed: dict[str, datetime] = {}
        self._not_before: datetime | None = None

    def tick(self) -> None:
        """Look once at each periodic job; cheap when nothing is due. Raises when SQL is away."""
        now = self._tools.now()
        if self._not_before is not None and now < self._not_before <= now + _REST:
            return
        self._not_before = None
        for periodic in self._periodic:
            slot = slot_at(now, periodic.every)
            if self._seen.get(periodic.job) != slot and self._pass_on(periodic):
                self._seen[periodic.job] = slot

    def _pass_on(self, periodic: Periodic) -> bool:
        if not self._is_wanted(periodic):
            return True
        self._passed[periodic.job] = self._tools.now()
        slot = claim_slot(self._tools, periodic.job, periodic.every)
        if slot is None or self._dispatch(periodic.job):
            return True
        release_slot(self._tools, periodic.job, slot)
        self._not_before = self._tools.now() + _REST
        return False

    def _is_wanted(self, periodic: Periodic) -> bool:
        """Once a minute it is done unasked: what `wanted` overlooks must not wait for ever."""
        if periodic.wanted is None:
            return True
        now = self._tools.now()
        since = now - self._passed.setdefault(periodic.job, now)
        return not timedelta() <= since < _TRUSTED or periodic.wanted(self._tools)


class Jumps:
    """Notices when the wall clock jumps against the steady one (R75)."""

    def __init__(self) -> None:
        self._last: tuple[datetime, float] | None = None

    def jumped(self, now: datetime, steady: float) -> bool:
        """Whether the two clocks moved apart by more than a minute since the last call."""
        last, self._last = self._last, (now, steady)
        if last is None:
            return False
        apart = (now - last[0]) - timedelta(seconds=steady - last[1])
        if abs(apart) > _JUMP:
            _log.warning("the clock jumped", extra={"seconds": apart.total_seconds()})
            return True
        return False


def _nobody() -> None:
    """Nobody waits for it."""


def keep_schedule(settings: Settings, *, ready: Callable[[], None] = _nobody) -> int:
    """Pass ticks on as hints until told to stop; `ready` is told when that begins."""
    set_up_logging("scheduler")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    runtime = build_runtime(settings, jobs=RedisJobs)
    ticker = Ticker(runtime.tools, runtime.tools.jobs.hint)
    pulse = Pulse(runtime.tools, f"{socket.gethostname()}/scheduler-{os.getpid()}", SCHEDULER)
    jumps = Jumps()

    def look() -> None:
        ticker.tick()
        pulse.beat()

    look_safely = guarded(look, "ticks not claimed")
    spread = guarded(lambda: spread_overdue(runtime.tools), "missed checks not spread")
    spread()
    ready()
    while not stop.wait(_LOOK_EVERY):
        if jumps.jumped(runtime.tools.now(), time.monotonic()):
            spread()
        else:
            look_safely()
    guarded(pulse.end, "goodbye not written")()
    runtime.close()
    return 0


if __name__ == "__main__":
    sys.exit(keep_schedule(Settings.from_env()))
