"""The checks find what is so, lose nothing, and accuse nobody; on both databases."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from dashboard.db.counters import read_counter
from dashboard.db.engine import Database
from dashboard.db.tables import AccountRow, EventRow, LinkRow
from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    Blocked,
    Evidence,
    NeedsRefresh,
    NoAnswer,
    Refused,
    Works,
)
from dashboard.domain.wire import NoAnswerError, Silence
from dashboard.services.checking import check_due
from dashboard.services.ports import Tools
from tests.factories import FakePlatform, make_account
from tests.fakes import START, FrozenClock

SAID = Evidence(call="read the profile", status=401, code="no")
SILENT = NoAnswer(cause=Cause.NO_ANSWER, evidence=SAID)
NO_ROLE = Missing(
    capability=Capability.PUBLISH, kind=MissingKind.PERMISSION, what="write", label="publish"
)


class Crash(BaseException):
    """The process dies here."""


@pytest.fixture
def fake(tools: Tools) -> FakePlatform:
    platform = tools.platforms["fake"]
    assert isinstance(platform, FakePlatform)
    return platform


def link_of(database: Database, account_id: UUID) -> LinkRow:
    with database.reading() as session:
        return session.exec(select(LinkRow).where(LinkRow.account_id == account_id)).one()


def links(database: Database) -> list[LinkRow]:
    with database.reading() as session:
        return list(session.exec(select(LinkRow)).all())


def events(database: Database) -> list[EventRow]:
    with database.reading() as session:
        return list(session.exec(select(EventRow).order_by(col(EventRow.seq))).all())


def counter(database: Database) -> int:
    with database.reading() as session:
        return read_counter(session)


def due_again(database: Database, clock: FrozenClock) -> datetime:
    """Let the time pass until the next check of anything."""
    clock.instant = max(row.next_check_at for row in links(database) if row.next_check_at)
    return clock.instant


def check(tools: Tools, account_id: UUID, fake: FakePlatform, *outcomes: Any) -> LinkRow:
    """Let checks find these one after another, each when it is due."""
    row = link_of(tools.database, account_id)
    with tools.database.reading() as session:
        account = session.get(AccountRow, account_id)
    for outcome in outcomes:
        fake.outcomes[account.remote_id] = outcome
        tools.traffic.hosts.clear()
        clock: Any = tools.now
        clock.instant = max(clock.instant, row.next_check_at)
        check_due(tools)
        row = link_of(tools.database, account_id)
    return row


@pytest.mark.parametrize(
    ("outcome", "state", "cause"),
    [
        (Works(), "healthy", ""),
        (Works(missing=(NO_ROLE,)), "limited", "permission_missing"),
        (Works(renew_by=START + timedelta(days=3)), "expiring", "renewal_due"),
        (Refused(cause=Cause.PASSWORD_CHANGED, evidence=SAID), "expired", "password_changed"),
        (Refused(cause=Cause.TOKEN_REFUSED, evidence=SAID, certain=False), "new", ""),
        (Blocked(cause=Cause.SECURITY_CHECK, evidence=SAID), "blocked", "security_check"),
        (SILENT, "new", ""),
        (AppProblem(evidence=SAID), "new", ""),
        (NeedsRefresh(evidence=SAID), "expired", "token_ran_out"),
        (NoAnswerError(Silence.TIMEOUT, call="read"), "new", ""),
    ],
)
def test_each_outcome_ends_in_its_state_with_its_event(
    tools: Tools, fake: FakePlatform, outcome: Any, state: str, cause: str
) -> None:
    account = make_account(tools.database, state="new", remote_id="one")
    fake.outcomes["one"] = outcome
    assert check_due(tools) == 1
    row = link_of(tools.database, account)
    assert (row.state, row.cause, row.checked_at) == (state, cause, START)
    assert row.next_check_at > START
    assert (row.claim, row.claimed_until) == ("", None)
    told = [(event.account_id, event.data["new"]) for event in events(tools.database)]
    assert told == ([] if state == "new" else [(account, state)])
