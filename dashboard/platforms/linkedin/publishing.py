"""Publishing at LinkedIn: a picture is put where LinkedIn says, then named (docs: images-api)."""

from dashboard.domain.links import Identity
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    Picture,
    PublishOutcome,
    with_link,
)
from dashboard.domain.wire import Ask
from dashboard.platforms.linkedin.talk import Talk, address_of
from dashboard.platforms.posting import CALL, Taken, prepare, published, send_publicly
from dashboard.platforms.values import object_of, text_of, web_address

_ESCAPED = frozenset("|{}@[]()<>#\\*_~")
_UPLOAD_DEADLINE = 60.0  # seconds


async def publish(talk: Talk, identity: Identity, post: Outgoing) -> PublishOutcome:
    """Post it in the name of `identity`; a header of the answer names the post."""
    image = ""
    if post.picture is not None:
        handed = await _hand_over(talk, identity, post.picture)
        if isinstance(handed, NotPublished):
            return handed
        image = handed
    ask = Ask(
        call=CALL,
        method="POST",
        url=f"{talk.hosts['api']}/rest/posts",
        headers=talk.headers,
        json=_share(identity, post, image),
    )
    done = await send_publicly(talk.http, ask, talk.hide, needs_json=False)
    if isinstance(done, Taken):
        urn = text_of(done.reply.headers.get("x-restli-id"), 200)
        return published(done, urn, address_of(urn))
    return done


async def _hand_over(talk: Talk, identity: Identity, picture: Picture) -> str | NotPublished:
    """Ask where to put the picture, put it there, return its URN."""
    ask = Ask(
        call="ask where to put the picture",
        method="POST",
        url=f"{talk.hosts['api']}/rest/images?action=initializeUpload",
        headers=talk.headers,
        json={"initializeUploadRequest": {"owner": identity.remote_id}},
    )
    begun = await prepare(talk.http, ask, talk.hide)
    if isinstance(begun, NotPublished):
        return begun
    value = object_of((begun.reply.body or {}).get("value"))
    urn, url = text_of(value.get("image"), 200), web_address(value.get("uploadUrl"))
    if not urn or not url:
        return NotPublished(evidence=begun.reply.evidence(), again=True)
    ask = Ask(
        call="hand over the picture",
        method="PUT",
        url=url,  # LinkedIn's own upload host; it gets the picture and no token
        headers={"Content-Type": picture.media_type},
        raw=picture.data,
        deadline=_UPLOAD_DEADLINE,
    )
    put = await prepare(talk.http, ask, talk.hide)
    return put if isinstance(put, NotPublished) else urn


def _share(identity: Identity, post: Outgoing, image: str) -> dict[str, object]:
    content: dict[str, object] = {}
    if image:
        alt = post.picture.alt if post.picture else ""
        content = {"content": {"media": {"id": image, "altText": alt}}}
    elif post.link:
        title = post.title or post.link
        content = {"content": {"article": {"source": post.link, "title": title}}}
    words = with_link(post) if image else post.text
    return {
        "author": identity.remote_id,
        "commentary": "".join(f"\\{letter}" if letter in _ESCAPED else letter for letter in words),
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED"},
        "lifecycleState": "PUBLISHED",
        **content,
    }
