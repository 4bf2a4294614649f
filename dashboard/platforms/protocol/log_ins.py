"""The ways in which a person gives Linkkeeper access, and gives it back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.wire import Http


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A log-in at the platform about to begin: where to send the browser, what to remember."""

    url: str
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a log-in brought: the credential, whose it is, and the accounts it reaches."""

    credential: Credential
    subject: Subject
    identities: tuple[Identity, ...]


@runtime_checkable
class SignsInAtPlatform(Protocol):
    """The person is sent to the platform's own log-in and comes back with a code."""

    def server(self, typed: Mapping[str, str]) -> str:
        """The origin that was meant ("https://mastodon.example"), "" for one-server platforms.

        Asks nobody. Raises InvalidInputError for what was typed.
        """
        ...

    async def prepare(
        self, http: Http, app: App | None, typed: Mapping[str, str], redirect_uri: str
    ) -> App | None:
        """Return the app to use, or None when there is none.

        `app` is the registration that we have with that server: it is returned as it is unless it
        cannot serve any more (other scopes or another redirect address wanted, or the server has
        forgotten it). Without one a new one is made where the server takes them by itself; that one
        is for the caller to store. Raises InvalidInputError for what was typed, PlatformError when
        the server refuses, NoAnswerError.
        """
        ...

    def start(
        self,
        app: App,
        *,
        redirect_uri: str,
        state: str,
        typed: Mapping[str, str],
        choose_person: bool,
    ) -> Start: ...

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        """Exchange the code and list what was granted; raises PlatformError or NoAnswerError."""
        ...


@runtime_checkable
class SignsInByPassword(Protocol):
    """The person types an app password here; it is used once to open a session, never stored."""

    async def sign_in(self, http: Http, typed: Mapping[str, str], *, now: datetime) -> Granted:
        """Raises InvalidInputError at the field, PlatformError, or NoAnswerError."""
        ...


@runtime_checkable
class SignsInAtOwnServer(Protocol):
    """The person names an account, and the log-in is that of the server which the account lives on.

    We are registered with none of these servers: `client_id` leads them to a document about us.
    Where there is `SignsInByPassword` as well, a person chooses.
    """

    def client_id(self, base_url: str, redirect_uri: str) -> str:
        """How servers know an installation with this address; "" where none could."""
        ...

    def new_client(self, client_id: str, redirect_uri: str) -> App:
        """A registration that only we know, with a fresh key."""
        ...

    def document(self, apps: Sequence[App], base_url: str) -> Mapping[str, object]:
        """What servers read about us; `apps` are all that a consent may hang on, newest first."""
        ...

    async def set_out(
        self, http: Http, app: App, typed: Mapping[str, str], *, state: str, remote_id: str
    ) -> Start:
        """Find the server and prepare the log-in there; the `verifier` is all to be remembered.

        `remote_id` is the account to relink, "" for what was typed. Raises InvalidInputError at the
        field, PlatformError, NoAnswerError.
        """
        ...

    async def arrive(
        self, http: Http, app: App, *, code: str, issuer: str, verifier: str, now: datetime
    ) -> Granted:
        """Exchange the code; `issuer` is who the answer says it comes from ("" for nobody).

        Raises PlatformError or NoAnswerError.
        """
        ...


@runtime_checkable
class Revokes(Protocol):
    """The platform is told when a link is removed (R38); best effort, repeated by its caller."""

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None: ...


@runtime_checkable
class RevokesAllAtOnce(Protocol):
    """A revocation ends all that the person has given to our registration, not one token only."""

    revokes_all_at_once: bool
