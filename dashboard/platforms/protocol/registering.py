"""Our registration with a platform where it is made by hand, and what it is told of by pushes."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App
from dashboard.domain.pushes import Delivery, PushAnswer
from dashboard.domain.wire import Http
from dashboard.platforms.protocol.about import AppGuide


class AppTest(StrEnum):
    """What the platform says about our registration."""

    WORKS = "works"
    REFUSED = "refused"
    UNCLEAR = "unclear"  # silence, or no way to ask without a person


@runtime_checkable
class NeedsApp(Protocol):
    """We are registered by hand: an administrator enters an id and a secret. Without: not set up.

    `prepare` of such a platform gets the app as entered and returns it ready for use.
    """

    guide: AppGuide

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        """The registration as we keep it: addresses, scopes. Raises InvalidInputError."""
        ...

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Ask the platform about the registration without any person; raises NoAnswerError."""
        ...


@runtime_checkable
class ReceivesPushes(Protocol):
    """The platform tells when somebody takes a permission away.

    `read_push` verifies with our app's secret, in constant time, and a time window (R46). It may
    ask the platform for its public keys. Raises ForgedPushError, NoAnswerError.
    """

    async def read_push(
        self, http: Http, app: App, delivery: Delivery, *, now: datetime
    ) -> PushAnswer: ...
