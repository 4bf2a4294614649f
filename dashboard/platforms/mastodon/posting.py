"""Publishing at Mastodon, and what others say about an account.

A status with an Idempotency-Key is made once within an hour, however often it is sent (docs:
methods/statuses). A picture is handed over before; nobody sees it until the status names it.

Sources: docs = docs.joinmastodon.org.
"""

from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.credentials import App, Credential
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    Picture,
    PublishOutcome,
    with_link,
)
from dashboard.domain.wire import Ask, Http, Part
from dashboard.platforms.answers import bearer, secrets_of
from dashboard.platforms.mastodon.reading import SERVER, cursor_after, failure, post_of, read
from dashboard.platforms.posting import CALL, Taken, prepare, published, send_publicly
from dashboard.platforms.values import object_of, text_of, web_address

_PAGE = 40
_UPLOAD_DEADLINE = 60.0  # seconds


async def publish(
    http: Http, app: App | None, credential: Credential, post: Outgoing
) -> PublishOutcome:
    media: list[str] = []
    if post.picture is not None:
        uploaded = await _upload(http, app, credential, post.picture)
        if isinstance(uploaded, NotPublished):
            return uploaded
        media = [uploaded]
    ask = Ask(
        call=CALL,
        method="POST",
        url=f"{credential.extra.get(SERVER, '')}/api/v1/statuses",
        headers={**bearer(credential.access), "Idempotency-Key": post.key},
        json={"status": with_link(post)} | ({"media_ids": media} if media else {}),
    )
    done = await send_publicly(http, ask, secrets_of(credential, app))
    if not isinstance(done, Taken):
        return done
    body = done.reply.body or {}
    return published(done, text_of(body.get("id"), 64), web_address(body.get("url")))


async def mentions(
    http: Http, app: App | None, credential: Credential, *, cursor: str
) -> tuple[Sequence[FoundMention], str]:
    query = {"types[]": "mention", "limit": str(_PAGE)} | ({"max_id": cursor} if cursor else {})
    path = f"/api/v1/notifications?{urlencode(query)}"
    reply = await read(http, credential, "list the mentions", path, app=app)
    if reply.status != HTTPStatus.OK or reply.items is None:
        raise failure(reply)
    found = [mention for item in reply.items if (mention := _mention(item)) is not None]
    return found, cursor_after(reply.items, cursor)


async def _upload(
    http: Http, app: App | None, credential: Credential, picture: Picture
) -> str | NotPublished:
    """202 means that the server is still at work on it; the status waits (docs: methods/media)."""
    name = "picture.png" if picture.media_type == "image/png" else "picture.jpg"
    ask = Ask(
        call="hand over the picture",
        method="POST",
        url=f"{credential.extra.get(SERVER, '')}/api/v2/media",
        headers=bearer(credential.access),
        parts=(
            Part(name="file", data=picture.data, filename=name, media_type=picture.media_type),
            Part(name="description", data=picture.alt.encode()),
        ),
        deadline=_UPLOAD_DEADLINE,
    )
    done = await prepare(http, ask, secrets_of(credential, app))
    if isinstance(done, NotPublished):
        return done
    media_id = done.reply.text("id", 64)
    if not media_id:
        return NotPublished(evidence=done.reply.evidence(), again=True)
    return media_id


def _mention(item: object) -> FoundMention | None:
    notification = object_of(item)
    post = post_of(notification.get("status"))
    if post is None or notification.get("type") != "mention":
        return None
    account = object_of(notification.get("account"))
    return FoundMention(
        remote_id=post.remote_id,
        author=text_of(account.get("display_name")) or text_of(account.get("acct")),
        text=post.text,
        url=post.url,
        at=post.published_at,
    )
