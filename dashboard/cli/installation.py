"""The parts of an installation on one machine, in the order in which they come up.

Valkey starts while this process imports all code; the database is migrated; then web, workers and
scheduler are forked, which costs hardly anything.
"""

import gc
import importlib
import json
import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from rich.markup import escape
from sqlalchemy.orm import configure_mappers

from dashboard import __version__
from dashboard.adapters.authorities import verifying_context
from dashboard.adapters.memory import one_arena
from dashboard.adapters.valkey import Valkey
from dashboard.adapters.valkey import prepare as prepare_valkey
from dashboard.cli.forking import Forked
from dashboard.cli.hearing import hear_all, hear_warnings, tell
from dashboard.cli.part import Part, executed, forked, say_ready
from dashboard.cli.screen import out
from dashboard.cli.supervisor import Supervisor
from dashboard.cli.trouble import Silent, Trouble
from dashboard.db.engine import Database
from dashboard.settings import Settings

_UP_WITHIN = 60.0  # seconds
_LOOK_EVERY = 0.02  # seconds
_LOADS_WITHIN = 2.0  # seconds in which it reads what it wrote
_URGENT = ("quick",)
_NO_CALENDARS = ("quick", "checks")
_ALL = ("quick", "checks", "long", "syncs")
_PROGRAMS = ("dashboard.cli.preparing", "dashboard.cli.web", "wsgi", "jobs.worker", "jobs.schedule")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What is run: with which settings, in which environment, on which socket.

    The descriptor `lock` holds the data folder; all parts keep it open.
    """

    settings: Settings
    environ: Mapping[str, str]
    listener: socket.socket
    lock: int
    verbose: bool = False
    prepare: str = "dashboard.cli.preparing:prepare_for"  # what a child does before parts start
    beside: tuple[Part, ...] = ()  # such as the make-believe platform of the demo
    about: tuple[tuple[str, str], ...] = ()  # further lines of what people are told


def keep(installation: Installation) -> int:
    """Bring it up, say where it is, and keep it up until told to stop."""
    with Supervisor(
        log_dir=installation.settings.data_dir / "log",
        environ=installation.environ,
        keep=(installation.lock, installation.listener.fileno()),
        hear=hear_all if installation.verbose else hear_warnings,
        tell=tell,
    ) as parts:
        if _bring_up(installation, parts):
            parts.watch(lambda: False)
    out.print("Linkkeeper has stopped.")
    return 0


def _bring_up(installation: Installation, parts: Supervisor) -> bool:
    """False when told to stop meanwhile."""
    for part in installation.beside:
        parts.start(part)
    valkey = () if installation.settings.redis_url else (_valkey_part(installation.settings),)
    for part in valkey:
        parts.start(part)
    programs = _imported(installation.settings)
    prepared = _prepare(installation, parts)
    if prepared is None or not all(_is_up(part, parts) for part in valkey):
        return False
    web = _web(programs["dashboard.cli.web"].serve, installation)
    for part in (web, *_workers(programs, installation.settings)):
        parts.start(part)
    if not _is_up(web, parts):
        return False
    _announce(installation, prepared["set_up_link"])
    return True


def _is_up(part: Part, parts: Supervisor) -> bool:
    """Wait for it; False when told to stop meanwhile."""
    if parts.watch(part.is_up, seconds=_UP_WITHIN, look_every=_LOOK_EVERY):
        return True
    if parts.stop_requested:
        return False
    raise Trouble(f"{part.name} is not up after {_UP_WITHIN:.0f} seconds.")


def _imported(settings: Settings) -> dict[str, Any]:
    """All code of all parts, by name: `dashboard` knows no jobs, it only starts them."""
    one_arena()
    gc.disable()  # hardly anything of what is imported is garbage
    programs = {name: importlib.import_module(name) for name in _PROGRAMS}
    # What all parts would do at their first query, each in memory of its own.
    configure_mappers()
    verifying_context()
    Database(settings.database_url).close()  # imports the driver, and connects to nothing
    gc.freeze()  # so that the children's collector leaves the shared memory alone
    gc.enable()
    return programs


def _valkey_part(settings: Settings) -> Part:
    server = prepare_valkey(settings.data_dir / "valkey")
    server.clear_way()
    leash = (sys.executable, "-m", "dashboard.adapters.lifeline", str(os.getpid()))
    return Part(
        name="valkey",
        start=executed(*leash, *server.command),
        before_restart=partial(_recover, server),
        probe=server.answers,
        stops_last=True,
    )


def _recover(server: Valkey, lived: float) -> None:
    """It died. If it had hardly started, what it wrote may be what kills it (R63)."""
    server.clear_way()
    if lived < _LOADS_WITHIN:
        server.set_aside_data()


def _prepare(installation: Installation, parts: Supervisor) -> dict[str, str | None] | None:
    """Migrate in a child, so that nothing is open when the parts are forked; None when stopped."""
    module, _, name = installation.prepare.partition(":")
    prepare = getattr(importlib.import_module(module), name)
    reading, writing = os.pipe()
    child = Forked(
        "lk-prepare",
        partial(prepare, installation.settings),
        output=writing,
        errors=2,
        keep=(installation.lock,),
    )
    os.close(writing)
    with os.fdopen(reading) as answer:
        if not parts.watch(lambda: child.poll() is not None):
            child.terminate()
            child.wait()
            return None
        if child.returncode:
            raise Silent  # it has said why
        prepared: dict[str, str | None] = json.load(answer)
    return prepared


def _web(serve: Callable[..., int], installation: Installation) -> Part:
    bind = f"fd://{installation.listener.fileno()}"
    return _part("web", serve, bind, installation.settings)


def _workers(programs: dict[str, Any], settings: Settings) -> list[Part]:
    """One is kept free for what is urgent, one for checks: neither waits behind a long batch.

    Where only one is wanted beside the urgent one, that one takes the checks as well.
    """
    work = programs["jobs.worker"].work_on
    parts = []
    wanted = settings.worker_processes
    free = [_NO_CALENDARS] if wanted == 1 else [_URGENT, _NO_CALENDARS]
    chosen = [*free, *[_ALL] * (wanted + 1 - len(free))]
    for number, queues in enumerate(chosen, start=1):
        name = f"worker-{number}"
        parts.append(_part(name, work, settings, name, queues))
    return [*parts, _part("scheduler", programs["jobs.schedule"].keep_schedule, settings)]


def _part(name: str, call: Callable[..., int], *arguments: object) -> Part:
    return Part(name=name, start=forked(name, partial(call, *arguments, ready=say_ready)))


def _is_for_others(listener: socket.socket) -> bool:
    """Whether other machines can reach it; it answers them only under the configured address."""
    return str(listener.getsockname()[0]) not in {"127.0.0.1", "::1"}


def _announce(installation: Installation, set_up_link: str | None) -> None:
    settings = installation.settings
    out.print(f"\n[bold]Linkkeeper {__version__}[/] is running.\n")
    out.print(f"  Open     [bold]{settings.base_url}[/]")
    if _is_for_others(installation.listener) and "://127.0.0.1" in settings.base_url:
        out.print("           only from this machine, until LINKKEEPER_BASE_URL says how others do")
    if set_up_link:
        out.print(f"  Set up   [bold]{set_up_link}[/]")
        out.print("           for the first administrator: works once, within 24 hours")
    for label, text in installation.about:
        out.print(f"  {label:<8} {escape(text)}")
    out.print(f"  Data     {escape(str(settings.data_dir))}   (what the parts say: log/)")
    if settings.mail_server is None:
        out.print("  Mail     nobody is mailed, as LINKKEEPER_MAIL_URL is not set; the mails are")
        out.print("           kept and shown under Settings > General > Mail")
    out.print("\nCtrl-C stops it.\n")
