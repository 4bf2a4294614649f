"""Settings > Accounts, as each person sees it."""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from dashboard.db.counters import raise_counter, read_counter
from dashboard.db.tables import AccountRow, AppRow, GrantRow, LinkRow
from dashboard.domain.causes import Cause
from dashboard.domain.states import LinkState
from tests.factories import make_account, make_publication
from tests.fakes import START
from tests.services.happenings import happen

LIST = "/settings/accounts"


def counter(database) -> int:
    with database.reading() as session:
        return read_counter(session)


def change(database, account: UUID, state: str, cause: str = "") -> None:
    with database.writing() as unit:
        link = unit.exec(select(LinkRow).where(LinkRow.account_id == account)).one()
        link.state, link.cause, link.changed_seq = state, cause, raise_counter(unit)


def test_a_stranger_is_asked_to_sign_in(anon) -> None:
    answer = anon.get(LIST)
    assert answer.status_code == 303
    assert "/sign-in" in answer.headers["Location"]


def test_alice_sees_only_the_accounts_of_her_role(database, client_for, alice, give_access) -> None:
    mine = make_account(database, name="Bakery Jansen")
    make_account(database, name="City Museum")
    give_access(alice, mine)
    page = client_for(alice).get(LIST).text
    assert "Bakery Jansen" in page
    assert "City Museum" not in page


def test_a_broken_account_has_the_exclamation_mark_which_is_a_link_with_a_full_name(
    database, client_for, ada
) -> None:
    account = make_account(database, state="expired", cause="password_changed")
    page = client_for(ada).get(LIST).text
    assert f'class="relink-mark" href="{LIST}/{account}/relink"' in page
    assert 'aria-label="Relink Fakebook page Bakery Jansen"' in page
    assert "The password was changed" in page
    assert "Stops Webcare and Publish" in page


def test_a_limited_account_has_no_exclamation_mark_but_names_the_permission(
    database, client_for, ada
) -> None:
    account = make_account(database, state="limited", cause="permission_missing")
    with database.writing() as unit:
        link = unit.exec(select(LinkRow).where(LinkRow.account_id == account)).one()
        link.missing = [
            {
                "capability": "publish",
                "kind": "permission",
                "what": "write",
                "label": "Create content",
                "grant_at": "Meta Business Suite",
                "grant_url": "https://business.example/",
            }
        ]
    browser = client_for(ada)
    row = browser.get(LIST).text
    assert "relink-mark" not in row
    assert "Create content" in row
    own_page = browser.get(f"{LIST}/{account}").text
    assert 'href="https://business.example/"' in own_page
    assert "Meta Business Suite" in own_page


def limited(database, *, by_relink: bool, grant_url: str = "", name="Bakery", grant=None) -> UUID:
    account = make_account(
        database, name=name, state="limited", cause="permission_missing", grant_id=grant
    )
    item = {
        "capability": "publish",
        "kind": "permission",
        "what": "write",
        "label": "Create content",
        "grant_at": "Suite > Access" if grant_url else "",
        "grant_url": grant_url,
        "by_relink": by_relink,
    }
    broken(database, account, missing=[item])
    return account


def buttons(page: str) -> list[str]:
    """The main buttons."""
    return re.findall(r'class="btn btn-primary[^>]*>(?:<svg.*?</svg>)?<span>(.*?)</span>', page)


@pytest.mark.parametrize(
    ("by_relink", "grant_url", "main", "in_row"),
    [
        (True, "", "Relink Fakebook page", "Relink"),
        (False, "https://business.example/", "Grant it at Fakebook", "How to grant it"),
        (False, "", "Check now", "How to grant it"),
    ],
    ids=["by a relink", "at the platform", "somewhere"],
)
def test_the_main_button_of_a_limited_account_is_what_gives_the_permission(
    database, client_for, ada, by_relink: bool, grant_url: str, main: str, in_row: str
) -> None:
    account = limited(database, by_relink=by_relink, grant_url=grant_url)
    browser = client_for(ada)
    page = browser.get(f"{LIST}/{account}").text
    assert buttons(page) == [main]
    assert page.count("Check now</span>") == 1
    assert f"{account}/relink" in page, "somebody who has the role may do it"
    row = browser.get(LIST).text
    assert f"<span>{in_row}</span>" in row
    assert "relink-mark" not in row, "it works: no exclamation mark"


