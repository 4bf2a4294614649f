"""Posts go out: once, when their time has come, or not at all (R76, R77).

A post leaves at most once by itself. Whatever could mean that it stands at the platform without our
knowing makes its fate unknown; then the platform is looked at, and only a person sends it again.
"""

import logging
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

from dashboard.db.accounts import due_now
from dashboard.db.open_fates import open_fates
from dashboard.db.outgoing import (
    Planned,
    absorb_loaded,
    claim_publication,
    due_publications,
    finish_publication,
    give_up_lost,
    note_sending,
)
from dashboard.db.outgoing import any_publication_due as _any_due
from dashboard.db.syncs import ask_for_sync
from dashboard.domain.budgets import Priority
from dashboard.domain.calendar import PublicationState
from dashboard.domain.checks import Evidence
from dashboard.domain.errors import CannotDecryptError, PlatformError
from dashboard.domain.faults import point
from dashboard.domain.links import Identity
from dashboard.domain.posting import TRIES, Fate, judge
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    Published,
    PublishOutcome,
    PublishUnclear,
)
from dashboard.domain.wire import NoAnswerError
from dashboard.platforms.protocol import Publishes
from dashboard.services.credentials import app_and_credential
from dashboard.services.fates import FIRST_ASKED_AFTER, traced
from dashboard.services.pacing import paced
from dashboard.services.ports import Tools

_AGAIN_AFTER = timedelta(minutes=2)
_HELD_LOOKED_AT_AFTER = timedelta(minutes=1)
_LOOK_AFTER = timedelta(minutes=1)

log = logging.getLogger(__name__)


def anything_to_publish(tools: Tools) -> bool:
    """Whether a post's time has come, one is to be asked about, or a dead worker left one."""
    with tools.database.reading() as session:
        now = tools.now()
        return _any_due(session, now=now) or bool(open_fates(session, now=now, limit=1))


def publish_due(tools: Tools) -> int:
    """Publish what is due and return how many were taken; safe with any number of workers."""
    with tools.database.writing() as unit:
        again, unclear = give_up_lost(unit, now=tools.now())
        due = due_publications(unit, now=tools.now())
    if again or unclear:
        log.warning("posts of a dead worker", extra={"again": again, "unclear": unclear})
    taken = 0
    for publication_id in due:
        if tools.stopping.is_set():
            break
        taken += publish_one(tools, publication_id)
    return taken


def publish_one(tools: Tools, publication_id: UUID) -> bool:
    """Claim one post and send it, hold it, or give it up as late; False when it is not due."""
    owner = uuid4().hex
    with tools.database.writing() as unit:
        planned = claim_publication(unit, publication_id, owner=owner, now=tools.now())
    if planned is None:
        return False
    judged = judge(
        planned.planned_for,
        planned.link_state,
        may_publish=planned.may_publish,
        linked=planned.grant_id is not None,
        now=tools.now(),
    )
    if judged.fate is Fate.GO:
        _settle(tools, planned, owner, _send(tools, planned, owner))
    elif judged.fate is Fate.HOLD:
        looked_at = tools.now() + _HELD_LOOKED_AT_AFTER
        _write(tools, planned, owner, PublicationState.HELD, judged.why, try_at=looked_at)
    else:
        _write(tools, planned, owner, PublicationState.MISSED, judged.why)
    return True


def _send(tools: Tools, planned: Planned, owner: str) -> PublishOutcome:
    platform: object = tools.platforms.get(planned.platform)
    if not isinstance(platform, Publishes) or planned.grant_id is None:
        return _no("This platform takes no posts from Linkkeeper.", about_the_post=True)
    try:
        app, credential = app_and_credential(tools, planned.grant_id)
    except CannotDecryptError:
        return _no("The stored permission cannot be opened on this server.")
    except PlatformError as error:
        return _no(str(error), again=True)
    except NoAnswerError:
        return _no("The platform did not answer.", again=True)
    with tools.database.writing() as unit:
        if not note_sending(unit, planned.id, owner=owner, now=tools.now()):
            return _no("Another worker took over.", again=True)
    point("publish.before_sending")
    identity = Identity(remote_id=planned.remote_id, name=planned.name, handle=planned.handle)
    # A person's post is counted and never held back; silence is told to the other processes.
    http = paced(tools, planned.platform, planned.server, Priority.PERSON)
    outcome = tools.http.run(
        platform.publish(http, app, credential, identity, _public(tools, planned.post))
    )
    point("publish.after_sending")
    return outcome


def _public(tools: Tools, post: Outgoing) -> Outgoing:
    """The picture's address as the outside sees it."""
    if post.picture is None:
        return post
    url = f"{tools.settings.base_url}{post.picture.url}"
    return replace(post, picture=replace(post.picture, url=url))


def _settle(tools: Tools, planned: Planned, owner: str, outcome: PublishOutcome) -> None:
    match outcome:
        case Published(remote_id=remote_id, url=url):
            now = tools.now()
            _write(
                tools,
                planned,
                owner,
                PublicationState.PUBLISHED,
                remote_id=remote_id[:500],
                url=url[:2000],
                published_at=now,
                at=now,
            )
        case NotPublished(again=True) if planned.tries < TRIES:
            later = tools.now() + _AGAIN_AFTER * planned.tries
            _write(tools, planned, owner, PublicationState.SCHEDULED, outcome=outcome, try_at=later)
        case NotPublished():
            _write(tools, planned, owner, PublicationState.FAILED, outcome=outcome)
        case PublishUnclear(trace=trace) if trace:
            asked_at = tools.now() + FIRST_ASKED_AFTER
            _write(
                tools, planned, owner, PublicationState.UNKNOWN, outcome=outcome, try_at=asked_at
            )
        case PublishUnclear():
            why = "No answer came. The post may stand at the platform: Linkkeeper looks there."
            _write(tools, planned, owner, PublicationState.UNKNOWN, why, outcome=outcome)


def _write(
    tools: Tools,
    planned: Planned,
    owner: str,
    state: PublicationState,
    why: str = "",
    *,
    outcome: NotPublished | PublishUnclear | None = None,
    **values: object,
) -> None:
    """Store what became of it; a link in doubt is checked, an unknown post looked for or traced."""
    now = tools.now()
    evidence = outcome.evidence if outcome else None
    trace = outcome.trace if isinstance(outcome, PublishUnclear) else ""
    doubted = isinstance(outcome, NotPublished) and not outcome.about_the_post
    with tools.database.writing() as unit:
        if isinstance(values.get("remote_id"), str):
            absorb_loaded(unit, planned.account_id, str(values["remote_id"]))
        kept = finish_publication(
            unit,
            planned.id,
            owner=owner,
            now=now,
            state=state.value,
            trouble=(why or (evidence.text if evidence else ""))[:300],
            evidence=traced(_json(evidence), trace),
            **{"try_at": None, **values},
        )
        if state is PublicationState.UNKNOWN and not trace:
            ask_for_sync(unit, planned.account_id, by=None, now=now + _LOOK_AFTER)
        if doubted:
            due_now(unit, planned.link_id, now=now)
    if not kept:
        log.error("a post's claim was lost", extra={"publication": str(planned.id)})
    if doubted:
        tools.jobs.hint("check_due")


def _no(why: str, *, about_the_post: bool = False, again: bool = False) -> NotPublished:
    evidence = Evidence(call="publish the post", text=why)
    return NotPublished(evidence=evidence, about_the_post=about_the_post, again=again)


def _json(evidence: Evidence | None) -> dict[str, object] | None:
    if evidence is None:
        return None
    return {"call": evidence.call, "status": evidence.status, "code": evidence.code}
