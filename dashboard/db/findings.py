"""What checks found, stored in bulk over the version that was read; who comes too late is dropped.

Events are stored and the counter is raised in the same transaction. Locks are taken in the order of
all who write links, the counter first and then links by id, so that nobody waits in a circle.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, Update, bindparam, case, insert, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from dashboard.db import tables
from dashboard.db.counters import raise_counter
from dashboard.db.events import EventKind
from dashboard.db.health import change_json, health_values
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.links import LinkHealth

_LINKS: Table = SQLModel.metadata.tables[tables.LinkRow.__tablename__]
_EVENTS: Table = SQLModel.metadata.tables[tables.EventRow.__tablename__]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a check found, ready to be stored over the version that was read.

    `health` is None when nothing about it changed. `visible` makes viewers' pages look again even
    if nothing changed: somebody is waiting for this check. `due_at` is when the check was due: if
    the link fell due anew since, by a push or a person, it stays due.
    """

    link_id: UUID
    account_id: UUID
    version: int
    due_at: datetime | None
    checked_at: datetime
    next_check_at: datetime
    streak: int
    health: LinkHealth | None = None
    event: LinkStateChanged | None = None
    visible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferral:
    """A link that was not asked now, and when it is due again."""

    link_id: UUID
    version: int
    due_at: datetime | None
    next_check_at: datetime


def store_findings(session: Session, findings: Iterable[Finding]) -> int:
    """Store what nobody overtook, with its events; returns how many events there are now."""
    ordered = sorted(findings, key=_by_id)
    seq = raise_counter(session) if any(found.event or found.visible for found in ordered) else 0
    told: list[Finding] = []
    bulk: dict[tuple[bool, bool], list[Finding]] = {}
    for found in ordered:
        if found.event is None:
            bulk.setdefault((found.health is not None, found.visible), []).append(found)
        elif session.connection().execute(_statement(found), _values(found, seq)).rowcount:
            told.append(found)
    for alike in bulk.values():
        rows = [_values(found, seq) for found in alike]
        session.connection().execute(_statement(alike[0]), rows)
    if told:
        session.connection().execute(insert(_EVENTS), [_event(found) for found in told])
    return len(told)


def defer(session: Session, deferrals: Iterable[Deferral]) -> None:
    """Put off links that were not asked; nothing is learnt about them."""
    rows = [
        {
            "_id": wait.link_id,
            "_version": wait.version,
            "_due": wait.due_at,
            "_next": wait.next_check_at,
        }
        for wait in sorted(deferrals, key=_by_id)
    ]
    if rows:
        session.connection().execute(_DEFERRED, rows)


_OURS = (_LINKS.c.id == bindparam("_id")) & (_LINKS.c.version == bindparam("_version"))
# Whoever wanted it looked at after the check had begun wants the next check, and at once.
_INSTANT = _LINKS.c.next_check_at.type
_OVERTAKEN = _LINKS.c.next_check_at != bindparam("_due", type_=_INSTANT)
_NEXT = case((_OVERTAKEN, _LINKS.c.next_check_at), else_=bindparam("_next", type_=_INSTANT))
_FREED = {"claim": "", "claimed_until": None, "lapses": 0}
_CHECKED: dict[str, Any] = {
    "awaited": case((_OVERTAKEN, _LINKS.c.awaited), else_=False),
    "checked_at": bindparam("_checked"),
    "next_check_at": _NEXT,
    "streak": bindparam("_streak"),
    "version": _LINKS.c.version + 1,
    **_FREED,
}
_HEALTH: dict[str, Any] = {
    name: bindparam(f"_{name}")
    for name in (
        "state",
        "since",
        "cause",
        "evidence",
        "missing",
        "renew_by",
        "troubled_since",
        "silent_since",
        "misses",
        "doubts",
    )
}
_SEEN: dict[str, Any] = {"changed_seq": bindparam("_seq")}
_STATEMENTS = {
    (changed, seen): update(_LINKS)
    .where(_OURS)
    .values(_CHECKED | (_HEALTH if changed else {}) | (_SEEN if seen else {}))
    for changed in (False, True)
    for seen in (False, True)
}
_DEFERRED = (
    update(_LINKS)
    .where(_OURS, _LINKS.c.next_check_at.is_not(None))
    .values(next_check_at=_NEXT, **_FREED)
)


def _statement(found: Finding) -> Update:
    return _STATEMENTS[found.health is not None, found.visible or found.event is not None]


def _values(found: Finding, seq: int) -> dict[str, Any]:
    health = {} if found.health is None else health_values(found.health)
    return {
        "_id": found.link_id,
        "_version": found.version,
        "_due": found.due_at,
        "_checked": found.checked_at,
        "_next": found.next_check_at,
        "_streak": found.streak,
        "_seq": seq,
        **{f"_{name}": value for name, value in health.items()},
    }


def _event(found: Finding) -> dict[str, Any]:
    return {
        "at": found.checked_at,
        "kind": EventKind.LINK_STATE.value,
        "account_id": found.account_id,
        "data": change_json(found.event) if found.event else {},
        "told": False,
    }


def _by_id(item: Finding | Deferral) -> UUID:
    return item.link_id