def test_accounts_of_one_log_in_that_lack_the_same_have_one_button(
    database, client_for, ada
) -> None:
    log_in = uuid4()
    accounts = [
        limited(database, by_relink=True, name=name, grant=log_in) for name in ("Bakery", "Garage")
    ]
    limited(database, by_relink=False, name="Theatre", grant=log_in)
    browser = client_for(ada)
    for address in (LIST, f"{LIST}/{accounts[1]}"):
        page = browser.get(address).text
        assert "Log in once at Fakebook as Anna: that heals 2 accounts" in page
        assert "allow everything that is asked there" in page


def broken(database, account: UUID, **values: object) -> None:
    with database.writing() as unit:
        link = unit.exec(select(LinkRow).where(LinkRow.account_id == account)).one()
        for name, value in values.items():
            setattr(link, name, value)


def test_the_cause_card_says_how_sure_since_when_what_it_is_not_and_who_linked_last(
    database, client_for, ada
) -> None:
    account = make_account(database, state="expired", cause="token_refused")
    evidence = {
        "call": "read the profile",
        "status": 400,
        "code": "190/460",
        "text": "Session has expired",
        "ruled_out": ["the platform answers other accounts"],
    }
    broken(database, account, evidence=evidence, troubled_since=START, linked_by=ada.id)
    page = client_for(ada).get(f"{LIST}/{account}").text
    assert "Why, it does not say." in page
    assert "when Linkkeeper asked to read the profile" in page
    assert "190/460" in page
    assert "the platform answers other accounts" in page
    assert "by Ada" in page
    assert "with the log-in of Anna" in page
    broken(database, account, evidence={**evidence, "sure": "reported"})
    page = client_for(ada).get(f"{LIST}/{account}").text
    assert "documentation does not explain the number" in page
    assert "Why, it does not say." not in page


@pytest.mark.parametrize(
    ("state", "before", "shown"),
    [
        ("expired", timedelta(seconds=4), True),
        ("expired", timedelta(hours=2), False),  # it was looked at then, and came to nothing
        ("healthy", timedelta(seconds=4), False),
    ],
)
def test_what_the_platform_told_by_itself_stands_beside_what_a_check_found_only(
    database, client_for, ada, state, before, *, shown
) -> None:
    """R46."""
    account = make_account(
        database, state=state, cause="token_refused" if state == "expired" else ""
    )
    told = {"told_reason": "account_banned", "told_at": START - before}
    broken(database, account, troubled_since=START, **told)
    page = client_for(ada).get(f"{LIST}/{account}").text
    assert ("What the platform told by itself" in page) is shown
    assert ("The account was banned." in page) is shown


def test_what_is_missing_is_dated(database, client_for, ada) -> None:
    account = make_account(database, state="limited", cause="permission_missing")
    item = {
        "capability": "publish",
        "kind": "permission",
        "what": "write",
        "label": "Create content",
        "grant_at": "",
        "grant_url": "",
        "since": "2026-11-12T08:00:00+00:00",
    }
    broken(database, account, missing=[item], linked_at=datetime(2026, 1, 5, tzinfo=UTC))
    browser = client_for(ada)
    later = browser.get(f"{LIST}/{account}").text
    assert "is missing since" in later
    assert "12 November 2026" in later
    broken(database, account, linked_at=datetime(2026, 11, 12, 8, tzinfo=UTC))
    assert "not allowed when the account was linked" in browser.get(f"{LIST}/{account}").text


def test_what_was_lost_right_after_linking_is_not_said_to_have_never_been_allowed(
    database, client_for, ada, tools
) -> None:
    account = make_account(database)
    happen(tools, account, LinkState.NEW, LinkState.HEALTHY)
    lost = START + timedelta(seconds=30)
    missing = [
        {
            "capability": capability,
            "kind": "role",
            "what": "MANAGE",
            "label": "a role on the Page",
            "grant_at": "",
            "grant_url": "",
            "since": lost.isoformat(),
        }
        for capability in ("publish", "read_publications")
    ]
    broken(database, account, state="limited", missing=missing, linked_at=START)
    page = client_for(ada).get(f"{LIST}/{account}").text
    assert "is missing since" in page
    assert "not allowed when the account was linked" not in page


