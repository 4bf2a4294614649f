"""What checks found is stored once, with its event, or not at all."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select, update

from dashboard.db.batches import DueLink, load_batch
from dashboard.db.counters import read_counter
from dashboard.db.engine import Database
from dashboard.db.findings import Deferral, Finding, defer, store_findings
from dashboard.db.health import change_from
from dashboard.db.links import claim_due
from dashboard.db.tables import EventRow, LinkRow
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Evidence, Refused, Works
from dashboard.domain.states import LinkState
from dashboard.domain.transitions import Patience, advance
from tests.factories import make_account
from tests.fakes import START

NEXT = START + timedelta(minutes=10)
REFUSED = Refused(
    cause=Cause.PASSWORD_CHANGED, evidence=Evidence(call="read the profile", code="190")
)


def links(database: Database) -> list[DueLink]:
    with database.reading() as session:
        ids = list(session.execute(select(col(LinkRow.id))).scalars())
        return load_batch(session, ids)


def row(database: Database, link_id: UUID) -> LinkRow:
    with database.reading() as session:
        return session.exec(select(LinkRow).where(LinkRow.id == link_id)).one()


def events(database: Database) -> list[EventRow]:
    with database.reading() as session:
        return list(session.exec(select(EventRow).order_by(col(EventRow.seq))))


def counter(database: Database) -> int:
    with database.reading() as session:
        return read_counter(session)


def quiet(link: DueLink) -> Finding:
    return Finding(
        link_id=link.link_id,
        account_id=link.account_id,
        version=link.version,
        due_at=link.due_at,
        checked_at=START,
        next_check_at=NEXT,
        streak=link.streak + 1,
    )


def broken(link: DueLink) -> Finding:
    health, event = advance(link.health, REFUSED, now=START, patience=Patience())
    return replace(quiet(link), health=health, event=event, streak=0)


def store(database: Database, *findings: Finding) -> int:
    return database.write(lambda unit: store_findings(unit, findings))


def test_a_batch_is_read_as_it_stands(database: Database) -> None:
    account = make_account(database, remote_id="r1", name="Bakery", state="limited")
    [link] = links(database)
    assert (link.account_id, link.platform, link.version) == (account, "fake", 1)
    assert (link.identity.remote_id, link.identity.name) == ("r1", "Bakery")
    assert link.health.state is LinkState.LIMITED


def test_a_quiet_check_moves_the_rota_and_nothing_else(database: Database) -> None:
    make_account(database)
    [link] = links(database)
    database.write(
        lambda unit: claim_due(unit, now=START, limit=1, owner="anna", lease=timedelta(seconds=90))
    )
    assert store(database, quiet(link)) == 0
    after = row(database, link.link_id)
    assert (after.checked_at, after.next_check_at, after.streak) == (START, NEXT, 1)
    assert (after.claim, after.claimed_until, after.version) == ("", None, 2)
    assert (after.state, after.changed_seq, counter(database)) == ("healthy", 0, 0)
    assert events(database) == []


def test_a_change_and_its_event_and_the_counter_are_stored_together(database: Database) -> None:
    make_account(database)
    [link] = links(database)
    assert store(database, broken(link)) == 1
    after = row(database, link.link_id)
    assert (after.state, after.cause, after.streak) == ("expired", "password_changed", 0)
    [event] = events(database)
    assert (event.kind, event.account_id, event.told) == ("link_state", link.account_id, False)
    told = change_from(event.data, event.at)
    assert (told.old, told.new) == (LinkState.HEALTHY, LinkState.EXPIRED)
    assert after.changed_seq == counter(database) == 1


def test_health_without_news_is_stored_without_an_event(database: Database) -> None:
    make_account(database)
    [link] = links(database)
    store(database, replace(quiet(link), health=replace(link.health, misses=2)))
    after = row(database, link.link_id)
    assert (after.misses, after.changed_seq) == (2, 0)
    assert events(database) == []


@pytest.mark.parametrize("finding", [quiet, broken])
def test_who_comes_too_late_changes_nothing(database: Database, finding) -> None:
    make_account(database)
    [link] = links(database)
    with database.writing() as unit:
        unit.execute(update(LinkRow).values(version=7))
    assert store(database, finding(link)) == 0
    after = row(database, link.link_id)
    assert (after.version, after.checked_at, after.state) == (7, None, "healthy")
    assert events(database) == []


def test_the_same_finding_stored_twice_counts_once(database: Database) -> None:
    make_account(database)
    [link] = links(database)
    assert [store(database, broken(link)), store(database, broken(link))] == [1, 0]
    assert len(events(database)) == 1


def test_what_somebody_waits_for_is_seen_even_if_nothing_changed(database: Database) -> None:
    make_account(database)
    [link] = links(database)
    store(database, replace(quiet(link), visible=True))
    assert row(database, link.link_id).changed_seq == counter(database) == 1


def test_a_mixed_batch_of_hundreds_is_one_transaction(database: Database) -> None:
    for _ in range(120):
        make_account(database)
    batch = links(database)
    findings = [broken(link) if n % 3 == 0 else quiet(link) for n, link in enumerate(batch)]
    assert store(database, *findings) == 40
    assert len(events(database)) == 40
    assert counter(database) == 1
    assert {row.version for row in all_rows(database)} == {2}


def test_what_was_put_off_is_due_later_and_free_and_unjudged(database: Database) -> None:
    make_account(database)
    [link] = links(database)
    database.write(
        lambda unit: claim_due(unit, now=START, limit=1, owner="anna", lease=timedelta(seconds=90))
    )
    wait = Deferral(
        link_id=link.link_id, version=link.version, due_at=link.due_at, next_check_at=NEXT
    )
    database.write(lambda unit: defer(unit, [wait]))
    after = row(database, link.link_id)
    assert (after.next_check_at, after.claim, after.checked_at, after.version) == (
        NEXT,
        "",
        None,
        1,
    )


def test_a_link_that_works_again_closes_the_trouble(database: Database) -> None:
    make_account(database, state="expired", cause="password_changed")
    [link] = links(database)
    health, event = advance(link.health, Works(), now=START, patience=Patience())
    store(database, replace(quiet(link), health=health, event=event))
    after = row(database, link.link_id)
    assert (after.state, after.cause, after.evidence) == ("healthy", "", None)


def all_rows(database: Database) -> list[LinkRow]:
    with database.reading() as session:
        return list(session.exec(select(LinkRow)))
