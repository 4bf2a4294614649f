"""An installation full of links that are all due, made for a bench and thrown away after it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import bindparam
from sqlmodel import col, delete, func, insert, select, update

from dashboard.adapters.keys import KeyRing
from dashboard.db.credentials import seal_credential
from dashboard.db.engine import Database, UnitOfWork
from dashboard.db.migrate import upgrade
from dashboard.db.tables import AccountRow, GrantRow, LinkRow
from dashboard.domain.credentials import Credential
from dashboard.settings import Settings

_LINKS_PER_GRANT = 5


def fill(
    settings: Settings,
    number: int,
    now: datetime,
    *,
    spread: timedelta = timedelta(),
    due: int | None = None,
    afresh: bool = False,
) -> None:
    """Migrate and store `number` accounts with links, five on each log-in.

    All are due now, or over the coming `spread` but for the first `due`. `afresh` drops what an
    earlier call left.
    """
    database = Database(settings.database_url)
    upgrade(database)
    if afresh:
        with database.writing() as unit:
            for row in (LinkRow, AccountRow, GrantRow):
                unit.execute(delete(row))
    grants = [uuid4() for _ in range(0, number, _LINKS_PER_GRANT)]
    first_asked = [
        now + (timedelta() if nth < (due or 0) else spread * (nth + 1) / number)
        for nth in range(number)
    ]
    with database.writing() as unit:
        unit.connection().execute(insert(GrantRow), _grant_rows(settings, grants, now))
        _insert_links(unit, grants, first_asked, now)
    _settle(database)
    database.close()


def _grant_rows(settings: Settings, grants: Sequence[UUID], now: datetime) -> list[dict[str, Any]]:
    cipher = KeyRing.load(settings).cipher()
    secret = Credential(
        access="a" * 40,
        refresh="r" * 40,
        expires_at=now + timedelta(days=1),
        extra={"server": settings.sandbox_url or ""},
    )
    return [
        {
            "id": grant,
            "platform": "sandbox",
            "created_at": now,
            "credential": seal_credential(cipher, grant, secret),
        }
        for grant in grants
    ]


def _insert_links(
    unit: UnitOfWork, grants: Sequence[UUID], first_asked: Sequence[datetime], now: datetime
) -> None:
    accounts = [uuid4() for _ in first_asked]
    connection = unit.connection()
    connection.execute(
        insert(AccountRow),
        [
            {
                "id": account,
                "platform": "sandbox",
                "created_at": now,
                "remote_id": f"page-{nth}",
                "name": f"Page {nth}",
            }
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
                "next_check_at": first_asked[nth],
            }
            for nth, account in enumerate(accounts)
        ],
    )


def _settle(database: Database) -> None:
    """What a database does by itself in the course of time: or it would do it while we measure."""
    chores = ("ANALYZE",) if database.is_sqlite else ("VACUUM ANALYZE", "CHECKPOINT")
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for chore in chores:
            connection.exec_driver_sql(chore)


def count_working(settings: Settings) -> int:
    """How many links were checked and found to work."""
    database = Database(settings.database_url)
    with database.reading() as session:
        working = select(func.count()).select_from(LinkRow).where(col(LinkRow.streak) > 0)
        found = int(session.execute(working).scalar_one())
    database.close()
    return found


def due_times(settings: Settings) -> list[datetime]:
    """When each link is due."""
    database = Database(settings.database_url)
    with database.reading() as session:
        found = session.execute(select(LinkRow.next_check_at)).scalars().all()
    database.close()
    return [at for at in found if at is not None]


def lateness(settings: Settings, began: datetime, spread: timedelta) -> list[float]:
    """How many seconds after it was due each link was checked; as `fill` had spread them."""
    database = Database(settings.database_url)
    with database.reading() as session:
        rows = session.execute(
            select(AccountRow.remote_id, LinkRow.checked_at).join(
                LinkRow, col(LinkRow.account_id) == col(AccountRow.id)
            )
        ).all()
    database.close()
    each = spread / max(len(rows), 1)
    return [
        (at - began - each * (int(name.removeprefix("page-")) + 1)).total_seconds()
        for name, at in rows
        if at is not None
    ]


def move_all_due(settings: Settings, by: timedelta) -> None:
    """Shift the whole rota: storing the links took longer than was thought."""
    database = Database(settings.database_url)
    with database.writing() as unit:
        rows = unit.execute(select(LinkRow.id, LinkRow.next_check_at)).all()
        unit.connection().execute(
            update(LinkRow).where(col(LinkRow.id) == bindparam("_id")),
            [{"_id": link_id, "next_check_at": at + by} for link_id, at in rows if at],
        )
    database.close()
