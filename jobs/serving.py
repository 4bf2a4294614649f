"""The loop of a worker: takes hints from the queues, one at a time, until told to stop.

It does not fork: one process keeps its HTTP connections and imports, and a job is a whole batch. A
job that hangs past its deadline ends the process, and the next one takes the work over from SQL.
"""

import faulthandler
import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.timeouts import BaseDeathPenalty

from jobs.queues import HintJob, SignedJson, waiting_key

_log = logging.getLogger(__name__)
_TTL = 20  # seconds; RQ waits 15 less for a hint and 10 more for an answer: a dead Redis shows soon
_MAINTENANCE = 60  # seconds; it only tidies RQ's own lists, work is taken over through SQL
_PAUSE = 1.0  # seconds between two tries to reach Redis


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a worker does: `run` a hinted job, and without Redis look for due work `alone`.

    Neither raises; what goes wrong is recorded.
    """

    run: Callable[[str, tuple[str, ...]], None]
    alone: Callable[[], None]


class Stop:
    """SIGTERM and SIGINT: the job at hand is finished, no other is begun (R66)."""

    def __init__(self) -> None:
        self.requested = False
        self._told: list[Event] = []
        self._waiting = False

    def __call__(self, signum: int, frame: Any) -> None:  # noqa: ARG002 - a signal handler
        self.requested = True
        for event in self._told:
            event.set()
        if self._waiting:
            raise StopRequested

    def tell(self, event: Event) -> None:
        """Set `event`, too: long jobs begin no more of their parts then."""
        self._told.append(event)
        if self.requested:
            event.set()

    def check(self) -> None:
        """Raise StopRequested when it is time; between two jobs this is always safe."""
        if self.requested:
            raise StopRequested

    def interrupts(self, *, waiting: bool) -> None:
        """Say whether this process only waits, so that a signal may break it off at any point."""
        if waiting:
            self.check()
        self._waiting = waiting


class Watchdog(BaseDeathPenalty):
    """Ends the process when a job hangs: an exception thrown into it could tear a refresh apart."""

    def setup_death_penalty(self) -> None:
        if self._timeout > 0:
            faulthandler.dump_traceback_later(self._timeout, exit=True, file=sys.stderr)

    def cancel_death_penalty(self) -> None:
        faulthandler.cancel_dump_traceback_later()


class HintWorker(SimpleWorker):
    """RQ's worker for hints: signed jobs only, no commands by pub/sub, a calm end."""

    death_penalty_class = Watchdog
    max_connection_wait_time = _PAUSE
    log_result_lifespan = False

    def __init__(
        self, queues: Sequence[str], *, redis: Redis, key: bytes, work: Work, stop: Stop
    ) -> None:
        super().__init__(
            list(queues),
            connection=redis,
            job_class=_job_class(work.run),
            serializer=SignedJson(key),
            worker_ttl=_TTL,
            maintenance_interval=_MAINTENANCE,
            log_job_description=False,
        )
        self._work = work
        self._stop = stop

    def dequeue_job_and_maintain_ttl(
        self, timeout: int | None, max_idle_time: int | None = None
    ) -> Any:
        """Wait for a hint; only here a signal may break in."""
        self._stop.interrupts(waiting=True)
        try:
            return super().dequeue_job_and_maintain_ttl(timeout, max_idle_time)
        finally:
            self._stop.interrupts(waiting=False)

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """RQ says it before each wait; when Redis is away, what is due is looked for in SQL."""
        if pipeline is None:
            self._stop.check()
        try:
            super().heartbeat(timeout, pipeline)
        except (RedisConnectionError, RedisTimeoutError):
            _log.warning("the queue is away; looking for due work in SQL")
            self._stop.interrupts(waiting=False)
            self._work.alone()
            self._stop.interrupts(waiting=True)

    def subscribe(self) -> None:
        """Nobody commands a worker through Redis (R62)."""

    def unsubscribe(self) -> None:
        """See `subscribe`."""

    def _install_signal_handlers(self) -> None:
        """`serve` has installed its own."""


def serve(queues: Sequence[str], *, redis: Redis, key: bytes, work: Work, stop: Stop) -> None:
    """Work until `stop`; a Redis that goes away and comes back is all the same to it."""
    while not stop.requested:
        try:
            worker = HintWorker(queues, redis=redis, key=key, work=work, stop=stop)
            worker.work(logging_level="WARNING")
        except RedisError:
            work.alone()
        if not stop.requested:
            time.sleep(_PAUSE)


def _job_class(run: Callable[[str, tuple[str, ...]], None]) -> type[HintJob]:
    class RunnableHint(HintJob):
        def perform(self) -> None:
            name, ids = str(self.func_name), tuple(self.args)
            self.connection.delete(waiting_key(name, ids))
            run(name, ids)

    return RunnableHint
