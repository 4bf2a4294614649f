"""Linking: away to the platform and back, single-use and bound to one window."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from dashboard.db.tables import AccountRow, AppRow, AttemptRow, GrantRow, LinkRow, RoleAccountRow
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Evidence, NoAnswer, Refused
from dashboard.domain.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    PlatformError,
)
from dashboard.domain.team import Viewer
from dashboard.domain.wire import NoAnswerError, Silence
from dashboard.services.linking import begin, come_back, forget_old_attempts
from dashboard.services.log_ins import Begun, Browser
from dashboard.services.picking import offer, pick
from dashboard.services.ports import Tools
from tests.factories import make_account
from tests.fakes import FrozenClock, RecordingJobs
from tests.services.conftest import actor, make_viewer
from tests.services.fake_platforms import SignInPlatform, identity, reaching

SILENCE = NoAnswerError(Silence.TIMEOUT, call="probe")
LATER = NoAnswer(cause=Cause.RATE_LIMITED, evidence=Evidence(call="probe", status=429))
REFUSED = Refused(cause=Cause.TOKEN_REFUSED, evidence=Evidence(call="probe", status=401))


def state_of(begun: Begun) -> str:
    return parse_qs(urlsplit(begun.url).query)["state"][0]


def app_of(tools: Tools, begun: Begun) -> UUID:
    with tools.database.reading() as session:
        app_id = session.get(AttemptRow, begun.attempt_id).app_id
    assert app_id is not None
    return app_id


def back(tools: Tools, viewer: Viewer, window: Browser, begun: Begun, **answer: str) -> UUID:
    params = {"state": state_of(begun), "code": "c0de", **answer}
    return come_back(tools, viewer, window, app_of(tools, begun), params).attempt_id


def link(tools: Tools, viewer: Viewer, window: Browser, *remote_ids: str) -> list[UUID]:
    attempt = back(tools, viewer, window, begin(tools, viewer, window, "fake", {}))
    picked = pick(
        tools,
        viewer,
        window,
        actor(viewer),
        attempt,
        remote_ids=remote_ids,
        role_ids=[viewer.role_id],
    )
    return list(picked.linked)


def test_a_picked_account_is_linked_checked_and_seen_by_the_role(
    linking: Tools, anna: Viewer, window: Browser, jobs: RecordingJobs
) -> None:
    (account_id,) = link(linking, anna, window, "page-1")
    with linking.database.reading() as session:
        account = session.get(AccountRow, account_id)
        its_link = session.exec(select(LinkRow).where(LinkRow.account_id == account_id)).one()
        assert account.name == "Bakery Jansen"
        assert its_link.state == "healthy"
        assert session.get(RoleAccountRow, (anna.role_id, account_id)) is not None
    assert ("sync_account", str(account_id)) in jobs.hints


def test_tokens_are_stored_sealed_to_their_grant(
    linking: Tools, anna: Viewer, window: Browser
) -> None:
    link(linking, anna, window, "page-1")
    with linking.database.reading() as session:
        grant = session.exec(select(GrantRow)).one()
    assert grant.credential.startswith(f"grants|{grant.id}|credential|".encode())


def test_r26_the_verifier_and_r29_the_same_address_go_into_the_exchange(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    begun = begin(linking, anna, window, "fake", {})
    back(linking, anna, window, begun)
    address = f"{linking.settings.base_url}/link/back/{app_of(linking, begun)}"
    assert platform.exchanged == [("c0de", "v" * 43, address)]
    assert platform.started[0]["redirect_uri"] == address


def test_the_registration_with_a_server_is_made_once(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    for _ in range(2):
        begin(linking, anna, window, "fake", {})
    assert len(platform.registered) == 1
    with linking.database.reading() as session:
        assert len(session.exec(select(AppRow)).all()) == 1


def test_a_registration_that_no_longer_serves_is_made_anew_once_with_an_address_of_its_own(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    begin(linking, anna, window, "fake", {})
    platform.forgotten = {"client-1"}
    begun = begin(linking, anna, window, "fake", {})
    assert len(platform.registered) == 2
    address = f"{linking.settings.base_url}/link/back/{app_of(linking, begun)}"
    assert platform.registered[1] == address != platform.registered[0]


@pytest.mark.parametrize("state", ["", "made-up"])
def test_r25_an_unknown_or_empty_state_asks_nobody(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform, state: str
) -> None:
    begun = begin(linking, anna, window, "fake", {})
    with pytest.raises(PlatformError) as error:
        come_back(linking, anna, window, app_of(linking, begun), {"state": state, "code": "c0de"})
    assert error.value.kind == "stale"
    assert platform.exchanged == []


def test_r25_a_state_serves_once(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    begun = begin(linking, anna, window, "fake", {})
    back(linking, anna, window, begun)
    with pytest.raises(PlatformError, match="no such log-in"):
        back(linking, anna, window, begun)
    assert len(platform.exchanged) == 1


def test_r25_another_browser_cannot_finish_the_log_in(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    begun = begin(linking, anna, window, "fake", {})
    with pytest.raises(PlatformError):
        back(linking, anna, Browser(session_hash="window-2"), begun)
    assert platform.exchanged == []


def test_r25_another_user_cannot_finish_the_log_in(
    linking: Tools, anna: Viewer, ada: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    begun = begin(linking, anna, window, "fake", {})
    with pytest.raises(PlatformError):
        back(linking, ada, window, begun)
    assert platform.exchanged == []


def test_r25_a_state_is_good_for_ten_minutes(
    linking: Tools, anna: Viewer, window: Browser, clock: FrozenClock, platform: SignInPlatform
) -> None:
    begun = begin(linking, anna, window, "fake", {})
    clock.advance(minutes=10, seconds=1)
    with pytest.raises(PlatformError):
        back(linking, anna, window, begun)
    assert platform.exchanged == []


def test_r27_an_answer_at_another_registration_is_refused(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    begun = begin(linking, anna, window, "fake", {})
    with pytest.raises(PlatformError):
        come_back(linking, anna, window, uuid4(), {"state": state_of(begun), "code": "c0de"})
    assert platform.exchanged == []


def test_the_state_itself_is_not_in_the_database(
    linking: Tools, anna: Viewer, window: Browser
) -> None:
    begun = begin(linking, anna, window, "fake", {})
    with linking.database.reading() as session:
        row = session.get(AttemptRow, begun.attempt_id)
    assert state_of(begun) not in str(row)


def test_a_log_in_that_nobody_finished_is_forgotten_after_a_day(
    linking: Tools, anna: Viewer, window: Browser, clock: FrozenClock
) -> None:
    """R32"""
    begin(linking, anna, window, "fake", {})
    clock.advance(hours=24)
    forget_old_attempts(linking)
    with linking.database.reading() as session:
        assert len(session.exec(select(AttemptRow)).all()) == 1
    clock.advance(hours=1)
    forget_old_attempts(linking)
    with linking.database.reading() as session:
        assert session.exec(select(AttemptRow)).all() == []


def test_a_no_at_the_platform_changes_nothing_and_says_so(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    begun = begin(linking, anna, window, "fake", {})
    with pytest.raises(PlatformError) as error:
        back(linking, anna, window, begun, error="access_denied")
    assert error.value.kind == "denied"
    assert platform.exchanged == []


def test_a_platform_that_falls_silent_at_the_exchange_is_named_so(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    platform.granted = NoAnswerError(Silence.TIMEOUT, call="exchange the code")
    begun = begin(linking, anna, window, "fake", {})
    with pytest.raises(PlatformError) as error:
        back(linking, anna, window, begun)
    assert error.value.kind == "silent"


def test_who_may_not_link_starts_nothing(
    linking: Tools, victor: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    with pytest.raises(NotAllowedError):
        begin(linking, victor, window, "fake", {})
    assert platform.started == []


def test_r14_relinking_a_foreign_account_looks_like_a_missing_one(
    linking: Tools, anna: Viewer, window: Browser
) -> None:
    foreign = make_account(linking.database)
    for account_id in (foreign, uuid4()):
        with pytest.raises(NotFoundError, match="No such account"):
            begin(linking, anna, window, "fake", {}, account_id=account_id)


def test_an_account_that_was_not_offered_cannot_be_picked(
    linking: Tools, anna: Viewer, window: Browser
) -> None:
    with pytest.raises(InvalidInputError):
        link(linking, anna, window, "page-1", "page-of-somebody-else")


def test_picking_twice_links_once(linking: Tools, anna: Viewer, window: Browser) -> None:
    attempt = back(linking, anna, window, begin(linking, anna, window, "fake", {}))
    choice = {"remote_ids": ["page-1"], "role_ids": [anna.role_id]}
    pick(linking, anna, window, actor(anna), attempt, **choice)
    with pytest.raises(NotFoundError):
        pick(linking, anna, window, actor(anna), attempt, **choice)
    with linking.database.reading() as session:
        assert len(session.exec(select(AccountRow)).all()) == 1


def test_several_accounts_of_one_log_in_share_one_grant(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    reaching(platform, identity("page-1"), identity("page-2", "Museum"))
    link(linking, anna, window, "page-1", "page-2")
    with linking.database.reading() as session:
        links = session.exec(select(LinkRow)).all()
    assert len(links) == 2
    assert len({row.grant_id for row in links}) == 1


def test_an_account_whose_first_read_is_refused_is_not_linked(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    platform.outcomes["page-1"] = REFUSED
    assert link(linking, anna, window, "page-1") == []
    with linking.database.reading() as session:
        assert session.exec(select(AccountRow)).all() == []


@pytest.mark.parametrize("proof", [SILENCE, LATER])
def test_a_link_that_exists_is_not_given_up_for_one_that_was_not_proven(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform, proof: object
) -> None:
    (account_id,) = link(linking, anna, window, "page-1")
    with linking.database.reading() as session:
        before = session.exec(select(LinkRow).where(LinkRow.account_id == account_id)).one()
    platform.outcomes["page-1"] = proof
    assert link(linking, anna, window, "page-1") == []
    with linking.database.reading() as session:
        after = session.exec(select(LinkRow).where(LinkRow.account_id == account_id)).one()
        kept = session.exec(select(GrantRow.id).where(GrantRow.credential != b"")).all()
    assert (after.grant_id, after.state) == (before.grant_id, "healthy")
    assert kept == [before.grant_id], "no token of the log-in that was not taken stays here"


def test_picking_one_account_heals_those_that_its_old_log_in_lost(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    pages = [identity(f"page-{number}", f"Page {number}") for number in (1, 2, 3)]
    reaching(platform, *pages)
    link(linking, anna, window, "page-1", "page-2", "page-3")
    with linking.database.writing() as unit:
        for row in unit.exec(select(LinkRow).join(AccountRow)).all():
            page = unit.get_one(AccountRow, row.account_id).remote_id
            row.state = "healthy" if page == "page-3" else "expired"
    link(linking, anna, window, "page-1")
    with linking.database.reading() as session:
        found = {
            session.get_one(AccountRow, row.account_id).remote_id: row
            for row in session.exec(select(LinkRow)).all()
        }
    assert found["page-2"].grant_id == found["page-1"].grant_id, "it was refused, too"
    assert found["page-2"].next_check_at == linking.now(), "and heals by a read of its own"
    assert found["page-3"].grant_id != found["page-1"].grant_id, "it works as it is"


def test_the_offer_says_what_is_linked_already_and_what_is_hidden(
    linking: Tools, anna: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    other = make_viewer(linking, "Others", set(), all_accounts=False)
    del other
    make_account(linking.database, remote_id="page-2")
    link(linking, anna, window, "page-1")
    reaching(platform, identity("page-1"), identity("page-2"), identity("page-3"))
    attempt = back(linking, anna, window, begin(linking, anna, window, "fake", {}))
    choices = offer(linking, anna, window, attempt).choices
    assert [choice.already for choice in choices] == ["linked", "hidden", ""]


def test_a_hidden_account_is_not_taken_over_by_picking_it(
    linking: Tools, anna: Viewer, window: Browser
) -> None:
    foreign = make_account(linking.database, remote_id="page-1")
    assert link(linking, anna, window, "page-1") == []
    with linking.database.reading() as session:
        assert session.get(RoleAccountRow, (anna.role_id, foreign)) is None


def test_r28_two_servers_may_use_the_same_id(
    linking: Tools, ada: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    del platform
    first = link(linking, ada, window, "page-1")
    with linking.database.writing() as unit:
        unit.get(AccountRow, first[0]).server = "https://other.example"
    assert len(link(replace(linking), ada, window, "page-1")) == 1
    with linking.database.reading() as session:
        assert len(session.exec(select(AccountRow)).all()) == 2
