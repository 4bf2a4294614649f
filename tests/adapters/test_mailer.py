"""Letters reach a real mail server, and each way to fail is told apart (R54)."""

import logging
import socket
import ssl
import time
from contextlib import suppress
from email import message_from_bytes
from email.policy import default
from threading import Thread

import pytest

from dashboard.adapters.letter import Letter
from dashboard.adapters.mailer import Mailer
from dashboard.adapters.smtp import Failed, Patience, Sent
from dashboard.settings import MailServer, Settings
from tests.adapters.certificates import Authority
from tests.adapters.mail_sink import Sink, SinkServer

QUICK = Patience(reply=1.0, last_reply=1.0, overall=3.0)
LETTER = Letter(
    to="ada@example.org",
    subject="Relink @bakery on Mastodon",
    text="Hello Ada",
    html="<p>Hello Ada</p>",
    message_id="<abc@example.org>",
)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture
def mailer_to(authority):
    """Start the sink as a mail server on loopback and return a mailer that hands in there."""
    servers = []

    def start(sink, *, tls="none", context=None, user=None, password=None):
        servers.append(SinkServer(sink, tls=tls, context=context))
        return mailer(
            MailServer(
                host="127.0.0.1", port=servers[-1].port, tls=tls, user=user, password=password
            ),
            authority,
        )

    yield start
    for server in servers:
        server.close()


def mailer(server, authority=None, patience=QUICK):
    return Mailer(
        server,
        sender="Link Keeper <keeper@example.org>",
        patience=patience,
        authorities=None if authority is None else authority.trusting(),
    )


def test_letter_arrives_with_one_recipient_and_what_was_written(mailer_to):
    sink = Sink()
    assert mailer_to(sink).send(LETTER) == Sent()
    (envelope,) = sink.envelopes
    message = message_from_bytes(envelope.content, policy=default)
    assert envelope.mail_from == "keeper@example.org"
    assert envelope.rcpt_tos == ["ada@example.org"]
    assert message["Subject"] == LETTER.subject
    assert message["Message-ID"] == LETTER.message_id
    assert message.get_body(("plain",)).get_content().strip() == "Hello Ada"


def test_same_letter_sent_again_has_the_same_message_id(mailer_to):
    """R53."""
    sink = Sink()
    mail = mailer_to(sink)
    assert [mail.send(LETTER) for _ in range(2)] == [Sent(), Sent()]
    ids = [message_from_bytes(found.content)["Message-ID"] for found in sink.envelopes]
    assert ids == [LETTER.message_id] * 2


@pytest.mark.parametrize("tls", ["starttls", "ssl"])
def test_letter_and_password_travel_encrypted(mailer_to, authority, tls):
    sink = Sink(password=b"geheim")
    mail = mailer_to(
        sink, tls=tls, context=authority.server("127.0.0.1"), user="keeper", password="geheim"
    )
    assert mail.send(LETTER) == Sent()
    assert sink.logins[0] == (b"keeper", b"geheim")
    assert sink.envelopes


@pytest.mark.parametrize(
    ("sink", "kind"),
    [
        (Sink(on_mail="451 try later"), "retry"),
        (Sink(on_mail="550 not you"), "login"),
        (Sink(on_mail="530 5.7.0 authentication required"), "login"),
        (Sink(on_recipient="450 greylisted"), "retry"),
        (Sink(on_recipient="550 5.1.1 no such user"), "refused"),
        (Sink(on_recipient="530 5.7.0 authentication required"), "login"),
        (Sink(on_data="451 try later"), "retry"),
        (Sink(on_data="554 looks like spam"), "refused"),
    ],
)
def test_answer_of_the_server_decides_what_happens_to_the_letter(mailer_to, sink, kind):
    failed = mailer_to(sink).send(LETTER)
    said = sink.on_mail or sink.on_recipient or sink.on_data
    assert failed.kind == kind
    assert said in failed.why


def test_wrong_password_is_no_fault_of_the_letter(mailer_to, authority):
    sink = Sink(password=b"geheim")
    mail = mailer_to(
        sink, tls="starttls", context=authority.server("127.0.0.1"), user="k", password="wrong"
    )
    failed = mail.send(LETTER)
    assert failed.kind == "login"
    assert "wrong" not in failed.why
    assert sink.envelopes == []


@pytest.mark.parametrize("password", ["x", "pässword"])
def test_server_without_a_login_that_fits_is_no_fault_of_the_letter(mailer_to, authority, password):
    sink = Sink(password=None if password == "x" else b"y")
    mail = mailer_to(
        sink, tls="starttls", context=authority.server("127.0.0.1"), user="k", password=password
    )
    assert mail.send(LETTER).kind == "login"
    assert sink.envelopes == []


def test_nothing_is_sent_when_encryption_is_not_offered(mailer_to):
    """No silent downgrade, also not of the password."""
    sink = Sink(password=b"geheim")
    failed = mailer_to(sink, tls="starttls", user="k", password="geheim").send(LETTER)
    assert failed.kind == "retry"
    assert "no encryption" in failed.why
    assert (sink.envelopes, sink.logins) == ([], [])


@pytest.mark.parametrize("tls", ["starttls", "ssl"])
@pytest.mark.parametrize("fault", ["wrong name", "expired", "unknown authority"])
def test_wrong_certificate_stops_everything(mailer_to, authority, tmp_path, tls, fault):
    context = {
        "wrong name": lambda: authority.server("other.example"),
        "expired": lambda: authority.server("127.0.0.1", days_ago=60),
        "unknown authority": lambda: Authority(tmp_path).server("127.0.0.1"),
    }[fault]()
    sink = Sink()
    failed = mailer_to(sink, tls=tls, context=context).send(LETTER)
    assert failed.kind == "retry"
    assert "certificate" in failed.why
    assert sink.envelopes == []


