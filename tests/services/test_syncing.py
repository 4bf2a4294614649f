"""Platform synchronisation loads eight weeks, once, and never forgets what is only absent once."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlmodel import col, select

from dashboard.db.tables import AccountRow, GrantRow, PublicationRow, SyncRow
from dashboard.domain.calendar import FoundPost
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import NotAllowedError, NotFoundError, PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.team import Viewer
from dashboard.domain.wire import Http, NoAnswerError, Silence
from dashboard.platforms.protocol import Refreshed, RefreshOutcome, RefreshRefused
from dashboard.services.ports import Tools
from dashboard.services.syncing import ask, due, switch_automatic, sync_account
from tests.factories import FakePlatform, make_account
from tests.fakes import START, FrozenClock, RecordingJobs


def post(number: int, *, days: float, text: str = "") -> FoundPost:
    return FoundPost(
        remote_id=f"post-{number}",
        text=text or f"Post {number}",
        url=f"https://fake.example/{number}",
        published_at=START - timedelta(days=days),
    )


class ListingPlatform(FakePlatform):
    """Lists `pages`; an entry may be an error. The cursor is the number of the next page."""

    def __init__(self, *pages: list[FoundPost] | Exception, loops: bool = False) -> None:
        super().__init__()
        self.pages = list(pages)
        self.loops = loops
        self.asked = 0

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        self.asked += 1
        number = int(cursor or 0)
        page = self.pages[number]
        if isinstance(page, Exception):
            raise page
        if self.loops:
            return page, "0"
        return page, str(number + 1) if number + 1 < len(self.pages) else ""


def listing(tools: Tools, *pages: list[FoundPost] | Exception, loops: bool = False) -> Tools:
    return replace(tools, platforms={"fake": ListingPlatform(*pages, loops=loops)})


@pytest.fixture
def account(tools: Tools) -> UUID:
    account_id = make_account(tools.database)
    wait_for_sync(tools, account_id)
    return account_id


def wait_for_sync(tools: Tools, account_id: UUID) -> None:
    with tools.database.writing() as unit:
        unit.get(AccountRow, account_id).next_sync_at = tools.now()


def stored(tools: Tools) -> list[PublicationRow]:
    with tools.database.reading() as session:
        return list(session.exec(select(PublicationRow).order_by(col(PublicationRow.at))).all())


def sync(tools: Tools, account_id: UUID):
    wait_for_sync(tools, account_id)
    return sync_account(tools, account_id)


def test_posts_of_the_last_eight_weeks_are_loaded(tools: Tools, account: UUID) -> None:
    tools = listing(tools, [post(1, days=1), post(2, days=55.9)], [post(3, days=57)])
    report = sync_account(tools, account)
    assert report.loaded == 2
    assert [row.remote_id for row in stored(tools)] == ["post-2", "post-1"]


def test_the_listing_is_not_read_beyond_the_window(tools: Tools, account: UUID) -> None:
    tools = listing(tools, [post(1, days=1)], [post(2, days=60)], [post(3, days=90)])
    sync_account(tools, account)
    assert tools.platforms["fake"].asked == 2


def test_a_pinned_old_post_on_top_does_not_end_the_listing(tools: Tools, account: UUID) -> None:
    tools = listing(tools, [post(9, days=400), post(1, days=1)], [post(2, days=2)])
    assert sync_account(tools, account).loaded == 2


def test_r78_the_same_posts_twice_are_stored_once(tools: Tools, account: UUID) -> None:
    tools = listing(tools, [post(1, days=1), post(1, days=1)], [post(1, days=1)])
    assert sync(tools, account).loaded == 1
    again = sync(tools, account)
    assert (again.loaded, again.changed) == (0, 0)
    assert len(stored(tools)) == 1


def test_a_text_changed_at_the_platform_is_taken_over(tools: Tools, account: UUID) -> None:
    sync(listing(tools, [post(1, days=1)]), account)
    report = sync(listing(tools, [post(1, days=1, text="Corrected")]), account)
    assert report.changed == 1
    assert stored(tools)[0].text == "Corrected"


def test_r78_a_looping_cursor_ends(tools: Tools, account: UUID) -> None:
    tools = listing(tools, [post(1, days=1)], loops=True)
    assert sync_account(tools, account).loaded == 1


def test_r78_a_post_is_gone_only_after_two_absences(tools: Tools, account: UUID) -> None:
    sync(listing(tools, [post(1, days=1), post(2, days=2)]), account)
    assert sync(listing(tools, [post(1, days=1)]), account).gone == 0
    assert sync(listing(tools, [post(1, days=1)]), account).gone == 1
    gone, kept = stored(tools)
    assert gone.gone_at is not None
    assert kept.gone_at is None


def test_a_post_that_comes_back_is_back(tools: Tools, account: UUID) -> None:
    sync(listing(tools, [post(1, days=1)]), account)
    for _ in range(2):
        sync(listing(tools, []), account)
    sync(listing(tools, [post(1, days=1)]), account)
    assert stored(tools)[0].gone_at is None


def test_what_was_loaded_before_the_platform_fell_silent_stays(tools: Tools, account: UUID) -> None:
    silence = NoAnswerError(Silence.TIMEOUT, call="list posts")
    report = sync(listing(tools, [post(1, days=1)], silence), account)
    assert report.loaded == 1
    assert "did not answer" in report.trouble
    assert len(stored(tools)) == 1


def test_half_a_listing_accuses_no_post_of_being_gone(tools: Tools, account: UUID) -> None:
    sync(listing(tools, [post(1, days=1), post(2, days=2)]), account)
    refusal = PlatformError("fake", "refused", "no")
    for _ in range(3):
        assert sync(listing(tools, [post(1, days=1)], refusal), account).gone == 0


def test_two_workers_load_an_account_once(tools: Tools, account: UUID) -> None:
    tools = listing(tools, [post(1, days=1)])
    assert sync_account(tools, account) is not None
    assert sync_account(tools, account) is None


def test_a_dead_worker_s_account_is_offered_again(
    tools: Tools, account: UUID, clock: FrozenClock
) -> None:
    with tools.database.writing() as unit:
        row = unit.get(AccountRow, account)
        row.sync_claim, row.sync_claimed_until = "dead", clock() + timedelta(minutes=10)
    assert due(tools) == []
    clock.advance(minutes=11)
    assert due(tools) == [account]


def test_the_next_automatic_one_comes_in_six_hours(tools: Tools, account: UUID) -> None:
    sync_account(listing(tools, []), account)
    with tools.database.reading() as session:
        assert session.get(AccountRow, account).next_sync_at == START + timedelta(hours=6)


def test_switched_off_only_a_person_starts_one(
    tools: Tools, ada: Viewer, account: UUID, jobs: RecordingJobs
) -> None:
    switch_automatic(tools, ada, account, wanted=False)
    assert due(tools) == []
    assert ask(tools, ada, [account]) == 1
    assert due(tools) == [account]
    assert ("sync_account", str(account)) in jobs.hints
    sync_account(listing(tools, []), account)
    assert due(tools) == []


def test_the_run_that_a_person_asked_for_says_what_it_did(
    tools: Tools, ada: Viewer, account: UUID
) -> None:
    ask(tools, ada, [account])
    sync_account(listing(tools, [post(1, days=3)]), account)
    with tools.database.reading() as session:
        run = session.exec(select(SyncRow)).one()
    assert (run.state, run.loaded, run.back_to) == ("done", 1, START - timedelta(days=3))
    assert run.asked_by == ada.user_id


def test_r14_only_accounts_of_the_role_can_be_synchronised(
    tools: Tools, anna: Viewer, victor: Viewer, account: UUID
) -> None:
    for account_id in (account, uuid4()):
        with pytest.raises(NotFoundError):
            ask(tools, anna, [account_id])
    with pytest.raises(NotAllowedError):
        ask(tools, victor, [account])


def test_a_paused_account_is_not_read_and_the_run_says_so(
    tools: Tools, ada: Viewer, clock: FrozenClock
) -> None:
    account = make_account(tools.database, state="paused", next_check_at=None)
    ask(tools, ada, [account])
    assert sync_account(listing(tools, [post(1, days=1)]), account) is None
    with tools.database.reading() as session:
        run = session.exec(select(SyncRow)).one()
    assert (run.state, run.trouble) == ("failed", "The account is paused or not linked.")
    assert due(tools) == []


class WearsOut(ListingPlatform):
    """Takes the first access part no longer; lists for the renewed one."""

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        if credential.access == "a":
            raise PlatformError("fake", "refresh_due", "expired_token")
        return await super().posts(http, credential, identity, cursor=cursor)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        self.renewals = getattr(self, "renewals", 0) + 1
        return self.answer


def worn(tools: Tools, answer: RefreshOutcome) -> Tools:
    platform = WearsOut([post(1, days=1)])
    platform.answer = answer
    return replace(tools, platforms={"fake": platform})


def test_a_permission_that_runs_out_on_the_way_is_renewed_and_the_listing_asked_again(
    tools: Tools, account: UUID
) -> None:
    tools = worn(tools, Refreshed(credential=Credential(access="b", refresh="r2")))
    report = sync(tools, account)
    assert (report.loaded, report.trouble) == (1, "")
    assert tools.platforms["fake"].renewals == 1
    assert sync(tools, account).trouble == ""
    assert tools.platforms["fake"].renewals == 1


def test_a_permission_that_cannot_be_renewed_ends_the_run_and_says_so(
    tools: Tools, account: UUID
) -> None:
    said = Evidence(call="renew the permission", code="invalid_grant")
    report = sync(worn(tools, RefreshRefused(cause=Cause.TOKEN_REFUSED, evidence=said)), account)
    assert report.trouble == "The platform refused to list the posts."
    assert report.loaded == 0


def test_a_permission_known_to_have_run_out_is_renewed_first(tools: Tools, account: UUID) -> None:
    tools = worn(tools, Refreshed(credential=Credential(access="b", refresh="r2")))
    with tools.database.writing() as unit:
        grant = unit.exec(select(GrantRow)).one()
        secret = b'{"access": "c", "refresh": "r", "expires_at": "2026-11-24T10:00:10+00:00"}'
        grant.credential = f"grants|{grant.id}|credential|".encode() + secret
    assert sync(tools, account).loaded == 1
    assert tools.platforms["fake"].renewals == 1


def test_pages_are_stored_beside_the_loop_that_asks(tools: Tools, account: UUID) -> None:
    """A database that is slow for one calendar keeps no other question waiting."""
    threads = set()
    listed = listing(tools, [post(1, days=1)])

    @event.listens_for(listed.database.engine, "before_cursor_execute")
    def note(*_: object) -> None:
        with contextlib.suppress(RuntimeError):
            threads.add(asyncio.get_running_loop())

    try:
        sync(listed, account)
    finally:
        event.remove(listed.database.engine, "before_cursor_execute", note)
    assert threads == set()
