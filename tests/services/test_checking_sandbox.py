"""The checks against a real Sandbox over real HTTP: each trouble is found with its true cause."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlmodel import select

from dashboard.db.accounts import insert_account
from dashboard.db.apps import insert_app
from dashboard.db.credentials import insert_grant, open_credential
from dashboard.db.tables import AppRow, EventRow, GrantRow, LinkRow
from dashboard.services.checking import check_due
from dashboard.services.ports import Tools
from tests.factories import make_role, make_user
from tests.fakes import START, FrozenClock, GlassSealer
from tests.town import Town, running_town


@dataclass
class Linked:
    """A page of the Sandbox linked here, and the buttons of the Sandbox."""

    town: Town
    tools: Tools
    clock: FrozenClock

    def check(self) -> tuple[str, str]:
        """Let the next check come; the state and cause that it ends in."""
        self.clock.instant = max(self.clock.instant, self.row.next_check_at)
        assert check_due(self.tools) == 1
        return self.row.state, self.row.cause

    @property
    def row(self) -> LinkRow:
        with self.tools.database.reading() as session:
            return session.exec(select(LinkRow)).one()

    @property
    def grant(self) -> GrantRow:
        with self.tools.database.reading() as session:
            return session.exec(select(GrantRow)).one()

    def told(self) -> list[str]:
        with self.tools.database.reading() as session:
            return [
                event.data["new"]
                for event in session.exec(select(EventRow).order_by(EventRow.seq)).all()
            ]


@pytest.fixture
def linked(tools: Tools, clock: FrozenClock, tmp_path: Path) -> Iterator[Linked]:
    with running_town(tmp_path / "town") as town:
        tools = replace(tools, http=town.http, platforms={"sandbox": town.platform})
        app = town.register()
        granted = town.link(app)
        user = make_user(tools.database, role_id=make_role(tools.database))
        app_id, cipher = uuid4(), GlassSealer()
        with tools.database.writing() as unit:
            insert_app(unit, cipher, app_id=app_id, platform="sandbox", app=app, now=START)
            unit.flush()
            grant_id = insert_grant(
                unit,
                cipher,
                platform="sandbox",
                server="",
                app_id=app_id,
                subject=granted.subject,
                credential=granted.credential,
                refresh_due_at=None,
                granted_by=user,
                now=START,
            )
            insert_account(
                unit,
                platform="sandbox",
                server="",
                identity=granted.identities[0],
                grant_id=grant_id,
                linked_by=user,
                now=START,
            )
        linked = Linked(town=town, tools=tools, clock=clock)
        assert linked.check() == ("healthy", "")
        yield linked


def test_an_access_part_that_ran_out_is_renewed_once_and_nobody_notices(linked: Linked) -> None:
    linked.town.press("expire-access")
    assert linked.check() == ("healthy", "")
    assert linked.grant.generation == 2
    assert linked.check() == ("healthy", "")
    assert linked.grant.generation == 2
    assert linked.told() == ["healthy"]


def test_one_trouble_after_another_is_found_with_its_cause_and_heals(linked: Linked) -> None:
    linked.town.press("withdraw", scope="posts:write")
    assert linked.check() == ("limited", "permission_missing")
    linked.town.press("restore", scope="posts:write")
    assert linked.check() == ("healthy", "")
    linked.town.press("ask-security-check")
    assert linked.check() == ("blocked", "security_check")
    linked.town.press("heal")
    assert linked.check() == ("healthy", "")
    linked.town.press("change-password")
    assert linked.check() == ("expired", "password_changed")
    assert linked.check() == ("expired", "password_changed")
    assert linked.told() == ["healthy", "limited", "healthy", "blocked", "healthy", "expired"]


def test_an_outage_is_borne_with_patience_and_accuses_nobody(linked: Linked) -> None:
    """R36, F26."""
    before = linked.grant.credential
    linked.town.disturb("503")
    assert [linked.check()[0] for _ in range(3)] == ["healthy"] * 3
    while linked.check() == ("healthy", ""):
        assert linked.row.misses < 10
    assert linked.row.state == "unreachable"
    assert linked.row.cause in {"platform_down", "no_answer"}
    assert linked.grant.credential == before
    linked.town.calm()
    while linked.check()[0] == "unreachable":
        assert linked.row.misses < 20
    assert linked.row.state == "healthy"


def test_a_lost_answer_to_a_renewal_is_told_as_what_it_is(linked: Linked) -> None:
    """R35, F04: this platform ends the permission when an old part is shown again."""
    linked.town.press("expire-access")
    linked.town.disturb("drop_after", calls="token", count="1")
    assert linked.check() == ("expired", "answer_lost")
    assert "was lost" in linked.row.evidence["text"]


def test_a_wrong_secret_of_ours_leaves_the_link_as_it_is(linked: Linked) -> None:
    with linked.tools.database.reading() as session:
        client_id = session.exec(select(AppRow)).one().client_id
    linked.town.app.test_client().post(f"/control/apps/{client_id}/change-secret")
    linked.town.press("expire-access")
    assert linked.check() == ("healthy", "")
    with linked.tools.database.reading() as session:
        assert session.exec(select(AppRow)).one().problem
    grant = linked.grant
    assert open_credential(GlassSealer(), grant.id, grant.credential).refresh
