"""What became of posts that a platform has taken and works on: it is asked, nothing is sent.

Asked soon at first, then less often, for a day; after that the platform's list of posts is looked
at once more, and a person decides (R77).
"""

import logging
from datetime import timedelta
from uuid import UUID

from dashboard.db.accounts import due_now
from dashboard.db.open_fates import TRACE, OpenFate, claim_fate, open_fates, settle_fate
from dashboard.db.outgoing import absorb_loaded
from dashboard.db.syncs import ask_for_sync
from dashboard.domain.budgets import Priority
from dashboard.domain.calendar import PublicationState
from dashboard.domain.errors import CannotDecryptError, PlatformError
from dashboard.domain.publishing import NotPublished, Published, PublishOutcome
from dashboard.domain.wire import NoAnswerError
from dashboard.platforms.protocol import TellsFate
from dashboard.services.credentials import app_and_credential
from dashboard.services.pacing import paced
from dashboard.services.ports import Tools

FIRST_ASKED_AFTER = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=15)
_ASKED_FOR = timedelta(days=1)
_NEVER_SAID = "The platform never said what became of the post."

log = logging.getLogger(__name__)


def ask_what_became(tools: Tools) -> int:
    """Ask about every post whose time has come; returns about how many; safe to run twice."""
    with tools.database.reading() as session:
        due = open_fates(session, now=tools.now())
    asked = 0
    for publication_id in due:
        if tools.stopping.is_set():
            break
        asked += _ask_about(tools, publication_id)
    return asked


def _ask_about(tools: Tools, publication_id: UUID) -> bool:
    now = tools.now()
    with tools.database.writing() as unit:
        of = claim_fate(unit, publication_id, again_at=now + _LONGEST_PAUSE, now=now)
    if of is None:
        return False
    outcome = _asked(tools, of)
    if isinstance(outcome, Published):
        _stands(tools, of, outcome)
    elif isinstance(outcome, NotPublished):
        _failed(tools, of, outcome)
    else:
        _later(tools, of)
    return True


def _asked(tools: Tools, of: OpenFate) -> PublishOutcome | None:
    """What the platform says; None when it could not be asked."""
    platform: object = tools.platforms.get(of.platform)
    if not isinstance(platform, TellsFate) or of.grant_id is None or not of.trace:
        return None
    try:
        app, credential = app_and_credential(tools, of.grant_id)
        http = paced(tools, of.platform, of.server, Priority.CHECK)
        return tools.http.run(platform.fate(http, app, credential, of.trace))
    except (CannotDecryptError, PlatformError, NoAnswerError) as error:
        log.info("a post's fate could not be asked", extra={"why": str(error)})
        return None


def _stands(tools: Tools, of: OpenFate, outcome: Published) -> None:
    now = tools.now()
    with tools.database.writing() as unit:
        absorb_loaded(unit, of.account_id, outcome.remote_id[:500])
        settle_fate(
            unit,
            of,
            now=now,
            state=PublicationState.PUBLISHED.value,
            remote_id=outcome.remote_id[:500],
            url=outcome.url[:2000],
            published_at=of.sent_at,
            at=of.sent_at,
            trouble="",
            evidence=None,
            try_at=None,
        )


def _failed(tools: Tools, of: OpenFate, outcome: NotPublished) -> None:
    """It surely does not stand there; whether it may work again, a person decides."""
    now, evidence = tools.now(), outcome.evidence
    with tools.database.writing() as unit:
        settle_fate(
            unit,
            of,
            now=now,
            state=PublicationState.FAILED.value,
            trouble=evidence.text[:300],
            evidence={"call": evidence.call, "status": evidence.status, "code": evidence.code},
            try_at=None,
        )
        if not outcome.about_the_post:
            due_now(unit, of.link_id, now=now)
    if not outcome.about_the_post:
        tools.jobs.hint("check_due")


def _later(tools: Tools, of: OpenFate) -> None:
    """Ask again after half of the time that has passed; in the end look at the list instead."""
    now = tools.now()
    age = now - of.sent_at
    with tools.database.writing() as unit:
        if of.trace and of.grant_id is not None and age < _ASKED_FOR:
            pause = min(max(age / 2, FIRST_ASKED_AFTER), _LONGEST_PAUSE)
            settle_fate(unit, of, now=now, try_at=now + pause)
        elif settle_fate(unit, of, now=now, try_at=None, trouble=_NEVER_SAID):
            ask_for_sync(unit, of.account_id, by=None, now=now)


def traced(evidence: dict[str, object] | None, trace: str) -> dict[str, object] | None:
    """Evidence with the name of the task by which its platform can be asked."""
    return {**(evidence or {}), TRACE: trace} if trace else evidence
