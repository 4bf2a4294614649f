"""A platform with a log-in of its own, whose answers a test decides."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.wire import Http
from dashboard.platforms.protocol import Granted, Start
from tests.factories import FakePlatform


def identity(remote_id: str = "page-1", name: str = "Bakery Jansen") -> Identity:
    return Identity(remote_id=remote_id, name=name, handle=name.lower().replace(" ", ""))


class SignInPlatform(FakePlatform):
    """`granted` is what the next exchange brings, or the error it raises."""

    def __init__(self) -> None:
        super().__init__()
        self.granted: Granted | Exception = granted(identity())
        self.exchanged: list[tuple[str, str, str]] = []
        self.started: list[dict[str, object]] = []
        self.registered: list[str] = []
        self.revoked: list[str] = []
        self.forgotten: set[str] = set()  # client ids that the platform no longer knows

    def server(self, typed: Mapping[str, str]) -> str:
        return typed.get("server", "")

    async def prepare(
        self, http: Http, app: App | None, typed: Mapping[str, str], redirect_uri: str
    ) -> App | None:
        if app is not None:
            return None if app.client_id in self.forgotten else app
        self.registered.append(redirect_uri)
        return App(client_id=f"client-{len(self.registered)}", client_secret="s3cret")

    def start(
        self,
        app: App,
        *,
        redirect_uri: str,
        state: str,
        typed: Mapping[str, str],
        choose_person: bool,
    ) -> Start:
        self.started.append({"state": state, "redirect_uri": redirect_uri, "other": choose_person})
        return Start(url=f"https://fake.example/authorize?state={state}", verifier="v" * 43)

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        self.exchanged.append((code, verifier, redirect_uri))
        if isinstance(self.granted, Exception):
            raise self.granted
        return self.granted

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        self.revoked.append(credential.access)


def granted(*identities: Identity, access: str = "new-access") -> Granted:
    return Granted(
        credential=Credential(access=access, refresh="new-refresh", scopes=frozenset({"read"})),
        subject=Subject(remote_id="anna", name="Anna J."),
        identities=identities,
    )


def reaching(platform: SignInPlatform, *identities: Identity) -> None:
    assert isinstance(platform.granted, Granted)
    platform.granted = replace(platform.granted, identities=identities)
