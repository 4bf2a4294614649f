"""Linkkeeper's services on a real database: single steps that hypothesis takes in any order.

Beside it stands the truth: what the make-believe platform and mail server remember, and who may see
what. After each step the invariants I1-I7 (`holds.py`) must hold between the two.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule
from sqlmodel import col, select, update

from dashboard.db.tables import AccountRow, GrantRow, LinkRow, PublicationRow, RoleAccountRow
from dashboard.domain.errors import PlatformError
from dashboard.domain.faults import planned
from dashboard.domain.notices import NoticeKind
from dashboard.domain.publishing import Outgoing
from dashboard.domain.team import Right, Viewer
from dashboard.services.checking import check_due
from dashboard.services.fates import ask_what_became
from dashboard.services.giving_back import give_back_access
from dashboard.services.linking import begin
from dashboard.services.log_ins import Browser
from dashboard.services.notifying import gather
from dashboard.services.picking import pick
from dashboard.services.planning import plan, publish_now, stands_there
from dashboard.services.ports import Tools
from dashboard.services.preferences import boxes_for, set_box
from dashboard.services.publishing import publish_due
from dashboard.services.refreshing import refresh_due
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
    "ask": ask_what_became,
    "give back": give_back_access,
}
PAGES = st.integers(0, 3).map(lambda number: f"page-{number}")
POST_FATES = (
    "ok",
    "refused",
    "lost",
    "lost_before",
    "unavailable",
    "worked_on",
    "worked_on_in_vain",
)
WINDOW = Browser(session_hash="window-1")


class CrashError(BaseException):
    """The process dies here: nothing after it runs."""


class Steps(Holds):
    """One installation; `tools` and `clock` are given by the test, empty for each example."""

    tools: Tools
    clock: FrozenClock

    def __init__(self, tools: Tools, clock: FrozenClock, jobs: RecordingJobs) -> None:
        super().__init__()
        self.world, self.post, self.jobs, self.clock = World(), Post(), jobs, clock
        self.tools = replace(tools, platforms={"fake": self.world}, mailer=self.post)
        self.planned: set[UUID] = set()

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
        self.i5_nobody_is_told_of_accounts_out_of_his_reach()  # by what was true until now
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
        self.planned.update(plan(self.tools, self.ada, actor(self.ada), [account.id], post, at=at))

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

    @rule(fate=st.sampled_from(POST_FATES))
    def next_post(self, fate: str) -> None:
        self.world.next_post = fate

    @rule(times=st.integers(1, 3))
    def stammer(self, times: int) -> None:
        self.world.stammers = times

    @rule(page=PAGES)
    def one_account_falls_silent_or_answers(self, page: str) -> None:
        self.world.silent ^= {page}

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
        self._die(job, lambda _name, passed: passed == at)

    # --- helpers ----------------------------------------------------------------------------

    def _die(self, job: str, where: Callable[[str, int], bool]) -> None:
        """Work until a point, given by its name and the number of points passed, and die there."""
        passed: list[str] = []
        died, accepted = "", len(self.post.accepted)

        def plan(name: str) -> None:
            nonlocal died
            passed.append(name)
            if not died and where(name, len(passed)):
                died = name
                raise CrashError

        with suppress(CrashError), planned(plan):
            WORK[job](self.tools)
        if died:
            self.world.crash()
        if died == "mail.after_send" and len(self.post.accepted) > accepted:
            self.post.lost.add(self.post.accepted[-1][0])  # nobody knows that it arrived
        self.world.renewing.clear()
        self.tools = replace(self.tools, traffic=Traffic())

    def _all_is_well(self) -> None:
        """Nothing disturbs for now: no outage, no lost answer, and mail and queue work."""
        world = self.world
        world.outage, world.stammers, world.next_refresh, world.next_post = False, 0, "ok", "ok"
        world.silent.clear()
        self.post.mode, self.jobs.away = "ok", False

    def _live(self, *, times: int, minutes: float) -> None:
        """Time goes on, and all workers work."""
        for _ in range(times):
            self.tick(minutes)
            for job in WORK:
                self.work(job)

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
