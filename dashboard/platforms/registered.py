"""What platforms have in common where an administrator registers Linkkeeper by hand."""

from collections.abc import Mapping
from dataclasses import replace

from dashboard.domain.credentials import App
from dashboard.domain.errors import PlatformError
from dashboard.domain.wire import Http
from dashboard.platforms import oauth2
from dashboard.platforms.protocol import About, Start


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
