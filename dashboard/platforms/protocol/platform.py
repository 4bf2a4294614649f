"""What is common to all platforms: who it is, and how a link is checked."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, runtime_checkable

from dashboard.domain.checks import CheckOutcome
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.wire import Http
from dashboard.platforms.protocol.about import About


@runtime_checkable
class Platform(Protocol):
    """Common to all: who it is, how a link is checked. Raises NoAnswerError only through `Http`.

    `check` never raises for what a platform says: everything is an outcome. It may raise
    NoAnswerError, which the caller turns into `NoAnswer`.
    """

    about: About

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome: ...

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        """Whose credential this is and which accounts it reaches; raises PlatformError."""
        ...


@runtime_checkable
class DatesItsQuestions(Protocol):
    """Its questions carry the present instant, signed: it is told by which clock."""

    def with_clock(self, clock: Callable[[], datetime]) -> Platform: ...


@runtime_checkable
class SpeaksThroughSandbox(Protocol):
    """Its addresses can be those of a dialect of the make-believe platform (demo and tests)."""

    def through(self, sandbox_url: str) -> Platform:
        """The same platform, asking `<sandbox_url>/dialects/<key>/<name of the host>`."""
        ...