def test_blocked_is_told_apart_from_expired(database, client_for, ada) -> None:
    account = make_account(database, state="blocked", cause="security_check")
    page = client_for(ada).get(f"{LIST}/{account}").text
    assert "Not expired: a relink does not help." in page
    assert f"{account}/relink" not in page


def test_a_refused_registration_is_ours_and_accuses_no_link(
    database, client_for, ada, alice, give_access
) -> None:
    account = make_account(database)
    give_access(alice, account)
    app = AppRow(
        platform="fake",
        client_id="id",
        problem="invalid_client",
        problem_since=START,
        created_at=START,
    )
    with database.writing() as unit:
        unit.add(app)
        unit.flush()
        grant = unit.exec(select(LinkRow.grant_id).where(LinkRow.account_id == account)).one()
        unit.get(GrantRow, grant).app_id = app.id
    page = client_for(alice).get(f"{LIST}/{account}").text
    assert "refuses Linkkeeper&#39;s own registration" in page
    assert "do not relink" in page
    assert 'data-state="expired"' not in page
    assert "/settings/platforms/fake" in client_for(ada).get(f"{LIST}/{account}").text


def test_bob_who_may_not_link_sees_the_state_but_no_button(
    database, client_for, bob, give_access
) -> None:
    account = make_account(database, state="expired", cause="password_changed")
    give_access(bob, account)
    browser = client_for(bob)
    page = browser.get(LIST).text
    assert "Expired" in page
    assert "/relink" not in page
    for act in ("check", "pause", "resume"):
        assert browser.post(f"{LIST}/{account}/{act}").status_code == 403


def test_r14_a_foreign_account_answers_exactly_like_a_missing_one(
    database, client_for, alice
) -> None:
    foreign = make_account(database)
    browser = client_for(alice)
    for path in ("", "/relink", "/changes?since=0"):
        answers = [browser.get(f"{LIST}/{account}{path}") for account in (foreign, uuid4())]
        bodies = [strip(answer.text) for answer in answers]
        assert answers[0].status_code == answers[1].status_code
        assert answers[0].status_code in {204, 404}
        assert bodies[0] == bodies[1]
    for act in ("check", "pause", "resume", "automatic-sync", "relink"):
        codes = {
            browser.post(f"{LIST}/{account}/{act}").status_code for account in (foreign, uuid4())
        }
        assert codes == {404}


def strip(page: str) -> list[str]:
    """The page without what differs in any two answers: the request's number, the form token."""
    return [
        line
        for line in page.splitlines()
        if "csrf" not in line.lower() and "bare-below" not in line and "request" not in line
    ]


def test_with_no_account_yet_the_page_is_where_the_first_one_is_added(client_for, ada, bob) -> None:
    assert "Add your first account" in client_for(ada).get(LIST).text
    assert "No account for your role yet" in client_for(bob).get(LIST).text


def test_a_poll_with_nothing_new_is_empty(database, client_for, ada) -> None:
    make_account(database)
    answer = client_for(ada).get(f"{LIST}/changes?since={counter(database)}", htmx=True)
    assert (answer.status_code, answer.data) == (204, b"")


def test_a_change_appears_without_reload(database, client_for, ada) -> None:
    account = make_account(database)
    browser = client_for(ada)
    before = counter(database)
    change(database, account, "expired", "app_removed")
    answer = browser.get(f"{LIST}/changes?since={before}", htmx=True)
    assert answer.status_code == 200
    assert "Linkkeeper was removed at the platform" in answer.text
    assert 'data-needs-you="1"' in answer.text
    assert "1 account needs you." in answer.text
    assert "<html" not in answer.text
    assert f"since={counter(database)}" in answer.text


@pytest.mark.parametrize("since", ["-99999999999999999999", "9" * 30, "x", ""])
def test_nonsense_in_a_poll_is_answered_like_the_first_poll(client_for, ada, since: str) -> None:
    assert client_for(ada).get(f"{LIST}/changes?since={since}", htmx=True).status_code in {200, 204}


