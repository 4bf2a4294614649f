"""`python -m jobs.worker QUEUE ...`: takes hints from the queues, one at a time, until told to stop.

It does not fork: one process keeps its HTTP connections and imports, and a job is a whole batch. A
job that hangs past its deadline ends the process, and the next one takes the work over from SQL.
"""

import faulthandler
import logging
import signal
import sys
import time
from collections.abc import Callable, Sequence
from threading import Event
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.timeouts import BaseDeathPenalty
from rq.worker import WorkerStatus

from jobs.queues import HintJob, SignedJson, waiting_key

Run = Callable[[str, tuple[str, ...]], None]
"""Runs a job by name; records what goes wrong instead of raising."""

_log = logging.getLogger(__name__)
_TTL = 20  # seconds; RQ waits 15 less for a hint and 10 more for an answer, so a dead Redis shows
_MAINTENANCE = 60  # seconds; only RQ's own lists, work is taken over through SQL
_PAUSE = 1.0  # seconds between two tries to reach Redis


class Watchdog(BaseDeathPenalty):
    """Ends the process when a job hangs: an exception thrown into it could tear a refresh apart."""

    def setup_death_penalty(self) -> None:
        if self._timeout > 0:
            faulthandler.dump_traceback_later(self._timeout, exit=True, file=sys.__stderr__)

    def cancel_death_penalty(self) -> None:
        faulthandler.cancel_dump_traceback_later()


class HintWorker(SimpleWorker):
    """RQ's worker for hints: signed jobs only, no commands by pub/sub, a calm end on SIGTERM."""

    death_penalty_class = Watchdog
    max_connection_wait_time = _PAUSE
    log_result_lifespan = False

    def __init__(
        self, queues: Sequence[str], *, redis: Redis, key: bytes, run: Run, alone: Callable[[], Any]
    ) -> None:
        super().__init__(
            list(queues),
            connection=redis,
            job_class=_job_class(run),
            serializer=SignedJson(key),
            worker_ttl=_TTL,
            maintenance_interval=_MAINTENANCE,
            log_job_description=False,
        )
        self._alone = alone

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Called before each wait for a hint; without Redis what is due is found in SQL instead."""
        try:
            super().heartbeat(timeout, pipeline)
        except (RedisConnectionError, RedisTimeoutError):
            if pipeline is None and self.get_state() != WorkerStatus.BUSY:
                self._alone()
            raise

    def request_stop(self, signum: int, frame: Any) -> None:  # noqa: ARG002 - a signal handler
        """Finish the job at hand, begin no other. Asked again, it still finishes (R66)."""
        if not self._stop_requested:
            self._stop_requested = True
            if self.get_state() != WorkerStatus.BUSY:
                raise StopRequested

    def subscribe(self) -> None:
        """Nobody commands a worker through Redis (R62)."""

    def unsubscribe(self) -> None:
        """See `subscribe`."""
