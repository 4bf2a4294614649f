"""What the services need of the outside world, as protocols; tests hand in fakes of these only."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any, Protocol, TypeVar

from dashboard.adapters.letter import Letter
from dashboard.adapters.smtp import Failed, Sent
from dashboard.db.engine import Database
from dashboard.domain.credentials import Sealer
from dashboard.domain.wire import Http
from dashboard.platforms.protocol import Platform
from dashboard.services.traffic import Traffic
from dashboard.settings import Settings

__all__ = ["Clock", "Jobs", "Mailer", "Outbound", "Passwords", "Pictures", "Sealer", "Tools"]

T = TypeVar("T")

Clock = Callable[[], datetime]
"""The present instant, aware UTC."""


class Jobs(Protocol):
    """Wakes the workers. A hint may be lost: due work is found again in SQL by the reconciler."""

    def hint(self, job: str, *ids: str) -> bool:
        """Return False when the queue is away; never raises, never waits longer than a second."""
        ...


class NoJobs:
    """For commands that run once: nothing is hinted, the reconciler finds what is due."""

    def hint(self, job: str, *ids: str) -> bool:  # noqa: ARG002 - the port's signature
        return False


class Outbound(Http, Protocol):
    """The one outbound client; `run` lets synchronous code wait for an asynchronous talk."""

    def run(self, talk: Coroutine[Any, Any, T]) -> T: ...

    async def to_the_end(self, talk: Coroutine[Any, Any, T]) -> T:
        """Once begun, it is not cut off by a cancellation or by the end of the process (R34)."""
        ...


class Passwords(Protocol):
    """Argon2id (R1). `verify` takes the same time when `stored` is empty (R7)."""

    def check_rules(self, password: str) -> None:
        """Raises InvalidInputError("password", ...) when the password is too weak."""
        ...

    def hash(self, password: str) -> str: ...

    def verify(self, stored: str, password: str) -> bool: ...

    def needs_rehash(self, stored: str) -> bool: ...


class Pictures(Protocol):
    """Draws uploaded pictures anew (R24)."""

    def redrawn(self, data: bytes) -> bytes:
        """Return a JPEG; raises InvalidInputError("picture", ...) when it is no picture."""
        ...


class Mailer(Protocol):
    """Hands letters to the mail server; blocks, and raises nothing that a mail server causes."""

    def send(self, letter: Letter) -> Sent | Failed: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What use cases work with; built once per process by `runtime.py`, by fixtures in tests.

    `traffic` is what is remembered of the platforms' hosts; `stopping` is set when the process is
    asked to end: long work claims nothing more and hands back what it has not begun.
    """

    settings: Settings
    database: Database
    http: Outbound
    cipher: Sealer
    passwords: Passwords
    pictures: Pictures
    jobs: Jobs
    now: Clock
    platforms: Mapping[str, Platform]
    mailer: Mailer | None = None  # None: no mail server is set up, mails are kept
    traffic: Traffic = field(default_factory=Traffic)
    stopping: Event = field(default_factory=Event)
