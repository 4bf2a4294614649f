"""Publishing at Bluesky, and what others say about an account.

The key of the record is made from the publication alone, so the same post sent twice would be the
same record and not a second one (lexicon com.atproto.repo.createRecord; atproto.com/specs/tid).
A link must be marked in the text by its place in UTF-8 bytes (lexicon app.bsky.richtext.facet).
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any

from dashboard.domain.credentials import Credential
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    Picture,
    PublishOutcome,
    with_link,
)
from dashboard.domain.wire import Ask, Http
from dashboard.platforms.answers import bearer, secrets_of, send
from dashboard.platforms.atproto import procedure, query
from dashboard.platforms.bluesky.reading import PDS, address_of, failure
from dashboard.platforms.posting import CALL, Taken, prepare, published, send_publicly
from dashboard.platforms.values import instant_of, lines_of, object_of, text_of

_COLLECTION = "app.bsky.feed.post"
_ABOUT_US = frozenset({"mention", "reply", "quote"})
_PAGE = "100"
_UPLOAD_DEADLINE = 60.0  # seconds
_TID = "234567abcdefghijklmnopqrstuvwxyz"


async def publish(
    http: Http, credential: Credential, identity: Identity, post: Outgoing
) -> PublishOutcome:
    record: dict[str, Any] = {
        "$type": _COLLECTION,
        "text": with_link(post),
        "createdAt": post.at.isoformat().replace("+00:00", "Z"),
    }
    if post.link:
        record["facets"] = [_facet(record["text"], post.link)]
    if post.picture is not None:
        blob = await _upload(http, credential, post.picture)
        if isinstance(blob, NotPublished):
            return blob
        images = [{"image": blob, "alt": post.picture.alt}]
        record["embed"] = {"$type": "app.bsky.embed.images", "images": images}
    ask = procedure(
        credential.extra.get(PDS, ""),
        "com.atproto.repo.createRecord",
        CALL,
        token=credential.access,
        body={
            "repo": identity.remote_id,
            "collection": _COLLECTION,
            "rkey": record_key(post.at, post.key),
            "record": record,
        },
    )
    done = await send_publicly(http, ask, secrets_of(credential))
    if not isinstance(done, Taken):
        return done
    uri = done.reply.text("uri", 500)
    return published(done, uri, address_of(uri, identity.remote_id))


async def mentions(
    http: Http, credential: Credential, *, cursor: str
) -> tuple[Sequence[FoundMention], str]:
    parameters = {"limit": _PAGE} | ({"cursor": cursor} if cursor else {})
    ask = query(
        credential.extra.get(PDS, ""),
        "app.bsky.notification.listNotifications",
        "list the mentions",
        token=credential.access,
        **parameters,
    )
    reply = await send(http, ask, secrets_of(credential))
    items = (reply.body or {}).get("notifications")
    if reply.status != HTTPStatus.OK or not isinstance(items, list):
        raise failure(reply)
    found = [mention for item in items if (mention := _mention(item)) is not None]
    following = reply.text("cursor", 500)
    return found, following if items and following != cursor else ""


def record_key(at: datetime, key: str) -> str:
    """A TID: 53 bits of microseconds since 1970 and 10 bits that differ by publication."""
    clock = int.from_bytes(hashlib.sha256(key.encode()).digest()[:2]) & 0x3FF
    number = (int(at.timestamp() * 1_000_000) & ((1 << 53) - 1)) << 10 | clock
    return "".join(_TID[number >> shift & 31] for shift in range(60, -1, -5))


def _facet(text: str, link: str) -> dict[str, Any]:
    start = len(text[: text.index(link)].encode())
    feature = {"$type": "app.bsky.richtext.facet#link", "uri": link}
    index = {"byteStart": start, "byteEnd": start + len(link.encode())}
    return {"index": index, "features": [feature]}


async def _upload(http: Http, credential: Credential, picture: Picture) -> object | NotPublished:
    ask = Ask(
        call="hand over the picture",
        method="POST",
        url=f"{credential.extra.get(PDS, '')}/xrpc/com.atproto.repo.uploadBlob",
        headers={**bearer(credential.access), "Content-Type": picture.media_type},
        raw=picture.data,
        deadline=_UPLOAD_DEADLINE,
    )
    done = await prepare(http, ask, secrets_of(credential))
    if isinstance(done, NotPublished):
        return done
    blob = object_of((done.reply.body or {}).get("blob"))
    return dict(blob) if blob else NotPublished(evidence=done.reply.evidence(), again=True)


def _mention(item: object) -> FoundMention | None:
    notification = object_of(item)
    uri, at = text_of(notification.get("uri"), 500), instant_of(notification.get("indexedAt"))
    author = object_of(notification.get("author"))
    if not uri or at is None or notification.get("reason") not in _ABOUT_US:
        return None
    return FoundMention(
        remote_id=uri,
        author=text_of(author.get("displayName")) or text_of(author.get("handle")),
        text=lines_of(object_of(notification.get("record")).get("text"), 20_000),
        url=address_of(uri, text_of(author.get("did"))),
        at=at,
    )
