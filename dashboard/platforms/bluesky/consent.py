"""A consent given at Bluesky's own log-in: how it is kept, used, renewed and given back.

How long such consents last is told by nobody; these are the lifetimes of the reference server
(github.com/bluesky-social/atproto, packages/oauth/oauth-provider/src/constants.ts). A refresh token
is good once, and a second use ends the consent: so only the machinery of renewals uses it (R33).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dashboard.domain.capabilities import Missing, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, CheckOutcome, Evidence, Refused, Works
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.wire import Http, NoAnswerError
from dashboard.platforms import atproto, oauth2
from dashboard.platforms.answers import Reply, send
from dashboard.platforms.atproto import query
from dashboard.platforms.atproto_log_in import talks
from dashboard.platforms.atproto_log_in.homes import home_of
from dashboard.platforms.atproto_log_in.places import UnfitServerError
from dashboard.platforms.atproto_log_in.proofs import Clock, Nonces, Signing, opened
from dashboard.platforms.atproto_log_in.talks import Errand, Voice
from dashboard.platforms.bluesky.reading import DID, PDS, SERVICE, closed
from dashboard.platforms.bluesky.signing_in import KEY
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.permissions import by_relink, lacking, missing_permissions
from dashboard.platforms.protocol import (
    About,
    Refreshed,
    RefreshOutcome,
    RefreshRefused,
    RefreshUnclear,
)
from dashboard.platforms.servers import host_of

ENDS = "session_ends"
"""In `Credential.extra`: when the consent ends whatever we do, ISO 8601."""

_PUBLIC_LIFE = timedelta(days=14)
_CONFIDENTIAL_LIFE, _CONFIDENTIAL_IDLE = timedelta(days=730), timedelta(days=90)
_SCOPES = {
    "transition:generic": atproto.APP_PASSWORD,
    "transition:chat.bsky": atproto.APP_PASSWORD_WITH_MESSAGES,
}
_SCOPE_ERRORS = frozenset({"ScopeMissingError", "insufficient_scope"})
_OURS = frozenset({"invalid_client_metadata", "invalid_redirect_uri"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Senses:
    """What a consent is used with: the addresses, the clock, the numbers that servers gave."""

    hosts: Hosts
    clock: Clock
    nonces: Nonces

    def signing(self, http: Http, credential: Credential) -> Http:
        """Send in somebody's name; sessions by app password need no proof."""
        if not is_consent(credential):
            return http
        return Signing(
            http=http,
            key=opened(credential.extra[talks.KEY]),
            clock=self.clock,
            nonces=self.nonces,
            access=credential.access,
        )

    def voice(self, http: Http, app: App, *, issuer: str, key: str) -> Voice:
        """Speak to a log-in."""
        return Voice(
            http=http, app=app, clock=self.clock, nonces=self.nonces, issuer=issuer, key=key
        )

    def voice_of(self, http: Http, app: App, credential: Credential) -> Voice:
        """Speak to the log-in that gave this consent."""
        extra = credential.extra
        return self.voice(http, app, issuer=extra[talks.ISSUER], key=extra[talks.KEY])


def is_consent(credential: Credential) -> bool:
    """Whether it was given at the log-in of a server, and not by app password."""
    return talks.KEY in credential.extra


def kept(
    tokens: oauth2.Tokens, going: Errand, *, did: str, pds: str, app: App, now: datetime
) -> Credential:
    """A new consent as we keep it."""
    ends = now + (_CONFIDENTIAL_LIFE if app.client_secret else _PUBLIC_LIFE)
    extra = {
        SERVICE: pds,
        PDS: pds,
        DID: did,
        talks.ISSUER: going.issuer,
        talks.TOKEN: going.token,
        talks.REVOKE: going.revoke,
        talks.KEY: going.key,
        ENDS: ends.isoformat(),
    }
    return _dated(tokens.credential(extra=extra), app, now)


def ends_at(credential: Credential) -> datetime | None:
    """When a person must have logged in again."""
    told = credential.extra.get(ENDS, "")
    return datetime.fromisoformat(told).astimezone(UTC) if told else None


