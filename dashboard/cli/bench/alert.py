"""`./manage bench alert`: from a refused question to a mail that the mail server has accepted.

Checks, gathering and sending run in threads of this process, without pause, while the other links
are checked all the time. Single alarms are measured with LINKKEEPER_GATHER_FOR=0: waiting for
others to tell them together is wanted, and would be all that is seen. The 300 links that break at
once are gathered for 3 s. The ceiling is as many letters handed to the same server by smtplib.
"""

import importlib
import importlib.util
import smtplib
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlmodel import col, select, update

from dashboard.adapters.clock import utc_now
from dashboard.adapters.mailer import Mailer
from dashboard.cli.bench.asking import bench_tools
from dashboard.cli.bench.figures import Figure, quantile
from dashboard.cli.bench.ground import Ground, grounds, platform
from dashboard.cli.bench.links import fill
from dashboard.cli.bench.stub import GONE
from dashboard.cli.screen import out
from dashboard.db.tables import AccountRow, LinkRow, RoleRow, UserRow
from dashboard.services.checking import check_due
from dashboard.services.notifying import gather
from dashboard.services.ports import Tools
from dashboard.services.sending import send_due
from dashboard.settings import Settings

_ALONE = 15  # alarms, one after the other; the cap per person and hour lies above
_TOGETHER = 300
_READERS = 5
_GIVES_UP = 60.0  # seconds
_MEDIAN, _LONGEST, _ALL = 0.2, 1.0, 5.0  # seconds promised


def figures(links: int) -> list[Figure]:
    if importlib.util.find_spec("aiosmtpd") is None:
        out.print("bench alert needs the test tools: run ./manage test once.\n")
        return []
    found: list[Figure] = []
    with platform() as port, grounds(port) as databases, _mail_server() as inbox:
        for ground in databases:
            found += _on(ground, inbox, links)
    return found


