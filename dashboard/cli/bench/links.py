"""An installation full of links that are all due, made for a bench and thrown away after it."""

from datetime import datetime, timedelta
from uuid import uuid4

from sqlmodel import col, func, insert, select

from dashboard.adapters.keys import KeyRing
from dashboard.db.credentials import seal_credential
from dashboard.db.engine import Database
from dashboard.db.migrate import upgrade
from dashboard.db.tables import AccountRow, GrantRow, LinkRow
from dashboard.domain.credentials import Credential
from dashboard.settings import Settings

_LINKS_PER_GRANT = 5


def fill(settings: Settings, number: int, now: datetime) -> None:
    """Migrate and store `number` accounts whose links are due, five on each log-in."""
    database = Database(settings.database_url)
    upgrade(database)
    cipher = KeyRing.load(settings).cipher()
    secret = Credential(
        access="a" * 40,
        refresh="r" * 40,
        expires_at=now + timedelta(days=1),
        extra={"server": settings.sandbox_url or ""},
    )
    grants = [uuid4() for _ in range(0, number, _LINKS_PER_GRANT)]
    accounts = [uuid4() for _ in range(number)]
    same = {"platform": "sandbox", "created_at": now}
    with database.writing() as unit:
        connection = unit.connection()
        connection.execute(
            insert(GrantRow),
            [
                {"id": grant, "credential": seal_credential(cipher, grant, secret), **same}
                for grant in grants
            ],
        )
        connection.execute(
            insert(AccountRow),
            [
                {"id": account, "remote_id": f"page-{nth}", "name": f"Page {nth}", **same}
                for nth, account in enumerate(accounts)
            ],
        )
        connection.execute(
            insert(LinkRow),
            [
                {
                    "account_id": account,
                    "grant_id": grants[nth // _LINKS_PER_GRANT],
                    "state": "healthy",
                    "since": now,
                    "linked_at": now,
                    "next_check_at": now,
                }
                for nth, account in enumerate(accounts)
            ],
        )
    database.close()


def count_working(settings: Settings) -> int:
    """How many links were checked and found to work."""
    database = Database(settings.database_url)
    with database.reading() as session:
        working = select(func.count()).select_from(LinkRow).where(col(LinkRow.streak) > 0)
        found = int(session.execute(working).scalar_one())
    database.close()
    return found
