"""A relink heals, or changes nothing at all."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlmodel import select

from dashboard.db.tables import AccountRow, EventRow, GrantRow, LinkRow
from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, Evidence, NoAnswer, Refused, Works
from dashboard.domain.errors import ConflictError, NotFoundError
from dashboard.domain.team import Viewer
from dashboard.services.linking import begin
from dashboard.services.log_ins import Browser
from dashboard.services.ports import Tools
from dashboard.services.relinking import Settled, Settlement, settle
from tests.factories import make_account
from tests.fakes import RecordingJobs
from tests.services.conftest import actor
from tests.services.fake_platforms import SignInPlatform, identity, reaching
from tests.services.test_linking import back

EVIDENCE = Evidence(call="probe", status=401)
NO_PUBLISHING = Missing(
    capability=Capability.PUBLISH, kind=MissingKind.PERMISSION, what="write", label="Create posts"
)


def relink(tools: Tools, viewer: Viewer, window: Browser, account_id: UUID) -> Settlement:
    begun = begin(tools, viewer, window, "ignored", {}, account_id=account_id)
    attempt = back(tools, viewer, window, begun)
    return settle(tools, viewer, window, actor(viewer), attempt)


def broken(tools: Tools, **facts: object) -> UUID:
    return make_account(
        tools.database, remote_id="page-1", state="expired", cause="password_changed", **facts
    )


def rows(tools: Tools, account_id: UUID) -> tuple[LinkRow, GrantRow]:
    with tools.database.reading() as session:
        link = session.exec(select(LinkRow).where(LinkRow.account_id == account_id)).one()
        return link, session.get(GrantRow, link.grant_id)


def test_the_right_log_in_heals_in_place(linking: Tools, ada: Viewer, window: Browser) -> None:
    account = broken(linking)
    _, before = rows(linking, account)
    settlement = relink(linking, ada, window, account)
    link, grant = rows(linking, account)
    assert settlement.settled is Settled.DONE
    assert link.state == "healthy"
    assert grant.id != before.id
    assert grant.subject_name == "Anna J."


def test_the_old_tokens_are_erased_after_the_new_ones_stand(
    linking: Tools, ada: Viewer, window: Browser
) -> None:
    account = broken(linking)
    _, before = rows(linking, account)
    relink(linking, ada, window, account)
    with linking.database.reading() as session:
        assert session.get(GrantRow, before.id).credential == b""


def test_healing_is_told_and_missed_posts_are_fetched(
    linking: Tools, ada: Viewer, window: Browser, jobs: RecordingJobs
) -> None:
    account = broken(linking)
    relink(linking, ada, window, account)
    with linking.database.reading() as session:
        events = session.exec(select(EventRow).order_by(EventRow.seq)).all()
    assert [event.kind for event in events] == ["relinked", "link_state"]
    assert events[1].data["old"] == "expired"
    assert events[1].data["new"] == "healthy"
    assert ("sync_account", str(account)) in jobs.hints


def test_r28_of_two_relinks_at_once_one_wins_and_the_other_is_told(
    linking: Tools, ada: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    """Somebody else relinks between our proof and our write."""
    account = broken(linking)
    other = Browser(session_hash="window-2")
    mine, theirs = (
        back(linking, ada, who, begin(linking, ada, who, "", {}, account_id=account))
        for who in (window, other)
    )
    proves = platform.check

    async def overtaken(*asked: object) -> object:
        platform.check = proves
        with ThreadPoolExecutor(1) as somebody:  # an event loop of its own
            done = somebody.submit(settle, linking, ada, other, actor(ada), theirs).result()
        assert done.settled is Settled.DONE
        return await proves(*asked)

    platform.check = overtaken
    with pytest.raises(ConflictError):
        settle(linking, ada, window, actor(ada), mine)
    link, grant = rows(linking, account)
    assert (link.state, grant.generation) == ("healthy", 1)


def test_r28_another_identity_changes_nothing_and_shows_both(
    linking: Tools, ada: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    account = broken(linking)
    before = rows(linking, account)
    reaching(platform, identity("page-9", "Museum"))
    settlement = relink(linking, ada, window, account)
    assert settlement.settled is Settled.WRONG_IDENTITY
    assert settlement.account.name == "Bakery Jansen"
    assert [found.name for found in settlement.found] == ["Museum"]
    assert rows(linking, account) == before


@pytest.mark.parametrize(
    ("outcome", "cause"),
    [
        (Refused(cause=Cause.TOKEN_REFUSED, evidence=EVIDENCE), Cause.TOKEN_REFUSED),
        (Blocked(cause=Cause.SECURITY_CHECK, evidence=EVIDENCE), Cause.SECURITY_CHECK),
        (NoAnswer(cause=Cause.PLATFORM_DOWN, evidence=EVIDENCE), Cause.PLATFORM_DOWN),
    ],
)
def test_what_is_not_proven_by_a_real_read_replaces_nothing(
    linking: Tools,
    ada: Viewer,
    window: Browser,
    platform: SignInPlatform,
    outcome: object,
    cause: Cause,
) -> None:
    account = broken(linking)
    before = rows(linking, account)
    platform.outcomes["page-1"] = outcome
    settlement = relink(linking, ada, window, account)
    assert settlement.settled is Settled.NOT_PROVEN
    assert settlement.cause is cause
    assert rows(linking, account) == before


def test_a_broken_link_takes_a_log_in_with_a_permission_missing_and_names_it(
    linking: Tools, ada: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    account = broken(linking)
    platform.outcomes["page-1"] = Works(missing=(NO_PUBLISHING,))
    settlement = relink(linking, ada, window, account)
    assert settlement.settled is Settled.DONE
    assert settlement.missing == ("Create posts",)
    assert rows(linking, account)[0].state == "limited"


def test_a_working_link_is_not_made_worse(
    linking: Tools, ada: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    account = make_account(linking.database, remote_id="page-1", state="healthy")
    before = rows(linking, account)
    platform.outcomes["page-1"] = Works(missing=(NO_PUBLISHING,))
    settlement = relink(linking, ada, window, account)
    assert settlement.settled is Settled.LOSES_PERMISSIONS
    assert settlement.missing == ("Create posts",)
    assert rows(linking, account) == before


def test_a_reload_shows_the_same_end_and_asks_nobody(
    linking: Tools, ada: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    account = broken(linking)
    first = relink(linking, ada, window, account)
    asked = len(platform.checked)
    again = settle(linking, ada, window, actor(ada), first.attempt_id)
    assert again.settled is Settled.DONE
    assert len(platform.checked) == asked


def test_the_end_of_a_relink_is_seen_by_the_same_browser_only(
    linking: Tools, ada: Viewer, window: Browser
) -> None:
    settlement = relink(linking, ada, window, broken(linking))
    with pytest.raises(NotFoundError):
        settle(linking, ada, Browser(session_hash="else"), actor(ada), settlement.attempt_id)


@pytest.mark.parametrize("state", ["expired", "limited"])
def test_siblings_on_the_same_grant_move_along_and_are_checked_at_once(
    linking: Tools, ada: Viewer, window: Browser, platform: SignInPlatform, state: str
) -> None:
    account = broken(linking)
    _, grant = rows(linking, account)
    sibling = make_account(
        linking.database, name="Museum", remote_id="page-2", state=state, grant_id=grant.id
    )
    reaching(platform, identity("page-1"), identity("page-2", "Museum"))
    settlement = relink(linking, ada, window, account)
    link, _ = rows(linking, sibling)
    assert settlement.siblings == ("Museum",)
    assert link.grant_id == rows(linking, account)[0].grant_id
    assert link.next_check_at == linking.now()


def test_a_sibling_that_the_new_log_in_does_not_reach_keeps_its_own(
    linking: Tools, ada: Viewer, window: Browser
) -> None:
    account = broken(linking)
    _, grant = rows(linking, account)
    sibling = make_account(
        linking.database, name="Museum", remote_id="page-2", state="expired", grant_id=grant.id
    )
    relink(linking, ada, window, account)
    link, kept = rows(linking, sibling)
    assert link.grant_id == grant.id
    assert kept.credential != b""


def test_a_paused_account_works_again_after_a_relink(
    linking: Tools, ada: Viewer, window: Browser
) -> None:
    account = make_account(linking.database, remote_id="page-1", state="paused", next_check_at=None)
    relink(linking, ada, window, account)
    link, _ = rows(linking, account)
    assert link.state == "healthy"
    assert link.next_check_at is not None


def test_names_that_changed_at_the_platform_are_taken_over(
    linking: Tools, ada: Viewer, window: Browser, platform: SignInPlatform
) -> None:
    account = broken(linking)
    reaching(platform, identity("page-1", "Bakery Jansen & Daughter"))
    relink(linking, ada, window, account)
    with linking.database.reading() as session:
        assert session.get(AccountRow, account).name == "Bakery Jansen & Daughter"
