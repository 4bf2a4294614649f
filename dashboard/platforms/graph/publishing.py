"""How a refusal to publish is read, and the containers of Instagram and Threads.

A container is a post that nobody sees yet: it is made, the platform fetches its picture, then it is
published (docs/instagram-platform/content-publishing, docs/threads/posts).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dashboard.domain.publishing import NotPublished, PublishOutcome, PublishUnclear
from dashboard.platforms.answers import Reply
from dashboard.platforms.graph import numbers
from dashboard.platforms.graph.asking import Caller
from dashboard.platforms.graph.errors import error_of, evidence_of
from dashboard.platforms.graph.reading import id_of
from dashboard.platforms.posting import CALL, Taken, by_status, prepare, published, send_publicly

_READY: Final = "FINISHED"
_FAILED: Final = frozenset({"ERROR", "EXPIRED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A post to be: `form` makes it at `make_at`, then it goes out at `publish_at`.

    `status_field` tells how far its picture is; "" where there is nothing to wait for.
    """

    form: Mapping[str, str]
    make_at: str
    publish_at: str
    status_field: str = ""


def not_published(reply: Reply) -> NotPublished | PublishUnclear:
    """Read the refusal of the question that publishes."""
    error = error_of(reply)
    if error is None or reply.silence():
        return by_status(reply)
    evidence = evidence_of(reply, error)
    if error.trouble:
        return PublishUnclear(evidence=evidence)
    if error.limited or {error.code, error.subcode} & numbers.TOO_SOON:
        return NotPublished(evidence=evidence, again=True)
    return NotPublished(evidence=evidence, about_the_post=error.about_the_post)


def not_published_or_unclear(reply: Reply) -> NotPublished | PublishUnclear:
    """For Instagram and its kin: "too many" was said of a post that was live (postiz-app 1681)."""
    error = error_of(reply)
    if error is not None and error.limited:
        return PublishUnclear(evidence=evidence_of(reply, error))
    return not_published(reply)


async def publish_container(caller: Caller, container: Container) -> PublishOutcome:
    """Make it, see that its picture is there, publish it once."""
    ask = caller.ask("prepare the post", "POST", container.make_at, form=container.form)
    made = await prepare(caller.http, ask, caller.hide, refused=not_published)
    if isinstance(made, NotPublished):
        return made
    name = id_of((made.reply.body or {}).get("id"))
    if not name:
        return NotPublished(evidence=made.reply.evidence(), again=True)
    if container.status_field:
        waits = await _waits(caller, name, container.status_field)
        if waits is not None:
            return waits
    ask = caller.ask(CALL, "POST", container.publish_at, form={"creation_id": name})
    done = await send_publicly(caller.http, ask, caller.hide, refused=not_published_or_unclear)
    if not isinstance(done, Taken):
        return done
    return published(done, id_of((done.reply.body or {}).get("id")))


async def _waits(caller: Caller, name: str, status_field: str) -> NotPublished | None:
    """None once the platform has fetched the picture; it usually has at once."""
    ask = caller.ask("ask for the picture", "GET", f"{name}?fields={status_field}")
    told = await prepare(caller.http, ask, caller.hide, refused=not_published)
    if isinstance(told, NotPublished):
        return told
    status = told.reply.text(status_field, 40)
    if status == _READY:
        return None
    failed = status in _FAILED
    return NotPublished(
        evidence=told.reply.evidence(code=status), about_the_post=failed, again=not failed
    )
