"""The renewal page: by log-in, by date, and only what the viewer's role reaches."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col, update

from dashboard.db.engine import Database
from dashboard.db.tables import GrantRow, LinkRow
from tests.factories import make_account
from tests.fakes import START


def due(database: Database, days: float, **facts: object) -> UUID:
    account_id = make_account(database, **facts)
    date_it(database, account_id, START + timedelta(days=days))
    return account_id


def date_it(database: Database, account_id: UUID, renew_by: datetime) -> None:
    with database.writing() as unit:
        unit.execute(
            update(LinkRow).where(col(LinkRow.account_id) == account_id).values(renew_by=renew_by)
        )


def test_accounts_of_one_log_in_are_renewed_by_one_button(database, client_for, ada) -> None:
    grant_id = uuid4()
    first = due(database, 9, grant_id=grant_id, state="expiring", name="Bakery")
    due(database, 12, grant_id=grant_id, state="expiring", name="Museum")
    page = client_for(ada).get("/renewals").text
    assert "Log-in of Anna at Fakebook: 2 accounts" in page
    assert "Renew 2 accounts in one log-in" in page
    assert page.count("/relink") == 1
    assert f"/settings/accounts/{first}/relink" in page
    assert "Until <time" in page


def test_what_is_overdue_stands_first(database, client_for, ada) -> None:
    due(database, 30, name="In a month")
    due(database, -1, name="Yesterday", state="expired")
    page = client_for(ada).get("/renewals").text
    assert page.index("Overdue") < page.index("Yesterday") < page.index("In a month")


def test_what_lies_beyond_90_days_or_is_paused_is_not_shown(database, client_for, ada) -> None:
    due(database, 91, name="Far away")
    due(database, 5, name="Asleep", state="paused")
    page = client_for(ada).get("/renewals").text
    assert "Far away" not in page
    assert "Asleep" not in page
    assert "Nothing to renew by hand" in page


def test_r14_only_accounts_of_the_viewers_role_are_shown_and_counted(
    database, client_for, alice, give_access
) -> None:
    grant_id = uuid4()
    give_access(alice, due(database, 9, grant_id=grant_id, name="Hers"))
    due(database, 9, grant_id=grant_id, name="Somebody else's")
    page = client_for(alice).get("/renewals").text
    assert "Fakebook: 1 account<" in page
    assert "Somebody else" not in page


def test_who_may_not_link_gets_no_button(database, client_for, bob, give_access) -> None:
    give_access(bob, due(database, 9))
    page = client_for(bob).get("/renewals").text
    assert "Bakery Jansen" in page
    assert "/relink" not in page


def test_what_renews_itself_is_shown_apart(database, client_for, ada) -> None:
    make_account(database)
    with database.writing() as unit:
        unit.execute(update(GrantRow).values(refresh_due_at=START + timedelta(minutes=40)))
    page = client_for(ada).get("/renewals").text
    assert "Renews itself" in page
    assert "Fakebook: 1 account, next <time" in page
    assert "Nothing to renew by hand" in page
