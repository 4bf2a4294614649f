"""The log-in of platforms that keep to OAuth 2 in the main: a code for tokens, then renewed.

What bends from one platform to the next stands as facts of the registration (`oauth2`). Giving the
permission back is apart, as not every platform lets a program do that.
"""

from abc import ABC, abstractmethod
from datetime import datetime, timedelta

from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.wire import Http
from dashboard.platforms import oauth2
from dashboard.platforms.protocol import AppTest, Granted, RefreshOutcome
from dashboard.platforms.registered import RegisteredByHand

_LEFT_AFTER_A_RENEWAL = timedelta(days=15)


def end_of_renewals(credential: Credential) -> datetime | None:
    """By when a person must have logged in again; None while our renewals come before that.

    Each renewal moves the end of the permission, unless the platform has set a last day: then what
    is left after the access ends grows shorter, and in its last two weeks that day is told.
    """
    end, renewed_at = credential.refresh_expires_at, credential.expires_at
    if end is None or renewed_at is None or end - renewed_at < _LEFT_AFTER_A_RENEWAL:
        return end
    return None


class CodeLogIn(RegisteredByHand, ABC):
    """Who logs in reaches the accounts that `identities` lists, by tokens that are renewed."""

    @abstractmethod
    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        """Whose credential this is and which accounts it reaches; raises PlatformError."""

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Renew with a made-up token; raises NoAnswerError."""
        return await oauth2.test_by_renewal(http, app)

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        tokens = await oauth2.exchange(
            http,
            self.about.key,
            app,
            code=code,
            verifier=verifier,
            redirect_uri=redirect_uri,
            now=now,
        )
        credential = tokens.credential(extra={})
        subject, identities = await self.identities(http, app, credential)
        return Granted(credential=credential, subject=subject, identities=identities)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(http, app, credential, now=now)


class OneLogInOneAccount(CodeLogIn):
    """What a person allows is for the account itself, and can be given back."""

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """Give all of it back; raises PlatformError for an answer that is worth another try."""
        token = credential.refresh or credential.access
        await oauth2.give_back(http, self.about.key, app, credential, token)
