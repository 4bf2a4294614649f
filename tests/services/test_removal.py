"""Removing an account tells the loss in numbers, can be undone, and then really ends."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import func, select

from dashboard.db.apps import insert_app
from dashboard.db.tables import AccountRow, GrantRow, LinkRow, PublicationRow
from dashboard.domain.credentials import App
from dashboard.domain.errors import InvalidInputError, NotAllowedError, NotFoundError
from dashboard.domain.team import Viewer
from dashboard.domain.wire import NoAnswerError, Silence
from dashboard.services.giving_back import give_back_access
from dashboard.services.log_ins import Browser
from dashboard.services.ports import Tools
from dashboard.services.removal import loss, purge_due, remove, restore
from tests.factories import make_account, make_publication
from tests.fakes import START, FrozenClock
from tests.services.conftest import actor
from tests.services.fake_platforms import SignInPlatform
from tests.services.test_relinking import relink


@pytest.fixture
def account(linking: Tools) -> UUID:
    account_id = make_account(linking.database)
    for days in (1, 30, 55, 57, 200):
        make_publication(linking.database, account_id, at=START - timedelta(days=days))
    make_publication(linking.database, account_id, at=START + timedelta(days=1), state="scheduled")
    make_publication(linking.database, account_id, at=START - timedelta(days=2), state="failed")
    return account_id


def take_away(tools: Tools, viewer: Viewer, account_id: UUID) -> None:
    remove(tools, viewer, actor(viewer), account_id, "bakery  jansen")


def publications(tools: Tools) -> int:
    with tools.database.reading() as session:
        return session.exec(select(func.count()).select_from(PublicationRow)).one()


def test_the_loss_is_told_in_numbers(linking: Tools, ada: Viewer, account: UUID) -> None:
    _, numbers = loss(linking, ada, account)
    assert (numbers.total, numbers.again, numbers.for_good, numbers.planned) == (7, 3, 4, 1)


def test_the_numbers_are_what_is_really_deleted(
    linking: Tools, ada: Viewer, account: UUID, clock: FrozenClock
) -> None:
    other = make_account(linking.database, name="Museum")
    make_publication(linking.database, other)
    _, numbers = loss(linking, ada, account)
    before = publications(linking)
    take_away(linking, ada, account)
    clock.advance(days=31)
    assert purge_due(linking) == 1
    assert before - publications(linking) == numbers.total
    with linking.database.reading() as session:
        assert session.get(AccountRow, account) is None
        assert session.get(AccountRow, other) is not None


def test_who_lacks_the_right_sees_it_refused(linking: Tools, victor: Viewer, account: UUID) -> None:
    with pytest.raises(NotAllowedError):
        loss(linking, victor, account)
    with pytest.raises(NotAllowedError):
        take_away(linking, victor, account)


def test_r14_a_foreign_account_looks_like_a_missing_one(
    linking: Tools, anna: Viewer, account: UUID
) -> None:
    for account_id in (account, uuid4()):
        with pytest.raises(NotFoundError, match="No such account"):
            loss(linking, anna, account_id)


def test_another_name_removes_nothing(linking: Tools, ada: Viewer, account: UUID) -> None:
    with pytest.raises(InvalidInputError):
        remove(linking, ada, actor(ada), account, "Bakery")
    loss(linking, ada, account)


def test_a_removed_account_is_out_of_sight_and_not_checked(
    linking: Tools, ada: Viewer, account: UUID
) -> None:
    take_away(linking, ada, account)
    with pytest.raises(NotFoundError):
        loss(linking, ada, account)
    with linking.database.reading() as session:
        assert session.exec(select(LinkRow.next_check_at)).one() is None


def test_within_thirty_days_everything_comes_back(
    linking: Tools, ada: Viewer, account: UUID, clock: FrozenClock
) -> None:
    take_away(linking, ada, account)
    clock.advance(days=29)
    assert purge_due(linking) == 0
    restore(linking, ada, actor(ada), account)
    assert publications(linking) == 7
    with linking.database.reading() as session:
        link = session.exec(select(LinkRow)).one()
    assert (link.state, link.cause) == ("expired", "removed_here")


def test_a_restored_account_heals_by_a_relink(
    linking: Tools, ada: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    account = make_account(linking.database, remote_id="page-1")
    take_away(linking, ada, account)
    restore(linking, ada, actor(ada), account)
    relink(linking, ada, window, account)
    with linking.database.reading() as session:
        assert session.exec(select(LinkRow.state)).one() == "healthy"


def test_r38_the_platform_is_told_and_the_tokens_are_erased(
    linking: Tools, ada: Viewer, account: UUID, platform: SignInPlatform
) -> None:
    take_away(linking, ada, account)
    assert give_back_access(linking) == 1
    assert platform.revoked == ["a"]
    with linking.database.reading() as session:
        assert session.exec(select(GrantRow.credential)).one() == b""
    assert give_back_access(linking) == 0


def test_r38_a_silent_platform_is_told_later(
    linking: Tools, ada: Viewer, account: UUID, platform: SignInPlatform
) -> None:
    async def silent(*_: object) -> None:
        raise NoAnswerError(Silence.TIMEOUT, call="revoke")

    patient = platform.revoke
    platform.revoke = silent
    take_away(linking, ada, account)
    assert give_back_access(linking) == 0
    platform.revoke = patient
    assert give_back_access(linking) == 1


def test_r38_a_platform_that_stays_silent_for_a_week_keeps_no_token_here(
    linking: Tools, ada: Viewer, account: UUID, platform: SignInPlatform
) -> None:
    """It was asked every ten minutes; to keep them for ever would be worse."""

    async def silent(*_: object) -> None:
        raise NoAnswerError(Silence.TIMEOUT, call="revoke")

    platform.revoke = silent
    take_away(linking, ada, account)
    with linking.database.writing() as unit:
        unit.exec(select(GrantRow)).one().refresh_tries = 7 * 24 * 6 - 2
    assert give_back_access(linking) == 0
    assert give_back_access(linking) == 1
    with linking.database.reading() as session:
        assert session.exec(select(GrantRow.credential)).one() == b""


def test_r38_a_grant_that_another_account_uses_is_kept(
    linking: Tools, ada: Viewer, account: UUID, platform: SignInPlatform
) -> None:
    with linking.database.reading() as session:
        grant_id = session.exec(select(LinkRow.grant_id)).one()
    make_account(linking.database, name="Museum", grant_id=grant_id)
    take_away(linking, ada, account)
    assert give_back_access(linking) == 0
    assert platform.revoked == []


@pytest.mark.parametrize(
    ("other_platform", "other_client", "others_live", "told"),
    [
        ("fake", "id", True, []),
        ("fake-too", "id", True, []),
        ("fake-too", "another id", True, ["a"]),
        ("fake", "id", False, ["a"]),
    ],
    ids=["same platform", "same registration", "other registration", "nothing left"],
)
def test_r38_what_ends_all_at_once_is_told_with_the_last_of_a_person(
    linking: Tools,
    ada: Viewer,
    account: UUID,
    platform: SignInPlatform,
    other_platform: str,
    other_client: str,
    others_live: bool,
    told: list[str],
) -> None:
    """At Meta a revocation ends the links of Facebook and of Instagram via Facebook alike."""
    platform.revokes_all_at_once = True
    make_account(linking.database, name="Museum", platform=other_platform)
    with linking.database.writing() as unit:
        registered = {}
        for number, (key, client_id) in enumerate({("fake", "id"), (other_platform, other_client)}):
            app = App(client_id=client_id, client_secret="hush")
            registered[key, client_id] = UUID(int=number + 1)
            insert_app(
                unit, linking.cipher, app_id=UUID(int=number + 1), platform=key, app=app, now=START
            )
        mine = unit.exec(select(LinkRow.grant_id).where(LinkRow.account_id == account)).one()
        for grant in unit.exec(select(GrantRow)):
            grant.subject_id = "anna"
            if grant.id == mine:
                grant.app_id = registered["fake", "id"]
            else:
                grant.app_id = registered[other_platform, other_client]
                grant.credential = grant.credential if others_live else b""
    take_away(linking, ada, account)
    assert give_back_access(linking) == 1
    assert platform.revoked == told
    with linking.database.reading() as session:
        erased = session.exec(select(GrantRow).where(GrantRow.id == mine)).one()
        assert (erased.credential, erased.subject_name) == (b"", "")
