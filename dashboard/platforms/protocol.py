"""What Linkkeeper asks of a platform. A platform file is data with a few methods.

Capabilities beyond the common ones are protocols of their own, found with `isinstance`, so that no
platform has to say "not implemented".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from dashboard.domain.budgets import Budget
from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability
from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Evidence
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import Outgoing, PostRules, PublishOutcome
from dashboard.domain.pushes import Delivery, PushAnswer
from dashboard.domain.quotas import Quota
from dashboard.domain.wire import Http

__all__ = [
    "About",
    "App",
    "AppGuide",
    "AppTest",
    "Credential",
    "DatesItsQuestions",
    "Granted",
    "ListsMentions",
    "ListsPosts",
    "LoginField",
    "NeedsApp",
    "OwnLogIn",
    "Platform",
    "Publishes",
    "ReceivesPushes",
    "RefreshOutcome",
    "RefreshRefused",
    "RefreshUnclear",
    "Refreshed",
    "RefreshesCredentials",
    "RenewsWithoutSecret",
    "Revokes",
    "RevokesAllAtOnce",
    "SignsInAtOwnServer",
    "SignsInAtPlatform",
    "SignsInByPassword",
    "SpeaksThroughSandbox",
    "Start",
    "Subject",
    "TellsFate",
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
class OwnLogIn:
    """The platform's own log-in, for those that may be linked by app password as well."""

    conditions: tuple[str, ...]
    before_relink: tuple[str, ...]
    fields: tuple[LoginField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What people are told about a platform.

    `conditions` stand on the page before linking, `before_relink` before a relink; both in plain
    words. `wants` maps each capability to the permissions it needs, in the platform's own names.
    With `own_log_in` there are two ways in, and the others say what holds for the app password.
    `budget` is how much it takes in a short time; None where it tells no number: then its refusals
    and headers alone are obeyed. `quota` is what it counts by the day.
    """

    key: str
    label: str
    account_word: str  # "account", "page", "channel": what its people call one
    conditions: tuple[str, ...]
    before_relink: tuple[str, ...]
    wants: Mapping[Capability, frozenset[str]]
    fields: tuple[LoginField, ...] = ()
    own_log_in: OwnLogIn | None = None
    grant_at: str = ""  # where permissions are given, in words
    grant_url: str = ""
    history_reach: str = ""  # how far back the platform lists posts, in words
    budget: Budget | None = None
    quota: Quota | None = None


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
class DatesItsQuestions(Protocol):
    """Its questions carry the present instant, signed: it is told by which clock."""

    def with_clock(self, clock: Callable[[], datetime]) -> Platform: ...


@runtime_checkable
class RefreshesCredentials(Protocol):
    """Its tokens are renewed by us. `refresh` asks once, is never repeated by the platform file.

    It never raises: silence is `RefreshUnclear`.
    """

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome: ...


@runtime_checkable
class RenewsWithoutSecret(Protocol):
    """Its renewals do not name our registration: they prove no more of it than any other read."""

    renews_without_secret: bool


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


@runtime_checkable
class RevokesAllAtOnce(Protocol):
    """A revocation ends all that the person has given to our registration, not one token only."""

    revokes_all_at_once: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AppGuide:
    """How an administrator registers Linkkeeper with a platform, for Settings > Platforms.

    `steps` are in order and in plain words; the redirect address (and the push address, named
    `push_label` where the platform asks for one) is shown beside them. `conditions` say what it
    takes: review, plan, cost. `options` are further things to type, kept in `App.facts`.
    """

    console_url: str
    steps: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    id_label: str = "Client ID"
    secret_label: str = "Client secret"  # noqa: S105  a label
    options: tuple[LoginField, ...] = ()
    push_label: str = ""


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


@runtime_checkable
class ListsMentions(Protocol):
    """One page of what others say about an account, newest first; cursors as in `ListsPosts`.

    Raises PlatformError or NoAnswerError: about the link they say nothing, a check does.
    """

    async def mentions(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        *,
        cursor: str,
    ) -> tuple[Sequence[FoundMention], str]: ...


@runtime_checkable
class Publishes(Protocol):
    """A text, with a link and a picture where `rules` say so, goes out once.

    `publish` never raises for what a platform says or for its silence: once the question that
    makes the post public has left, no answer is PublishUnclear. It repeats nothing that may have
    made something public. Steps before (uploads) may fail freely: that is NotPublished.
    """

    rules: PostRules

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome: ...


@runtime_checkable
class TellsFate(Protocol):
    """It works on a post for a while, and says later what became of it.

    `trace` is that of an earlier `PublishUnclear`. Nothing is sent again. Never raises for what a
    platform says or for its silence: that leaves the fate as unclear as it was.
    """

    async def fate(
        self, http: Http, app: App | None, credential: Credential, trace: str
    ) -> PublishOutcome: ...


@runtime_checkable
class SpeaksThroughSandbox(Protocol):
    """Its addresses can be those of a dialect of the make-believe platform (demo and tests)."""

    def through(self, sandbox_url: str) -> Platform:
        """The same platform, asking `<sandbox_url>/dialects/<key>/<name of the host>`."""
        ...
