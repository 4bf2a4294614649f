"""`./manage bench alert`: from a refused question to a mail that the mail server has accepted.

All parts of `./manage run` are at work, and all other links are checked meanwhile. Single alarms
are measured with LINKKEEPER_GATHER_FOR=0: waiting for others to tell them together is wanted, and
would be all that is seen. The 300 links that break at once are gathered for 3 s. The ceiling is as
many letters handed to the same server by smtplib.
"""

import importlib
import importlib.util
import smtplib
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import col, func, select, update

from dashboard.adapters.clock import utc_now
from dashboard.cli.bench.asking import bench_tools
from dashboard.cli.bench.figures import Figure, quantile
from dashboard.cli.bench.ground import Ground, grounds, platform
from dashboard.cli.bench.links import fill
from dashboard.cli.bench.stub import GONE
from dashboard.cli.bench.whole import running
from dashboard.cli.screen import out
from dashboard.db.tables import AccountRow, LinkRow, RoleRow, UserRow
from dashboard.domain.states import LinkState
from dashboard.services.ports import Tools
from dashboard.settings import Settings

_ALONE = 15  # alarms, one after the other; the cap per person and hour lies above
_TOGETHER = 300
_READERS = 5
_EVERY = 20  # seconds in which all links are checked once
_SETTLES_IN = 5.0  # seconds
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
    """Takes every letter and remembers when (UTC), and for whom."""

    def __init__(self) -> None:
        self.port = 0
        self.accepted: list[tuple[datetime, str]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.accepted.append((utc_now(), envelope.rcpt_tos[0]))
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
    number = max(links, _ALONE + _TOGETHER)
    mail = {"LINKKEEPER_MAIL_URL": f"smtp://127.0.0.1:{inbox.port}?tls=none"}
    environ = ground.environ | mail | {"LINKKEEPER_CHECK_EVERY": str(_EVERY)}
    settings = Settings.from_env(environ)
    fill(settings, number, utc_now(), spread=timedelta(seconds=_EVERY))
    with bench_tools(settings) as tools:
        _invite(tools)
        _set_aside(tools)
        with _at_work(environ, gather_for=0):
            alone = _alone(tools, inbox)
        with _at_work(environ, gather_for=3):
            together, mails = _together(tools, inbox)
    median, longest = (quantile(alone.from_probe, share) for share in (0.5, 0.99))
    later = [quantile(alone.from_due, share) for share in (0.5, 0.99)]
    load = f"while {number:,} links are checked every {_EVERY} s"
    return [
        Figure(
            what=f"{_ALONE} alarms one by one, {load}: p50, p99 of {len(alone.from_probe)} mails",
            where=ground.name,
            target=f"{_MEDIAN} s, {_LONGEST:.0f} s",
            measured=f"{median:.2f} s, {longest:.2f} s",
            ceiling=f"{_barely(inbox):.3f} s",
            met=median <= _MEDIAN and longest <= _LONGEST,
        ),
        Figure(
            what="the same from when the check was due",
            where=ground.name,
            target="-",
            measured=f"{later[0]:.2f} s, {later[1]:.2f} s",
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


@contextmanager
def _at_work(environ: dict[str, str], *, gather_for: int) -> Iterator[None]:
    with running(environ | {"LINKKEEPER_GATHER_FOR": str(gather_for)}):
        time.sleep(_SETTLES_IN)
        yield


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


@dataclass(frozen=True, slots=True)
class _Took:
    """Seconds until each mail was accepted: since the refusal, and since the check was due."""

    from_probe: list[float] = field(default_factory=list)
    from_due: list[float] = field(default_factory=list)


def _alone(tools: Tools, inbox: _Inbox) -> _Took:
    took = _Took()
    for nth in range(_ALONE):
        inbox.accepted.clear()
        due = utc_now()
        _break(tools, [nth])
        _wait(lambda: len(inbox.accepted) >= _READERS)
        refused = _first_refused(tools, [nth])
        for began, seconds in ((refused, took.from_probe), (due, took.from_due)):
            seconds.extend((at - began).total_seconds() for at, _ in inbox.accepted)
            seconds.extend([_GIVES_UP] * (_READERS - len(inbox.accepted)))
    return took


def _together(tools: Tools, inbox: _Inbox) -> tuple[float, int]:
    """Seconds from the first refusal until every reader was told, and in how many mails."""
    pages = range(_ALONE, _ALONE + _TOGETHER)
    inbox.accepted.clear()
    _break(tools, pages)
    _wait(lambda: len({reader for _, reader in inbox.accepted}) >= _READERS)
    if not inbox.accepted:
        return _GIVES_UP, 0
    last = (inbox.accepted[-1][0] - _first_refused(tools, pages)).total_seconds()
    time.sleep(2)  # a second mail about the same would come now
    return last, len(inbox.accepted)


def _first_refused(tools: Tools, pages: Sequence[int]) -> datetime:
    """When the first of these links was found refused."""
    with tools.database.reading() as session:
        found: datetime | None = session.exec(
            select(func.min(LinkRow.since))
            .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
            .where(
                col(AccountRow.remote_id).in_([f"{GONE}{nth}" for nth in pages]),
                LinkRow.state == LinkState.EXPIRED.value,
            )
        ).one()
    return found or utc_now()


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
