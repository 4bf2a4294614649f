"""Outages as their readers live them: 300 accounts, several roles, real mails, both databases."""

import ssl
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from uuid import UUID

import pytest
from sqlmodel import select

from dashboard.adapters.mailer import Mailer
from dashboard.db.tables import IncidentRow, LinkRow, PreferenceRow, RoleAccountRow
from dashboard.domain.deliveries import LEASE
from dashboard.domain.faults import planned
from dashboard.services.checking import check_due
from dashboard.services.notifying import gather
from dashboard.services.ports import Tools
from dashboard.services.sending import send_due
from dashboard.settings import MailServer
from tests.adapters.mail_sink import Sink, SinkServer
from tests.factories import make_role, make_user
from tests.fakes import START, FrozenClock
from tests.services.happenings import rows
from tests.services.weather import LOGGED_OUT, Weather, live, settle

pytestmark = pytest.mark.many_rounds

EVERYBODY, SOME, UNTICKED, ELSEWHERE = (
    f"{name}@example.org" for name in ("everybody", "some", "unticked", "elsewhere")
)
STEP = 180  # seconds between two looks: the story is the same, and the test is short


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def tools(tools: Tools, sink: Sink) -> Iterator[Tools]:
    server = SinkServer(sink)
    place = MailServer(host="127.0.0.1", port=server.port, tls="none")
    sender = "Linkkeeper <keeper@example.org>"
    mailer = Mailer(place, sender=sender, authorities=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    yield replace(
        tools,
        settings=replace(tools.settings, mail_server=place, mail_from=sender),
        mailer=mailer,
    )
    server.close()


def team(tools: Tools, accounts: list[UUID], other: list[UUID]) -> None:
    """One who reaches all, one who reaches ten of them, one unticked, one who reaches others."""
    everything = make_role(tools.database, name="Everything")
    some = make_role(tools.database, name="Some", all_accounts=False)
    elsewhere = make_role(tools.database, name="Elsewhere", all_accounts=False)
    make_user(tools.database, role_id=everything, email=EVERYBODY)
    make_user(tools.database, role_id=some, email=SOME)
    make_user(tools.database, role_id=elsewhere, email=ELSEWHERE)
    quiet = make_user(tools.database, role_id=everything, email=UNTICKED)
    with tools.database.writing() as unit:
        unit.add_all(RoleAccountRow(role_id=some, account_id=one) for one in accounts[-10:])
        unit.add_all(RoleAccountRow(role_id=elsewhere, account_id=one) for one in other)
        unit.add_all(
            PreferenceRow(user_id=quiet, kind=kind, wanted=False, changed_at=START)
            for kind in ("platform_silent", "platform_back")
        )


def told(sink: Sink) -> Counter[tuple[str, str]]:
    return Counter(
        (str(mail["To"]), str(mail["Subject"]))
        for mail in (message_from_bytes(one.content, policy=default) for one in sink.envelopes)
    )


def begin(sky: Weather, weather: str) -> None:
    sky.down = weather == "silent"
    sky.refusing = LOGGED_OUT if weather == "refusing" else None


@pytest.mark.parametrize(
    ("weather", "start", "end"),
    [
        (
            "silent",
            "The fake does not answer: nothing for you to do",
            "The fake answers again",
        ),
        (
            "refusing",
            "The fake refuses many people at once: do not relink yet",
            "The fake accepts people again",
        ),
    ],
)
def test_r59_an_hour_of_trouble_with_300_accounts_is_one_mail_at_its_start_and_one_at_its_end(
    tools: Tools, sky: Weather, sink: Sink, clock: FrozenClock, weather: str, start: str, end: str
) -> None:
    accounts = settle(tools, 300)
    team(tools, accounts, settle(tools, 3, "other"))
    live(tools, clock, 15, step=STEP)
    assert sink.envelopes == []
    begin(sky, weather)
    live(tools, clock, 60, step=STEP)
    assert told(sink) == {(EVERYBODY, start): 1, (SOME, start): 1}
    assert b"10 accounts within your reach" in next(
        one.content for one in sink.envelopes if one.rcpt_tos == [SOME]
    )
    begin(sky, "fine")
    live(tools, clock, 60, step=STEP)
    assert told(sink) == {(who, what): 1 for who in (EVERYBODY, SOME) for what in (start, end)}
    assert {link.state for link in rows(tools, LinkRow)} == {"healthy"}
    [incident] = rows(tools, IncidentRow)
    assert incident.ended_at is not None
    assert incident.held_back == 600


def test_r59_when_our_own_network_is_down_nobody_is_accused_and_nobody_told(
    tools: Tools, sky: Weather, other: Weather, sink: Sink, clock: FrozenClock
) -> None:
    accounts = settle(tools, 60)
    team(tools, accounts, settle(tools, 20, "other"))
    live(tools, clock, 15, step=STEP)
    sky.down = other.down = True
    live(tools, clock, 60, step=STEP)
    sky.down = other.down = False
    live(tools, clock, 60, step=STEP)
    assert sink.envelopes == []
    assert [one.kind for one in rows(tools, IncidentRow)] == ["offline"]
    assert {link.state for link in rows(tools, LinkRow)} == {"healthy"}


@pytest.mark.parametrize("weather", ["silent", "refusing"])
@pytest.mark.parametrize(
    "place",
    [
        "gather.before_claim",
        "gather.before_commit",
        "gather.after_commit",
        "mail.claimed",
        "mail.before_send",
        "mail.after_send",
        "mail.settled",
    ],
)
def test_a_death_between_the_beginning_of_an_incident_and_its_telling_tells_it_once(
    tools: Tools, sky: Weather, sink: Sink, clock: FrozenClock, place: str, weather: str
) -> None:
    """A copy only from the window of sending, with the same Message-ID (R53)."""
    team(tools, settle(tools, 8), [])
    live(tools, clock, 12, step=STEP)
    begin(sky, weather)
    died: list[str] = []

    def die(name: str) -> None:
        with tools.database.reading() as session:
            open_ = session.exec(select(IncidentRow.id)).first() is not None
        if name == place and not died and (open_ or name.startswith("gather.before")):
            died.append(name)
            raise KeyboardInterrupt

    def work() -> None:
        gather(tools)
        send_due(tools)

    for _ in range(20):
        clock.advance(seconds=STEP)
        check_due(tools)
        clock.advance(seconds=6)
        with planned(die):
            try:
                work()
            except KeyboardInterrupt:
                break
    assert died == [place]
    clock.advance(seconds=LEASE.total_seconds())
    live(tools, clock, 15, step=STEP)
    mails = [message_from_bytes(one.content, policy=default) for one in sink.envelopes]
    assert {str(mail["To"]) for mail in mails} == {EVERYBODY, SOME}
    assert len({mail["Message-ID"] for mail in mails}) == 2
    assert len(mails) == (3 if place == "mail.after_send" else 2)
    assert len(rows(tools, IncidentRow)) == 1
