"""What may travel through Redis: the name of a job from `JOBS` and ids, signed (R62).

Redis carries wake-up hints only. Whoever writes to it can at most delay work: nothing in it names
code, and of a job's hash only the signed part and a few dates are read. Losing it loses no work,
because what is due stands in SQL and is offered again.
"""

import hmac
import json
import logging
import time
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DeserializationError, NoSuchJobError
from rq.job import Job

QUICK = "quick"  # a person waits for it, or a mail
CHECKS = "checks"  # whether the links work; they never wait for a calendar
LONG = "long"  # other batches
SYNCS = "syncs"  # calendars, each of which may take minutes
QUEUES = (QUICK, CHECKS, LONG, SYNCS)  # what goes first stands first

_log = logging.getLogger(__name__)
_KEPT = frozenset({"data", "created_at", "enqueued_at", "origin", "status"})
_LARGEST = 8192  # bytes of a payload
_LONGEST_ID = 200
_FORGOTTEN_AFTER = 600  # seconds; the reconciler has offered the work again long before
_ONE_WAITS_FOR = 15  # seconds in which the same hint is not put a second time
_AWAY_FOR = 2.0  # seconds without asking again once Redis did not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """Where a job's function is (`module:function`), who runs it, and how long it may take.

    `deadline` in seconds is for a process that hangs: it is ended hard and the work taken over.
    """

    path: str
    queue: str
    deadline: int = 300


JOBS: dict[str, JobSpec] = {
    "check_due": JobSpec(path="jobs.health_checks:check_due", queue=CHECKS),
    "refresh_due": JobSpec(path="jobs.health_checks:refresh_due", queue=LONG, deadline=600),
    "sync_account": JobSpec(path="jobs.calendar_sync:sync_account", queue=SYNCS),
    "sync_due": JobSpec(path="jobs.calendar_sync:sync_due", queue=SYNCS),
    "publish_due": JobSpec(path="jobs.publishing:publish_due", queue=QUICK),
    "give_back_access": JobSpec(path="jobs.removal:give_back", queue=LONG),
    "gather_notices": JobSpec(path="jobs.notifications:gather", queue=QUICK, deadline=60),
    "send_mails": JobSpec(path="jobs.notifications:send_mails", queue=QUICK),
    "purge_removed": JobSpec(path="jobs.removal:purge", queue=LONG),
    "watch_setup": JobSpec(path="jobs.upkeep:watch_setup", queue=LONG, deadline=60),
    "upkeep": JobSpec(path="jobs.upkeep:tidy", queue=LONG),
}


class SignedJson:
    """RQ's serializer: JSON behind an HMAC-SHA256. Another key, or none, and nothing is read."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.__qualname__ = type(self).__qualname__  # RQ's worker asks for it

    def dumps(self, value: Any) -> bytes:
        body = json.dumps(value, separators=(",", ":")).encode()
        return self._mac(body) + b"." + body

    def loads(self, data: bytes) -> Any:
        mac, _, body = data.partition(b".")
        if not hmac.compare_digest(mac, self._mac(body)):
            raise DeserializationError
        return json.loads(body)

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self._key, b"hint/1." + body, sha256).hexdigest().encode()


class HintJob(Job):
    """A job that is nothing but a name from `JOBS` and some ids; it cannot run by itself.

    Callbacks, webhooks, dependencies, retries, results and metadata in its hash are not read.
    """

    @classmethod
    def fetch(cls, id: str, connection: Redis | None = None, serializer: Any = None) -> Job:  # noqa: A002 - RQ's name
        try:
            return super().fetch(id, connection=connection, serializer=serializer)
        except ValueError as error:  # an id or a hash that RQ never wrote
            raise NoSuchJobError from error

    def restore(self, raw_data: dict[bytes, bytes]) -> None:
        kept = {key: value for key, value in raw_data.items() if _text(key) in _KEPT}
        kept[b"data"] = _inflated(kept.get(b"data", b""))
        super().restore(kept)
        self.origin = self.origin if self.origin in QUEUES else LONG
        self.result_ttl = 0
        self.failure_ttl = _FORGOTTEN_AFTER

    @property
    def func(self) -> Any:
        raise DeserializationError

    def _deserialize_data(self) -> None:
        super()._deserialize_data()  # type: ignore[no-untyped-call]  # RQ's
        known = isinstance(self._func_name, str) and self._func_name in JOBS
        if not known or self._instance is not None or self._kwargs or not _are_ids(self._args):
            raise DeserializationError
        self.timeout = JOBS[str(self._func_name)].deadline


class RedisJobs:
    """The port `Jobs` on Redis."""

    def __init__(self, connection: Redis, key: bytes) -> None:
        self._redis = connection
        self._queues = {
            name: Queue(name, connection=connection, job_class=HintJob, serializer=SignedJson(key))
            for name in QUEUES
        }
        self._away_until = 0.0

    def hint(self, job: str, *ids: str) -> bool:
        """Wake a worker for `job`; False when Redis is away, at once if it just was."""
        spec = JOBS.get(job)
        if spec is None:
            _log.error("no such job", extra={"job": job})
            return False
        if time.monotonic() < self._away_until:
            return False
        try:
            if self._redis.set(waiting_key(job, ids), 1, nx=True, ex=_ONE_WAITS_FOR):
                self._queues[spec.queue].enqueue_call(
                    job, args=ids, timeout=spec.deadline, result_ttl=0, ttl=_FORGOTTEN_AFTER
                )
        except RedisError as error:
            self._away_until = time.monotonic() + _AWAY_FOR
            _log.warning("the queue is away; the work waits in SQL", extra={"why": str(error)})
            return False
        return True


def waiting_key(job: str, ids: tuple[str, ...]) -> str:
    """Exists while the same hint waits; the worker removes it before it begins."""
    return f"linkkeeper:waiting:{job}:{sha256(json.dumps(ids).encode()).hexdigest()[:32]}"


def _text(key: bytes | str) -> str:
    return key.decode(errors="replace") if isinstance(key, bytes) else key


def _inflated(data: bytes) -> bytes:
    """Unpack at most `_LARGEST` bytes: a packed bomb is no job."""
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(data, _LARGEST)
    except zlib.error as error:
        raise NoSuchJobError from error
    if not unpacker.eof:
        raise NoSuchJobError
    return plain


def _are_ids(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(item, str) and len(item) <= _LONGEST_ID for item in value
    )
