"""The one question that makes a post public: sent once, and its silence is never a "no" (R77)."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from dashboard.domain.checks import Evidence
from dashboard.domain.publishing import NotPublished, Published, PublishUnclear
from dashboard.domain.wire import Ask, Http, NoAnswerError
from dashboard.platforms.answers import Reply, send

CALL = "publish the post"
Refusal = Callable[[Reply], NotPublished | PublishUnclear]

_YES = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.ACCEPTED})
_ABOUT_THE_POST = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
_ABOUT_THE_LINK = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The platform has said yes; `reply` names what it made of the post."""

    reply: Reply


async def send_publicly(
    http: Http,
    ask: Ask,
    hide: tuple[str, ...],
    *,
    refused: Refusal | None = None,
    needs_json: bool = True,
) -> Taken | NotPublished | PublishUnclear:
    """Send the question that publishes. `refused` reads a "no" in the platform's own words.

    Without `needs_json` a yes may have an empty body: then a header names the post.
    """
    try:
        reply = await send(http, ask, hide)
    except NoAnswerError as error:
        evidence = Evidence(call=error.call, code=error.silence.value, text="No answer came.")
        if error.may_have_arrived:
            return PublishUnclear(evidence=evidence)
        return NotPublished(evidence=evidence, again=True)
    if reply.status in _YES and (reply.body is not None or not needs_json):
        return Taken(reply=reply)
    return (refused or by_status)(reply)


def published(taken: Taken, remote_id: str, url: str = "") -> Published | PublishUnclear:
    """A yes that names no post is not understood, so nobody knows what it was."""
    if not remote_id:
        return PublishUnclear(evidence=taken.reply.evidence())
    return Published(remote_id=remote_id, url=url)


async def prepare(
    http: Http, ask: Ask, hide: tuple[str, ...], *, refused: Refusal | None = None
) -> Taken | NotPublished:
    """Send a question that makes nothing public (an upload): any failure is a plain "no".

    `refused` reads a "no" in the platform's own words; what it finds unclear may be asked again.
    """
    try:
        reply = await send(http, ask, hide)
    except NoAnswerError as error:
        evidence = Evidence(call=error.call, code=error.silence.value, text="No answer came.")
        return NotPublished(evidence=evidence, again=True)
    if reply.status in _YES:
        return Taken(reply=reply)
    if reply.silence():
        return NotPublished(evidence=reply.evidence(), again=True)
    if refused is not None:
        said = refused(reply)
        return said if isinstance(said, NotPublished) else _once_more(said)
    return NotPublished(evidence=reply.evidence(), about_the_post=reply.status in _ABOUT_THE_POST)


def _once_more(unclear: PublishUnclear) -> NotPublished:
    return NotPublished(evidence=unclear.evidence, again=True)


def by_status(reply: Reply) -> NotPublished | PublishUnclear:
    """What a refusal means where nothing more exact is known.

    Only an answer of the platform itself (JSON) counts: a proxy in between may have passed the
    question on before it said no.
    """
    if reply.body is not None:
        if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
            return NotPublished(evidence=reply.evidence(), again=True)
        if reply.status in _ABOUT_THE_POST:
            return NotPublished(evidence=reply.evidence(), about_the_post=True)
        if reply.status in _ABOUT_THE_LINK:
            return NotPublished(evidence=reply.evidence())
    return PublishUnclear(evidence=reply.evidence())
