"""Reading at Reddit, and what its answers mean.

A refusal names its reason in a header (RFC 6750, 3.1). A 403 without one was seen for suspended
accounts (shreddit 108), and nothing says that it means no more than that; a 403 web page means that
Reddit does not let our program or its address in (sim 1822), which says nothing about a link.
"""

import re
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    Blocked,
    CheckOutcome,
    NeedsRefresh,
    Refused,
    Works,
)
from dashboard.domain.credentials import Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.wire import Http
from dashboard.platforms.answers import Reply, read_as
from dashboard.platforms.permissions import by_relink, lacking
from dashboard.platforms.reddit.about import ABOUT, KEY, LABELS
from dashboard.platforms.values import Body, epoch_of, lines_of, object_of, text_of, web_address

_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
_FULL_NAME = re.compile(r"t[1-6]_[a-z0-9]{1,20}", re.ASCII)
_PAGE = "100"
_GIVEN = ("No permission is missing: that Reddit would name.",)


async def listed(
    http: Http, credential: Credential, call: str, url: str, hide: tuple[str, ...], cursor: str
) -> tuple[list[object], str]:
    """One page of a listing; Reddit writes `<` as itself only with raw_json."""
    query = {"limit": _PAGE, "raw_json": "1"}
    if _FULL_NAME.fullmatch(cursor):
        query["after"] = cursor
    reply = await read_as(http, credential, call, f"{url}?{urlencode(query)}", hide)
    data = object_of((reply.body or {}).get("data"))
    items = data.get("children")
    if reply.status != HTTPStatus.OK or not isinstance(items, list):
        raise failure(reply)
    following = text_of(data.get("after"), 30)
    good = _FULL_NAME.fullmatch(following) is not None and following != cursor
    return items, following if good else ""


def identity_of(reply: Reply) -> Identity | None:
    """Whose account it is; None for no account."""
    remote_id, name = id_of(reply.body), reply.text("name", 40)
    if reply.status != HTTPStatus.OK or not remote_id or not _NAME.fullmatch(name):
        return None
    url = f"https://www.reddit.com/user/{name}"
    return Identity(remote_id=remote_id, name=name, handle=f"u/{name}", url=url)


def name_of(identity: Identity) -> str:
    """The name by which an account is listed; "" for one that cannot be."""
    name = identity.handle.removeprefix("u/")
    return name if _NAME.fullmatch(name) else ""


def meaning(reply: Reply, credential: Credential) -> CheckOutcome:
    """The outcome of a read of the account that did not give the account."""
    reason = _reason(reply)
    if outcome := reply.silence():
        return outcome
    if reply.status == HTTPStatus.UNAUTHORIZED and reason == "invalid_token":
        evidence = reply.evidence(code=reason)
        if credential.refresh:
            return NeedsRefresh(evidence=evidence)
        return Refused(cause=Cause.TOKEN_REFUSED, evidence=evidence)
    if reply.status == HTTPStatus.FORBIDDEN:
        return _forbidden(reply, reason)
    return reply.unclear(code=reason)


def failure(reply: Reply) -> PlatformError:
    """The error for a person who waits, or for a synchronisation."""
    if reply.status == HTTPStatus.FORBIDDEN and _is_web_page(reply):
        return PlatformError(KEY, "app_problem", "Reddit does not let this program in")
    if reply.status == HTTPStatus.UNAUTHORIZED and _reason(reply) == "invalid_token":
        return PlatformError(KEY, "refresh_due", "the access token is not valid any more")
    if reply.silence() or reply.body is None:
        return reply.failure(KEY)
    return PlatformError(KEY, "refused", reply.evidence().text)


def id_of(body: Body | None) -> str:
    """The short id of an account; "" for anything else."""
    found = text_of((body or {}).get("id"), 20)
    return found if found.isascii() and found.isalnum() else ""


def full_name(thing: Body) -> str:
    """The id of a post or comment with its kind ("t3_abc"); "" for anything else."""
    found = text_of(thing.get("name"), 30)
    return found if _FULL_NAME.fullmatch(found) else ""


def post_of(item: object) -> FoundPost | None:
    """None for what cannot be read."""
    data = object_of(object_of(item).get("data"))
    remote_id, at = full_name(data), epoch_of(data.get("created_utc"))
    if not remote_id or at is None:
        return None
    title, body = text_of(data.get("title"), 300), lines_of(data.get("selftext"), 40_000)
    return FoundPost(
        remote_id=remote_id,
        text=f"{title}\n\n{body}".strip(),
        url=_address(data),
        published_at=at,
    )


def mention_of(item: object) -> FoundMention | None:
    """None for what cannot be read, and for private messages."""
    data = object_of(object_of(item).get("data"))
    remote_id, at = full_name(data), epoch_of(data.get("created_utc"))
    if not remote_id.startswith("t1_") or at is None:
        return None
    return FoundMention(
        remote_id=remote_id,
        author=text_of(data.get("author"), 100),
        text=lines_of(data.get("body"), 10_000),
        url=_address(data),
        at=at,
    )


def _forbidden(reply: Reply, reason: str) -> CheckOutcome:
    if reason == "insufficient_scope":
        kind, what = MissingKind.PERMISSION, "identity"
        return Works(missing=by_relink(lacking(ABOUT, kind, what, LABELS[what])))
    if _is_web_page(reply):
        text = "Reddit does not let this program or its network address in."
        return AppProblem(evidence=reply.evidence(code="403", text=text))
    if reply.text("message", 40) == "Forbidden":
        return Blocked(cause=Cause.SHUT_OUT, evidence=reply.evidence(ruled_out=_GIVEN))
    return reply.unclear(code=reason)


def _reason(reply: Reply) -> str:
    """What Reddit's own header of a refusal names (RFC 6750, 3.1); "" where there is none.

    The body beside it may be a web page; without the realm a proxy may have said it.
    """
    said = reply.headers.get("www-authenticate", "")[:300]
    if 'realm="reddit"' not in said:
        return ""
    return next((one for one in ("invalid_token", "insufficient_scope") if one in said), "")


def _is_web_page(reply: Reply) -> bool:
    kind = reply.headers.get("content-type", "")
    return reply.body is None and kind.lower().startswith("text/html")


def _address(data: Body) -> str:
    path = text_of(data.get("permalink") or data.get("context"), 400)
    return web_address(f"https://www.reddit.com{path}") if path.startswith("/") else ""
