"""A Pin is made of a picture, handed over, and the name of a board as people see it."""

import base64
from urllib.parse import urlencode

from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App, Credential
from dashboard.domain.publishing import NotPublished, Outgoing, Picture, PublishOutcome
from dashboard.domain.wire import Ask, Http
from dashboard.platforms.answers import bearer, secrets_of
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.pinterest.reading import PAGE, address_of, id_of, number_in, url_of
from dashboard.platforms.posting import CALL, Taken, prepare, published, send_publicly
from dashboard.platforms.values import object_of, text_of

_UPLOAD_DEADLINE = 60.0  # seconds
_LONGEST_TITLE = 100


async def publish(
    http: Http, hosts: Hosts, app: App | None, credential: Credential, post: Outgoing
) -> PublishOutcome:
    """Find the board, then pin to it."""
    hide = secrets_of(credential, app)
    if post.picture is None:
        evidence = Evidence(call=CALL, text="A Pin needs a picture.")
        return NotPublished(evidence=evidence, about_the_post=True)
    board = await _board(http, hosts, credential, post.target, hide)
    if isinstance(board, NotPublished):
        return board
    ask = Ask(
        call=CALL,
        method="POST",
        url=url_of(hosts, "pins"),
        headers=bearer(credential.access),
        json=_new_pin(post, post.picture, board),
        deadline=_UPLOAD_DEADLINE,
    )
    done = await send_publicly(http, ask, hide)
    if not isinstance(done, Taken):
        return done
    remote_id = id_of(done.reply)
    return published(done, remote_id, address_of(remote_id))


async def _board(
    http: Http, hosts: Hosts, credential: Credential, target: str, hide: tuple[str, ...]
) -> str | NotPublished:
    """The number of the board that a person named, by its name as people see it."""
    ask = Ask(
        call="list the boards",
        method="GET",
        url=url_of(hosts, f"boards?{urlencode({'page_size': PAGE})}"),
        headers=bearer(credential.access),
    )
    told = await prepare(http, ask, hide)
    if isinstance(told, NotPublished):
        return told
    items = (told.reply.body or {}).get("items")
    wanted = target.strip().casefold()
    for item in items if isinstance(items, list) else ():
        board = object_of(item)
        number = number_in(board.get("id"))
        if number and wanted in {number, text_of(board.get("name")).casefold()}:
            return number
    text = f"The account has no board of the name {target.strip()[:80]!r}."
    return NotPublished(evidence=told.reply.evidence(text=text), about_the_post=True)


def _new_pin(post: Outgoing, picture: Picture, board: str) -> dict[str, object]:
    return {
        "board_id": board,
        "title": post.title[:_LONGEST_TITLE],
        "description": post.text,
        "alt_text": picture.alt[:500],
        **({"link": post.link} if post.link else {}),
        "media_source": {
            "source_type": "image_base64",
            "content_type": picture.media_type,
            "data": base64.b64encode(picture.data).decode(),
        },
    }
