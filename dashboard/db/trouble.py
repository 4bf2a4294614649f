"""When the database cannot do its work: told apart from mistakes of ours, and from each other."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError

from dashboard.domain.errors import StorageError, StorageTrouble

# https://sqlite.org/rescode.html, by the primary name
_SQLITE = {
    "BUSY": StorageTrouble.BUSY,
    "LOCKED": StorageTrouble.BUSY,
    "READONLY": StorageTrouble.READ_ONLY,
    "PERM": StorageTrouble.READ_ONLY,
    "FULL": StorageTrouble.FULL,
    "IOERR": StorageTrouble.FULL,
    "CANTOPEN": StorageTrouble.AWAY,
}
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRES = {
    "55P03": StorageTrouble.BUSY,  # lock_not_available
    "57014": StorageTrouble.BUSY,  # query_canceled: the statement timeout
    "40001": StorageTrouble.BUSY,  # serialization_failure
    "40P01": StorageTrouble.BUSY,  # deadlock_detected
    "53300": StorageTrouble.BUSY,  # too_many_connections
    "25006": StorageTrouble.READ_ONLY,  # read_only_sql_transaction
    "53100": StorageTrouble.FULL,  # disk_full
    "57P01": StorageTrouble.AWAY,  # admin_shutdown
    "57P02": StorageTrouble.AWAY,  # crash_shutdown
    "57P03": StorageTrouble.AWAY,  # cannot_connect_now
    "57P05": StorageTrouble.AWAY,  # idle_session_timeout
}


@contextmanager
def told_apart() -> Iterator[None]:
    """Raise StorageError instead of the driver's error where the database is the trouble."""
    try:
        yield
    except NoConnectionFreeError as error:
        raise StorageError(StorageTrouble.BUSY) from error
    except DBAPIError as error:
        trouble = _trouble(error)
        if trouble is None:
            raise
        raise StorageError(trouble) from error


def _trouble(error: DBAPIError) -> StorageTrouble | None:
    name = getattr(error.orig, "sqlite_errorname", None)
    if name is not None:
        return _SQLITE.get(name.split("_")[1])
    state = getattr(error.orig, "sqlstate", None)
    if state in _POSTGRES:
        return _POSTGRES[state]
    no_connection = state is None or state.startswith("08")
    if no_connection and isinstance(error, OperationalError | InterfaceError):
        return StorageTrouble.AWAY
    return None
