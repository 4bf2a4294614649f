"""Overview: what needs the viewer, and nothing that does not."""

from datetime import timedelta

from sqlmodel import select

from dashboard.db.counters import raise_counter
from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.health import change_json
from dashboard.db.tables import HeartbeatRow, LinkRow
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.states import LinkState
from tests.factories import make_account
from tests.fakes import START


def test_what_needs_the_viewer_is_there_with_its_button(database, client_for, ada) -> None:
    account = make_account(database, state="expired", cause="password_changed")
    make_account(database, name="City Museum")
    page = client_for(ada).get("/").text
    assert f"/settings/accounts/{account}/relink" in page
    assert "City Museum" not in page
    assert "1 account needs you." in page
    assert "<title>(1) Overview" in page


def test_a_team_with_nothing_to_do_reads_one_friendly_sentence(
    database, client_for, alice, give_access
) -> None:
    give_access(alice, make_account(database))
    page = client_for(alice).get("/").text
    assert "Your account works" in page
    assert "Checks have stopped, so this may be out of date." in page
    with database.writing() as unit:
        for kind in ("worker", "scheduler"):
            unit.add(HeartbeatRow(name=kind, kind=kind, at=START))
    make_account(database, name="not hers", state="expired")
    assert "Nothing needs you today" in client_for(alice).get("/").text


def test_paused_and_unchecked_accounts_are_not_said_to_work(database, client_for, ada) -> None:
    make_account(database)
    make_account(database, state="paused")
    make_account(database, state="new")
    page = client_for(ada).get("/").text
    assert "1 account works" in page
    assert "1 account was not checked yet. 1 account is paused." in page


def test_the_open_page_hears_of_a_change_and_of_nothing_else(
    database, client_for, alice, give_access
) -> None:
    hers, other = make_account(database), make_account(database)
    give_access(alice, hers)
    browser = client_for(alice)
    poll = browser.get("/").text.partition('id="overview-poll" hx-get="')[2].partition('"')[0]
    assert browser.get(poll, htmx=True).status_code == 204
    _break(database, other)
    assert browser.get(poll, htmx=True).status_code == 204
    _break(database, hers)
    answer = browser.get(poll, htmx=True)
    assert "Needs you" in answer.text
    assert 'data-needs-you="1"' in answer.text
    assert "<html" not in answer.text


def test_the_administrator_of_a_new_linkkeeper_sees_what_is_left(client_for, ada, alice) -> None:
    page = client_for(ada).get("/").text
    assert "Set up mail" in page
    assert "Link the first account" in page
    assert "To get going" not in client_for(alice).get("/").text


def test_what_was_repaired_is_told_with_how_long_it_took(database, client_for, ada) -> None:
    account = make_account(database)
    change = LinkStateChanged(
        at=START - timedelta(hours=2),
        old=LinkState.EXPIRED,
        new=LinkState.HEALTHY,
        cause=None,
        troubled_since=START - timedelta(hours=5),
    )
    with database.writing() as unit:
        event = NewEvent(
            at=change.at,
            kind=EventKind.LINK_STATE,
            account_id=account,
            data=change_json(change),
        )
        add_event(unit, event)
    page = client_for(ada).get("/").text
    assert "works again" in page
    assert "after 3 h" in page


def test_the_foot_of_the_page_says_whether_the_checker_is_alive(
    database, client_for, ada, clock
) -> None:
    account = make_account(database)
    browser = client_for(ada)
    assert "Checks have stopped" in browser.get("/").text
    with database.writing() as unit:
        for kind in ("worker", "scheduler"):
            unit.add(HeartbeatRow(name=kind, kind=kind, at=clock()))
        link = unit.exec(select(LinkRow).where(LinkRow.account_id == account)).one()
        link.checked_at = clock()
    assert "Checks run" in browser.get("/").text


def _break(database, account_id) -> None:
    with database.writing() as unit:
        link = unit.exec(select(LinkRow).where(LinkRow.account_id == account_id)).one()
        link.state = "expired"
        link.changed_seq = raise_counter(unit)


def test_r14_bob_sees_nothing_of_accounts_that_are_not_his(database, client_for, bob) -> None:
    make_account(database, state="expired")
    page = client_for(bob).get("/").text
    assert "Bakery Jansen" not in page
    assert "needs you" not in page
    assert "Nothing to watch yet" in page
