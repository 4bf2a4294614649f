"""Deliveries at a real mail server: once each, to the right people, whatever goes wrong."""

import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from threading import Barrier, BrokenBarrierError
from uuid import UUID

import pytest
from sqlmodel import select, update

from dashboard.adapters.letter import Letter
from dashboard.adapters.mailer import Mailer
from dashboard.adapters.smtp import Failed, Sent
from dashboard.db.tables import (
    AccountRow,
    AuditRow,
    DeliveryRow,
    PreferenceRow,
    RoleAccountRow,
    RoleRow,
    UserRow,
)
from dashboard.domain.causes import Cause
from dashboard.domain.deliveries import LEASE
from dashboard.domain.faults import planned
from dashboard.domain.notices import NoticeKind
from dashboard.domain.states import LinkState
from dashboard.services.mail_pause import pause_now
from dashboard.services.notifying import gather
from dashboard.services.ports import Tools
from dashboard.services.sending import forget_old_mails, send, send_due
from dashboard.settings import MailServer
from tests.adapters.mail_sink import Sink, SinkServer
from tests.factories import make_account, make_role, make_user
from tests.fakes import START, FrozenClock
from tests.services.happenings import change_settings, happen, rows
from tests.services.letter_box import LOGIN, UNKNOWN, LetterBox

CAP = 20  # mails a person gets in an hour
HEALTHY, EXPIRED, LIMITED = LinkState.HEALTHY, LinkState.EXPIRED, LinkState.LIMITED


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def server(sink: Sink) -> Iterator[SinkServer]:
    running = SinkServer(sink)
    yield running
    running.close()


@pytest.fixture
def tools(tools: Tools, server: SinkServer) -> Tools:
    return with_server(tools, server)


def with_server(tools: Tools, server: SinkServer, **login: str) -> Tools:
    place = MailServer(host="127.0.0.1", port=server.port, tls="none", **login)
    settings = replace(
        tools.settings,
        mail_server=place,
        mail_from="Linkkeeper <keeper@example.org>",
        base_url="https://links.example.org",
    )
    # No certificate is looked at here, and loading the authorities takes its time.
    authorities = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    mailer = Mailer(place, sender=settings.mail_from, authorities=authorities)
    return replace(tools, settings=settings, mailer=mailer)


@pytest.fixture
def anna(tools: Tools) -> UUID:
    role_id = make_role(tools.database)
    return make_user(tools.database, role_id=role_id, name="Anna", email="anna@example.org")


class MeetingMailer:
    """Lets a letter go only when as many as the barrier wants are on their way."""

    def __init__(self, mailer: Mailer, together: Barrier) -> None:
        self._mailer = mailer
        self._together = together

    def send(self, letter: Letter) -> Sent | Failed:
        self._together.wait()
        return self._mailer.send(letter)


def role_of(tools: Tools, user_id: UUID) -> UUID:
    with tools.database.reading() as session:
        return session.exec(select(UserRow).where(UserRow.id == user_id)).one().role_id


def colleagues(tools: Tools, anna: UUID, count: int) -> list[str]:
    role_id = role_of(tools, anna)
    emails = [f"colleague{number}@example.org" for number in range(count)]
    for email in emails:
        make_user(tools.database, role_id=role_id, name=email.title(), email=email)
    return emails


def breaks(tools: Tools, name: str = "Bakery Jansen") -> UUID:
    account_id = make_account(tools.database, name=name)
    happen(tools, account_id, HEALTHY, EXPIRED, cause=Cause.PASSWORD_CHANGED)
    return account_id


def tell(tools: Tools, clock: FrozenClock, *, wait: float = 60) -> int:
    clock.advance(seconds=wait)
    gather(tools)
    return send_due(tools)


def mails(sink: Sink) -> list[EmailMessage]:
    return [message_from_bytes(one.original_content, policy=default) for one in sink.envelopes]


