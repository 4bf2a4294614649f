"""A make-believe token endpoint that rotates refresh tokens, in the three manners of the field.

Its memory is a file, so that several threads and processes meet the same platform.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Evidence, NeedsRefresh, Works
from dashboard.domain.credentials import App, Credential
from dashboard.domain.links import Identity
from dashboard.domain.wire import Http
from dashboard.platforms.protocol import (
    Refreshed,
    RefreshOutcome,
    RefreshRefused,
    RefreshUnclear,
)
from tests.factories import FakePlatform

SAID = Evidence(call="renew the permission", status=400, code="invalid_grant")
SILENT = Evidence(call="renew the permission", code="timeout")

# What the endpoint does with the next requests, one each; then it is well again.
DROP_AFTER = "drop_after"  # it works, and the answer is lost
DROP_BEFORE = "drop_before"  # it never gets there
UNAVAILABLE = "unavailable"  # 503
APP_REFUSED = "app_refused"  # invalid_client
INVALID_GRANT = "invalid_grant"
SUSPENDED = "suspended"  # refused for the trouble of the account, not of the token


@dataclass
class Endpoint:
    """`rotation`: strict (an old token revokes all), grace (it is forgiven), on_use (it lives
    until the new one is used)."""

    path: Path
    rotation: str = "strict"
    delay: float = 0.0
    life: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        with self._open() as db:
            db.execute("CREATE TABLE IF NOT EXISTS log (n INTEGER PRIMARY KEY, token, what)")
            db.execute("CREATE TABLE IF NOT EXISTS state (latest INTEGER, revoked INTEGER)")
            db.execute("CREATE TABLE IF NOT EXISTS plan (n INTEGER PRIMARY KEY, what)")
            if db.execute("SELECT count(*) FROM state").fetchone()[0] == 0:
                db.execute("INSERT INTO state VALUES (1, 0)")

    def plan(self, *faults: str) -> None:
        with self._open() as db:
            db.executemany("INSERT INTO plan (what) VALUES (?)", [(fault,) for fault in faults])

    def log(self) -> list[tuple[str, str]]:
        """(refresh token, what came of it), in order."""
        with self._open() as db:
            return db.execute("SELECT token, what FROM log ORDER BY n").fetchall()

    @property
    def latest(self) -> int:
        with self._open() as db:
            return int(db.execute("SELECT latest FROM state").fetchone()[0])

    def accepts(self, access: str) -> bool:
        with self._open() as db:
            latest, revoked = db.execute("SELECT latest, revoked FROM state").fetchone()
        return not revoked and access == f"a{latest}"

    def refresh(self, token: str) -> tuple[str, int]:
        """Return the fault or "ok"/"invalid_grant", and the number of the new pair."""
        with self._open() as db:
            fault = self._fault(db)
            latest, revoked = db.execute("SELECT latest, revoked FROM state").fetchone()
            if fault in {DROP_BEFORE, UNAVAILABLE, APP_REFUSED, INVALID_GRANT, SUSPENDED}:
                self._note(db, token, fault)
                return fault, 0
            number = int(token.removeprefix("r"))
            old_is_fine = self.rotation in {"grace", "on_use"} and number == latest - 1
            if revoked or not (number == latest or old_is_fine):
                self._note(db, token, "REUSE" if number < latest else "invalid_grant")
                db.execute("UPDATE state SET revoked = 1")
                return INVALID_GRANT, 0
            if number == latest:
                latest += 1
                db.execute("UPDATE state SET latest = ?", (latest,))
            self._note(db, token, "ok" if number == latest - 1 else "ok again")
            return fault or "ok", latest

    @staticmethod
    def _note(db: sqlite3.Connection, token: str, what: str) -> None:
        db.execute("INSERT INTO log (token, what) VALUES (?, ?)", (token, what))

    @staticmethod
    def _fault(db: sqlite3.Connection) -> str:
        row = db.execute("SELECT n, what FROM plan ORDER BY n LIMIT 1").fetchone()
        if row is None:
            return ""
        db.execute("DELETE FROM plan WHERE n = ?", (row[0],))
        return str(row[1])

    @contextmanager
    def _open(self) -> Iterator[Any]:
        db = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        try:
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        finally:
            db.close()


class RotatingPlatform(FakePlatform):
    """A platform whose access part must be renewed at the endpoint."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__()
        self.endpoint = endpoint

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        outcome = await super().check(http, app, credential, identity)
        if outcome == Works() and not self.endpoint.accepts(credential.access):
            return NeedsRefresh(evidence=Evidence(call="read the profile", status=401))
        return outcome

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        await asyncio.sleep(self.endpoint.delay)
        what, number = self.endpoint.refresh(credential.refresh)
        if what == "ok":
            return Refreshed(
                credential=Credential(
                    access=f"a{number}",
                    refresh=f"r{number}",
                    scopes=frozenset({"read", "write"}),
                    expires_at=now + self.endpoint.life,
                )
            )
        if what == INVALID_GRANT:
            return RefreshRefused(cause=Cause.TOKEN_REFUSED, evidence=SAID)
        if what == SUSPENDED:
            return RefreshRefused(cause=Cause.ACCOUNT_SUSPENDED, evidence=SAID)
        return RefreshUnclear(
            evidence=SILENT,
            may_have_happened=what == DROP_AFTER,
            app_problem=what == APP_REFUSED,
        )
