"""What a platform tells by itself is a reason to look, never a proof (R46-R48)."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from dashboard.db.apps import insert_app
from dashboard.db.tables import AppRow, GrantRow, LinkRow, PushRow
from dashboard.domain.causes import Cause, Sureness
from dashboard.domain.checks import Evidence, NoAnswer, Refused, Works
from dashboard.domain.credentials import App
from dashboard.domain.errors import NotFoundError
from dashboard.domain.pushes import Delivery, ForgedPushError, PushAnswer, PushHint, PushReason
from dashboard.services.checking import check_due
from dashboard.services.deauthorising import KEPT_FOR, forget_old_pushes, receipt, receive
from dashboard.services.ports import Tools
from tests.factories import FakePlatform, make_account
from tests.fakes import START, FrozenClock, RecordingJobs

LATER = START + timedelta(minutes=9)


class Telling(FakePlatform):
    """Believes a body that begins with the app's secret; the rest is the person who left."""

    receipts = False
    reason: PushReason | None = PushReason.APP_REMOVED

    async def read_push(self, http: Any, app: App, delivery: Delivery, *, now: Any) -> PushAnswer:
        secret, _, who = delivery.body.decode().partition(":")
        if secret != app.client_secret:
            raise ForgedPushError
        number, _, subject = who.partition("/")
        hint = PushHint(
            id=number,
            what="gone",
            reason=self.reason,
            subjects=frozenset({subject}),
            accounts=frozenset({subject}),
        )
        return PushAnswer(hints=(hint,), body="ok", wants_receipt=self.receipts)


@pytest.fixture
def tools(tools: Tools) -> Tools:
    tools = replace(tools, platforms={"fake": Telling()})
    with tools.database.writing() as unit:
        app = App(client_id="id", client_secret="hush")
        insert_app(unit, tools.cipher, app_id=UUID(int=1), platform="fake", app=app, now=START)
    return tools


@pytest.fixture
def account(tools: Tools) -> UUID:
    account_id = make_account(tools.database, remote_id="page-1", next_check_at=LATER)
    with tools.database.writing() as unit:
        unit.exec(select(GrantRow)).one().subject_id = "anna"
    return account_id


def link(tools: Tools) -> LinkRow:
    with tools.database.reading() as session:
        return session.exec(select(LinkRow)).one()


def push(tools: Tools, body: str, key: str = "fake") -> PushAnswer:
    delivery = Delivery(method="POST", headers={}, query={}, body=body.encode())
    return receive(tools, key, delivery)


REFUSED = Refused(cause=Cause.TOKEN_REFUSED, evidence=Evidence(call="read", status=401))


def found(tools: Tools, outcome: Any, *, at: datetime) -> LinkRow:
    """The link after a check at that instant."""
    tools.platforms["fake"].outcomes["page-1"] = outcome
    tools.now.instant = at
    with tools.database.writing() as unit:
        unit.exec(select(LinkRow)).one().next_check_at = at
    check_due(tools)
    return link(tools)


def test_r46_what_was_told_explains_a_refusal_that_a_check_finds(
    tools: Tools, account: UUID, clock: FrozenClock
) -> None:
    push(tools, "hush:1/anna")
    assert (link(tools).state, link(tools).cause) == ("healthy", ""), "alone it sets nothing"
    row = found(tools, REFUSED, at=START + timedelta(seconds=5))
    assert (row.state, row.cause) == ("expired", "app_removed")
    assert row.evidence["sure"] == Sureness.TOLD
    row = found(tools, REFUSED, at=START + timedelta(hours=5))
    assert row.cause == "app_removed", "it stays, as long as the trouble does"


def test_r46_what_was_told_changes_nothing_of_a_link_that_works_or_is_silent(
    tools: Tools, account: UUID, clock: FrozenClock
) -> None:
    push(tools, "hush:1/anna")
    silent = NoAnswer(cause=Cause.PLATFORM_DOWN, evidence=REFUSED.evidence)
    assert found(tools, silent, at=START + timedelta(seconds=5)).state == "healthy"
    assert found(tools, Works(), at=START + timedelta(minutes=1)).state == "healthy"
    row = found(tools, REFUSED, at=START + timedelta(hours=1))
    assert row.cause == "token_refused", "it was looked at then, and came to nothing"


def test_a_cause_that_the_check_itself_was_told_is_not_changed(
    tools: Tools, account: UUID, clock: FrozenClock
) -> None:
    push(tools, "hush:1/anna")
    named = replace(REFUSED, cause=Cause.PASSWORD_CHANGED)
    assert found(tools, named, at=START + timedelta(seconds=5)).cause == "password_changed"


