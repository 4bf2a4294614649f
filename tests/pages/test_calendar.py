"""Publish > Calendar, as each person sees it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from dashboard.db.tables import AccountRow, LinkRow, SyncRow
from tests.factories import make_account, make_publication
from tests.fakes import START

CALENDAR = "/publish/calendar"


@pytest.fixture
def account(database):
    account_id = make_account(database, state="expired", cause="password_changed")
    make_publication(database, account_id, at=START - timedelta(days=2), text="Apple pie")
    make_publication(
        database, account_id, at=START + timedelta(days=2), text="Cheese cake", state="scheduled"
    )
    return account_id


@pytest.mark.parametrize("view", ["month", "week", "list", "nonsense"])
def test_each_view_shows_what_went_out(client_for, ada, account, view) -> None:
    page = client_for(ada).get(f"{CALENDAR}?view={view}&on=2026-11-24").text
    assert "Apple pie" in page or view == "week"
    assert "Cheese cake" in page


def test_a_broken_link_s_publications_stay(client_for, ada, account) -> None:
    page = client_for(ada).get(CALENDAR).text
    assert "Apple pie" in page
    assert "Links that need attention" in page


def test_filters_by_account_platform_and_status(database, client_for, ada, account) -> None:
    other = make_account(database, name="City Museum")
    make_publication(database, other, text="Light and water", at=START - timedelta(days=1))
    browser = client_for(ada)
    assert "Light and water" not in browser.get(f"{CALENDAR}?account={account}").text
    assert "Apple pie" not in browser.get(f"{CALENDAR}?platform=mastodon").text
    scheduled = browser.get(f"{CALENDAR}?status=scheduled").text
    assert "Cheese cake" in scheduled
    assert "Apple pie" not in scheduled


def test_r14_only_the_role_s_publications_are_shown(
    database, client_for, alice, give_access, account
) -> None:
    mine = make_account(database, name="City Museum")
    own = make_publication(database, mine, text="Light and water")
    foreign = make_publication(database, account, text="Secret cake")
    give_access(alice, mine)
    browser = client_for(alice)
    page = browser.get(CALENDAR).text
    assert "Light and water" in page
    assert "Apple pie" not in page
    assert browser.get(f"{CALENDAR}/{own}").status_code == 200
    assert {browser.get(f"{CALENDAR}/{post}").status_code for post in (foreign, uuid4())} == {404}


def test_a_publication_opens_with_text_time_and_link(database, client_for, ada, account) -> None:
    post = make_publication(database, account, text="Line one\nLine two <b>", at=START)
    page = client_for(ada).get(f"{CALENDAR}/{post}").text
    assert "Line one\nLine two &lt;b&gt;" in page
    assert "24 Nov 2026, 10:00 UTC" in page
    assert 'href="https://fake.example/p/1"' in page


def test_synchronisation_of_one_account_and_of_all(database, client_for, ada, account) -> None:
    make_account(database, name="City Museum")
    browser = client_for(ada)
    browser.post(f"{CALENDAR}/synchronise", {"account": str(account)})
    with database.reading() as session:
        assert session.exec(select(SyncRow.account_id)).all() == [account]
    browser.post(f"{CALENDAR}/synchronise", {"account": ""})
    with database.reading() as session:
        assert len(session.exec(select(SyncRow)).all()) == 2
    assert "0 of 2 accounts done" in browser.get(CALENDAR).text


def test_the_page_asks_on_only_while_a_synchronisation_is_under_way(
    database, client_for, ada, account
) -> None:
    browser = client_for(ada)
    browser.post(f"{CALENDAR}/synchronise", {"account": str(account)})
    assert 'hx-trigger="every 2s"' in browser.get(f"{CALENDAR}/synchronisations", htmx=True).text
    with database.writing() as unit:
        run = unit.exec(select(SyncRow)).one()
        run.state, run.loaded, run.finished_at = "done", 31, START
        run.back_to = START - timedelta(weeks=8)
    part = browser.get(f"{CALENDAR}/synchronisations", htmx=True).text
    assert "hx-trigger" not in part
    assert "31 loaded, 0 changed" in part
    assert "back to 29 September 2026" in part


def test_bob_who_may_not_publish_cannot_synchronise(client_for, bob, give_access, account) -> None:
    give_access(bob, account)
    browser = client_for(bob)
    assert "Platform synchronisation" not in browser.get(CALENDAR).text
    assert browser.post(f"{CALENDAR}/synchronise", {"account": str(account)}).status_code == 403


def test_dates_by_which_a_link_must_be_renewed_are_entries(database, client_for, ada) -> None:
    account = make_account(database, state="expiring")
    with database.writing() as unit:
        link = unit.exec(select(LinkRow).where(LinkRow.account_id == account)).one()
        link.renew_by = START + timedelta(days=3)
    assert "Renew the link of Bakery Jansen" in client_for(ada).get(CALENDAR).text


def test_a_day_belongs_to_the_reader_s_time_zone(database, client_for, ada, account) -> None:
    from dashboard.db.tables import UserRow

    make_publication(database, account, text="Midnight snack", at=START.replace(hour=23))
    with database.writing() as unit:
        unit.get(UserRow, ada.id).time_zone = "Europe/Amsterdam"
    page = client_for(ada).get(f"{CALENDAR}?view=list&on=2026-11-01").text
    assert page.index("25 November 2026") < page.index("Midnight snack")
    assert ">00:00</time>" in page


@pytest.mark.parametrize("query", ["?on=0001-01-01", "?on=9999-12-31", "?on=x", "?account=x"])
def test_a_strange_address_is_a_page_and_not_an_error(client_for, ada, account, query) -> None:
    assert client_for(ada).get(CALENDAR + query).status_code == 200


def test_removed_accounts_leave_the_calendar(database, client_for, ada, account) -> None:
    with database.writing() as unit:
        unit.get(AccountRow, account).removed_at = START
    assert "Apple pie" not in client_for(ada).get(CALENDAR).text


def test_with_many_accounts_the_calendar_offers_some_and_the_chosen_one(
    database, client_for, ada
) -> None:
    with_number = [make_account(database, name=f"Account {number:03}") for number in range(203)]
    page = client_for(ada).get(f"/publish/calendar?account={with_number[202]}").text
    filters = page[page.index('id="filter-account"') :]
    offered = filters[: filters.index("</select>")]
    assert offered.count("<option") == 1 + 200 + 1
    assert f'value="{with_number[202]}" selected' in offered
    assert "Open another one under" in page


def test_an_account_that_was_renamed_has_its_new_name_on_all_its_publications(
    database, client_for, ada, account
) -> None:
    post = make_publication(database, account, text="Bread", at=START - timedelta(days=1))
    with database.writing() as unit:
        unit.get_one(AccountRow, account).name = "Bakehouse Jansen"
    browser = client_for(ada)
    for address in (f"{CALENDAR}?view=list&on=2026-11-24", f"{CALENDAR}/{post}"):
        page = browser.get(address).text
        assert "Bakehouse Jansen" in page
        assert "Bakery Jansen" not in page
