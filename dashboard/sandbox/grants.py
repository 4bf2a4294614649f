"""What people have allowed to apps: making a grant, narrowing it, ending it."""

import secrets
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.sandbox.clock import read_optional, read_stamp, stamp
from dashboard.sandbox.model import EndCause, Grant, GrantedAccount, Scope, parse_scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A person's yes: who, to which app, what, and for which accounts."""

    person_id: str
    client_id: str
    scopes: tuple[Scope, ...]
    account_ids: tuple[str, ...]
    asked: str = ""


def create(db: sqlite3.Connection, consent: Consent, now: datetime) -> str:
    """Write a yes down; earlier grants of the same person live on beside it. Returns its id."""
    grant_id = f"grant_{secrets.token_hex(8)}"
    db.execute(
        "INSERT INTO grants (id, person_id, client_id, scopes, created_at, asked)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            grant_id,
            consent.person_id,
            consent.client_id,
            " ".join(consent.scopes),
            stamp(now),
            consent.asked,
        ),
    )
    db.executemany(
        "INSERT INTO grant_accounts (grant_id, account_id) VALUES (?, ?)",
        [(grant_id, account_id) for account_id in consent.account_ids],
    )
    return grant_id


def find(db: sqlite3.Connection, grant_id: str) -> Grant | None:
    """The grant with this id, ended or not; None if there never was one."""
    rows = db.execute("SELECT * FROM grants WHERE id = ?", (grant_id,)).fetchall()
    return next(iter(_whole(db, rows)), None)


def everything(db: sqlite3.Connection) -> list[Grant]:
    """All grants ever given, newest first."""
    return _whole(db, db.execute("SELECT * FROM grants ORDER BY created_at DESC, id").fetchall())


def of_account(db: sqlite3.Connection, account_id: str) -> list[Grant]:
    """All grants that carry an account, ended ones too, newest first."""
    rows = db.execute(
        "SELECT grants.* FROM grants JOIN grant_accounts ON grant_id = grants.id"
        " WHERE account_id = ? ORDER BY grants.created_at DESC, grants.id",
        (account_id,),
    ).fetchall()
    return _whole(db, rows)


def of_person(db: sqlite3.Connection, person_id: str) -> list[Grant]:
    """All grants of a person, ended ones too, newest first."""
    rows = db.execute(
        "SELECT * FROM grants WHERE person_id = ? ORDER BY created_at DESC, id", (person_id,)
    ).fetchall()
    return _whole(db, rows)


def live(grants: Iterable[Grant]) -> list[Grant]:
    """Those of `grants` that have not ended."""
    return [grant for grant in grants if grant.ended_at is None]


def end(db: sqlite3.Connection, grants: Iterable[Grant], cause: EndCause, now: datetime) -> None:
    """End grants for good; one that has ended already keeps its first cause."""
    db.executemany(
        "UPDATE grants SET ended_at = ?, end_cause = ? WHERE id = ? AND ended_at IS NULL",
        [(stamp(now), cause, grant.id) for grant in grants],
    )


def run_out_access(db: sqlite3.Connection, grants: Iterable[Grant], now: datetime) -> None:
    """Let every access token of `grants` run out now; the refresh tokens stay good."""
    db.executemany(
        "UPDATE tokens SET expires_at = ?1 WHERE grant_id = ?2 AND kind = 'access'"
        " AND expires_at > ?1",
        [(stamp(now), grant.id) for grant in grants],
    )


def withdraw(
    db: sqlite3.Connection, grants: Iterable[Grant], account_id: str, scope: Scope
) -> None:
    """Take one permission back, for one account only."""
    db.executemany(
        "INSERT OR IGNORE INTO withdrawals VALUES (?, ?, ?)",
        [(grant.id, account_id, scope) for grant in grants],
    )


def give_back(
    db: sqlite3.Connection, grants: Iterable[Grant], account_id: str, scopes: Iterable[Scope]
) -> None:
    """Undo `withdraw`; what was not allowed in the consent is not allowed by this either."""
    wanted = list(scopes)
    db.executemany(
        "DELETE FROM withdrawals WHERE grant_id = ? AND account_id = ? AND scope = ?",
        [(grant.id, account_id, scope) for grant in grants for scope in wanted],
    )


def set_renew_by(
    db: sqlite3.Connection, grants: Iterable[Grant], account_id: str, renew_by: datetime | None
) -> None:
    """Demand that a person says yes again before `renew_by`; None takes the demand back."""
    db.executemany(
        "UPDATE grant_accounts SET renew_by = ? WHERE grant_id = ? AND account_id = ?",
        [(stamp(renew_by) if renew_by else None, grant.id, account_id) for grant in grants],
    )


def _whole(db: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> list[Grant]:
    """Fit the accounts to the grants; two queries, however many grants."""
    ids = [row["id"] for row in rows]
    marks = ", ".join("?" * len(ids))
    withdrawn: dict[tuple[str, str], set[Scope]] = defaultdict(set)
    for row in db.execute(f"SELECT * FROM withdrawals WHERE grant_id IN ({marks})", ids):  # noqa: S608 - question marks only
        withdrawn[row["grant_id"], row["account_id"]].add(Scope(row["scope"]))
    parts: dict[str, list[GrantedAccount]] = defaultdict(list)
    for row in db.execute(f"SELECT * FROM grant_accounts WHERE grant_id IN ({marks})", ids):  # noqa: S608 - question marks only
        parts[row["grant_id"]].append(
            GrantedAccount(
                account_id=row["account_id"],
                renew_by=read_optional(row["renew_by"]),
                withdrawn=frozenset(withdrawn[row["grant_id"], row["account_id"]]),
            )
        )
    return [_grant(row, tuple(parts[row["id"]])) for row in rows]


def _grant(row: sqlite3.Row, accounts: tuple[GrantedAccount, ...]) -> Grant:
    return Grant(
        id=row["id"],
        person_id=row["person_id"],
        client_id=row["client_id"],
        scopes=parse_scopes(row["scopes"]) or (),
        accounts=accounts,
        created_at=read_stamp(row["created_at"]),
        refreshes=row["refreshes"],
        ended_at=read_optional(row["ended_at"]),
        end_cause=EndCause(row["end_cause"]) if row["end_cause"] else None,
        asked=row["asked"],
    )
