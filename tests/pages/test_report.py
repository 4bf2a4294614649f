"""The report: its figures are right on both databases, and end where the viewer's role ends."""

import csv
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, update

from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.health import change_json
from dashboard.db.incidents import NewIncident, open_incident
from dashboard.db.screens.report import report_screen
from dashboard.db.tables import AccountRow, DeliveryRow, EventRow, GrantRow, NoticeRow
from dashboard.domain.causes import Cause
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.incidents import IncidentKind, Place
from dashboard.domain.states import LinkState
from tests.factories import make_account
from tests.fakes import START

HEALTHY, EXPIRED, PAUSED = LinkState.HEALTHY, LinkState.EXPIRED, LinkState.PAUSED


def old_account(database, *, days: float = 200, **facts) -> UUID:
    account_id = make_account(database, **facts)
    with database.writing() as unit:
        unit.execute(
            update(AccountRow)
            .where(col(AccountRow.id) == account_id)
            .values(created_at=START - timedelta(days=days))
        )
    return account_id


def change(
    database,
    account_id: UUID,
    old: LinkState,
    new: LinkState,
    *,
    days_ago: float,
    cause: Cause | None = None,
    troubled_since: datetime | None = None,
    actor_id: UUID | None = None,
) -> int:
    at = START - timedelta(days=days_ago)
    moved = LinkStateChanged(at=at, old=old, new=new, cause=cause, troubled_since=troubled_since)
    with database.writing() as unit:
        return add_event(
            unit,
            NewEvent(
                at=at,
                kind=EventKind.LINK_STATE,
                account_id=account_id,
                actor_id=actor_id,
                data=change_json(moved),
            ),
        )


@pytest.fixture
def report(database, tools, ada):
    from dashboard.domain.team import Right, RoleId, UserId, Viewer

    def read(person=ada):
        viewer = Viewer(
            user_id=UserId(person.id),
            name=person.name,
            email=person.email,
            role_id=RoleId(person.role_id),
            role_name="",
            rights=frozenset(Right),
        )
        with database.reading() as session:
            return report_screen(session, viewer, now=START)

    return read


def test_time_down_counts_from_each_break_to_each_repair(database, report) -> None:
    account = old_account(database)
    change(database, account, HEALTHY, EXPIRED, days_ago=20, cause=Cause.PASSWORD_CHANGED)
    change(database, account, EXPIRED, HEALTHY, days_ago=17)
    [line] = report().platforms
    assert line.month == pytest.approx(27 / 30)
    assert line.quarter == pytest.approx(87 / 90)


def test_what_is_down_all_along_never_worked_and_what_heals_is_down_from_the_start(
    database, report
) -> None:
    old_account(database, state="expired")
    assert report().platforms[0].month == pytest.approx(0)
    late = old_account(database, days=5, state="expired", platform="other")
    assert report().platforms[1].month == pytest.approx(0)
    change(database, late, HEALTHY, EXPIRED, days_ago=1)
    assert report().platforms[1].month == pytest.approx(0.8)
    healed = old_account(database)
    change(database, healed, EXPIRED, HEALTHY, days_ago=15)
    assert report().platforms[0].month == pytest.approx(0.25)


def test_a_pause_and_the_time_before_linking_count_neither_way(database, report) -> None:
    paused = old_account(database)
    change(database, paused, HEALTHY, PAUSED, days_ago=25)
    change(database, paused, PAUSED, HEALTHY, days_ago=10)
    fresh = old_account(database, days=5)
    change(database, fresh, HEALTHY, EXPIRED, days_ago=4)
    change(database, fresh, EXPIRED, HEALTHY, days_ago=2)
    # watched: 15 days of the one, 5 of the other; 2 of these down
    assert report().platforms[0].month == pytest.approx(18 / 20)


