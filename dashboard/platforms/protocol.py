"""What Linkkeeper asks of a platform. A platform file is data with a few methods.

Capabilities beyond the common ones are protocols of their own, found with `isinstance`, so that no
platform has to say "not implemented".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability
from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Evidence
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.wire import Http

__all__ = [
    "About",
    "App",
    "Credential",
    "Granted",
    "ListsPosts",
    "LoginField",
    "Platform",
    "RefreshOutcome",
    "RefreshRefused",
    "RefreshUnclear",
    "Refreshed",
    "RefreshesCredentials",
    "Revokes",
    "SignsInAtPlatform",
    "SignsInByPassword",
    "Start",
    "Subject",
]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """A new credential; it must be durable before anything else happens (R34)."""

    credential: Credential


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshRefused:
    """The platform definitively refuses the refresh (`invalid_grant` and its like).

    With a cause of OWNER_MUST_ACT it speaks of the account: when that is lifted, the same token may
    be renewed again, so the refresh is asked again later.
    """

    cause: Cause
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshUnclear:
    """No definitive answer. `may_have_happened` when the request had left (R35).

    `app_problem` when our registration was refused: nothing is said about the link.
    """

    evidence: Evidence
    may_have_happened: bool
    app_problem: bool = False


RefreshOutcome = Refreshed | RefreshRefused | RefreshUnclear


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginField:
    """One thing that a platform needs typed before a link can start (a server, a handle)."""

    name: str
    label: str
    hint: str = ""
    placeholder: str = ""
    secret: bool = False
    default: str = ""
    autocomplete: str = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What people are told about a platform.

    `conditions` stand on the page before linking, `before_relink` before a relink; both in plain
    words. `wants` maps each capability to the permissions it needs, in the platform's own names.
    """

    key: str
    label: str
    account_word: str  # "account", "page", "channel": what its people call one
    conditions: tuple[str, ...]
    before_relink: tuple[str, ...]
    wants: Mapping[Capability, frozenset[str]]
    fields: tuple[LoginField, ...] = ()
    grant_at: str = ""  # where permissions are given, in words
    grant_url: str = ""
    history_reach: str = ""  # how far back the platform lists posts, in words


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
class RefreshesCredentials(Protocol):
    """Its tokens are renewed by us. `refresh` asks once, is never repeated by the platform file.

    It never raises: silence is `RefreshUnclear`.
    """

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome: ...


@runtime_checkable
class ListsPosts(Protocol):
    """One page of an account's posts, newest first; `cursor` "" starts, "" in the answer ends.

    Raises PlatformError or NoAnswerError: about the link they say nothing, a check does.
    """

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]: ...


@runtime_checkable
class Revokes(Protocol):
    """The platform is told when a link is removed (R38); best effort, repeated by its caller."""

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None: ...
