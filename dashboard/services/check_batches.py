"""Due links, claimed and read in batches with what is needed to ask about them; and their findings.

All SQL of the checks happens here, in few transactions, none of which is open while a platform is
asked.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from dashboard.db.apps import clear_app_problems, load_apps, note_app_problem
from dashboard.db.batches import DueLink, load_batch
from dashboard.db.credentials import open_credential
from dashboard.db.engine import UnitOfWork
from dashboard.db.findings import Deferral, Finding, defer, store_findings
from dashboard.db.grants import StoredGrant, load_grants, mark_locked, mark_unlocked
from dashboard.db.links import claim_due, claim_suspects, hold, release, set_aside
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import CannotDecryptError
from dashboard.domain.faults import point
from dashboard.domain.incidents import Place
from dashboard.platforms.protocol import Platform
from dashboard.services import failures
from dashboard.services.ports import Tools

LEASE = timedelta(seconds=45)
"""How long a claim holds unless it is held on to: what a worker that died had is due then."""

_ONE_LINK = "check_link"  # what its failure is filed under; no job of its own
_SET_ASIDE = timedelta(hours=6)
_KILLS = "Checking this account ended its process three times; it is left alone for six hours."

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A claimed link with everything that asking about it takes."""

    link: DueLink
    platform: Platform
    grant: StoredGrant
    credential: Credential = field(repr=False)
    app: App | None


@dataclass(slots=True, kw_only=True)
class Results:
    """What is ready to be stored: findings, links put off, and what platforms say of our apps.

    `hit` are the log-ins, and where, on which a link was newly refused or lost a permission;
    `mended` those on which a link lacks nothing any more.
    """

    findings: list[Finding] = field(default_factory=list)
    deferrals: list[Deferral] = field(default_factory=list)
    unasked: list[UUID] = field(default_factory=list)
    hit: list[tuple[UUID, Place]] = field(default_factory=list)
    mended: set[UUID] = field(default_factory=set)
    app_problems: dict[UUID, str] = field(default_factory=dict)
    apps_well: set[UUID] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.findings or self.deferrals or self.unasked)


def claim_questions(tools: Tools, owner: str, *, limit: int) -> tuple[int, list[Question]]:
    """Claim due links and open what they need; returns how many were claimed, and the questions.

    What cannot be asked here (a key or a platform is missing) is put off, its state unchanged.
    """
    now = tools.now()
    link_ids = tools.database.write(
        lambda unit: claim_due(unit, now=now, limit=limit, owner=owner, lease=LEASE)
    )
    point("check.after_claim")
    return len(link_ids), _questions(tools, link_ids)


def claim_suspect_questions(tools: Tools, owner: str) -> tuple[int, list[Question]]:
    """Like `claim_questions`, for links whose worker died; few at a time, in the end one (R65)."""
    now = tools.now()

    def claim(unit: UnitOfWork) -> tuple[list[UUID], list[UUID]]:
        aside = set_aside(unit, now=now, until=now + _SET_ASIDE)
        return aside, claim_suspects(unit, now=now, owner=owner, lease=LEASE)

    aside, link_ids = tools.database.write(claim)
    for link_id in aside:
        log.error("link set aside", extra={"link": str(link_id)})
        failures.begin(tools, _ONE_LINK, [str(link_id)], deadline=LEASE)
        failures.record(tools, _ONE_LINK, [str(link_id)], _KILLS)
    return len(link_ids), _questions(tools, link_ids)


def hold_on(tools: Tools, questions: Iterable[Question], owner: str) -> None:
    """Keep the claims of questions whose answers take their time."""
    link_ids = sorted(question.link.link_id for question in questions)
    until = tools.now() + LEASE
    tools.database.write(lambda unit: hold(unit, link_ids, owner=owner, until=until))


def store(tools: Tools, results: Results, owner: str) -> int:
    """Store results in one transaction; what somebody overtook is dropped. Returns the events."""
    now = tools.now()

    def put(unit: UnitOfWork) -> int:
        point("check.before_store")
        told = store_findings(unit, results.findings)
        defer(unit, results.deferrals)
        release(unit, results.unasked, owner=owner)
        for app_id, said in sorted(results.app_problems.items()):
            note_app_problem(unit, app_id, said, now=now)
        clear_app_problems(unit, sorted(results.apps_well - set(results.app_problems)))
        point("check.before_commit")
        return told

    told = tools.database.write(put)
    point("check.after_commit")
    if told:
        tools.jobs.hint("gather_notices")
    return told


def _questions(tools: Tools, link_ids: Sequence[UUID]) -> list[Question]:
    if not link_ids:
        return []
    with tools.database.reading() as session:
        links = load_batch(session, link_ids)
        grants = load_grants(session, list({link.grant_id for link in links if link.grant_id}))
        app_ids = {grant.app_id for grant in grants.values() if grant.app_id}
        apps = load_apps(session, tools.cipher, list(app_ids))
    opened = {grant.id: _open(tools, grant, apps) for grant in grants.values()}
    questions, waits = [], []
    for link in links:
        grant = grants.get(link.grant_id) if link.grant_id else None
        credential = opened.get(grant.id) if grant else None
        platform = tools.platforms.get(link.platform)
        if grant is None or credential is None or platform is None:
            waits.append(_put_off(tools, link))
            continue
        app = apps.get(grant.app_id) if grant.app_id else None
        questions.append(
            Question(link=link, platform=platform, grant=grant, credential=credential, app=app)
        )
    _note_what_is_locked(tools, waits, grants, opened)
    return questions


def _open(tools: Tools, grant: StoredGrant, apps: dict[UUID, App | None]) -> Credential | None:
    """The credential, or None: it or its app's secret cannot be opened on this server."""
    if grant.app_id in apps and apps[grant.app_id] is None:
        return None
    try:
        return open_credential(tools.cipher, grant.id, grant.sealed)
    except CannotDecryptError:
        return None


def _put_off(tools: Tools, link: DueLink) -> Deferral:
    return Deferral(
        link_id=link.link_id,
        version=link.version,
        due_at=link.due_at,
        next_check_at=tools.now() + tools.settings.check_every,
    )


def _note_what_is_locked(
    tools: Tools,
    waits: list[Deferral],
    grants: dict[UUID, StoredGrant],
    opened: dict[UUID, Credential | None],
) -> None:
    locked = [key for key, grant in grants.items() if opened[key] is None and not grant.troubled]
    freed = [key for key, grant in grants.items() if opened[key] is not None and grant.troubled]
    if not (waits or locked or freed):
        return

    def note(unit: UnitOfWork) -> None:
        defer(unit, waits)
        mark_locked(unit, locked, now=tools.now())
        mark_unlocked(unit, freed)

    tools.database.write(note)
