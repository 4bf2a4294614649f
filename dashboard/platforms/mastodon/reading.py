"""Reading profiles and posts of a Mastodon account; every item may be missing, wrong or hostile.

Sources: docs = docs.joinmastodon.org.
"""

import re
from http import HTTPStatus

from dashboard.domain.calendar import FoundPost
from dashboard.domain.checks import CheckOutcome, NoAnswer
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.wire import Ask, Http, NoAnswerError
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.mastodon import findings
from dashboard.platforms.plain_text import plain_text
from dashboard.platforms.servers import host_of
from dashboard.platforms.values import instant_of, object_of, text_of, web_address

SERVER = "server"
"""In `Credential.extra`: the origin that gave the token, the only one it is ever sent to (R32)."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


async def read(
    http: Http,
    credential: Credential,
    call: str,
    path: str,
    *,
    app: App | None = None,
    as_stranger: bool = False,
) -> Reply:
    """Read from the account's server, in the account's name or as anybody may."""
    url = credential.extra.get(SERVER, "") + path
    headers = {"Accept": "application/json"} if as_stranger else bearer(credential.access)
    ask = Ask(call=call, method="GET", url=url, headers=headers)
    return await send(http, ask, secrets_of(credential, app))


async def read_profile(http: Http, app: App | None, credential: Credential) -> Reply:
    """The cheapest real read: whose token this is."""
    path = "/api/v1/accounts/verify_credentials"
    return await read(http, credential, "read the profile", path, app=app)


async def why_disabled(
    http: Http, credential: Credential, identity: Identity
) -> CheckOutcome | None:
    """A closed log-in is a suspended or a moved account: the public profile tells which."""
    path = f"/api/v1/accounts/{account_id(identity)}"
    try:
        reply = await read(http, credential, "look at the public page", path, as_stranger=True)
    except NoAnswerError:
        return None  # that the log-in is closed is known, only the reason stays unknown
    return (
        findings.trouble_in_profile(reply, reply.body or {})
        if reply.status == HTTPStatus.OK
        else None
    )


def identity_of(reply: Reply, credential: Credential) -> Identity | None:
    """Whose profile it is, None for no profile.

    The server belongs to the id, as each server counts from one (docs: methods/oauth, `sub`).
    """
    body, host = reply.body or {}, host_of(credential.extra.get(SERVER, ""))
    account, username = body.get("id"), reply.text("username", 100)
    if reply.status != HTTPStatus.OK or not isinstance(account, str) or not _ID.fullmatch(account):
        return None
    if not username:
        return None
    return Identity(
        remote_id=f"{account}@{host}",
        name=reply.text("display_name", 255) or username,
        handle=f"@{username}@{host}"[:255],
        url=web_address(body.get("url")),
        avatar_url=web_address(body.get("avatar_static")) or web_address(body.get("avatar")),
    )


def account_id(identity: Identity) -> str:
    return identity.remote_id.partition("@")[0]


def post_of(item: object) -> FoundPost | None:
    """None for what cannot be read, and for private mentions: they are no publications."""
    status = object_of(item)
    remote_id, at = status.get("id"), instant_of(status.get("created_at"))
    if not isinstance(remote_id, str) or not _ID.fullmatch(remote_id) or at is None:
        return None
    if status.get("visibility") == "direct" or object_of(status.get("reblog")):
        return None
    warning, words = text_of(status.get("spoiler_text"), 500), plain_text(status.get("content"))
    return FoundPost(
        remote_id=remote_id,
        text=f"{warning}\n\n{words}".strip() if warning else words,
        url=web_address(status.get("url")) or web_address(status.get("uri")),
        published_at=at,
    )


def cursor_after(items: list[object], cursor: str) -> str:
    """Where the next page begins; "" at the end, and for a server that leads in a circle."""
    oldest = object_of(items[-1]).get("id") if items else ""
    usable = isinstance(oldest, str) and _ID.fullmatch(oldest) and oldest != cursor
    return str(oldest) if usable else ""


def failure(reply: Reply) -> PlatformError:
    """The error for a person who waits, or for a synchronisation."""
    refused = not isinstance(findings.meaning(reply), NoAnswer)
    if reply.status == HTTPStatus.OK or not refused:
        return reply.failure("mastodon")
    return PlatformError("mastodon", "refused", reply.evidence().text)
