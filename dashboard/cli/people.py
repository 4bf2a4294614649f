"""`./manage user add`: an administrator without a browser, for set-ups that nobody watches."""

import argparse
import getpass
import sys

from dashboard.cli.place import make_data_dir
from dashboard.cli.preparing import ready_runtime
from dashboard.cli.screen import out
from dashboard.cli.trouble import Trouble
from dashboard.domain.errors import InvalidInputError
from dashboard.domain.team import Actor
from dashboard.services.people import NewUser, add_user, administrator_role
from dashboard.settings import Settings


def add(options: argparse.Namespace) -> int:
    """Add the user; the password is asked twice, or read from standard input when it is piped."""
    if not options.admin:
        raise Trouble(
            "Only administrators are added here: say --admin. They add everybody else, with a "
            "role, on the page Settings > Users."
        )
    settings = Settings.from_env()
    make_data_dir(settings.data_dir)
    runtime = ready_runtime(settings)
    try:
        new = NewUser(
            email=options.email,
            name=options.name or options.email.partition("@")[0],
            role_id=administrator_role(runtime.tools),
            password=_password(),
        )
        add_user(runtime.tools, new, Actor(user_id=None))
    except InvalidInputError as error:
        raise Trouble(error.why) from None
    finally:
        runtime.close()
    out.print(f"{options.email} is an administrator now and signs in at {settings.base_url}")
    return 0


def _password() -> str:
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise Trouble("There is no password on standard input.")
        return password
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Once more: "):
        raise Trouble("The two passwords are not the same. Nothing was changed.")
    return password
