"""What was used of quotas, by platform and day: a row that is counted up and read in one breath."""

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import AccountRow, LinkRow, QuotaUseRow
from dashboard.domain.quotas import Use


def use_of(session: Session, platform: str, day: date) -> Use:
    """What was used so far."""
    row = session.execute(
        select(col(QuotaUseRow.used), col(QuotaUseRow.synced)).where(*_of(platform, day))
    ).one_or_none()
    return Use() if row is None else Use(used=row.used, synced=row.synced)


def uses_on(session: Session, day: date) -> dict[str, int]:
    """What was used of each platform on a day; few rows."""
    rows = session.execute(
        select(col(QuotaUseRow.platform), col(QuotaUseRow.used)).where(col(QuotaUseRow.day) == day)
    )
    return {row.platform: row.used for row in rows}


def take(
    session: Session, platform: str, day: date, grant: Callable[[Use], int], *, sync: bool = False
) -> tuple[Use, int]:
    """Count what `grant` gives over what was used before; returns both. Others wait meanwhile."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = dialect.insert(QuotaUseRow).values(platform=platform, day=day, used=0, synced=0)
    session.execute(row.on_conflict_do_nothing())
    found = session.execute(
        select(col(QuotaUseRow.used), col(QuotaUseRow.synced))
        .where(*_of(platform, day))
        .with_for_update()
    ).one()
    before = Use(used=found.used, synced=found.synced)
    granted = grant(before)
    if granted:
        values = {"used": before.used + granted}
        if sync:
            values["synced"] = before.synced + granted
        session.execute(update(QuotaUseRow).where(*_of(platform, day)).values(**values))
    return before, granted


def watched_links(session: Session, platform: str) -> int:
    """How many links of a platform are in the rota."""
    return session.execute(
        select(func.count())
        .select_from(LinkRow)
        .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
        .where(col(AccountRow.platform) == platform, col(LinkRow.next_check_at).is_not(None))
    ).scalar_one()


def due_again(session: Session, platform: str, *, before: datetime, at: datetime) -> None:
    """A larger quota counts at once: what waited longer than that is due then."""
    accounts = select(col(AccountRow.id)).where(col(AccountRow.platform) == platform)
    session.execute(
        update(LinkRow)
        .where(col(LinkRow.account_id).in_(accounts), col(LinkRow.next_check_at) > before)
        .values(next_check_at=at)
    )


def forget_uses(session: Session, *, before: date) -> None:
    """Drop the counts of days that nobody looks at any more."""
    session.execute(delete(QuotaUseRow).where(col(QuotaUseRow.day) < before))


def _of(platform: str, day: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(QuotaUseRow.platform) == platform, col(QuotaUseRow.day) == day
