"""Whether this installation can do its work, for monitors: fixed names of what fails, no details.

Every check runs at the same time and gets less than a second; one that hangs counts as failing and
is not started again before it came back. Answers are kept for two seconds, so that asking often
costs nothing (R50).
"""

import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

from dashboard.db import heartbeats, probes
from dashboard.db.deliveries import oldest_waiting
from dashboard.db.incidents import open_incidents
from dashboard.db.migrate import is_current
from dashboard.domain.incidents import IncidentKind
from dashboard.domain.states import LinkState
from dashboard.services.heartbeats import SCHEDULER, WORKER
from dashboard.services.ports import Tools

Check = Callable[[], bool]
"""True when all is well; whatever it raises means that it is not."""

_PATIENCE = 0.8  # seconds for all checks together
_KEPT = 2.0  # seconds
_SILENCE = timedelta(seconds=45)  # workers and schedulers beat every 10 seconds
_UNSENT = timedelta(minutes=15)
_DISK_SHARE = 0.05
_DISK_BYTES = 2**30

OFFLINE = "offline"
"""Our own network reaches no platform. Worth knowing, but no reason to restart or to replace us."""

_log = logging.getLogger(__name__)


class Readiness:
    """Remembers the last answer, and which checks still hang."""

    def __init__(self, checks: Mapping[str, Check]) -> None:
        self._checks = checks
        self._running: dict[str, threading.Thread] = {}
        self._passed: set[str] = set()
        self._lock = threading.Lock()
        self._failing: tuple[str, ...] = ()
        self._asked_at = float("-inf")

    def failing(self) -> tuple[str, ...]:
        """The names of the checks that fail; never raises, answers within a second."""
        with self._lock:
            if time.monotonic() - self._asked_at > _KEPT:
                self._failing = self._ask()
                self._asked_at = time.monotonic()
            return self._failing

    def _ask(self) -> tuple[str, ...]:
        give_up = time.monotonic() + _PATIENCE
        self._passed.clear()
        for name, check in self._checks.items():
            if name not in self._running or not self._running[name].is_alive():
                thread = threading.Thread(target=self._try, args=(name, check), daemon=True)
                self._running[name] = thread
                thread.start()
        for thread in self._running.values():
            thread.join(max(0.0, give_up - time.monotonic()))
        return tuple(
            name
            for name in self._checks
            if self._running[name].is_alive() or name not in self._passed
        )

    def _try(self, name: str, check: Check) -> None:
        try:
            if check():
                self._passed.add(name)
        except Exception as error:  # noqa: BLE001 - the border of a ping
            _log.warning("check failed", extra={"check": name, "why": type(error).__name__})


def checks_of(tools: Tools, ping_queue: Check | None) -> dict[str, Check]:
    """The checks of an installation; without a queue (in tests) there is none of it."""
    checks: dict[str, Check] = {
        "database": lambda: _can_write(tools),
        "migrations": lambda: is_current(tools.database),
        "worker": lambda: _is_alive(tools, WORKER),
        "scheduler": lambda: _is_alive(tools, SCHEDULER),
        "outbox": lambda: _mails_go_out(tools),
        "disk": lambda: _disk_has_room(tools),
        OFFLINE: lambda: not _is_offline(tools),
    }
    return checks if ping_queue is None else checks | {"queue": ping_queue}


def _can_write(tools: Tools) -> bool:
    with tools.database.writing() as unit:
        probes.write_something(unit)
    return True


def _is_alive(tools: Tools, kind: str) -> bool:
    """A scheduler beats only after it has looked for what is due, so this is its lag, too."""
    with tools.database.reading() as session:
        seen = heartbeats.latest(session).get(kind)
    return seen is not None and tools.now() - seen < _SILENCE


def _mails_go_out(tools: Tools) -> bool:
    """Without a mail server mails are kept on purpose, and the pages say so."""
    if tools.mailer is None:
        return True
    with tools.database.reading() as session:
        since = oldest_waiting(session)
    return since is None or tools.now() - since < _UNSENT


def _is_offline(tools: Tools) -> bool:
    """An incident of its own: it opens once patience is used up and ends once, so none flaps."""
    with tools.database.reading() as session:
        return any(one.kind is IncidentKind.OFFLINE for one in open_incidents(session))


def _disk_has_room(tools: Tools) -> bool:
    disk = shutil.disk_usage(tools.settings.data_dir)
    return disk.free > min(disk.total * _DISK_SHARE, _DISK_BYTES)


def account_states(tools: Tools) -> dict[LinkState, int]:
    """How many accounts are in which state."""
    with tools.database.reading() as session:
        return probes.accounts_by_state(session)