async def renewed(
    senses: Senses, http: Http, app: App | None, credential: Credential, *, now: datetime
) -> RefreshOutcome:
    """Renew once; never raises for silence."""
    if app is None:
        gone = Evidence(call="renew the permission", text="The key that proves who we are is gone.")
        return RefreshUnclear(evidence=gone, may_have_happened=False, app_problem=True)
    try:
        reply = await talks.renew(senses.voice_of(http, app, credential), credential)
    except NoAnswerError as error:
        return oauth2.unanswered(error)
    scopes, did = tuple(credential.scopes), credential.extra[DID]
    tokens = talks.read(reply, asked=scopes, did=did, now=now)
    if isinstance(tokens, oauth2.Tokens):
        return Refreshed(credential=_dated(tokens.credential(old=credential), app, now))
    if tokens.fault is oauth2.Fault.REFUSED:
        cause, evidence = await _why(senses, http, credential, reply, tokens.evidence)
        return RefreshRefused(cause=cause, evidence=evidence)
    code = reply.text("error", 80)
    ours = tokens.fault is oauth2.Fault.OURS or (code in _OURS and not reply.silence())
    return RefreshUnclear(
        evidence=tokens.evidence,
        may_have_happened=oauth2.may_have_happened(reply.status),
        app_problem=ours,
    )


async def give_back(senses: Senses, http: Http, app: App | None, credential: Credential) -> None:
    """Raises PlatformError for an answer that is worth another try, NoAnswerError."""
    if app is None or not credential.extra[talks.REVOKE]:
        return
    reply = await talks.give_back(senses.voice_of(http, app, credential), credential)
    if reply.silence():
        raise reply.failure(KEY)


async def judged(
    senses: Senses,
    http: Http,
    about: About,
    credential: Credential,
    reply: Reply,
    outcome: CheckOutcome,
) -> CheckOutcome:
    """What an answer to a check means where it is not what it means for an app password."""
    if isinstance(outcome, Works):
        missing = missing_by_scope(about, credential.scopes)
        return replace(outcome, missing=missing, renew_by=ends_at(credential))
    if atproto.error_of(reply) in _SCOPE_ERRORS and not reply.silence():
        what, label = "atproto", "see whose account it is"
        return Works(missing=by_relink(lacking(about, MissingKind.PERMISSION, what, label)))
    left = {Cause.ACCOUNT_DEACTIVATED, Cause.ACCOUNT_GONE}
    if isinstance(outcome, Blocked) and outcome.cause in left:
        moved = await _moved_to(senses, http, credential)
        if moved:
            return Refused(
                cause=Cause.TOKEN_REFUSED, evidence=_moved(outcome.evidence, moved), certain=True
            )
    return outcome


def missing_by_scope(about: About, granted: Collection[str]) -> tuple[Missing, ...]:
    """By the names of app passwords, so that both ways can be compared at a relink."""
    known = {_SCOPES[scope] for scope in granted if scope in _SCOPES}
    return by_relink(missing_permissions(about, known, LABELS))


LABELS = {
    atproto.APP_PASSWORD: "read and publish posts",
    atproto.APP_PASSWORD_WITH_MESSAGES: "read direct messages",
}


def _dated(credential: Credential, app: App, now: datetime) -> Credential:
    idle = now + (_CONFIDENTIAL_IDLE if app.client_secret else _PUBLIC_LIFE)
    ends = ends_at(credential)
    return replace(credential, refresh_expires_at=min(idle, ends) if ends else idle)


async def _why(
    senses: Senses, http: Http, credential: Credential, reply: Reply, evidence: Evidence
) -> tuple[Cause, Evidence]:
    """Why a consent is over: its age is named; a closed account shows in public; else unknown."""
    if "expired" in reply.text("error_description").lower():
        return Cause.TOKEN_RAN_OUT, evidence
    moved = await _moved_to(senses, http, credential)
    if moved:
        return Cause.TOKEN_REFUSED, _moved(evidence, moved)
    ask = query(
        credential.extra[PDS], atproto.REPO_STATUS, "look at the account", did=credential.extra[DID]
    )
    try:
        seen = await send(http, ask)
    except NoAnswerError:
        return Cause.TOKEN_REFUSED, evidence
    found = closed(seen) or atproto.meaning(seen)
    if isinstance(found, Blocked):
        return found.cause, found.evidence
    return Cause.TOKEN_REFUSED, evidence


async def _moved_to(senses: Senses, http: Http, credential: Credential) -> str:
    """The server that the account lives on by now, "" if it is the same or cannot be told."""
    try:
        home = await home_of(http, senses.hosts, credential.extra[DID])
    except (UnfitServerError, NoAnswerError):
        return ""
    return home.pds if home.pds != credential.extra[PDS] else ""


def _moved(evidence: Evidence, pds: str) -> Evidence:
    text = f"The account has moved to another server: {host_of(pds)}. A relink finds it there."
    return replace(evidence, text=text)


def no_consent(reply: Reply, fault: oauth2.TokenFault) -> PlatformError:
    """The error for a person whose log-in brought no consent."""
    if fault.fault is oauth2.Fault.UNCLEAR:
        return reply.failure(KEY)
    kind = "refused" if fault.fault is oauth2.Fault.REFUSED else "app_problem"
    return PlatformError(KEY, kind, fault.evidence.text or fault.evidence.code)
