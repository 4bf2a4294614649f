"""What pages say while a platform, or a log-in of several accounts, is in trouble (R59)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.health import change_json
from dashboard.db.incidents import NewIncident, end_incident, open_incident
from dashboard.db.tables import DeliveryRow, EventRow, IncidentRow, NoticeRow
from dashboard.domain.causes import Cause
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.incidents import IncidentKind, Place
from dashboard.domain.states import LinkState
from tests.factories import make_account
from tests.fakes import START

HERE = Place(platform="fake", server="")
WAIT = "Fakebook has trouble right now: wait until it is over."


def begin(database, kind: IncidentKind, cause: Cause, *, place=HERE, grant=None) -> UUID:
    new = NewIncident(
        kind=kind,
        place=place,
        accounts=2,
        cause=cause,
        grant_id=grant,
        person="Anna" if grant else "",
    )
    with database.writing() as unit:
        incident_id = open_incident(unit, new, now=START)
    assert incident_id is not None
    return incident_id


def broken(database, *names: str, grant: UUID | None = None) -> list[UUID]:
    return [
        make_account(database, name=name, state="expired", cause="password_changed", grant_id=grant)
        for name in names
    ]


@pytest.mark.parametrize(
    ("kind", "cause", "state", "told"),
    [
        (
            IncidentKind.SILENT,
            Cause.NO_ANSWER,
            "unreachable",
            (
                "Fakebook does not answer since 10:00 UTC. 2 accounts are caught in it. "
                "Probably Fakebook, not you: do not relink yet."
            ),
        ),
        (
            IncidentKind.REFUSED,
            Cause.LOGGED_OUT,
            "expired",
            (
                "Fakebook refuses many people at once since 10:00 UTC. 2 accounts are caught in "
                "it. Probably Fakebook, not you: do not relink yet."
            ),
        ),
        (
            IncidentKind.LIMITED,
            Cause.PERMISSION_MISSING,
            "limited",
            (
                "Fakebook takes permissions from many people at once since 10:00 UTC. 2 accounts "
                "are caught in it. Probably Fakebook, not you: ask nobody to grant anything yet."
            ),
        ),
        (
            IncidentKind.REFUSED,
            Cause.APP_PROBLEM,
            "expired",
            "refuses Linkkeeper&#39;s own registration since 10:00 UTC. 2 accounts are caught",
        ),
    ],
)
def test_the_banner_of_an_outage_says_what_it_is_and_how_many_are_caught(
    database, client_for, ada, kind: IncidentKind, cause: Cause, state: str, told: str
) -> None:
    for name in ("One", "Two"):
        make_account(database, name=name, state=state, cause=cause.value)
    make_account(database, name="Three")
    begin(database, kind, cause)
    assert told in client_for(ada).get("/settings/accounts").text


def test_r14_the_banner_counts_only_accounts_within_the_role(
    database, client_for, alice, bob, give_access
) -> None:
    mine, _ = broken(database, "Mine", "Theirs")
    give_access(alice, mine)
    begin(database, IncidentKind.REFUSED, Cause.LOGGED_OUT)
    assert "1 account is caught in it" in client_for(alice).get("/settings/accounts").text
    assert "Fakebook refuses" not in client_for(bob).get("/settings/accounts").text


def test_beside_every_relink_button_stands_why_to_wait(database, client_for, ada) -> None:
    [account] = broken(database, "Bakery")
    page = f"/settings/accounts/{account}"
    places = ("/settings/accounts", page, f"{page}/relink", f"{page}/remove", "/")
    browser = client_for(ada)
    assert not any(WAIT in browser.get(place).text for place in places)
    incident = begin(database, IncidentKind.REFUSED, Cause.LOGGED_OUT)
    assert [place for place in places if WAIT not in browser.get(place).text] == []
    changes = "/settings/accounts/changes?since="
    assert WAIT in browser.get(f"{changes}0", htmx=True).text
    assert browser.get(f"{changes}1", htmx=True).status_code == 204
    with database.writing() as unit:
        end_incident(unit, incident, now=START)
    assert WAIT not in browser.get(f"{changes}1", htmx=True).text
    assert not any(WAIT in browser.get(place).text for place in places)


def test_when_we_are_offline_nobody_is_to_relink_anything(database, client_for, ada) -> None:
    broken(database, "Bakery")
    begin(database, IncidentKind.OFFLINE, Cause.NO_ANSWER, place=Place(platform="", server=""))
    page = client_for(ada).get("/settings/accounts").text
    assert "Linkkeeper reaches nobody right now" in page


def test_accounts_of_one_ended_log_in_have_one_hint_and_one_button(
    database, client_for, ada, alice, give_access
) -> None:
    log_in = uuid4()
    accounts = broken(database, "Bakery", "Garage", "Theatre", grant=log_in)
    broken(database, "Alone")
    said = "Log in once at Fakebook as Anna: that heals 3 accounts"
    page = client_for(ada).get("/settings/accounts").text
    assert page.count(said) == 1
    assert "Relink 3 accounts" in page
    assert said in client_for(ada).get(f"/settings/accounts/{accounts[2]}").text
    give_access(alice, accounts[0])
    give_access(alice, accounts[1])
    page = client_for(alice).get("/settings/accounts").text
    assert "that heals 2 accounts" in page, "R14: of his own"
    assert "Theatre" not in page


def test_an_account_that_is_refused_alone_has_no_hint_of_others(database, client_for, ada) -> None:
    broken(database, "Alone", "Another")
    assert "Log in once" not in client_for(ada).get("/settings/accounts").text


def _change(
    database,
    account_id: UUID,
    old: str,
    new: str,
    minutes_ago: int,
    *,
    told=None,
    state: str = "sent",
) -> None:
    """`told`: a mail about it was meant for this user, and went out so many minutes later."""
    at = START - timedelta(minutes=minutes_ago)
    change = LinkStateChanged(at=at, old=LinkState(old), new=LinkState(new), cause=Cause.NO_ANSWER)
    event = NewEvent(
        at=at, kind=EventKind.LINK_STATE, account_id=account_id, data=change_json(change)
    )
    with database.writing() as unit:
        row = unit.get_one(EventRow, add_event(unit, event))
        row.told = True
        if told is not None:
            row.notice_id = _mailed(unit, *told, at=at, state=state)


def _mailed(unit, user_id: UUID, after: int, *, at, state: str = "sent") -> UUID:
    notice = NoticeRow(kind="link_broken", at=at)
    unit.add(notice)
    unit.flush()
    delivery = DeliveryRow(
        notice_id=notice.id,
        user_id=user_id,
        state=state,
        message_id=str(notice.id),
        created_at=at,
        sent_at=at + timedelta(minutes=after) if state == "sent" else None,
    )
    unit.add(delivery)
    return notice.id


def test_r60_an_account_that_keeps_breaking_says_since_when_and_how_often(
    database, client_for, ada
) -> None:
    account = make_account(database)
    for ago in (55, 35):
        _change(database, account, "healthy", "unreachable", ago)
        _change(database, account, "unreachable", "healthy", ago - 10)
    page = client_for(ada).get(f"/settings/accounts/{account}").text
    assert "It keeps breaking and coming back" in page
    assert "It broke 2 times since" in page


def test_each_past_trouble_says_after_how_long_it_was_told_and_the_median_stands_above(
    database, client_for, ada
) -> None:
    account = make_account(database)
    _change(database, account, "healthy", "unreachable", 600, told=(ada.id, 3))
    _change(database, account, "unreachable", "healthy", 500)
    _change(database, account, "healthy", "unreachable", 400)
    _change(database, account, "unreachable", "healthy", 300)
    page = client_for(ada).get(f"/settings/accounts/{account}").text
    assert '<td data-label="Told after">3 min</td>' in page
    assert '<td data-label="Told after">not told: over too soon</td>' in page
    assert "until somebody was told: <strong>3 min</strong>" in page


def test_the_report_lists_incidents_with_their_causes_and_whose_log_in_it_was(
    database, client_for, ada, alice, give_access
) -> None:
    log_in = uuid4()
    [account] = broken(database, "Bakery", grant=log_in)
    before = begin(database, IncidentKind.LIMITED, Cause.ROLE_LOST)
    with database.writing() as unit:
        end_incident(unit, before, now=START)
    begin(database, IncidentKind.REFUSED, Cause.LOGGED_OUT)
    begin(database, IncidentKind.LOG_IN, Cause.PASSWORD_CHANGED, grant=log_in)
    page = client_for(ada).get("/report").text
    assert "refused many people at once" in page
    assert "Logged out everywhere" in page
    assert "ended the log-in of Anna" in page
    assert "took permissions from many people at once" in page
    other = make_account(database, name="Other")
    give_access(alice, other)
    assert "ended the log-in" not in client_for(alice).get("/report").text, "R14"
    give_access(alice, account)
    assert "ended the log-in of Anna" in client_for(alice).get("/report").text


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("pending", "about to be told"),
        ("kept", "not mailed: no mail server was set up"),
        ("dead", "not told: the mail could not be sent"),
        ("suppressed", "not told: over too soon"),
    ],
)
def test_a_trouble_of_which_no_mail_went_out_says_why(
    database, client_for, ada, state: str, said: str
) -> None:
    account = make_account(database)
    _change(database, account, "healthy", "unreachable", 600, told=(ada.id, 3), state=state)
    _change(database, account, "unreachable", "healthy", 500)
    page = client_for(ada).get(f"/settings/accounts/{account}").text
    assert f'<td data-label="Told after">{said}</td>' in page


@pytest.mark.parametrize("sent", [True, False])
def test_a_trouble_that_was_part_of_an_outage_says_that_it_was_told_with_it(
    database, client_for, ada, sent: bool
) -> None:
    account = make_account(database)
    incident = begin(database, IncidentKind.SILENT, Cause.NO_ANSWER)
    with database.writing() as unit:
        row = unit.get_one(IncidentRow, incident)
        row.began_at, row.ended_at = START - timedelta(hours=3), START - timedelta(hours=2)
        if sent:
            row.notice_id = _mailed(unit, ada.id, 1, at=row.began_at)
    _change(database, account, "healthy", "unreachable", 183)
    _change(database, account, "unreachable", "healthy", 119)
    _change(database, account, "healthy", "unreachable", 30)  # that one is its own
    _change(database, account, "unreachable", "healthy", 20)
    page = client_for(ada).get(f"/settings/accounts/{account}").text
    assert page.count("with all of Fakebook") == (1 if sent else 0)
    if sent:
        assert "07:01 UTC" in page
    else:
        assert "not told: nobody wants such mails" in page
        assert "(all of Fakebook had trouble)" in page
    assert page.count("not told: over too soon") == 1


def test_a_trouble_while_our_own_network_was_down_was_told_to_nobody(
    database, client_for, ada
) -> None:
    account = make_account(database)
    begin(database, IncidentKind.OFFLINE, Cause.NO_ANSWER, place=Place(platform="", server=""))
    _change(database, account, "healthy", "unreachable", 2)
    page = client_for(ada).get(f"/settings/accounts/{account}").text
    assert "not told: our own network was down" in page
