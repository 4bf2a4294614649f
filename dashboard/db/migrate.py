"""Brings the database to the newest schema with Alembic; refuses a database newer than the code.

Alembic takes 8 MB and is loaded only where the schema is changed: no part that stays needs it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect

from dashboard.db.engine import Database

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"


class NewerDatabaseError(Exception):
    """The database was written by a newer Linkkeeper than this one."""


def _config(database: Database) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = database.engine
    return config


def is_current(database: Database) -> bool:
    """Whether the schema is the one this code was written for."""
    versions = (_FOLDER / "versions").glob("[0-9]*.py")
    newest = max(path.stem.partition("_")[0] for path in versions)
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        present = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return bool(present == newest)


def upgrade(database: Database) -> None:
    """Apply what is missing; safe to repeat. Raises NewerDatabaseError."""
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    config = _config(database)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with database.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in known:
        raise NewerDatabaseError
    command.upgrade(config, "head")
