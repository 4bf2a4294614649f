"""Bluesky and other services of the AT Protocol, linked at their own log-in or by app password.

The two ways differ in how a link begins, is renewed and ends (`own_log_in`, `consent`); in between
the same questions are asked, signed in the first case. The DID is the identity: handles and servers
change.

The app password is sent once, to the service that was typed, and kept nowhere: what is kept is the
session it opens. Everything about the session is asked of that same service, which issued it;
posts are read from the account's own server (PDS), which a session names in its DID document, as
the official client does (github.com/bluesky-social/atproto, packages/api/src/atp-agent.ts). That an
app password was deleted shows at the next refresh, so within the two hours that an access token
lives (packages/pds/src/account-manager/helpers/auth.ts).
"""

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus

from dashboard.domain.budgets import Budget
from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability, Missing
from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, NeedsRefresh, Refused, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import Outgoing, PictureRule, PostRules, PublishOutcome
from dashboard.domain.wire import Http, NoAnswerError
from dashboard.platforms import atproto
from dashboard.platforms.answers import Reply, secrets_of, send
from dashboard.platforms.atproto import procedure, query, session_of
from dashboard.platforms.atproto_log_in import client
from dashboard.platforms.atproto_log_in.homes import NAMES, PLC
from dashboard.platforms.atproto_log_in.proofs import Clock, Nonces
from dashboard.platforms.bluesky import consent, own_log_in, posting
from dashboard.platforms.bluesky.consent import LABELS, Senses, is_consent
from dashboard.platforms.bluesky.reading import (
    DID,
    PDS,
    SERVICE,
    closed,
    credential_of,
    failure,
    post_of,
    read_identity,
    read_session,
    taken_down_or_gone,
)
from dashboard.platforms.bluesky.signing_in import (
    DEFAULT_SERVICE,
    FIELDS,
    KEY,
    WHERE,
    main_password_typed,
    not_signed_in,
    read_typed,
)
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.oauth2 import may_have_happened, unanswered
from dashboard.platforms.permissions import missing_permissions
from dashboard.platforms.protocol import (
    About,
    Granted,
    Refreshed,
    RefreshOutcome,
    RefreshRefused,
    RefreshUnclear,
    Start,
)
from dashboard.platforms.servers import ask_typed

_REFRESH_DEADLINE = 75.0  # seconds (R34)
_PAGE = 100  # the most that a service gives (lexicon app.bsky.feed.getAuthorFeed)

REAL: Hosts = {
    PLC: "https://plc.directory",
    NAMES: "https://public.api.bsky.app",
    "pds": DEFAULT_SERVICE,
    "auth": DEFAULT_SERVICE,
}
"""The last two are asked only where an account's own documents lead there."""


