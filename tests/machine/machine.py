"""Linkkeeper's services on a real database as a machine that hypothesis drives in any order.

Beside it stands the truth: what the make-believe platform and mail server remember, and who may see
what. After each step the invariants I1-I7 (`holds.py`) must hold between the two.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from sqlmodel import col, select, update

from dashboard.db.tables import (
    AccountRow,
    DeliveryRow,
    EventRow,
    GrantRow,
    LinkRow,
    NoticeRow,
    PublicationRow,
    RoleAccountRow,
    SalvageRow,
)
from dashboard.domain.errors import PlatformError
from dashboard.domain.faults import planned
from dashboard.domain.notices import NoticeKind
from dashboard.domain.publishing import Outgoing
from dashboard.domain.team import Right, Viewer
from dashboard.services.checking import check_due
from dashboard.services.giving_back import give_back_access
from dashboard.services.linking import begin
from dashboard.services.log_ins import Browser
from dashboard.services.notifying import gather
from dashboard.services.picking import pick
from dashboard.services.planning import plan, publish_now, stands_there
from dashboard.services.ports import Tools
from dashboard.services.preferences import boxes_for, set_box
from dashboard.services.publishing import publish_due
from dashboard.services.refreshing import refresh_due, refresh_grant
from dashboard.services.relinking import Settled, settle
from dashboard.services.removal import remove, restore
from dashboard.services.sending import send_due
from dashboard.services.traffic import Traffic
from tests.factories import make_role, make_user
from tests.fakes import FrozenClock, RecordingJobs
from tests.machine.holds import Holds
from tests.machine.world import Post, World
from tests.services.conftest import actor, make_viewer
from tests.services.test_linking import back

WORK: dict[str, Callable[[Tools], object]] = {
    "check": check_due,
    "refresh": refresh_due,
    "gather": gather,
    "send": send_due,
    "publish": publish_due,
    "give back": give_back_access,
}
PAGES = st.integers(0, 3).map(lambda number: f"page-{number}")
WINDOW = Browser(session_hash="window-1")


class CrashError(BaseException):
    """The process dies here: nothing after it runs."""


class Machine(Holds):
    """One installation; `tools` and `clock` are given by the test, empty for each example."""

    tools: Tools
    clock: FrozenClock

    def __init__(self, tools: Tools, clock: FrozenClock, jobs: RecordingJobs) -> None:
        super().__init__()
        self.world, self.post, self.jobs, self.clock = World(), Post(), jobs, clock
        self.tools = replace(tools, platforms={"fake": self.world}, mailer=self.post)
        self.crashes = 0

    @initialize()
    def team(self) -> None:
        """Ada sees everything; Ed sees what his role is given."""
        self.ada: Viewer = make_viewer(self.tools, "Administrators", set(Right), all_accounts=True)
        self.editors = make_role(self.tools.database, name="Editors", all_accounts=False)
        ed = "ed@example.org"
        self.ed = make_user(self.tools.database, role_id=self.editors, email=ed)
        self.watched: set[UUID] = set()  # the accounts that the editors have access to
        self.seen_mails = 0
        for page in ("page-0", "page-1", "page-2"):
            self.link(page)
        for page in ("page-0", "page-1"):
            self.give_or_take_access(page)

    # --- people ---------------------------------------------------------------------------

    @rule(page=PAGES)
    def link(self, page: str) -> None:
        self.world.reaches = page
        with suppress(PlatformError):
            attempt = back(
                self.tools, self.ada, WINDOW, begin(self.tools, self.ada, WINDOW, "fake", {})
            )
            role = [self.ada.role_id]
            ada = actor(self.ada)
            picked = pick(
                self.tools, self.ada, WINDOW, ada, attempt, remote_ids=[page], role_ids=role
            )
            assert len(picked.linked) <= 1
        self.world.renewing.clear()

    @rule(page=PAGES, right=st.booleans())
    def relink(self, page: str, right: bool) -> None:
        """R28: with the wrong log-in nothing changes."""
        account = self._account(page)
        if account is None or account.removed_at is not None:
            return
        self.world.reaches = page if right else "page-of-somebody-else"
        before = self._grant_of(account.id)
        with suppress(PlatformError):
            begun = begin(self.tools, self.ada, WINDOW, "", {}, account_id=account.id)
            attempt = back(self.tools, self.ada, WINDOW, begun)
            settled = settle(self.tools, self.ada, WINDOW, actor(self.ada), attempt).settled
            if not right:
                assert settled is not Settled.DONE
        if not right:
            assert self._grant_of(account.id) == before, "a wrong log-in changed something (R28)"

    @rule(page=PAGES)
    def remove_and_undo(self, page: str) -> None:
        account = self._account(page)
        if account is None:
            return
        if account.removed_at is None:
            remove(self.tools, self.ada, actor(self.ada), account.id, account.name)
        else:
            restore(self.tools, self.ada, actor(self.ada), account.id)

    @rule(page=PAGES)
    def give_or_take_access(self, page: str) -> None:
        account = self._account(page)
        if account is None:
            return
        with self.tools.database.writing() as unit:
            if account.id in self.watched:
                unit.delete(unit.get(RoleAccountRow, (self.editors, account.id)))
            else:
                unit.add(RoleAccountRow(role_id=self.editors, account_id=account.id))
        self.watched ^= {account.id}

    @rule(wanted=st.booleans())
    def tick_a_box(self, wanted: bool) -> None:
        box = boxes_for(self.tools, self.ada, self.ed).box(NoticeKind.LINK_BROKEN)
        set_box(
            self.tools,
            self.ada,
            actor(self.ada),
            self.ed,
            NoticeKind.LINK_BROKEN,
            wanted=wanted,
            version=box.version,
        )

    @rule(page=PAGES, minutes=st.sampled_from([0, 0, 30]))
    def plan_a_post(self, page: str, minutes: int) -> None:
        account = self._account(page)
        if account is None or account.removed_at is not None:
            return
        at = self.clock() + timedelta(minutes=minutes)
        post = Outgoing(key="", text="Fresh bread.", at=at)
        plan(self.tools, self.ada, actor(self.ada), [account.id], post, at=at)

    @rule()
    def settle_doubts(self) -> None:
        """A person looks at the platform, and sends again what is not there (R77)."""
        with self.tools.database.reading() as session:
            rows = session.exec(
                select(PublicationRow)
                .join(AccountRow, col(AccountRow.id) == col(PublicationRow.account_id))
                .where(col(AccountRow.removed_at).is_(None))
            ).all()
        for row in rows:
            if row.state == "unknown" and self.world.posts[str(row.id)]:
                stands_there(self.tools, self.ada, actor(self.ada), row.id)
            elif row.state in {"unknown", "missed", "failed"}:
                publish_now(self.tools, self.ada, actor(self.ada), row.id)

    # --- the world ------------------------------------------------------------------------

    @rule(number=st.integers(1, 6))
    def expire_access(self, number: int) -> None:
        if number in self.world.families:
            self.world.families[number].until = None

    @rule(number=st.integers(1, 6))
    def revoke_at_the_platform(self, number: int) -> None:
        if number in self.world.families:
            self.world.families[number].revoked = True

    @rule(fate=st.sampled_from(["ok", "unavailable", "lost"]))
    def next_refresh(self, fate: str) -> None:
        self.world.next_refresh = fate

    @rule(fate=st.sampled_from(["refused", "lost", "lost_before", "unavailable"]))
    def next_post(self, fate: str) -> None:
        self.world.next_post = fate

    @rule(times=st.integers(1, 3))
    def stammer(self, times: int) -> None:
        self.world.stammers = times

    @rule()
    def outage_begins_or_ends(self) -> None:
        self.world.outage = not self.world.outage

    @rule(mode=st.sampled_from(["ok", "ok", "down", "lost"]))
    def smtp(self, mode: str) -> None:
        self.post.mode = mode

    @rule()
    def flush_hints(self) -> None:
        """Redis loses all it had, or is away: work is found in SQL."""
        self.jobs.hints.clear()
        self.jobs.away = not self.jobs.away

    # --- Linkkeeper -----------------------------------------------------------------------

    @rule(minutes=st.sampled_from([0.2, 1, 11, 45, 180]))
    def tick(self, minutes: float) -> None:
        self.clock.advance(minutes=minutes)
        self._lapse()

    @rule(job=st.sampled_from(sorted(WORK)))
    def work(self, job: str) -> None:
        WORK[job](self.tools)
        self.world.renewing.clear()

    @rule(job=st.sampled_from(sorted(WORK)), at=st.integers(1, 9))
    def crash(self, job: str, at: int) -> None:
        """Die at the n-th point; the next process finds what is due in SQL."""
        passed = 0

        def plan(_name: str) -> None:
            nonlocal passed
            passed += 1
            if passed == at:
                raise CrashError

        with suppress(CrashError), planned(plan):
            WORK[job](self.tools)
        self.crashes += passed >= at
        if passed >= at:
            self.world.crash()
        self.world.renewing.clear()
        self.tools = replace(self.tools, traffic=Traffic())

    @rule()
    def all_work(self) -> None:
        for minutes in (11, 1, 1):
            self.tick(minutes)
            for job in WORK:
                self.work(job)

    @precondition(lambda self: not self.world.outage)
    @rule(number=st.integers(1, 3), mode=st.sampled_from(["ok", "down", "lost"]))
    def a_permission_ends_and_is_told(self, number: int, mode: str) -> None:
        """The way that matters most, gone often: who is told, while mail works or does not."""
        self.revoke_at_the_platform(number)
        self.post.mode = mode
        self.all_work()

    @precondition(lambda self: not self.world.outage)
    @rule()
    def several_permissions_end_at_once(self) -> None:
        """They come in one mail, which tells each reader of his own accounts only."""
        for number in (1, 2, 3):
            self.revoke_at_the_platform(number)
        self.post.mode = "ok"
        self.all_work()

    @precondition(lambda self: not self.world.outage)
    @rule(number=st.integers(1, 3), fate=st.sampled_from(["ok", "lost", "unavailable"]))
    def access_runs_out(self, number: int, fate: str) -> None:
        """The other one: a renewal, whose answer comes or is lost."""
        self.expire_access(number)
        self.next_refresh(fate)
        self.tick(180)
        self.work("refresh")
        self.work("check")

    @rule(act=st.sampled_from(["renew", "remove", "relink"]), page=PAGES)
    def something_happens_during_a_renewal(self, act: str, page: str) -> None:
        """R33, R38: another process renews, or a person removes or relinks the account."""
        account = self._account(page)
        if account is None or account.removed_at is not None:
            return
        acts: dict[str, Callable[[], object]] = {
            "renew": self._renew_all,
            "remove": lambda: self.remove_and_undo(page),
            "relink": lambda: self.relink(page, right=True),
        }
        done = []

        def plan(name: str) -> None:
            if name == "refresh.before_send" and not done:
                done.append(name)
                with ThreadPoolExecutor(1) as other:  # an event loop of its own
                    other.submit(acts[act]).result()

        self.tick(180)
        with planned(plan):
            refresh_due(self.tools)
        self.world.renewing.clear()

    @precondition(lambda self: not self.world.outage)
    @rule()
    def an_hour_without_the_platform(self) -> None:
        """I7: nobody gets more than one mail at its start and one at its end."""
        self.world.stammers, self.world.next_refresh, self.jobs.away = 0, "ok", False
        self._live(times=3, minutes=11)
        before = self.told_of_silence()
        self.world.outage = True
        self._live(times=5, minutes=12)
        self.world.outage = False
        self._live(times=8, minutes=11)
        more = self.told_of_silence() - before
        assert max(more.values(), default=0) <= 2, "an outage was told more than twice"

    @precondition(lambda self: self.world.families)
    @rule(job=st.sampled_from(["refresh", "check", "send", "publish"]), at=st.integers(1, 9))
    def crash_where_there_is_work(self, job: str, at: int) -> None:
        """A crash that finds something to break."""
        if job == "publish":
            self.plan_a_post("page-0", 0)
        elif job == "send":
            self.revoke_at_the_platform(len(self.world.families))
            self.tick(11)
            self.work("check")
            self.tick(1)
            self.work("gather")
        else:
            self.tick(180)
        self.crash(job, at)

    def teardown(self) -> None:
        """All is well again for a while: nothing waits for ever, and everybody has been told."""
        if not hasattr(self, "ada"):
            return
        self.world.outage, self.world.stammers, self.world.next_refresh = False, 0, "ok"
        self.post.mode, self.jobs.away = "ok", False
        for _ in range(6):
            self.tick(180)
            for job in ("refresh", "check", "give back", "publish", "gather", "send", "send"):
                self.work(job)
        self._settled()
        self._posts_ended()
        self._nothing_unused_is_kept()
        self._trouble_was_told()

    def _settled(self) -> None:
        with self.tools.database.reading() as session:
            deliveries = session.exec(select(DeliveryRow)).all()
            untold = session.exec(select(EventRow).where(EventRow.told == False)).all()  # noqa: E712
            links = session.exec(
                select(LinkRow, AccountRow).join(
                    AccountRow, col(AccountRow.id) == col(LinkRow.account_id)
                )
            ).all()
        ended = {"sent", "dead", "suppressed", "merged"}
        assert {row.state for row in deliveries} <= ended, "a telling waits for ever"
        assert untold == [], "an event was never told"
        for link, account in links:
            assert not link.claim or link.claimed_until <= self.clock(), "a claim was left behind"
            if account.removed_at is None:
                assert link.state in {"healthy", "expired"}, f"left {link.state}"

    def _posts_ended(self) -> None:
        """I3: none waits but for a link that does not work."""
        with self.tools.database.reading() as session:
            rows = session.exec(
                select(PublicationRow.state, LinkRow.state).join(
                    LinkRow, col(LinkRow.account_id) == col(PublicationRow.account_id)
                )
            ).all()
        for state, link in rows:
            ended = state in {"published", "failed", "unknown", "missed"}
            assert ended or (state == "held" and link == "expired"), f"a post is left {state}"

    def _nothing_unused_is_kept(self) -> None:
        """R38: what no account uses was given back and erased."""
        used = select(LinkRow.grant_id).where(col(LinkRow.grant_id).is_not(None))
        with self.tools.database.reading() as session:
            unused = session.exec(select(GrantRow).where(col(GrantRow.id).not_in(used))).all()
            salvaged = set(session.exec(select(SalvageRow.grant_id)).all())
        for grant in unused:
            assert grant.credential == b"", "the tokens of a permission nobody uses"
            assert grant.id not in salvaged, "a copy of a permission nobody uses"

    def _trouble_was_told(self) -> None:
        """Whose link is refused: the last that people were told of it is no good news."""
        with self.tools.database.reading() as session:
            broken = session.exec(
                select(LinkRow.account_id)
                .join(AccountRow, col(AccountRow.id) == col(LinkRow.account_id))
                .where(LinkRow.state == "expired", LinkRow.cause != "removed_here")
                .where(col(AccountRow.removed_at).is_(None))
            ).all()
            for account_id in broken:
                told = session.exec(
                    select(NoticeRow.kind)
                    .join(EventRow, col(EventRow.notice_id) == col(NoticeRow.id))
                    .join(DeliveryRow, col(DeliveryRow.notice_id) == col(NoticeRow.id))
                    .where(EventRow.account_id == account_id)
                    .where(DeliveryRow.user_id == self.ada.user_id)
                    .where(col(NoticeRow.kind).not_in(["platform_silent", "platform_back"]))
                    .order_by(col(EventRow.seq).desc())
                ).first()
                assert told not in {None, "link_recovered"}, (
                    f"it is broken, and the last word was {told}"
                )

    # --- helpers ----------------------------------------------------------------------------

    def _live(self, *, times: int, minutes: float) -> None:
        """Time goes on, and all workers work."""
        for _ in range(times):
            self.tick(minutes)
            for job in WORK:
                self.work(job)

    def _renew_all(self) -> None:
        with self.tools.database.reading() as session:
            grants = session.exec(select(GrantRow.id)).all()
        for grant_id in grants:
            self.tools.http.run(refresh_grant(self.tools, grant_id, wait=0.0))

    def _lapse(self) -> None:
        """The leases of renewals go by the database's clock, which the test cannot turn."""
        with self.tools.database.writing() as unit:
            unit.exec(
                update(GrantRow)
                .where(col(GrantRow.lease_until).is_not(None))
                .values(lease_until=self.clock() - timedelta(days=300))
            )

    def _account(self, page: str) -> AccountRow | None:
        with self.tools.database.reading() as session:
            return session.exec(select(AccountRow).where(AccountRow.remote_id == page)).first()

    def _grant_of(self, account_id: UUID) -> UUID | None:
        with self.tools.database.reading() as session:
            return session.exec(
                select(LinkRow.grant_id).where(LinkRow.account_id == account_id)
            ).one()
