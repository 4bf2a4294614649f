"""`./manage migrate`, and what `./manage run` has done before the parts go to work.

A process of its own, so that the parent of all parts stays small and holds no database open.
"""

import argparse
import json
import sys

from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from dashboard.adapters.keys import KeyFileError
from dashboard.cli.screen import complain, out
from dashboard.cli.trouble import Trouble
from dashboard.db.engine import Database
from dashboard.db.migrate import NewerDatabaseError, upgrade
from dashboard.runtime import Runtime, build_runtime
from dashboard.services.ports import NoJobs
from dashboard.services.setting_up import set_up_link
from dashboard.settings import Settings


def migrate(options: argparse.Namespace) -> int:  # noqa: ARG001 - every command has this signature
    """Bring the database to the newest schema."""
    _upgrade(Settings.from_env())
    out.print("The database is up to date.")
    return 0


def prepare_for(settings: Settings) -> int:
    """Migrate, make the keys, and print the set-up link as JSON; null once there is a user."""
    try:
        runtime = ready_runtime(settings)
    except Trouble as trouble:
        complain(str(trouble))
        return 1
    json.dump({"set_up_link": set_up_link(runtime.tools)}, sys.stdout)
    runtime.close()
    return 0


def ready_runtime(settings: Settings) -> Runtime:
    """Keys and a database of the newest schema, for a command that runs once; raises Trouble."""
    _upgrade(settings)
    try:
        return build_runtime(settings, jobs=lambda _redis, _key: NoJobs())
    except KeyFileError as error:
        raise Trouble(str(error)) from None


def _upgrade(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        upgrade(database)
    except NewerDatabaseError:
        raise Trouble(
            f"{_name(settings)} was last used by a newer Linkkeeper than this one: start that one, "
            "or put back a backup from before."
        ) from None
    except DBAPIError as error:
        first_line = str(error.orig).strip().partition("\n")[0].rstrip(".")
        raise Trouble(
            f"{_name(settings)} cannot be used: {first_line}. Check DATABASE_URL and whether it is "
            "running; a damaged file is put back from your backup."
        ) from None
    finally:
        database.close()


def _name(settings: Settings) -> str:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite":
        return f"The database {url.database}"
    return f"The database {url.render_as_string(hide_password=True)}"