def _no_clock() -> datetime:
    raise RuntimeError("Whoever asks in somebody's name must say by which clock.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bluesky:
    """See the module. The numbers that servers gave are remembered as long as the process lives."""

    hosts: Hosts = field(default_factory=lambda: REAL)
    clock: Clock = _no_clock
    nonces: Nonces = field(default_factory=Nonces, repr=False, compare=False)

    about = About(
        key=KEY,
        label="Bluesky",
        account_word="account",
        conditions=(
            f"You need an app password: make one in Bluesky under {WHERE}.",
            "Allow it access to your direct messages if these are to come in.",
            "Never type your main password here.",
        ),
        before_relink=(
            "A new app password is needed: a change of the main password has ended the old ones.",
        ),
        wants={
            Capability.READ_MESSAGES: frozenset({atproto.APP_PASSWORD_WITH_MESSAGES}),
            Capability.MONITOR_MENTIONS: frozenset({atproto.APP_PASSWORD}),
            Capability.READ_PUBLICATIONS: frozenset({atproto.APP_PASSWORD}),
            Capability.PUBLISH: frozenset({atproto.APP_PASSWORD}),
        },
        fields=FIELDS,
        own_log_in=own_log_in.WAY,
        grant_at=f"Bluesky > {WHERE}: make a new one, with direct messages allowed; then relink",
        grant_url="https://bsky.app/settings/app-passwords",
        history_reach="Bluesky gives the whole history of an account.",
        budget=Budget(requests=3000, seconds=300, source="docs.bsky.app, rate limits: per address"),
    )

    rules = PostRules(longest=300, picture=PictureRule.UPLOADED, link_takes=None)

    @property
    def _senses(self) -> Senses:
        return Senses(hosts=self.hosts, clock=self.clock, nonces=self.nonces)

    def through(self, sandbox_url: str) -> "Bluesky":
        """The same platform, at the dialect of the Sandbox."""
        return replace(self, hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def with_clock(self, clock: Clock) -> "Bluesky":
        """The same platform, by this clock."""
        return replace(self, clock=clock)

    def client_id(self, base_url: str, redirect_uri: str) -> str:
        return client.client_id(base_url, redirect_uri)

    def new_client(self, client_id: str, redirect_uri: str) -> App:
        return client.new_client(client_id, redirect_uri)

    def document(self, apps: Sequence[App], base_url: str) -> Mapping[str, object]:
        return client.document(apps, base_url)

    async def set_out(
        self, http: Http, app: App, typed: Mapping[str, str], *, state: str, remote_id: str
    ) -> Start:
        return await own_log_in.set_out(
            self._senses, http, app, typed, state=state, remote_id=remote_id
        )

    async def arrive(
        self, http: Http, app: App, *, code: str, issuer: str, verifier: str, now: datetime
    ) -> Granted:
        return await own_log_in.arrive(
            self._senses, http, app, code=code, issuer=issuer, verifier=verifier, now=now
        )

    async def sign_in(self, http: Http, typed: Mapping[str, str], *, now: datetime) -> Granted:
        _ = now  # the tokens tell their own dates
        said = read_typed(typed)
        ask = procedure(
            said.service,
            atproto.CREATE_SESSION,
            "open a session",
            body={"identifier": said.handle, "password": said.password},
        )
        reply = await ask_typed(http, ask, field="service", hide=(said.password,))
        session = session_of(reply)
        if session is None or not session.access or not session.refresh:
            raise not_signed_in(reply, said.service)
        credential = credential_of(session, service=said.service)
        if atproto.scope_of(session.access) == atproto.MAIN_PASSWORD:
            with contextlib.suppress(NoAnswerError, PlatformError):  # it runs out by itself, too
                await self.revoke(http, None, credential)
            raise main_password_typed()
        identity = await read_identity(http, credential, session)
        subject = Subject(remote_id=identity.remote_id, name=identity.name)
        return Granted(credential=credential, subject=subject, identities=(identity,))

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        _ = app
        signing = self._senses.signing(http, credential)
        reply = await read_session(signing, credential)
        session = session_of(reply)
        if session is None:
            raise failure(reply)
        identity = await read_identity(signing, credential, session)
        return Subject(remote_id=identity.remote_id, name=identity.name), (identity,)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        _ = app
        reply = await read_session(self._senses.signing(http, credential), credential)
        outcome = await self._meaning(http, credential, identity, reply)
        if is_consent(credential):
            about = self.about
            return await consent.judged(self._senses, http, about, credential, reply, outcome)
        return outcome

    async def _meaning(
        self, http: Http, credential: Credential, identity: Identity, reply: Reply
    ) -> CheckOutcome:
        session = session_of(reply)
        if session is not None and session.did == identity.remote_id:
            return closed(reply) or Works(missing=self._missing(credential.scopes))
        if atproto.knows_no_such_account(reply):
            return await taken_down_or_gone(http, credential, identity, reply)
        outcome = atproto.meaning(reply)
        if isinstance(outcome, NeedsRefresh) and not credential.refresh:
            return Refused(cause=Cause.TOKEN_REFUSED, evidence=outcome.evidence)
        return outcome

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        if is_consent(credential):
            return await consent.renewed(self._senses, http, app, credential, now=now)
        ask = procedure(
            credential.extra.get(SERVICE, ""),
            atproto.REFRESH_SESSION,
            "renew the session",
            token=credential.refresh,
            deadline=_REFRESH_DEADLINE,
        )
        try:
            reply = await send(http, ask, secrets_of(credential))
        except NoAnswerError as error:
            return unanswered(error)
        session = session_of(reply)
        if session and session.access and session.did == credential.extra.get(DID, session.did):
            return Refreshed(credential=credential_of(session, old=credential))
        evidence = reply.evidence(code=atproto.error_of(reply))
        if cause := atproto.refusal_of(reply):
            return RefreshRefused(cause=cause, evidence=evidence)
        return RefreshUnclear(evidence=evidence, may_have_happened=may_have_happened(reply.status))

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        parameters = {"actor": identity.remote_id, "limit": str(_PAGE)}
        if cursor:
            parameters["cursor"] = cursor
        ask = query(
            credential.extra.get(PDS, ""),
            "app.bsky.feed.getAuthorFeed",
            "list the posts",
            token=credential.access,
            filter="posts_and_author_threads",
            **parameters,
        )
        reply = await send(self._senses.signing(http, credential), ask, secrets_of(credential))
        feed = (reply.body or {}).get("feed")
        if reply.status != HTTPStatus.OK or not isinstance(feed, list):
            raise failure(reply)
        found = [post for item in feed if (post := post_of(item, identity.remote_id)) is not None]
        following = reply.text("cursor", 500)
        return found, following if following != cursor and feed else ""

    async def mentions(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        *,
        cursor: str,
    ) -> tuple[Sequence[FoundMention], str]:
        _ = app, identity
        signing = self._senses.signing(http, credential)
        return await posting.mentions(signing, credential, cursor=cursor)

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        _ = app
        signing = self._senses.signing(http, credential)
        return await posting.publish(signing, credential, identity, post)

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """End the session; raises PlatformError for an answer that is worth another try."""
        if is_consent(credential):
            await consent.give_back(self._senses, http, app, credential)
            return
        ask = procedure(
            credential.extra.get(SERVICE, ""),
            atproto.DELETE_SESSION,
            "end the session",
            token=credential.refresh,
        )
        reply = await send(http, ask, secrets_of(credential))
        if reply.silence():
            raise reply.failure(KEY)

    def _missing(self, granted: Collection[str]) -> tuple[Missing, ...]:
        """Nothing is said to be missing where the session does not tell what it may do."""
        if not granted:
            return ()
        missing = missing_permissions(self.about, granted, LABELS, covers=_covers)
        return tuple(replace(item, by_relink=True) for item in missing)


def _covers(granted: Collection[str], wanted: str) -> bool:
    return wanted in granted or atproto.APP_PASSWORD_WITH_MESSAGES in granted
