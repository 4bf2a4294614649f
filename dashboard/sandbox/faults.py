"""Disturbances that the control panel orders: which there are, and which call meets one.

What a disturbance does to an answer is put into practice in `disturb`.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dashboard.sandbox.clock import read_stamp, stamp

MAX_SECONDS = 300.0


class FaultKind(StrEnum):
    """What can go wrong with a call."""

    SLOW = "slow"
    ERROR_500 = "500"
    ERROR_503 = "503"
    ERROR_429 = "429"
    HTML = "html"
    TRUNCATE = "truncate"
    HANG = "hang"
    DROP_AFTER = "drop_after"
    REDIRECT = "redirect"
    REFUSE_APP = "refuse_app"


FAULT_WORDS: dict[FaultKind, str] = {
    FaultKind.SLOW: "Answer rightly, but late",
    FaultKind.ERROR_500: "Answer 500, internal error",
    FaultKind.ERROR_503: "Answer 503, out of service",
    FaultKind.ERROR_429: "Answer 429, too many calls",
    FaultKind.HTML: "Answer with a web page instead of data",
    FaultKind.TRUNCATE: "Do the work, then send half of the answer",
    FaultKind.HANG: "Do nothing, then cut the line",
    FaultKind.DROP_AFTER: "Do the work, then cut the line at once",
    FaultKind.REDIRECT: "Send the caller to another host",
    FaultKind.REFUSE_APP: "Refuse the app itself (500 where there are no words for it)",
}
# What the seconds of a fault mean, for those that have any.
SECONDS_WORDS: dict[FaultKind, str] = {
    FaultKind.SLOW: "after {} s",
    FaultKind.ERROR_503: "try again after {} s",
    FaultKind.ERROR_429: "try again after {} s",
    FaultKind.HANG: "after {} s",
}


class Calls(StrEnum):
    """Which calls of apps a fault is for."""

    ALL = "all"
    TOKEN = "token"
    READ = "read"
    WRITE = "write"


CALLS_WORDS: dict[Calls, str] = {
    Calls.ALL: "every call of an app",
    Calls.TOKEN: "getting and renewing tokens",
    Calls.READ: "reading",
    Calls.WRITE: "posting",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultOrder:
    """A disturbance to be switched on. `count` None means until it is switched off.

    `account_id` None means the whole platform; `seconds` is 0 where it has no meaning.
    """

    kind: FaultKind
    calls: Calls = Calls.ALL
    seconds: float = 0.0
    count: int | None = None
    account_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A disturbance that is on, or that a call has just met."""

    id: int
    order: FaultOrder
    created_at: datetime

    @property
    def words(self) -> str:
        """The disturbance as people read it."""
        order = self.order
        parts = [FAULT_WORDS[order.kind]]
        if order.seconds and order.kind in SECONDS_WORDS:
            parts.append(SECONDS_WORDS[order.kind].format(f"{order.seconds:g}"))
        parts.append(f"for {CALLS_WORDS[order.calls]}")
        if order.count is not None:
            parts.append("once more" if order.count == 1 else f"{order.count} more times")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of an app, as far as a fault cares: `calls` is never ALL."""

    calls: Calls
    account_ids: frozenset[str] = frozenset()


def switch_on(db: sqlite3.Connection, order: FaultOrder, now: datetime) -> int:
    """Order a disturbance; its id."""
    cursor = db.execute(
        "INSERT INTO faults (kind, calls, seconds, remaining, account_id, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (order.kind, order.calls, order.seconds, order.count, order.account_id, stamp(now)),
    )
    return int(cursor.lastrowid or 0)


def switch_off(db: sqlite3.Connection, fault_id: int | None) -> int:
    """End one disturbance, or all of them for None; how many were on."""
    if fault_id is None:
        return db.execute("DELETE FROM faults").rowcount
    return db.execute("DELETE FROM faults WHERE id = ?", (fault_id,)).rowcount


def active(db: sqlite3.Connection) -> list[Fault]:
    """All disturbances that are on, the newest first."""
    return [_fault(row) for row in db.execute("SELECT * FROM faults ORDER BY id DESC")]


def meets(db: sqlite3.Connection, call: Call) -> Fault | None:
    """The newest disturbance that `call` meets, without using it up."""
    return next((fault for fault in active(db) if _concerns(fault.order, call)), None)


def use_up(db: sqlite3.Connection, call: Call) -> Fault | None:
    """The disturbance that `call` meets, counted down; the last use switches it off."""
    fault = meets(db, call)
    if fault is not None and fault.order.count is not None:
        db.execute("UPDATE faults SET remaining = remaining - 1 WHERE id = ?", (fault.id,))
        db.execute("DELETE FROM faults WHERE id = ? AND remaining <= 0", (fault.id,))
    return fault


def _concerns(order: FaultOrder, call: Call) -> bool:
    if order.calls not in {Calls.ALL, call.calls}:
        return False
    return order.account_id is None or order.account_id in call.account_ids


def _fault(row: sqlite3.Row) -> Fault:
    return Fault(
        id=row["id"],
        order=FaultOrder(
            kind=FaultKind(row["kind"]),
            calls=Calls(row["calls"]),
            seconds=row["seconds"],
            count=row["remaining"],
            account_id=row["account_id"],
        ),
        created_at=read_stamp(row["created_at"]),
    )
