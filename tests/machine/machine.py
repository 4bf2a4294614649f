"""The whole machine: steps and stories in any order, then a while in which all is well."""

from sqlmodel import col, select

from dashboard.db.tables import (
    AccountRow,
    DeliveryRow,
    EventRow,
    GrantRow,
    LinkRow,
    NoticeRow,
    PublicationRow,
    SalvageRow,
)
from tests.machine.stories import Stories


class Machine(Stories):
    """In the end nothing waits for ever, and everybody has been told."""

    def teardown(self) -> None:
        """All is well again for a while."""
        if not hasattr(self, "ada"):
            return
        self._all_is_well()
        for _ in range(6):
            self.tick(180)
            for job in (
                "refresh",
                "check",
                "give back",
                "publish",
                "ask",
                "gather",
                "send",
                "send",
            ):
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
