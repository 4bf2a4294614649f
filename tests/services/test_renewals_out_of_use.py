"""A permission that goes out of use while it is being renewed: removed or relinked (R34, R38)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import select

from dashboard.db.engine import Database
from dashboard.db.tables import AccountRow, GrantRow, LinkRow, SalvageRow
from dashboard.domain.checks import CheckOutcome, Works
from dashboard.domain.team import Viewer
from dashboard.services.giving_back import give_back_access
from dashboard.services.log_ins import Browser
from dashboard.services.ports import Tools
from dashboard.services.refreshing import put_salvaged_in_place
from dashboard.services.relinking import Settled
from dashboard.services.removal import remove
from dashboard.services.renewals import Gone
from tests.fakes import START
from tests.rotating import DROP_AFTER, INVALID_GRANT, Endpoint, RotatingPlatform
from tests.services.conftest import actor
from tests.services.fake_platforms import SignInPlatform, granted, identity
from tests.services.renewal_kit import (
    at,
    change,
    full_disk,
    grant_row,
    lapse,
    make_grant,
    renew,
)
from tests.services.test_relinking import relink


class Revolving(RotatingPlatform, SignInPlatform):
    """Rotates, signs people in and takes permissions back."""

    async def check(self, http, app, credential, identity) -> CheckOutcome:
        if credential.access == "new-access":
            return Works()
        return await super().check(http, app, credential, identity)


@pytest.fixture
def endpoint(tmp_path: Path) -> Endpoint:
    return Endpoint(tmp_path / "endpoint.sqlite3")


@pytest.fixture
def platform(endpoint: Endpoint) -> Revolving:
    return Revolving(endpoint)


@pytest.fixture
def grant_id(database: Database) -> UUID:
    return make_grant(database)


def account_of(database: Database, grant_id: UUID) -> AccountRow:
    with database.reading() as session:
        return session.exec(
            select(AccountRow).join(LinkRow).where(LinkRow.grant_id == grant_id)
        ).one()


def take_away(tools: Tools, viewer: Viewer, grant_id: UUID) -> None:
    account = account_of(tools.database, grant_id)
    remove(tools, viewer, actor(viewer), account.id, account.name)


def salvaged(database: Database) -> list[SalvageRow]:
    with database.reading() as session:
        return list(session.exec(select(SalvageRow)).all())


@pytest.mark.parametrize("when", ["refresh.before_send", "refresh.after_response"])
def test_r38_an_account_removed_during_a_renewal_gives_back_the_newest_credential(
    linking: Tools, database: Database, ada: Viewer, grant_id: UUID, platform: Revolving, when: str
) -> None:
    """The old one would not be taken any more, and the new one must not stay alive."""
    with at(when, lambda: take_away(linking, ada, grant_id)):
        assert renew(linking, grant_id) == Gone()
    assert give_back_access(linking) == 1
    assert platform.revoked == ["a2"]
    row = grant_row(database, grant_id)
    assert (row.credential, row.lease_owner, salvaged(database)) == (b"", "", [])


def test_r38_what_is_being_renewed_is_given_back_after_its_answer_has_come(
    linking: Tools, ada: Viewer, grant_id: UUID, platform: Revolving
) -> None:
    settled = []

    def removed_and_given_back() -> None:
        take_away(linking, ada, grant_id)
        with ThreadPoolExecutor(1) as worker:
            settled.append(worker.submit(give_back_access, linking).result())

    with at("refresh.before_send", removed_and_given_back):
        renew(linking, grant_id)
    assert settled == [0]
    assert platform.revoked == []
    assert give_back_access(linking) == 1


def test_r38_a_renewal_that_died_holds_up_the_giving_back_for_its_lease_only(
    linking: Tools, database: Database, ada: Viewer, grant_id: UUID, endpoint: Endpoint
) -> None:
    endpoint.plan(INVALID_GRANT)
    with at("refresh.before_send", lambda: take_away(linking, ada, grant_id)):
        renew(linking, grant_id)
    assert give_back_access(linking) == 0
    lapse(database, grant_id)
    assert give_back_access(linking) == 1


@pytest.mark.parametrize("fault", ["", INVALID_GRANT, DROP_AFTER])
def test_a_relink_during_a_renewal_wins_and_leaves_no_old_token(
    linking: Tools,
    database: Database,
    ada: Viewer,
    window: Browser,
    grant_id: UUID,
    platform: Revolving,
    endpoint: Endpoint,
    fault: str,
) -> None:
    """R28, R33: whatever the late answer says, the new log-in stays as it is."""
    if fault:
        endpoint.plan(fault, INVALID_GRANT)
    account = account_of(database, grant_id)
    platform.granted = granted(identity(account.remote_id))
    ends = []

    def relinked() -> None:
        with ThreadPoolExecutor(1) as browser:  # a loop of its own
            ends.append(browser.submit(relink, linking, ada, window, account.id).result().settled)

    with at("refresh.after_response", relinked):
        assert not hasattr(renew(linking, grant_id), "credential")
    assert ends == [Settled.DONE]
    with database.reading() as session:
        link = session.exec(select(LinkRow)).one()
        new = session.get_one(GrantRow, link.grant_id)
    assert (link.state, new.id != grant_id) == ("healthy", True)
    assert b"new-access" in new.credential
    assert (new.generation, new.refresh_state, new.refusal) == (1, "idle", None)
    assert (grant_row(database, grant_id).credential, salvaged(database)) == (b"", [])


def test_r38_salvage_goes_with_the_permission_that_it_belongs_to(
    linking: Tools, database: Database, ada: Viewer, grant_id: UUID
) -> None:
    with database.writing() as unit:
        unit.add(SalvageRow(grant_id=grant_id, generation=1, credential=b"sealed", at=START))
    take_away(linking, ada, grant_id)
    assert give_back_access(linking) == 1
    assert salvaged(database) == []


def test_r38_salvage_in_a_file_goes_when_its_permission_is_out_of_use(
    linking: Tools,
    database: Database,
    ada: Viewer,
    grant_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dashboard.services.safekeeping.PAUSES", ())
    folder = linking.settings.data_dir / "salvage"
    with at("refresh.before_store", full_disk):
        renew(linking, grant_id)
    assert len(list(folder.glob("*.sealed"))) == 1
    take_away(linking, ada, grant_id)
    assert put_salvaged_in_place(linking) == 0
    assert list(folder.glob("*.sealed")) == []


def test_salvage_of_a_platform_that_is_not_set_up_here_is_kept(
    linking: Tools, grant_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.services.safekeeping.PAUSES", ())
    with at("refresh.before_store", full_disk):
        renew(linking, grant_id)
    put_salvaged_in_place(replace(linking, platforms={}))
    assert len(list((linking.settings.data_dir / "salvage").glob("*.sealed"))) == 1


def test_a_lease_that_lapsed_before_the_removal_is_no_obstacle(
    linking: Tools, database: Database, ada: Viewer, grant_id: UUID
) -> None:
    change(database, grant_id, lease_owner="dead", lease_until=START - timedelta(days=300))
    take_away(linking, ada, grant_id)
    assert give_back_access(linking) == 1