def test_a_reason_without_a_cause_of_its_own_is_kept_for_the_page_only(
    tools: Tools, account: UUID, clock: FrozenClock
) -> None:
    tools.platforms["fake"].reason = PushReason.ACCOUNT_BANNED
    push(tools, "hush:1/anna")
    row = found(tools, REFUSED, at=START + timedelta(seconds=5))
    assert (row.state, row.cause) == ("expired", "token_refused")
    assert (row.told_reason, row.told_at) == ("account_banned", START)


@pytest.mark.parametrize("who", ["anna", "page-1"])
def test_r48_the_links_of_who_left_are_looked_at_next_and_nothing_else_changes(
    tools: Tools, account: UUID, jobs: RecordingJobs, who: str
) -> None:
    assert push(tools, f"hush:1/{who}").body == "ok"
    assert link(tools).next_check_at == START
    assert (link(tools).state, link(tools).cause) == ("healthy", "")
    assert ("check_due",) in jobs.hints


def test_r48_the_same_message_twice_counts_once(
    tools: Tools, account: UUID, clock: FrozenClock
) -> None:
    push(tools, "hush:1/anna")
    with tools.database.writing() as unit:
        unit.exec(select(LinkRow)).one().next_check_at = LATER
    assert push(tools, "hush:1/anna").body == "ok", "the platform must not send it for ever"
    assert link(tools).next_check_at == LATER


def test_r46_a_forged_message_changes_nothing(
    tools: Tools, account: UUID, jobs: RecordingJobs
) -> None:
    with pytest.raises(ForgedPushError):
        push(tools, "guess:1/anna")
    assert link(tools).next_check_at == LATER
    with tools.database.reading() as session:
        assert session.exec(select(PushRow)).all() == []


def test_others_and_paused_links_are_left_alone(tools: Tools, account: UUID) -> None:
    push(tools, "hush:1/somebody-else")
    assert link(tools).next_check_at == LATER
    with tools.database.writing() as unit:
        unit.exec(select(LinkRow)).one().next_check_at = None
    push(tools, "hush:2/anna")
    assert link(tools).next_check_at is None


def test_a_registration_that_was_replaced_still_verifies(
    tools: Tools, account: UUID, clock: FrozenClock
) -> None:
    with tools.database.writing() as unit:
        app = App(client_id="id-2", client_secret="new")
        later = START + timedelta(seconds=1)
        insert_app(unit, tools.cipher, app_id=UUID(int=2), platform="fake", app=app, now=later)
    push(tools, "hush:1/anna")
    assert link(tools).next_check_at == START


def test_a_platform_that_is_not_set_up_or_tells_nothing_has_no_such_address(tools: Tools) -> None:
    with pytest.raises(NotFoundError):
        push(tools, "hush:1/anna", key="myspace")
    with pytest.raises(NotFoundError):
        push(replace(tools, platforms={"fake": FakePlatform()}), "hush:1/anna")


def test_what_nobody_repeats_any_more_is_dropped(
    tools: Tools, account: UUID, clock: FrozenClock
) -> None:
    push(tools, "hush:1/anna")
    clock.instant = START + KEPT_FOR + timedelta(seconds=1)
    forget_old_pushes(tools)
    with tools.database.reading() as session:
        assert session.exec(select(PushRow)).all() == []


def test_r46_without_a_secret_nothing_can_be_signed(tools: Tools, account: UUID) -> None:
    with tools.database.writing() as unit:
        unit.exec(select(AppRow)).one().secret = b""
    with pytest.raises(NotFoundError):
        push(tools, ":1/anna")
    assert link(tools).next_check_at == LATER


def test_one_registration_may_serve_two_platforms_and_its_messages_concern_both(
    tools: Tools,
) -> None:
    """A Meta app has one address for messages; Facebook and Instagram via Facebook share it."""
    make_account(tools.database, platform="fake-too", next_check_at=LATER)
    with tools.database.writing() as unit:
        unit.exec(select(GrantRow)).one().subject_id = "anna"
        app = App(client_id="id", client_secret="hush")
        insert_app(unit, tools.cipher, app_id=UUID(int=2), platform="fake-too", app=app, now=START)
    push(tools, "hush:1/anna")
    assert link(tools).next_check_at == START


def test_a_receipt_leads_to_a_page_of_ours_and_nothing_else_does(tools: Tools) -> None:
    tools.platforms["fake"].receipts = True  # type: ignore[attr-defined]  # the double's own
    said = json.loads(push(tools, "hush:1/anna").body)
    assert said["url"] == f"{tools.settings.base_url}/push/fake/{said['confirmation_code']}"
    assert receipt(tools, "fake", said["confirmation_code"]) == START
    for key, code in (
        ("fake", said["confirmation_code"][:-1]),
        ("fake", "%" * 24),
        ("other", said["confirmation_code"]),
    ):
        with pytest.raises(NotFoundError):
            receipt(tools, key, code)
