"""Reading sessions, profiles and posts of a Bluesky account; every item may be hostile."""

import contextlib
import re
from collections.abc import Mapping
from http import HTTPStatus

from dashboard.domain.calendar import FoundPost
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, CheckOutcome, NeedsRefresh, NoAnswer
from dashboard.domain.credentials import Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.wire import Http, NoAnswerError
from dashboard.platforms import atproto
from dashboard.platforms.answers import Reply, secrets_of, send
from dashboard.platforms.atproto import Session, query
from dashboard.platforms.bluesky.signing_in import KEY
from dashboard.platforms.values import instant_of, lines_of, object_of, text_of, web_address

SERVICE = "service"
PDS = "pds"
DID = "did"
"""In `Credential.extra`: the origin that issued the session, the one that holds the posts, who."""

_POST = re.compile(r"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/app\.bsky\.feed\.post/([A-Za-z0-9._~:-]+)")
_LONGEST_URI = 500


def credential_of(
    session: Session, *, service: str = "", old: Credential | None = None
) -> Credential:
    """Dates and scope are in the tokens. The PDS counts if reached by https or by the service."""
    kept = old.extra if old else {}
    home = service or kept.get(SERVICE, "")
    usable = session.pds.startswith("https://") or session.pds == home
    scope = atproto.scope_of(session.access)
    refresh = session.refresh or (old.refresh if old else "")
    return Credential(
        access=session.access,
        refresh=refresh,
        scopes=frozenset({scope}) if scope else (old.scopes if old else frozenset()),
        expires_at=atproto.runs_out_at(session.access),
        refresh_expires_at=atproto.runs_out_at(refresh),
        extra={
            SERVICE: home,
            PDS: session.pds if usable else kept.get(PDS, "") or home,
            DID: session.did,
        },
    )


async def read_session(http: Http, credential: Credential) -> Reply:
    service = credential.extra.get(SERVICE, "")
    ask = query(service, atproto.GET_SESSION, "read the session", token=credential.access)
    return await send(http, ask, secrets_of(credential))


async def read_identity(http: Http, credential: Credential, session: Session) -> Identity:
    """The profile gives name and picture; without it the handle will do."""
    profile: Mapping[str, object] = {}
    ask = query(
        credential.extra.get(PDS, ""),
        "app.bsky.actor.getProfile",
        "read the profile",
        token=credential.access,
        actor=session.did,
    )
    with contextlib.suppress(NoAnswerError):
        reply = await send(http, ask, secrets_of(credential))
        profile = (reply.body or {}) if reply.status == HTTPStatus.OK else {}
    return Identity(
        remote_id=session.did,
        name=text_of(profile.get("displayName")) or session.handle or session.did,
        handle=f"@{session.handle}" if session.handle else "",
        url=f"https://bsky.app/profile/{session.did}",
        avatar_url=web_address(profile.get("avatar")),
    )


def closed(reply: Reply) -> CheckOutcome | None:
    cause = atproto.inactive(reply)
    if cause is None:
        return None
    if cause is Cause.PLATFORM_DOWN:
        return reply.unclear()
    status = reply.text("status", 40)
    text = f"The service says that the account is {status}."
    return Blocked(cause=cause, evidence=reply.evidence(code=status, text=text))


async def taken_down_or_gone(
    http: Http, credential: Credential, identity: Identity, reply: Reply
) -> CheckOutcome:
    """Ask publicly what became of the account; getSession tells both in the same words."""
    pds = credential.extra.get(PDS, "")
    ask = query(pds, atproto.REPO_STATUS, "look at the account", did=identity.remote_id)
    seen = await send(http, ask)
    outcome = closed(seen) or atproto.meaning(seen)
    return outcome if isinstance(outcome, Blocked) else reply.unclear()


def post_of(item: object, did: str) -> FoundPost | None:
    """None for reposts, other people's posts, and what cannot be read."""
    post = object_of(object_of(item).get("post"))
    record, uri = object_of(post.get("record")), post.get("uri")
    place = _POST.fullmatch(uri) if isinstance(uri, str) and len(uri) <= _LONGEST_URI else None
    # The author's own date may lie in the past or the future; indexing never comes before posting.
    dates = [instant_of(record.get("createdAt")), instant_of(post.get("indexedAt"))]
    known = [date for date in dates if date is not None]
    if object_of(item).get("reason") or place is None or place[1] != did or not known:
        return None
    return FoundPost(
        remote_id=place[0],
        text=lines_of(record.get("text"), 20_000),
        url=f"https://bsky.app/profile/{did}/post/{place[2]}",
        published_at=min(known),
    )


def address_of(uri: str, did: str) -> str:
    """Where people see a post of `did`; "" for what is none."""
    place = _POST.fullmatch(uri)
    return f"https://bsky.app/profile/{did}/post/{place[2]}" if place and place[1] == did else ""


def failure(reply: Reply) -> PlatformError:
    """The error for a person who waits, or for a synchronisation."""
    outcome = atproto.meaning(reply)
    if isinstance(outcome, NeedsRefresh):
        return PlatformError(KEY, "refresh_due", outcome.evidence.text)
    if isinstance(outcome, NoAnswer):
        return reply.failure(KEY)
    return PlatformError(KEY, "refused", reply.evidence().text)
