"""Publishing at the Sandbox, and what others say about its pages."""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import quote, urlencode

from dashboard.domain.credentials import App, Credential
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import Outgoing, PublishOutcome, with_link
from dashboard.domain.wire import Ask, Http
from dashboard.platforms.answers import bearer, secrets_of
from dashboard.platforms.posting import CALL, Taken, published, send_publicly
from dashboard.platforms.sandbox.reading import SERVER, failure, read
from dashboard.platforms.values import Body, instant_of, lines_of, object_of, text_of, web_address

_PAGE = 40  # the most that it gives


async def publish(
    http: Http, app: App | None, credential: Credential, identity: Identity, post: Outgoing
) -> PublishOutcome:
    """Its Idempotency-Key makes a repetition within an hour harmless; we send once all the same."""
    ask = Ask(
        call=CALL,
        method="POST",
        url=f"{credential.extra.get(SERVER, '')}{_path(identity)}/posts",
        headers={**bearer(credential.access), "Idempotency-Key": post.key},
        json={"text": with_link(post)},
    )
    done = await send_publicly(http, ask, secrets_of(credential, app))
    if not isinstance(done, Taken):
        return done
    body = done.reply.body or {}
    return published(done, text_of(body.get("id")), web_address(body.get("url")))


async def mentions(
    http: Http, app: App | None, credential: Credential, identity: Identity, *, cursor: str
) -> tuple[Sequence[FoundMention], str]:
    span = {"limit": str(_PAGE)} | ({"before": cursor} if cursor else {})
    path = f"{_path(identity)}/mentions?{urlencode(span)}"
    reply = await read(http, app, credential, "list the mentions", path)
    items = (reply.body or {}).get("items")
    if reply.status != HTTPStatus.OK or not isinstance(items, list):
        raise failure(reply)
    found = [mention for item in items if (mention := _mention(object_of(item))) is not None]
    following = reply.text("next", 200)
    return found, following if following != cursor else ""


def _path(identity: Identity) -> str:
    return f"/api/accounts/{quote(identity.remote_id, safe='')}"


def _mention(item: Body) -> FoundMention | None:
    remote_id, at = text_of(item.get("id")), instant_of(item.get("created_at"))
    if not remote_id or at is None:
        return None
    author = object_of(item.get("author"))
    return FoundMention(
        remote_id=remote_id,
        author=text_of(author.get("name")) or text_of(item.get("author_name")),
        text=lines_of(item.get("text"), 20_000),
        url=web_address(item.get("url")),
        at=at,
    )
