"""Whole short stories with drawn variations: the ways that matter most, gone often.

Each puts in order what it needs and then lets one thing go wrong, so that a fault on its way is met
whatever happened before; the single steps in between keep what came before it strange.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlmodel import col, select

from dashboard.db.credentials import open_credential
from dashboard.db.tables import DeliveryRow, EventRow, GrantRow, LinkRow, NoticeRow
from dashboard.domain.faults import planned
from dashboard.services.giving_back import give_back_access
from dashboard.services.publishing import publish_one
from dashboard.services.refreshing import refresh_due, refresh_grant
from tests.fakes import GlassSealer
from tests.machine.steps import PAGES, POST_FATES, WORK, Steps
from tests.machine.world import numbers

FIRST_PAGES = ("page-0", "page-1", "page-2")


class Stories(Steps):
    """Rules that take many steps each."""

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
        self.tick(180)
        self._during([("refresh.before_send", acts[act])], lambda: refresh_due(self.tools))

    @rule(spreads=st.booleans())
    def an_hour_without_the_platform(self, spreads: bool) -> None:
        """I7: one mail at its start, one at its end, and none about a single account."""
        self._all_is_well()
        ready = [self._ready(page) for page in FIRST_PAGES]
        self._live(times=3, minutes=11)
        before, began = self.told_of_silence(), self.clock()
        if spreads:  # two of them fall silent first, which is half of all that are watched
            self.world.silent |= {"page-0", "page-1", "page-3"}
            self._live(times=6, minutes=12)
        self.world.outage = True
        self._live(times=6, minutes=12)
        self._all_is_well()
        self._live(times=8, minutes=11)
        more = self.told_of_silence() - before
        assert max(more.values(), default=0) <= 2, "an outage was told more than twice"
        told = self._told_to_ada(since=began, of=ready)
        assert told == ["platform_silent", "platform_back"], f"an outage was told as {told}"

    @rule(
        page=PAGES,
        fate=st.sampled_from(POST_FATES),
        dies=st.sampled_from(["", "", "publish.before_sending", "publish.after_sending"]),
        minutes=st.sampled_from([1, 6, 20]),
        doubted=st.booleans(),
    )
    def a_post_is_followed(
        self, page: str, fate: str, dies: str, minutes: int, doubted: bool
    ) -> None:
        """I3: whatever becomes of its sending, it goes out once, however often it is looked at."""
        self._all_is_well()
        self._ready(page)
        self.plan_a_post(page, 0)
        self.world.next_post = fate
        self._die("publish", lambda name, _passed: name == dies)
        self._all_is_well()
        self._live(times=3, minutes=minutes)
        if doubted:
            self.settle_doubts()
            self._live(times=2, minutes=minutes)

    @rule(page=PAGES)
    def two_workers_take_one_post(self, page: str) -> None:
        """I3: both have read that it is due; while one sends it, the other comes to it."""
        self._all_is_well()
        self._ready(page)
        before = set(self.planned)
        self.plan_a_post(page, 0)
        mine = self.planned - before

        def the_other() -> None:
            for one in mine:
                publish_one(self.tools, one)

        self._during([("publish.before_sending", the_other)], lambda: self.work("publish"))

    @rule(page=PAGES, when=st.sampled_from(["refresh.before_send", "refresh.after_response", ""]))
    def removed_during_its_own_renewal(self, page: str, when: str) -> None:
        """R38: the newest token is given back, whenever the platform is told."""
        self._all_is_well()
        grant_id = self._grant_of(self._ready(page))
        assert grant_id is not None

        def renew() -> None:
            self.tools.http.run(refresh_grant(self.tools, grant_id, wait=0.0))

        def remove() -> None:
            self.remove_and_undo(page)
            if when == "refresh.before_send":
                give_back_access(self.tools)

        acts = [("refresh.before_send", remove)]
        if when == "refresh.after_response":
            acts.append((when, lambda: give_back_access(self.tools)))
        self._during(acts, renew)
        self.work("give back")

    @rule(
        mode=st.sampled_from(["ok", "lost"]),
        taken=st.sampled_from(["never", "before it is written", "before it is sent once more"]),
    )
    def two_accounts_break_and_ed_may_see_one(self, mode: str, taken: str) -> None:
        """I5: a mail tells of his own accounts only, and of none that were taken from him since."""
        self._a_day_passes()
        for page, sees in (("page-0", True), ("page-1", False)):
            if (self._ready(page) in self.watched) is not sees:
                self.give_or_take_access(page)
        self.tick_a_box(wanted=True)
        self._end_permission("page-0")
        self._end_permission("page-1")
        self.tick(11)
        self.work("check")
        self.tick(1)
        self.work("gather")
        if taken == "before it is written":
            self.give_or_take_access("page-0")
        self.post.mode = mode
        self.work("send")
        if taken == "before it is sent once more":
            self.give_or_take_access("page-0")
        self.post.mode = "ok"
        self._live(times=2, minutes=6)

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

    # --- helpers ----------------------------------------------------------------------------

    def _ready(self, page: str) -> UUID:
        """See to it that the account is here and works, and return it."""
        account = self._account(page)
        if account is None:
            self.link(page)
        elif account.removed_at is not None:
            self.remove_and_undo(page)
        account = self._account(page)
        assert account is not None
        if not self._works(account.id):
            self.relink(page, right=True)
        assert self._works(account.id), "linked anew, and it does not work"
        return account.id

    def _works(self, account_id: UUID) -> bool:
        """Whether the link is said to work, and its token would be accepted."""
        with self.tools.database.reading() as session:
            link = session.exec(select(LinkRow).where(LinkRow.account_id == account_id)).one()
        if link.state != "healthy" or link.silent_since is not None:
            return False
        number, generation = self._token_of(link.grant_id)
        family = self.world.families[number]
        current = generation == family.latest and family.until is not None
        return current and not family.revoked

    def _token_of(self, grant_id: UUID) -> tuple[int, int]:
        with self.tools.database.reading() as session:
            grant = session.get_one(GrantRow, grant_id)
        return numbers(open_credential(GlassSealer(), grant.id, grant.credential).refresh)

    def _end_permission(self, page: str) -> None:
        account = self._account(page)
        assert account is not None
        self.revoke_at_the_platform(self._token_of(self._grant_of(account.id))[0])

    def _a_day_passes(self) -> None:
        """What was told before is an old story, and no link flaps."""
        self._all_is_well()
        self.clock.advance(hours=25)
        self._live(times=2, minutes=11)

    def _during(
        self, acts: list[tuple[str, Callable[[], object]]], work: Callable[[], object]
    ) -> None:
        """Let another process do these things, each at the first passing of its point."""
        left = list(acts)

        def plan(name: str) -> None:
            if left and left[0][0] == name:
                _, act = left.pop(0)
                with ThreadPoolExecutor(1) as other:  # an event loop of its own
                    other.submit(act).result()

        with planned(plan):
            work()
        self.world.renewing.clear()

    def _told_to_ada(self, *, since: datetime, of: list[UUID]) -> list[str]:
        """What Ada was told since then of silence, as a whole or of these accounts, in order."""
        with self.tools.database.reading() as session:
            rows = session.exec(
                select(NoticeRow.id, NoticeRow.kind, EventRow.account_id)
                .join(DeliveryRow, col(DeliveryRow.notice_id) == col(NoticeRow.id))
                .join(EventRow, col(EventRow.notice_id) == col(NoticeRow.id))
                .where(DeliveryRow.user_id == self.ada.user_id, NoticeRow.at > since)
                .where(col(EventRow.account_id).in_(of) | col(EventRow.account_id).is_(None))
                .order_by(col(EventRow.seq))
            ).all()
        return list({notice_id: kind for notice_id, kind, _ in rows}.values())

    def _renew_all(self) -> None:
        with self.tools.database.reading() as session:
            grants = session.exec(select(GrantRow.id)).all()
        for grant_id in grants:
            self.tools.http.run(refresh_grant(self.tools, grant_id, wait=0.0))
