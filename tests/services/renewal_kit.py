"""What the tests of renewals share: a grant at a rotating endpoint, and acting at its points."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlmodel import col, select, update

from dashboard.db.credentials import open_credential
from dashboard.db.engine import Database
from dashboard.db.tables import GrantRow
from dashboard.domain.errors import StorageError, StorageTrouble
from dashboard.domain.faults import planned
from dashboard.services.ports import Tools
from dashboard.services.refreshing import refresh_grant
from dashboard.services.renewals import Renewal
from tests.factories import make_account
from tests.fakes import START, GlassSealer


class Crash(BaseException):
    """The process dies here: nothing after it runs."""


def make_grant(database: Database) -> UUID:
    grant_id = uuid4()
    sealed = f"grants|{grant_id}|credential|".encode() + b'{"access": "a1", "refresh": "r1"}'
    make_account(database, grant_id=grant_id, credential=sealed)
    return grant_id


def grant_row(database: Database, grant_id: UUID) -> GrantRow:
    with database.reading() as session:
        return session.exec(select(GrantRow).where(GrantRow.id == grant_id)).one()


def stored_access(database: Database, grant_id: UUID) -> str:
    row = grant_row(database, grant_id)
    return open_credential(GlassSealer(), grant_id, row.credential).access


def change(database: Database, grant_id: UUID, **values: Any) -> None:
    with database.writing() as unit:
        unit.execute(update(GrantRow).where(col(GrantRow.id) == grant_id).values(**values))


def lapse(database: Database, grant_id: UUID) -> None:
    """Let the lease's time pass on the database's clock."""
    change(database, grant_id, lease_until=START - timedelta(days=300))


def renew(tools: Tools, grant_id: UUID, **options: Any) -> Renewal:
    return tools.http.run(refresh_grant(tools, grant_id, **options))


@contextmanager
def at(name: str, act: Callable[[], None], *, nth: int = 1) -> Iterator[None]:
    """Act when a point is passed for the n-th time."""
    passed = 0

    def plan(here: str) -> None:
        nonlocal passed
        if here == name:
            passed += 1
            if passed == nth:
                act()

    with planned(plan):
        yield


def die() -> None:
    raise Crash


def full_disk() -> None:
    raise StorageError(StorageTrouble.FULL)
