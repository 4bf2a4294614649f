"""What must hold after each step of the machine: I1 to I7, and what goes with them."""

from collections import Counter
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlmodel import col, select

from dashboard.db.credentials import open_credential
from dashboard.db.tables import (
    AccountRow,
    DeliveryRow,
    EventRow,
    GrantRow,
    LinkRow,
    PublicationRow,
    SalvageRow,
)
from dashboard.services.ports import Tools
from tests import histories
from tests.fakes import GlassSealer
from tests.machine.world import Post, World, numbers


class Holds(RuleBasedStateMachine):
    """Compares what Linkkeeper has stored with the truth outside; knows no rules."""

    tools: Tools
    world: World
    post: Post
    planned: set[UUID]
    watched: set[UUID]
    seen_mails: int

    @invariant()
    def i1_a_refresh_token_serves_once(self) -> None:
        for family in self.world.families.values():
            assert all(times == 1 for times in family.renewed.values())
            assert not family.reused or family.unclear, "used again without an unknown outcome"
            latest = family.given_back in {0, family.latest}
            assert latest or family.unclear, "given back with an old token, the newest lives on"

    @invariant()
    def i2_the_newest_token_is_ours_or_salvaged(self) -> None:
        with self.tools.database.reading() as session:
            salvaged = set(session.exec(select(SalvageRow.grant_id)).all())
            grants = session.exec(select(GrantRow)).all()
            used = set(session.exec(select(LinkRow.grant_id)).all())
        for grant in grants:
            assert grant.credential or grant.id not in used, "a link without its credential"
            if not grant.credential or grant.revoke_due:
                continue
            stored = open_credential(GlassSealer(), grant.id, grant.credential)
            number, generation = numbers(stored.refresh)
            family = self.world.families[number]
            newest = generation == family.latest
            assert newest or family.unclear or grant.id in salvaged, "a newer token was lost"
            refused = (grant.refusal or {}).get("cause")
            assert not (refused and family.reused) or refused == "answer_lost", f"said {refused}"

    @invariant()
    def nobody_is_accused_without_a_refusal(self) -> None:
        """R36: what is called expired was refused by the platform, or removed here."""
        with self.tools.database.reading() as session:
            rows = session.exec(
                select(LinkRow, GrantRow).join(GrantRow, col(GrantRow.id) == col(LinkRow.grant_id))
            ).all()
        for link, grant in rows:
            if link.state == "expired" and link.cause != "removed_here":
                stored = open_credential(GlassSealer(), grant.id, grant.credential)
                assert self.world.families[numbers(stored.refresh)[0]].revoked, link.cause

    @invariant()
    def i3_a_post_stands_there_once_and_none_is_forgotten(self) -> None:
        assert all(times == 1 for times in self.world.posts.values()), "published twice"
        with self.tools.database.reading() as session:
            rows = session.exec(select(PublicationRow)).all()
        assert {row.id for row in rows} == self.planned, "planned and forgotten, or out of nowhere"
        for row in rows:
            there = str(row.id) in self.world.posts
            if row.state == "published":
                assert there, "called published, and it is not there"
            if row.state in {"scheduled", "held", "missed", "failed"}:
                assert not there, f"called {row.state}, and it is there"

    @invariant()
    def i4_what_counts_as_sent_was_accepted_and_copies_are_the_same(self) -> None:
        accepted = Counter(message_id for message_id, _, _ in self.post.accepted)
        with self.tools.database.reading() as session:
            rows = session.exec(select(DeliveryRow)).all()
        for row in rows:
            if row.state == "sent":
                assert accepted[row.message_id] >= 1, "marked sent, accepted by nobody"
        known = {row.message_id for row in rows}
        assert set(accepted) <= known, "accepted under an id that no delivery has"
        for message_id, copies in accepted.items():
            assert copies == 1 or message_id in self.post.lost, "sent twice without a reason"

    @invariant()
    def i5_nobody_is_told_of_accounts_out_of_his_reach(self) -> None:
        new, self.seen_mails = self.post.accepted[self.seen_mails :], len(self.post.accepted)
        if not new:
            return
        with self.tools.database.reading() as session:
            accounts = session.exec(select(AccountRow)).all()
        for _, to, text in new:
            if to != "ed@example.org":
                continue
            for account in accounts:
                hidden = account.id not in self.watched
                assert not (hidden and account.name in text), f"told of {account.name}"

    @invariant()
    def i6_events_form_a_path(self) -> None:
        with self.tools.database.reading() as session:
            events = session.exec(
                select(EventRow).where(EventRow.kind == "link_state").order_by(col(EventRow.seq))
            ).all()
            links = session.exec(
                select(LinkRow, AccountRow.removed_at).join(
                    AccountRow, col(AccountRow.id) == col(LinkRow.account_id)
                )
            ).all()
        at: dict[UUID | None, str] = {}
        for event in events:
            old, new = event.data["old"], event.data["new"]
            assert old != new or event.data["cause"], "an event of no change"
            if event.account_id in at and old != "expired" and at[event.account_id] != old:
                assert old == "new", f"{at[event.account_id]} was left as {old}"
            at[event.account_id] = new
        for link, removed_at in links:
            begun_anew = link.state == "new" or link.cause == "removed_here" or removed_at
            told = at.get(link.account_id, link.state)
            assert begun_anew or link.state == told, f"{told} became {link.state} without an event"

    @invariant()
    def i6_i7_what_is_remembered_is_in_order(self) -> None:
        with self.tools.database.reading() as session:
            histories.incidents_of_a_place_follow_one_another(session)
            histories.an_incident_is_told_once_at_its_start_and_once_at_its_end(session)
            histories.trouble_is_told_no_oftener_than_it_comes(session)

    def told_of_silence(self) -> Counter[UUID]:
        """Tellings per person about silence: of the place, or of accounts into it or out of it."""
        with self.tools.database.reading() as session:
            rows = session.exec(
                select(DeliveryRow.id, DeliveryRow.user_id, EventRow.data)
                .join(EventRow, col(EventRow.notice_id) == col(DeliveryRow.notice_id))
                .where(DeliveryRow.state != "suppressed")
            ).all()
        silence = {"platform_silent", "platform_back", "unreachable"}
        mails = {
            (delivery, user)
            for delivery, user, data in rows
            if silence & {data.get("kind"), data.get("old"), data.get("new")}
        }
        return Counter(user for _, user in mails)
