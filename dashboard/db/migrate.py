"""Brings the database to the newest schema with Alembic; refuses a database newer than the code."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from dashboard.db.engine import Database

_FOLDER = Path(__file__).parent / "migrations"


class NewerDatabaseError(Exception):
    """The database was written by a newer Linkkeeper than this one."""


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = database.engine
    return config


def is_current(database: Database) -> bool:
    """Whether the schema is the one this code was written for."""
    newest = ScriptDirectory.from_config(_config(database)).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == newest


def upgrade(database: Database) -> None:
    """Apply what is missing; safe to repeat. Raises NewerDatabaseError."""
    config = _config(database)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    with database.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in known:
        raise NewerDatabaseError
    command.upgrade(config, "head")
