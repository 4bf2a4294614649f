"""The database and its transactions, SQLite and PostgreSQL alike (R69).

A writing transaction on SQLite begins with BEGIN IMMEDIATE: it waits for its turn at the start
instead of failing in the middle. Reading transactions never block writers (WAL).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session as PlainSession
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

from dashboard.db.trouble import told_apart
from dashboard.domain.errors import StorageError, StorageTrouble

_BUSY_TIMEOUT = 10_000  # milliseconds
_TRUSTED_FOR = 1.0  # seconds that a connection may rest before it is tried out
_PG_OPTIONS = (
    "-c lock_timeout=10s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
)


T = TypeVar("T")


class UnitOfWork(Session):
    """One transaction; `after_commit` collects what may happen only once it is durable."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, expire_on_commit=False)
        self.afterwards: list[Callable[[], Any]] = []

    def after_commit(self, call: Callable[[], Any]) -> None:
        self.afterwards.append(call)


class Database:
    """Opens transactions; the only holder of the engine."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)

    @contextmanager
    def writing(self) -> Iterator[UnitOfWork]:
        """Commit when the block ends, roll back when it raises; then run what waits for it.

        Raises StorageError when the database cannot do its work.
        """
        with told_apart(), UnitOfWork(self.engine) as unit:
            with unit.begin():
                if self.is_sqlite:
                    unit.connection().exec_driver_sql("BEGIN IMMEDIATE")
                yield unit
            afterwards = unit.afterwards
        for call in afterwards:
            call()

    @contextmanager
    def writing_in_passing(self) -> Iterator[UnitOfWork]:
        """As `writing`, for what may as well be left out: it waits for nobody.

        Raises StorageError as soon as others are in its way.
        """
        with told_apart(), UnitOfWork(self.engine) as unit, unit.begin():
            if not self.is_sqlite:
                unit.connection().exec_driver_sql("SET LOCAL lock_timeout = 50")
                yield unit
                return
            connection = unit.connection()
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_TIMEOUT}")
            yield unit

    def write(self, work: Callable[[UnitOfWork], T]) -> T:
        """Do `work` in a writing transaction; once more if others were in its way (R69)."""
        try:
            with self.writing() as unit:
                return work(unit)
        except StorageError as error:
            if error.trouble is not StorageTrouble.BUSY:
                raise
        with self.writing() as unit:
            return work(unit)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One consistent view; whatever is changed in it is thrown away. Raises StorageError."""
        with told_apart(), Session(self.engine, expire_on_commit=False) as session:
            if self.is_sqlite:
                session.connection().exec_driver_sql("BEGIN")
            yield session
            session.expunge_all()  # or the rollback would empty what was read
            session.rollback()

    def close(self) -> None:
        self.engine.dispose()


def database_now(session: PlainSession) -> datetime:
    """The database's own clock: one clock for all machines that work on it (R75)."""
    if session.get_bind().dialect.name == "sqlite":
        text = session.execute(select(func.strftime("%Y-%m-%dT%H:%M:%f+00:00", "now"))).scalar_one()
        return datetime.fromisoformat(text)
    present: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return present


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(
        url, hide_parameters=True, connect_args={"check_same_thread": False}, pool_size=40
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # The driver must not begin transactions by itself: `writing` says BEGIN IMMEDIATE.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_TIMEOUT}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    return engine


def _postgres_engine(url: str) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_size=10,
        max_overflow=20,
        connect_args={"options": _PG_OPTIONS},
    )

    @event.listens_for(engine, "checkin")
    def rests(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["rests_since"] = time.monotonic()

    # As `pool_pre_ping`, but not at every turn: with many open pages that is a fifth of a poll.
    @event.listens_for(engine, "checkout")
    def is_there(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        since = entry.info.get("rests_since")
        if since is None or time.monotonic() - since < _TRUSTED_FOR:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error

    return engine
