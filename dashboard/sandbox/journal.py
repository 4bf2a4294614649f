"""The list of requests that apps and log-ins made: who asked what, and never a secret."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from dashboard.sandbox.clock import read_stamp, stamp

KEPT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request and its answer. `error` is our own word for a refusal, `fault` what it met.

    `token_sha256` is the hash of whatever token came with it, known here or not.
    """

    at: datetime
    method: str
    path: str
    status: int
    error: str | None = None
    client_id: str | None = None
    person_id: str | None = None
    grant_id: str | None = None
    token_sha256: str | None = None
    fault: str | None = None


def write(db: sqlite3.Connection, entry: Entry) -> None:
    """Add an entry; only the newest thousand are kept."""
    cursor = db.execute(
        "INSERT INTO requests (at, method, path, status, error, client_id, person_id, grant_id,"
        " token_sha256, fault) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            stamp(entry.at),
            entry.method,
            entry.path,
            entry.status,
            entry.error,
            entry.client_id,
            entry.person_id,
            entry.grant_id,
            entry.token_sha256,
            entry.fault,
        ),
    )
    db.execute("DELETE FROM requests WHERE id <= ?", (int(cursor.lastrowid or 0) - KEPT,))


def newest(db: sqlite3.Connection, limit: int) -> list[Entry]:
    """The last `limit` entries, the newest first."""
    rows = db.execute("SELECT * FROM requests ORDER BY id DESC LIMIT ?", (limit,))
    return [
        Entry(
            at=read_stamp(row["at"]),
            method=row["method"],
            path=row["path"],
            status=row["status"],
            error=row["error"],
            client_id=row["client_id"],
            person_id=row["person_id"],
            grant_id=row["grant_id"],
            token_sha256=row["token_sha256"],
            fault=row["fault"],
        )
        for row in rows
    ]