class _Inbox:
    """Takes every letter and remembers when, by the clock of this process."""

    def __init__(self) -> None:
        self.port = 0
        self.accepted: list[tuple[float, str]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.accepted.append((time.monotonic(), envelope.rcpt_tos[0]))
        return "250 OK"


@contextmanager
def _mail_server() -> Iterator[_Inbox]:
    inbox = _Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        inbox.port = free.getsockname()[1]
    controller = importlib.import_module("aiosmtpd.controller").Controller(
        inbox, hostname="127.0.0.1", port=inbox.port
    )
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()


def _on(ground: Ground, inbox: _Inbox, links: int) -> list[Figure]:
    mail = {"LINKKEEPER_MAIL_URL": f"smtp://127.0.0.1:{inbox.port}?tls=none"}
    settings = Settings.from_env(ground.environ | mail | {"LINKKEEPER_CHECK_EVERY": "20"})
    number = max(links, _ALONE + _TOGETHER)
    fill(settings, number, utc_now(), spread=timedelta(seconds=20))
    with bench_tools(settings) as bare:
        _invite(bare)
        _set_aside(bare)
        tools = replace(bare, mailer=Mailer.from_settings(settings))
        alone = _alone(_gathering(tools, 0), inbox)
        together, mails = _together(_gathering(tools, 3), inbox)
    barely = _barely(inbox)
    median, longest = quantile(alone, 0.5), quantile(alone, 0.99)
    load = f"while {number:,} links are checked every 20 s"
    return [
        Figure(
            what=f"{_ALONE} alarms one by one, {load}: p50, p99 of {len(alone)} mails",
            where=ground.name,
            target=f"{_MEDIAN} s, {_LONGEST:.0f} s",
            measured=f"{median:.2f} s, {longest:.2f} s",
            ceiling=f"{barely:.3f} s",
            met=median <= _MEDIAN and longest <= _LONGEST,
        ),
        Figure(
            what=f"{_TOGETHER} links break at once, gathered for 3 s: {_READERS} readers told",
            where=ground.name,
            target=f"{_ALL:.0f} s, one mail each",
            measured=f"{together:.1f} s, {mails} mails",
            ceiling="3.0 s",
            met=together <= _ALL and mails == _READERS,
        ),
    ]


def _gathering(tools: Tools, seconds: int) -> Tools:
    return replace(tools, settings=replace(tools.settings, gather_for=timedelta(seconds=seconds)))


def _invite(tools: Tools) -> None:
    """Readers of everything."""
    now = tools.now()
    role = RoleRow(name="Everything", all_accounts=True, created_at=now)
    with tools.database.writing() as unit:
        unit.add(role)
        unit.flush()
        for nth in range(_READERS):
            unit.add(
                UserRow(
                    email=f"reader-{nth}@example.org",
                    name=f"Reader {nth}",
                    role_id=role.id,
                    created_at=now,
                    password_changed_at=now,
                )
            )


def _set_aside(tools: Tools) -> None:
    """Those that will break are asked by nobody before: no answer is on its way when they do."""
    names = [f"page-{nth}" for nth in range(_ALONE + _TOGETHER)]
    with tools.database.writing() as unit:
        ours = select(AccountRow.id).where(col(AccountRow.remote_id).in_(names))
        unit.execute(
            update(LinkRow)
            .where(col(LinkRow.account_id).in_(ours))
            .values(next_check_at=tools.now() + timedelta(hours=1))
            .execution_options(synchronize_session=False)
        )


@contextmanager
def _at_work(tools: Tools) -> Iterator[None]:
    """What workers and scheduler do, without pause."""
    over = threading.Event()

    def again(work: Callable[[Tools], object]) -> None:
        while not over.is_set():
            work(tools)
            time.sleep(0.02)

    threads = [
        threading.Thread(target=again, args=(work,)) for work in (check_due, gather, send_due)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


def _alone(tools: Tools, inbox: _Inbox) -> list[float]:
    """Seconds from when a link is due and lost until each mail about it was accepted."""
    took = []
    with _at_work(tools):
        for nth in range(_ALONE):
            inbox.accepted.clear()
            began = time.monotonic()
            _break(tools, [nth])
            _wait(lambda: len(inbox.accepted) >= _READERS)
            took += [at - began for at, _ in inbox.accepted]
            took += [_GIVES_UP] * (_READERS - len(inbox.accepted))
    return took


def _together(tools: Tools, inbox: _Inbox) -> tuple[float, int]:
    """Seconds until every reader was told of all of them, and in how many mails."""
    inbox.accepted.clear()
    with _at_work(tools):
        began = time.monotonic()
        _break(tools, range(_ALONE, _ALONE + _TOGETHER))
        _wait(lambda: len({reader for _, reader in inbox.accepted}) >= _READERS)
        last = inbox.accepted[-1][0] - began if inbox.accepted else _GIVES_UP
        time.sleep(2)  # a second mail about the same would come now
    return last, len(inbox.accepted)


def _break(tools: Tools, pages: Sequence[int]) -> None:
    """From now on the platform refuses these, and each is asked at once."""
    with tools.database.writing() as unit:
        for nth in pages:
            name = f"page-{nth}"
            unit.execute(
                update(AccountRow)
                .where(col(AccountRow.remote_id) == name)
                .values(remote_id=f"{GONE}{nth}")
            )
        ids = [f"{GONE}{nth}" for nth in pages]
        ours = select(AccountRow.id).where(col(AccountRow.remote_id).in_(ids))
        unit.execute(
            update(LinkRow)
            .where(col(LinkRow.account_id).in_(ours))
            .values(next_check_at=tools.now(), claim="", claimed_until=None)
            .execution_options(synchronize_session=False)
        )


def _wait(happened: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + _GIVES_UP
    while not happened() and time.monotonic() < ends_at:
        time.sleep(0.005)


def _barely(inbox: _Inbox) -> float:
    """The same mail server, spoken to by smtplib alone, for as many readers."""
    began = time.monotonic()
    for nth in range(_READERS):
        with smtplib.SMTP("127.0.0.1", inbox.port) as line:
            line.sendmail("a@example.org", f"reader-{nth}@example.org", "Subject: x\r\n\r\nx")
    return time.monotonic() - began
