"""What platforms have in common where an administrator registers Linkkeeper by hand."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.wire import Http
from dashboard.platforms import oauth2
from dashboard.platforms.answers import secrets_of, send
from dashboard.platforms.protocol import About, Granted, Start


class RegisteredByHand:
    """One server, one registration: nothing is typed, nothing is discovered."""

    about: About

    def server(self, typed: Mapping[str, str]) -> str:
        _ = typed
        return ""

    async def prepare(
        self, http: Http, app: App | None, typed: Mapping[str, str], redirect_uri: str
    ) -> App | None:
        """The registration with the address that people come back to; raises PlatformError."""
        _ = http, typed
        if app is None:
            raise PlatformError(self.about.key, "not_set_up", "there is no registration")
        return replace(app, facts={**app.facts, oauth2.REDIRECT: redirect_uri})

    def start(
        self,
        app: App,
        *,
        redirect_uri: str,
        state: str,
        typed: Mapping[str, str],
        choose_person: bool,
    ) -> Start:
        _ = typed
        extra = self.asked_along(choose_person=choose_person)
        return oauth2.start(app, redirect_uri=redirect_uri, state=state, extra=extra)

    def asked_along(self, *, choose_person: bool) -> dict[str, str]:
        """What else goes into the address of the log-in."""
        _ = choose_person
        return {}


class OneLogInOneAccount(RegisteredByHand, ABC):
    """What a person allows is for the account itself, with tokens as the protocol has them."""

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        """Exchange the code and see whose account it is; raises PlatformError, NoAnswerError."""
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

    @abstractmethod
    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        """Whose account it is; raises PlatformError, NoAnswerError."""

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """Give all of it back; raises PlatformError for an answer that is worth another try."""
        await give_back(http, app, self.about.key, credential, credential.refresh)


async def give_back(
    http: Http, app: App | None, key: str, credential: Credential, token: str
) -> None:
    """Tell the platform that `token` (or the access token for "") is needed no more (R38).

    Raises PlatformError for an answer that is worth another try, NoAnswerError.
    """
    if app is None:
        return
    ask = oauth2.revoke_ask(app, token or credential.access)
    reply = await send(http, ask, secrets_of(credential, app))
    if reply.silence():
        raise reply.failure(key)