@pytest.mark.parametrize(
    "changes",
    [{"subject": "x\r\nBcc: v@x.example"}, {"to": "a@x.example, b@y.example"}, {"text": "\ud800"}],
)
def test_letter_that_cannot_be_built_is_refused_without_a_connection(changes):
    nowhere = MailServer(host="127.0.0.1", port=9, tls="none")
    values = {name: getattr(LETTER, name) for name in Letter.__slots__}
    failed = mailer(nowhere).send(Letter(**values | changes))
    assert failed.kind == "refused"


# Servers that break off or never end: a script of replies on a bare socket.


@pytest.fixture
def scripted():
    """A server that says `replies` in turn, one per command, and then hangs up."""
    listeners = []

    def start(*replies, pause=0.0, pause_before_last=0.0, keep=False):
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def talk():
            peer, _ = listener.accept()
            with suppress(OSError), peer, peer.makefile("rb") as stream:
                for number, reply in enumerate(replies):
                    if number:
                        read_command(stream, whole=replies[number - 1].startswith("354"))
                    if number == len(replies) - 1:
                        time.sleep(pause_before_last)
                    for byte in f"{reply}\r\n".encode():
                        peer.sendall(bytes([byte]))
                        time.sleep(pause)
                if keep:
                    stream.read()
                elif replies[-1].startswith("354"):
                    read_command(stream, whole=True)

        Thread(target=talk, daemon=True).start()
        return MailServer(host="127.0.0.1", port=listener.getsockname()[1], tls="none")

    yield start
    for listener in listeners:
        listener.close()


def read_command(stream, *, whole):
    line = stream.readline()
    while whole and line not in (b".\r\n", b""):
        line = stream.readline()


TALK = ["220 hello", "250 fine", "250 sender", "250 recipient", "354 go on"]


@pytest.mark.parametrize("stage", range(1, 5))
def test_server_that_hangs_up_before_the_letter_is_asked_again(scripted, stage):
    failed = mailer(scripted(*TALK[:stage])).send(LETTER)
    assert failed == Failed(kind="retry", why="The mail server hung up or took too long.")


def test_server_that_hangs_up_after_the_letter_leaves_the_outcome_unknown(scripted):
    """F23."""
    assert mailer(scripted(*TALK)).send(LETTER).kind == "unknown_outcome"


def test_server_that_says_nothing_after_the_letter_leaves_the_outcome_unknown(scripted):
    server = scripted(*TALK, keep=True)
    assert mailer(server, patience=Patience(last_reply=0.2)).send(LETTER).kind == "unknown_outcome"


def test_server_that_looks_through_the_letter_first_is_given_its_time(scripted):
    server = scripted(*TALK, "250 taken", pause_before_last=0.4)
    assert mailer(server, patience=Patience(reply=0.2, last_reply=5.0)).send(LETTER) == Sent()


def test_letter_that_was_taken_stays_taken_when_the_server_hangs_up(scripted):
    assert mailer(scripted(*TALK, "250 taken")).send(LETTER) == Sent()


def test_server_that_says_nothing_at_all_is_left_in_time(scripted):
    server = scripted(keep=True)
    began = time.monotonic()
    failed = mailer(server, patience=Patience(reply=0.2)).send(LETTER)
    assert failed == Failed(kind="retry", why="The mail server hung up or took too long.")
    assert time.monotonic() - began < 2


def test_server_that_drips_is_left_when_all_of_it_takes_too_long(scripted):
    """F22: each byte comes in time, the whole does not."""
    server = scripted("220 " + "x" * 500, keep=True, pause=0.05)
    began = time.monotonic()
    failed = mailer(server, patience=Patience(reply=1.0, overall=0.3)).send(LETTER)
    assert failed.kind == "retry"
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("reply", ["421 busy", "554 no service"])
def test_server_that_is_not_ready_is_asked_again(scripted, reply):
    assert mailer(scripted(reply)).send(LETTER).kind == "retry"


def test_port_where_nobody_listens_is_asked_again(scripted):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    failed = mailer(MailServer(host="127.0.0.1", port=port, tls="none")).send(LETTER)
    assert failed == Failed(kind="retry", why="The mail server cannot be reached.")


def test_words_of_the_server_are_kept_short_and_on_one_line(scripted):
    failed = mailer(scripted(*TALK[:3], "550-no\r\n550 \x1b[31m" + "x" * 400)).send(LETTER)
    assert failed.kind == "refused"
    assert failed.why.isprintable()
    assert len(failed.why) <= 300


def test_log_tells_the_kind_of_failure_and_nothing_of_the_letter(mailer_to, caplog):
    caplog.set_level(logging.DEBUG)
    mailer_to(Sink(on_recipient="550 no ada@example.org here")).send(LETTER)
    assert [found.kind for found in caplog.records if found.name.startswith("dashboard")] == [
        "refused"
    ]
    ours = [str(vars(found)) for found in caplog.records if found.name.startswith("dashboard")]
    assert "ada@example.org" not in str(ours)


def test_installation_without_mail_server_has_no_mailer(tmp_path):
    settings = Settings(
        data_dir=tmp_path, base_url="https://keeper.example", database_url="sqlite://"
    )
    assert Mailer.from_settings(settings) is None


def test_mailer_of_the_settings_verifies_certificates(tmp_path):
    settings = Settings(
        data_dir=tmp_path,
        base_url="https://keeper.example",
        database_url="sqlite://",
        mail_server=MailServer(host="mail.example", port=587, tls="starttls"),
    )
    found = Mailer.from_settings(settings)
    assert found is not None
    assert found._authorities.verify_mode is ssl.CERT_REQUIRED
    assert found._authorities.check_hostname