def test_an_account_that_went_away_vanishes_by_the_poll(database, client_for, ada) -> None:
    make_account(database, name="City Museum")
    account = make_account(database, name="Bakery Jansen")
    before = counter(database)
    with database.writing() as unit:
        unit.get(AccountRow, account).removed_at = START
    change(database, account, "expired")
    answer = client_for(ada).get(f"{LIST}/changes?since={before}", htmx=True)
    assert "City Museum" in answer.text
    assert "Bakery Jansen" not in answer.text


def test_search_answers_a_part_to_htmx_and_a_page_to_all_others(database, client_for, ada) -> None:
    make_account(database, name="Bakery Jansen")
    make_account(database, name="City Museum", handle="museum")
    browser = client_for(ada)
    part = browser.get(f"{LIST}?q=museum", htmx=True).text
    whole = browser.get(f"{LIST}?q=museum").text
    assert "<html" not in part
    assert "<html" in whole
    for text in (part, whole):
        assert "City Museum" in text
        assert "account-name" in text
        assert ">Bakery Jansen<" not in text


def test_r21_names_from_a_platform_are_only_text(database, client_for, ada) -> None:
    hostile = "<img src=x onerror=alert(1)>\"'{{7*7}}"
    account = make_account(database, name=hostile, state="expired", handle=hostile)
    with database.writing() as unit:
        unit.get(AccountRow, account).url = "javascript:alert(1)"
    browser = client_for(ada)
    for path in (LIST, f"{LIST}/{account}", f"{LIST}/{account}/relink", f"{LIST}/{account}/remove"):
        page = browser.get(path).text
        assert "<img src=x" not in page
        assert 'href="javascript' not in page
        assert "49" not in page.split("csrf")[0]


def test_a_paused_account_is_resumed_from_the_list(database, client_for, ada) -> None:
    account = make_account(database, state="paused", next_check_at=None)
    answer = client_for(ada).post(f"{LIST}/{account}/resume", {"from": "list"})
    assert answer.headers["Location"].endswith(LIST)
    with database.reading() as session:
        assert session.exec(select(LinkRow.state)).one() == "new"


@pytest.mark.parametrize(
    "query", ["?page=0", "?page=-5", "?page=x", "?state=nonsense", "?since=", "?q=" + "a" * 5000]
)
def test_a_strange_address_is_a_page_and_not_an_error(database, client_for, ada, query) -> None:
    make_account(database)
    assert client_for(ada).get(LIST + query).status_code == 200


def test_the_account_page_says_who_would_be_told_and_warns_when_nobody(
    database, client_for, ada
) -> None:
    account = make_account(database)
    page = client_for(ada).get(f"{LIST}/{account}").text
    assert "Nobody would be told" in page
    assert "Mail is not set up" in page


def test_the_account_page_shows_its_latest_publications(database, client_for, ada) -> None:
    account = make_account(database)
    make_publication(database, account, at=START - timedelta(days=1), text="Apple pie today")
    assert "Apple pie today" in client_for(ada).get(f"{LIST}/{account}").text


def test_what_a_platform_offers_to_no_program_is_called_so(database, client_for, ada) -> None:
    account = make_account(database)
    page = client_for(ada).get(f"{LIST}/{account}").text
    assert page.count("Not offered") == 2, "it lets nobody read mentions or list posts"
    assert "Fakebook lets no program do this" in page


def test_the_page_of_an_account_tells_its_uptime_and_past_troubles(
    database, tools, client_for, ada, clock
) -> None:
    account = make_account(database)
    clock.advance(days=8)
    happen(tools, account, LinkState.HEALTHY, LinkState.EXPIRED, cause=Cause.PASSWORD_CHANGED)
    clock.advance(days=1)
    happen(tools, account, LinkState.EXPIRED, LinkState.HEALTHY)
    clock.advance(days=1)
    page = client_for(ada).get(f"/settings/accounts/{account}").text
    assert "<strong>90.0 %</strong> of the last 30 days it worked" in page
    assert "Past troubles" in page
    assert "The password was changed" in page
    assert ">1 day<" in page