def test_causes_are_counted_the_most_frequent_first(database, report) -> None:
    account = old_account(database)
    for days_ago in (40, 30, 20):
        cause = Cause.TOKEN_RAN_OUT if days_ago == 30 else Cause.PASSWORD_CHANGED
        change(database, account, HEALTHY, EXPIRED, days_ago=days_ago, cause=cause)
        change(database, account, EXPIRED, HEALTHY, days_ago=days_ago - 1)
    found = [(line.cause, line.times) for line in report().causes]
    assert found == [(Cause.PASSWORD_CHANGED, 2), (Cause.TOKEN_RAN_OUT, 1)]


def test_time_to_notice_runs_from_the_first_failed_check_to_the_first_mail(
    database, report, ada
) -> None:
    account = old_account(database)
    first = START - timedelta(days=3, minutes=12)
    seq = change(database, account, HEALTHY, EXPIRED, days_ago=3, troubled_since=first)
    notice = NoticeRow(kind="link_broken", at=START)
    with database.writing() as unit:
        unit.add(notice)
        unit.flush()
        unit.execute(update(EventRow).where(col(EventRow.seq) == seq).values(notice_id=notice.id))
        unit.add(
            DeliveryRow(
                notice_id=notice.id,
                user_id=ada.id,
                state="sent",
                message_id="<1@x>",
                created_at=START,
                sent_at=first + timedelta(minutes=14),
            )
        )
    assert report().noticed == timedelta(minutes=14)


def test_time_to_relink_is_the_median_of_what_people_relinked(database, report, ada) -> None:
    account = old_account(database)
    for hours in (1, 3, 20):
        since = START - timedelta(days=2, hours=hours)
        change(
            database,
            account,
            EXPIRED,
            HEALTHY,
            days_ago=2,
            troubled_since=since,
            actor_id=ada.id,
        )
    assert report().relinked == timedelta(hours=3)


def test_what_hangs_on_one_persons_log_in_is_said(database, client_for, ada) -> None:
    grant_id = uuid4()
    for name in ("Bakery", "Museum"):
        make_account(database, name=name, grant_id=grant_id)
    page = client_for(ada).get("/report").text
    assert "<strong>2 accounts</strong> hang on the log-in of Anna at Fakebook" in page
    assert "If Anna leaves or changes the password there" in page


def test_r14_nothing_of_other_accounts_is_counted(
    database, report, alice, give_access, client_for
) -> None:
    grant_id = uuid4()
    hers = old_account(database, grant_id=grant_id)
    give_access(alice, hers)
    other = old_account(database, grant_id=grant_id, state="expired")
    change(database, other, HEALTHY, EXPIRED, days_ago=9, cause=Cause.PASSWORD_CHANGED)
    screen = report(alice)
    assert [(line.accounts, line.month) for line in screen.platforms] == [(1, 1.0)]
    assert screen.causes == screen.people == ()


def test_the_download_holds_the_figures_and_no_formula(database, client_for, ada) -> None:
    grant_id = uuid4()
    for _ in range(2):
        make_account(database, grant_id=grant_id)
    with database.writing() as unit:
        unit.execute(update(GrantRow).values(subject_name="=cmd()"))
    answer = client_for(ada).get("/report.csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(answer.text.splitlines()))
    assert ["accounts", "fake", "2"] in rows
    assert ["accounts on one log-in", "'=cmd() (fake)", "2"] in rows


def test_without_accounts_the_page_says_so(client_for, alice) -> None:
    assert "Nothing to report yet" in client_for(alice).get("/report").text


def test_r14_outages_are_listed_of_places_where_the_viewer_has_accounts(
    database, client_for, ada, alice, give_access
) -> None:
    mine = make_account(database, name="Mine")
    give_access(alice, mine)
    with database.writing() as unit:
        for platform, server in (("fake", ""), ("mastodon", "https://secret.example")):
            place = Place(platform=platform, server=server)
            new = NewIncident(
                kind=IncidentKind.SILENT, place=place, accounts=7, cause=Cause.NO_ANSWER
            )
            open_incident(unit, new, now=START)
    page = client_for(alice).get("/report").text
    assert "still going on" in page
    assert "secret.example" not in page
    assert "Mails spared" not in page, "how many accounts there are is not told beyond the role"
    assert "Mails spared" in client_for(ada).get("/report").text