def text_of(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def states(tools: Tools) -> list[str]:
    return sorted(row.state for row in rows(tools, DeliveryRow))


def recipients(sink: Sink) -> list[str]:
    return sorted(address for one in sink.envelopes for address in one.rcpt_tos)


def test_a_broken_link_is_told_to_everybody_concerned_once(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    others = colleagues(tools, anna, 2)
    breaks(tools)
    assert tell(tools, clock) == 3
    assert send_due(tools) == 0
    assert recipients(sink) == sorted(["anna@example.org", *others])
    assert all(len(one.rcpt_tos) == 1 for one in sink.envelopes)
    assert states(tools) == ["sent"] * 3


def test_the_mail_says_what_where_and_what_to_do(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R57: the link comes from the configured address."""
    colleagues(tools, anna, 1)
    account_id = breaks(tools)
    tell(tools, clock)
    mail = next(one for one in mails(sink) if one["To"] == "anna@example.org")
    text = text_of(mail)
    assert mail["Subject"] == "Fakebook page Bakery Jansen has lost its link: relink it"
    assert text.startswith(
        "Fakebook page Bakery Jansen lost its link on Tuesday 24 November 2026, 10:00."
    )
    assert f"https://links.example.org/settings/accounts/{account_id}/relink" in text
    assert "The password was changed" in text
    assert "No messages come in for Webcare; posts cannot go out." in text
    assert "Also told: Colleague0@Example.Org." in text
    assert mail["Auto-Submitted"] == "auto-generated"


def test_who_may_not_relink_is_not_told_to_but_to_speak_to_somebody_who_may(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    with tools.database.writing() as unit:
        unit.execute(update(RoleRow).values(rights=[]))
    account_id = breaks(tools)
    tell(tools, clock)
    (mail,) = mails(sink)
    assert mail["Subject"] == "Fakebook page Bakery Jansen has lost its link"
    text = text_of(mail)
    assert "/relink" not in text
    assert f"https://links.example.org/settings/accounts/{account_id}" in text
    assert "Your role may not relink accounts: speak to somebody whose role may." in text


def test_several_accounts_that_break_together_come_in_one_mail(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    for name in ("Bakery Jansen", "Florist", "Garage de Wit", "Zoo"):
        breaks(tools, name)
    assert tell(tools, clock) == 1
    (mail,) = mails(sink)
    assert (
        mail["Subject"]
        == "4 accounts have lost their link: Bakery Jansen, Florist, Garage de Wit and 1 more"
    )


@pytest.mark.parametrize("loss", ["role", "box", "user", "account"])
def test_what_is_no_longer_his_business_is_not_sent(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock, loss: str
) -> None:
    """R17: checked again when the mail leaves."""
    account_id = breaks(tools)
    clock.advance(seconds=5)
    gather(tools)
    nothing = make_role(tools.database, name="Nothing", all_accounts=False)
    with tools.database.writing() as unit:
        user = unit.get_one(UserRow, anna)
        if loss == "role":
            user.role_id = nothing
        elif loss == "user":
            user.active = False
        elif loss == "account":
            unit.get_one(AccountRow, account_id).removed_at = START
        else:
            unit.add(
                PreferenceRow(
                    user_id=anna,
                    kind=NoticeKind.LINK_BROKEN.value,
                    wanted=False,
                    changed_at=START,
                )
            )
    assert send_due(tools) == 0
    assert states(tools) == ["suppressed"]
    assert sink.envelopes == []


def test_several_mails_are_handed_over_at_once_and_nobody_gets_two(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    together = Barrier(3, timeout=10)  # breaks unless three are under way at once
    mailer = MeetingMailer(tools.mailer, together)
    several = replace(tools, settings=replace(tools.settings, mails_at_once=3), mailer=mailer)
    others = colleagues(tools, anna, 5)
    breaks(tools)
    assert tell(several, clock) == 6
    assert recipients(sink) == sorted(["anna@example.org", *others])


def test_with_several_at_once_a_server_that_lets_nobody_in_is_not_asked_for_each(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    colleagues(tools, anna, 20)
    breaks(tools)
    box = LetterBox(*[LOGIN] * 30)
    settings = replace(tools.settings, mails_at_once=3)
    assert tell(replace(tools, settings=settings, mailer=box), clock) == 0
    assert len(box.letters) <= 3


def test_a_mail_goes_to_the_address_that_the_user_has_now(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    breaks(tools)
    clock.advance(seconds=5)
    gather(tools)
    with tools.database.writing() as unit:
        unit.get_one(UserRow, anna).email = "new@example.org"
    send_due(tools)
    assert recipients(sink) == ["new@example.org"]


def test_a_mail_tells_only_of_the_accounts_in_the_readers_reach(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R58"""
    narrow = make_role(tools.database, name="Narrow", all_accounts=False)
    make_user(tools.database, role_id=narrow, name="Ben", email="ben@example.org")
    bakery = breaks(tools)
    breaks(tools, "Secret Project")
    with tools.database.writing() as unit:
        unit.add(RoleAccountRow(role_id=narrow, account_id=bakery))
    tell(tools, clock)
    mail = next(one for one in mails(sink) if one["To"] == "ben@example.org")
    assert "Bakery Jansen" in mail["Subject"]
    assert "Secret Project" not in str(mail)


def test_trouble_that_is_over_before_the_mail_could_go_is_not_told_nor_its_end(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R55"""
    account_id = breaks(tools)
    clock.advance(seconds=5)
    gather(tools)
    happen(tools, account_id, EXPIRED, HEALTHY)
    assert tell(tools, clock) == 0
    assert states(tools) == ["suppressed", "suppressed"]
    assert sink.envelopes == []


def test_the_end_of_trouble_is_told_to_whoever_was_told_of_it(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    from dashboard.db.events import EventKind, NewEvent, add_event

    account_id = breaks(tools)
    tell(tools, clock)
    clock.advance(hours=3, minutes=12)
    with tools.database.writing() as unit:
        event = NewEvent(
            at=tools.now(), kind=EventKind.RELINKED, account_id=account_id, actor_id=anna
        )
        add_event(unit, event)
    happen(tools, account_id, EXPIRED, HEALTHY)
    tell(tools, clock)
    first, second = mails(sink)
    text = text_of(second)
    assert second["Subject"] == "Fakebook page Bakery Jansen works again"
    assert "What was wrong: The password was changed." in text
    assert "For how long: 3 hours and 13 minutes." in text
    assert "Relinked by: Anna." in text
    assert second["In-Reply-To"] == first["Message-ID"]


def test_after_a_long_outage_each_user_gets_one_mail_of_what_still_holds(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R55, F25: 40 accounts broke and 38 healed while no mail could go out."""
    sink.on_mail = "451 come back later"
    accounts = []
    for number in range(40):
        accounts.append(breaks(tools, f"Shop {number:02}"))
        if number % 8 == 0:
            tell(tools, clock, wait=240)
    for account_id in accounts[:38]:
        happen(tools, account_id, EXPIRED, HEALTHY)
    tell(tools, clock, wait=3600)
    sink.on_mail = None
    clock.advance(hours=1)
    assert send_due(tools) == 1
    (mail,) = mails(sink)
    assert mail["Subject"] == "2 accounts have lost their link: Shop 38 and Shop 39"


def test_different_kinds_that_had_to_wait_come_in_one_mail(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R55: one digest."""
    sink.on_mail = "451 come back later"
    breaks(tools)
    other = make_account(tools.database, name="Garage")
    happen(tools, other, HEALTHY, LIMITED, cause=Cause.PERMISSION_MISSING)
    assert tell(tools, clock) == 0
    sink.on_mail = None
    clock.advance(hours=1)
    assert send_due(tools) == 1
    (mail,) = mails(sink)
    assert mail["Subject"] == "What happened to 2 accounts: Bakery Jansen and Garage"
    assert states(tools) == ["merged", "sent"]


def test_a_server_that_asks_to_come_back_later_gets_each_mail_once(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """F20"""
    sink.on_mail = "451 greylisted"
    breaks(tools)
    for _ in range(4):
        assert tell(tools, clock, wait=1000) == 0
    assert states(tools) == ["retry"]
    sink.on_mail = None
    clock.advance(minutes=15)
    assert send_due(tools) == 1
    assert len(sink.envelopes) == 1


def test_a_mail_that_waits_is_not_tried_before_its_pause_is_over(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R54"""
    sink.on_mail = "451 greylisted"
    breaks(tools)
    tell(tools, clock)
    sink.on_mail = None
    clock.advance(seconds=14)
    assert send_due(tools) == 0
    clock.advance(seconds=16)
    assert send_due(tools) == 1


def test_a_refused_recipient_does_not_hold_up_the_others(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """F21"""
    colleagues(tools, anna, 3)

    async def refuse_anna(server, session, envelope, address, options):
        if address == "anna@example.org":
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    sink.handle_RCPT = refuse_anna
    breaks(tools)
    assert tell(tools, clock) == 3
    assert states(tools) == ["dead", "sent", "sent", "sent"]
    (dead,) = [row for row in rows(tools, DeliveryRow) if row.state == "dead"]
    assert "550" in dead.error
    clock.advance(hours=5)
    assert send_due(tools) == 0


def test_a_server_that_is_away_is_not_asked_for_every_mail(
    tools: Tools, anna: UUID, server: SinkServer, clock: FrozenClock
) -> None:
    """R54: a long queue does not wait for each time-out."""
    colleagues(tools, anna, 10)
    breaks(tools)
    asked: list[Letter] = []

    class Away:
        def send(self, letter: Letter) -> Sent | Failed:
            asked.append(letter)
            return Failed(kind="retry", why="The mail server cannot be reached.")

    tell(replace(tools, mailer=Away()), clock)
    assert len(asked) == 3


def test_what_no_server_took_for_days_is_given_up_and_stays_visible(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    sink.on_mail = "451 never"
    breaks(tools)
    tell(tools, clock)
    clock.advance(days=3, seconds=1)
    assert send_due(tools) == 0
    (row,) = rows(tools, DeliveryRow)
    assert (row.state, row.error) == ("dead", "Given up after 3 days.")


def test_a_refused_login_holds_up_all_mail_until_one_try_succeeds(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    """R54: global pause, and nothing is lost."""
    colleagues(tools, anna, 4)
    breaks(tools)
    letters = LetterBox(LOGIN, LOGIN)
    tools = replace(tools, mailer=letters)
    assert tell(tools, clock) == 0
    pause = pause_now(tools)
    assert pause is not None
    assert "535" in pause.why
    assert send_due(tools) == 0
    assert len(letters.letters) == 1
    clock.advance(minutes=10)
    assert send_due(tools) == 0
    assert len(letters.letters) == 2
    clock.advance(minutes=10)
    assert send_due(tools) == 5
    assert pause_now(tools) is None
    assert states(tools) == ["sent"] * 5


def meeting(place: str, *, people: int = 2) -> Callable[[str], None]:
    """A plan that lets senders go on from a point only together, or after half a second."""
    barrier = Barrier(people)

    def wait(name: str) -> None:
        if name == place:
            with suppress(BrokenBarrierError):
                barrier.wait(0.5)

    return wait


def test_during_a_pause_only_one_sender_at_a_time_tries(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    colleagues(tools, anna, 3)
    breaks(tools)
    letters = LetterBox(*[LOGIN] * 20)
    tools = replace(tools, mailer=letters)
    tell(tools, clock)
    clock.advance(minutes=10)
    before = len(letters.letters)
    with planned(meeting("mail.probing")), ThreadPoolExecutor(2) as pool:
        list(pool.map(send, [tools] * 2, [row.id for row in waiting(tools)]))
    assert len(letters.letters) - before == 1


def test_a_mail_that_may_have_arrived_is_sent_once_more_as_it_was(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    """F23, R54: at most two copies, with the same Message-ID."""
    breaks(tools)
    letters = LetterBox(UNKNOWN)
    tools = replace(tools, mailer=letters)
    tell(tools, clock)
    breaks(tools, "Garage")
    clock.advance(seconds=5)
    gather(tools)
    clock.advance(minutes=5)
    send_due(tools)
    first, again, other = sorted(letters.letters, key=lambda one: "Garage" in one.subject)
    assert first == again
    assert other.message_id != first.message_id
    assert states(tools) == ["sent", "sent"]


def test_a_mail_whose_fate_stays_unknown_is_left_alone_after_two_copies(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    """F23"""
    breaks(tools)
    letters = LetterBox(UNKNOWN, UNKNOWN)
    tools = replace(tools, mailer=letters)
    tell(tools, clock)
    clock.advance(minutes=5)
    send_due(tools)
    clock.advance(hours=1)
    assert send_due(tools) == 0
    assert len(letters.letters) == 2
    (row,) = rows(tools, DeliveryRow)
    assert row.state == "dead"
    assert "not known" in row.error


def test_a_mail_that_may_have_arrived_is_not_sent_again_to_whoever_lost_access(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    """R17"""
    breaks(tools)
    letters = LetterBox(UNKNOWN)
    tools = replace(tools, mailer=letters)
    tell(tools, clock)
    with tools.database.writing() as unit:
        unit.get_one(UserRow, anna).active = False
    clock.advance(minutes=5)
    send_due(tools)
    assert len(letters.letters) == 1
    assert states(tools) == ["suppressed"]


def test_a_mail_that_may_have_arrived_is_not_sent_again_when_an_account_in_it_was_lost(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    """R17: it would go as it was, with all the accounts that it spoke of."""
    bakery = breaks(tools)
    breaks(tools, "Garage")
    letters = LetterBox(UNKNOWN)
    tools = replace(tools, mailer=letters)
    tell(tools, clock)
    narrow = make_role(tools.database, name="Narrow", all_accounts=False)
    with tools.database.writing() as unit:
        unit.get_one(UserRow, anna).role_id = narrow
        unit.add(RoleAccountRow(role_id=narrow, account_id=bakery))
    clock.advance(minutes=5)
    send_due(tools)
    assert len(letters.letters) == 1
    assert states(tools) == ["suppressed"]


POINTS = ["mail.claimed", "mail.before_send", "mail.after_send", "mail.settled"]


@pytest.mark.parametrize("place", POINTS)
def test_a_sender_that_dies_anywhere_loses_no_mail(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock, place: str
) -> None:
    """R53, F24: a copy only if it died in the window of sending, and with the same Message-ID."""
    breaks(tools)
    clock.advance(seconds=5)
    gather(tools)

    def die(name: str) -> None:
        if name == place:
            raise KeyboardInterrupt

    with planned(die), pytest.raises(KeyboardInterrupt):
        send_due(tools)
    assert send_due(tools) == 0 or place == "mail.settled"
    clock.advance(seconds=LEASE.total_seconds())
    send_due(tools)
    copies = [mail["Message-ID"] for mail in mails(sink)]
    assert len(set(copies)) == 1
    assert len(copies) == (2 if place == "mail.after_send" else 1)
    assert states(tools) == ["sent"]


def test_a_sender_that_slept_over_its_lease_does_not_send(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R53: never more than one sender per row."""
    breaks(tools)
    clock.advance(seconds=5)
    gather(tools)
    woken: list[int] = []

    def oversleep(name: str) -> None:
        if name == "mail.claimed" and not woken:
            woken.append(1)
            clock.advance(seconds=LEASE.total_seconds())
            woken.append(send_due(tools))

    with planned(oversleep):
        assert send_due(tools) == 0
    assert woken == [1, 1]
    assert len(sink.envelopes) == 1


def test_a_sender_whose_mail_is_under_way_elsewhere_does_not_send(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R53: the lease has an owner; that somebody is sending is not enough."""
    breaks(tools)
    clock.advance(seconds=5)
    gather(tools)
    passed: list[str] = []

    def take_over(name: str) -> None:
        if name in {"mail.claimed", "mail.before_send"}:
            passed.append(name)
        if name == "mail.claimed" and len(passed) == 1:
            clock.advance(seconds=LEASE.total_seconds())
            with pytest.raises(KeyboardInterrupt):
                send_due(tools)
        elif name == "mail.before_send" and len(passed) == 3:
            raise KeyboardInterrupt

    with planned(take_over):
        assert send_due(tools) == 0
    assert sink.envelopes == []
    clock.advance(seconds=LEASE.total_seconds())
    assert send_due(tools) == 1


def test_a_mail_that_kills_its_sender_each_time_is_left_alone_in_the_end(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    breaks(tools)
    clock.advance(seconds=5)
    gather(tools)

    def die(name: str) -> None:
        if name == "mail.before_send":
            raise KeyboardInterrupt

    with planned(die):
        for _ in range(5):
            with pytest.raises(KeyboardInterrupt):
                send_due(tools)
            clock.advance(seconds=LEASE.total_seconds())
        assert send_due(tools) == 0
    assert states(tools) == ["dead"]


def test_eight_senders_at_once_send_no_mail_twice(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R53"""
    people = ["anna@example.org", *colleagues(tools, anna, 23)]
    for number in range(3):
        breaks(tools, f"Shop {number}")
    clock.advance(seconds=5)
    gather(tools)
    with ThreadPoolExecutor(8) as pool:
        sent = sum(pool.map(send_due, [tools] * 8))
    assert sent == 24
    assert recipients(sink) == sorted(people)
    assert states(tools) == ["sent"] * 24


def test_no_transaction_is_open_while_the_mail_server_is_talked_to(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    """R52: the database can be written to in the middle of a sending."""
    breaks(tools)

    class Writing:
        def send(self, letter: Letter) -> Sent | Failed:
            with tools.database.writing() as unit:
                unit.get_one(UserRow, anna).name = "Anna Written Meanwhile"
            return Sent()

    assert tell(replace(tools, mailer=Writing()), clock) == 1


def test_without_a_mail_server_mails_are_kept_to_be_read(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    account_id = breaks(tools)
    assert tell(replace(tools, mailer=None), clock) == 0
    (row,) = rows(tools, DeliveryRow)
    assert (row.state, row.recipient) == ("kept", "anna@example.org")
    assert row.subject == "Fakebook page Bakery Jansen has lost its link: relink it"
    assert str(account_id) in row.text


def test_kept_mails_are_not_sent_when_a_server_is_set_up_later(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    breaks(tools)
    tell(replace(tools, mailer=None), clock)
    clock.advance(days=1)
    assert send_due(tools) == 0
    assert sink.envelopes == []


HARMLESS = {
    *("charset", "name", "content", "lang", "style", "role", "class", "align"),
    *("cellpadding", "cellspacing", "aria-hidden", "href"),
}


class Elements(HTMLParser):
    """What a mail program would see in the markup."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value for name, value in attrs if name == "href"]


POLYGLOTS = [
    "x\r\nBcc: victim@example.org",
    "=?utf-8?q?=0ABcc:?= victim@example.org",
    '"><img src=x onerror=alert(1)>{{7*7}}<script>alert(1)</script>',
    "' hx-get='/steal' data-hx-on='x' javascript:alert(1)",
    "evil\u202egnp.exe\u2028second line\0end",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16") + " bakery",
]


@pytest.mark.parametrize("name", POLYGLOTS)
def test_a_hostile_name_stays_a_name(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock, name: str
) -> None:
    """R21, R56: no further recipient, no further header, no markup."""
    stored = name.replace("\0", "") if not tools.database.is_sqlite else name
    breaks(tools, stored)
    assert tell(tools, clock) == 1
    (envelope,) = sink.envelopes
    (mail,) = mails(sink)
    assert envelope.rcpt_tos == ["anna@example.org"]
    assert mail.get_all("To") == ["anna@example.org"]
    assert mail["Bcc"] is None
    assert len(mail.get_all("Subject")) == 1
    found = Elements()
    found.feed(mail.get_body(("html",)).get_content())
    assert not found.tags & {"img", "script", "svg", "form", "iframe"}
    assert found.attributes <= HARMLESS
    assert all(url.startswith("https://links.example.org/") for url in found.links)
    text = text_of(mail)
    assert not any(line.startswith(("Bcc", "second line")) for line in text.splitlines())


def test_what_only_a_refused_try_told_of_does_not_count_as_told(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    first = breaks(tools, "First")
    sink.on_data = "451 later"
    tell(tools, clock, wait=10)
    happen(tools, first, EXPIRED, HEALTHY)
    sink.on_data = None
    second = breaks(tools, "Second")
    tell(tools, clock, wait=600)
    told = [row for row in rows(tools, DeliveryRow) if row.accounts]
    assert {one for row in told for one in row.accounts} == {str(second)}


def test_no_more_than_so_many_mails_an_hour_the_rest_comes_in_one(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R61: hard cap per person, overflow collapses, and the cap leaves a line in the audit."""
    for number in range(CAP + 9):
        breaks(tools, f"Shop {number:02}")
        tell(tools, clock, wait=10)
    assert len(sink.envelopes) == CAP
    assert [row.action for row in rows(tools, AuditRow)] == ["mail.capped"]
    clock.advance(minutes=59)
    assert send_due(tools) == 1
    assert mails(sink)[-1]["Subject"].startswith("9 accounts have lost their link")
    assert states(tools).count("merged") == 8


def test_the_cap_holds_for_senders_that_count_at_the_same_moment(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R61"""
    for number in range(CAP - 1):
        breaks(tools, f"Shop {number:02}")
        tell(tools, clock, wait=10)
    breaks(tools, "Last")
    change_settings(tools, anna, None, "Role: Editor -> Viewer")
    clock.advance(minutes=1)
    gather(tools)
    with planned(meeting("mail.counted")), ThreadPoolExecutor(2) as pool:
        list(pool.map(send, [tools] * 2, [row.id for row in waiting(tools)]))
    assert len(sink.envelopes) == CAP


def waiting(tools: Tools) -> list[DeliveryRow]:
    return [row for row in rows(tools, DeliveryRow) if row.state in {"pending", "retry"}]


def test_a_changed_setting_is_told_with_who_and_what(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R16"""
    ada = make_user(tools.database, role_id=role_of(tools, anna), name="Ada")
    change_settings(tools, anna, ada, "Role: Editor -> Viewer", "Name: A -> Anna")
    assert tell(tools, clock) == 1
    (mail,) = mails(sink)
    assert mail["To"] == "anna@example.org"
    assert mail["Subject"] == "Ada changed your settings in Linkkeeper: look whether you agree"
    text = text_of(mail)
    assert "Role\nWas: Editor. Is now: Viewer." in text


def test_times_are_in_the_readers_zone(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    with tools.database.writing() as unit:
        unit.get_one(UserRow, anna).time_zone = "Europe/Amsterdam"
    breaks(tools)
    tell(tools, clock)
    text = text_of(mails(sink)[0])
    assert "Tuesday 24 November 2026, 11:00" in text
    assert "All times are in Europe/Amsterdam." in text


def test_a_delivery_that_does_not_exist_is_no_trouble(tools: Tools) -> None:
    from uuid import uuid4

    assert send(tools, uuid4()) == "not_ours"


def test_planned_posts_are_named_with_the_next_that_is_due(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    from tests.factories import make_publication

    account_id = breaks(tools)
    make_publication(tools.database, account_id, at=START + timedelta(hours=6), state="scheduled")
    make_publication(tools.database, account_id, at=START + timedelta(days=2), state="held")
    make_publication(tools.database, account_id, at=START - timedelta(days=2), state="loaded")
    tell(tools, clock)
    text = text_of(mails(sink)[0])
    assert "Due next: 2 posts are planned; the next is due Tuesday 24 November 2026, 16:00." in text


def test_what_a_mail_said_is_not_kept_once_it_went_out(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R73"""
    breaks(tools)
    tell(tools, clock)
    (row,) = rows(tools, DeliveryRow)
    assert (row.text, row.html) == ("", "")


def test_who_was_told_is_forgotten_after_a_season_but_not_what_still_waits(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R73"""
    breaks(tools)
    tell(tools, clock)
    clock.advance(days=89)
    breaks(tools, "Garage")
    clock.advance(seconds=5)
    gather(tools)
    forget_old_mails(tools)
    assert states(tools) == ["pending", "sent"]
    clock.advance(days=90)
    forget_old_mails(tools)
    assert states(tools) == ["pending"]


def test_a_mail_program_can_offer_to_stop_mails_that_may_be_stopped(
    tools: Tools, anna: UUID, sink: Sink, clock: FrozenClock
) -> None:
    """R56: one click, and only where a box can be unticked."""
    breaks(tools)
    change_settings(tools, anna, None, "Role: Editor -> Viewer")
    tell(tools, clock)
    told, settings = sorted(mails(sink), key=lambda mail: "settings" in mail["Subject"])
    (row,) = [row for row in rows(tools, DeliveryRow) if row.accounts]
    assert told["List-Unsubscribe"] == f"<https://links.example.org/mail/stop/{row.id}>"
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert settings["List-Unsubscribe"] is None
