"""The commands of `./manage`, their options, and how faults are told: a sentence each."""

import argparse
import importlib
from collections.abc import Sequence

from dashboard.cli.screen import complain
from dashboard.cli.trouble import Silent, Trouble
from dashboard.settings import SettingsError


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit code: 0 done, 1 not possible, 2 asked or set up wrongly."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    options.rest = rest
    if rest and options.command != "test":
        parser.error(f"unknown option: {' '.join(rest)}")
    module, _, name = str(options.runs).partition(":")
    try:
        return int(getattr(importlib.import_module(module), name)(options))
    except SettingsError as error:
        complain("These settings cannot be used:", *error.faults)
        return 2
    except Silent:
        return 1
    except Trouble as trouble:
        complain(str(trouble))
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./manage", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, runs: str, what: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=what, description=what, allow_abbrev=False)
        added.set_defaults(runs=f"dashboard.cli.{runs}")
        return added

    run = command("run", "run:run", "Start everything on this machine.")
    _add_address(run)
    run.add_argument("--verbose", action="store_true", help="show all that the parts say")
    demo = command("demo", "demo:demo", "The same with a sample team and a make-believe platform.")
    _add_address(demo)
    demo.add_argument("--sandbox-port", type=int, default=8001, help="for that platform (8001)")
    demo.add_argument("--folder", help="where it keeps its data (demo/ in the project)")
    demo.add_argument("--fresh", action="store_true", help="throw the last demo away first")
    demo.add_argument("--verbose", action="store_true", help="show all that the parts say")
    web = command("web", "web:web", "Only the web part; needs DATABASE_URL and REDIS_URL.")
    _add_address(web)
    worker = command("worker", "roles:worker", "Only a worker; needs DATABASE_URL and REDIS_URL.")
    worker.add_argument(
        "queues", nargs="*", metavar="QUEUE", help="quick, checks, long, syncs; else all"
    )
    command("scheduler", "roles:scheduler", "Only a scheduler; needs DATABASE_URL and REDIS_URL.")
    _add_user_commands(command("user", "people:add", "Add a user."))
    command("migrate", "preparing:migrate", "Bring the database up to date.")
    table = command("platforms", "platforms:platforms", "What each platform offers, as a table.")
    table.add_argument("--readme", action="store_true", help="write it into README.md")
    command("check", "checks:check", "Ruff, mypy, the import rules and the lock files.")
    test = command("test", "testing:test", "Run the tests; other options go to pytest.")
    test.add_argument("--slow", action="store_true", help="only the tests that take long")
    _add_bench_commands(command("bench", "bench.benches:bench", "Measure, beside a ceiling."))
    lock = command("lock", "locks:lock", "Write both requirements files anew from pyproject.toml.")
    lock.add_argument("--upgrade", action="store_true", help="take newer versions where allowed")
    return parser


def _add_user_commands(user: argparse.ArgumentParser) -> None:
    actions = user.add_subparsers(dest="action", required=True, metavar="add")
    add = actions.add_parser("add", help="the password is asked, or read from standard input")
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--admin", action="store_true", help="an administrator; the only kind here")
    add.add_argument("--name", help="as others see it; else what stands before the @")


def _add_bench_commands(bench: argparse.ArgumentParser) -> None:
    what = bench.add_subparsers(dest="what", required=True, metavar="WHAT")
    for name, about in (
        ("checks", "what checking links costs, on both databases"),
        ("due", "that what is due costs the same however many links are not"),
        ("accounts-page", "the first page of Settings > Accounts, and the first page of all"),
        ("poll", "an open page that asks whether anything changed"),
        ("alert", "from a refused question to an accepted mail, alone and by hundreds"),
        ("memory", "what all parts of ./manage run hold"),
        ("restart", "that after a pause all links are checked within one interval, evenly"),
        ("all", "all of these, in one table"),
    ):
        one = what.add_parser(name, help=about)
        one.add_argument("--links", type=int, default=10_000, help="how many (10000)")


def _add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="port to listen on (8000)")
