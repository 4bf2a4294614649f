"""Publishing at X: a picture is handed over and described first, then named.

Source: github.com/xdevplatform/docs (x-api/media: upload-media, create-media-metadata).
"""

from http import HTTPStatus

from dashboard.domain.credentials import Credential
from dashboard.domain.links import Identity
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    Picture,
    PublishOutcome,
    PublishUnclear,
    with_link,
)
from dashboard.domain.wire import Ask, Http, Part
from dashboard.platforms.answers import Reply, bearer
from dashboard.platforms.posting import CALL, Taken, by_status, prepare, published, send_publicly
from dashboard.platforms.values import object_of
from dashboard.platforms.x.reading import address_of, id_of

_LONGEST_ALT = 1_000
_UPLOAD_DEADLINE = 60.0  # seconds


async def publish(
    http: Http,
    api: str,
    credential: Credential,
    identity: Identity,
    post: Outgoing,
    hide: tuple[str, ...],
) -> PublishOutcome:
    """Post a text; the link stands below the words, X makes a card of it."""
    media = ""
    if post.picture is not None:
        handed = await _hand_over(http, api, credential, post.picture, hide)
        if isinstance(handed, NotPublished):
            return handed
        media = handed
    ask = Ask(
        call=CALL,
        method="POST",
        url=f"{api}/tweets",
        headers=bearer(credential.access),
        json={"text": with_link(post)} | ({"media": {"media_ids": [media]}} if media else {}),
    )
    done = await send_publicly(http, ask, hide, refused=_not_published)
    if not isinstance(done, Taken):
        return done
    remote_id = id_of(object_of((done.reply.body or {}).get("data")).get("id"))
    return published(done, remote_id, address_of(identity.handle, remote_id))


async def _hand_over(
    http: Http, api: str, credential: Credential, picture: Picture, hide: tuple[str, ...]
) -> str | NotPublished:
    """The picture's id at X, which by then knows what the picture shows."""
    ask = Ask(
        call="hand over the picture",
        method="POST",
        url=f"{api}/media/upload",
        headers=bearer(credential.access),
        parts=(
            Part(
                name="media",
                data=picture.data,
                filename="picture",
                media_type=picture.media_type,
            ),
            Part(name="media_category", data=b"tweet_image"),
        ),
        deadline=_UPLOAD_DEADLINE,
    )
    handed = await prepare(http, ask, hide)
    if isinstance(handed, NotPublished):
        return handed
    media = id_of(object_of((handed.reply.body or {}).get("data")).get("id"))
    if not media:
        return NotPublished(evidence=handed.reply.evidence(), again=True)
    if not picture.alt:
        return media
    ask = Ask(
        call="say what the picture shows",
        method="POST",
        url=f"{api}/media/metadata",
        headers=bearer(credential.access),
        json={"id": media, "metadata": {"alt_text": {"text": picture.alt[:_LONGEST_ALT]}}},
    )
    told = await prepare(http, ask, hide)
    return told if isinstance(told, NotPublished) else media


def _not_published(reply: Reply) -> NotPublished | PublishUnclear:
    """A 403 may be about the post (a duplicate) or about a permission: the words tell."""
    said = reply.text("detail").lower()
    if reply.status == HTTPStatus.PAYMENT_REQUIRED:
        return NotPublished(evidence=reply.evidence(text=reply.text("detail")))
    if reply.status == HTTPStatus.FORBIDDEN and reply.body is not None:
        about_the_post = "duplicate" in said or "not allowed to create" in said
        return NotPublished(evidence=reply.evidence(text=said), about_the_post=about_the_post)
    return by_status(reply)
