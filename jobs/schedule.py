"""What happens how often. Ticks are claimed in SQL, so any number of these may run (R67).

Each periodic job looks in SQL for what is due, so it is also the reconciler: a hint that Redis lost
is made good by the next tick.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.services.ports import Tools
from dashboard.services.scheduling import claim_slot, release_slot, slot_at

_log = logging.getLogger(__name__)
_JUMP = timedelta(seconds=60)
_REST = timedelta(seconds=5)  # after a tick that could not be passed on


@dataclass(frozen=True, slots=True, kw_only=True)
class Periodic:
    """A job without ids, and the length of its interval (a day at most)."""

    job: str
    every: timedelta


PERIODIC = (
    Periodic(job="gather_notices", every=timedelta(seconds=2)),
    Periodic(job="send_mails", every=timedelta(seconds=5)),
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
        slot = claim_slot(self._tools, periodic.job, periodic.every)
        if slot is None or self._dispatch(periodic.job):
            return True
        release_slot(self._tools, periodic.job, slot)
        self._not_before = self._tools.now() + _REST
        return False


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
