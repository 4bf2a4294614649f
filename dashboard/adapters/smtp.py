"""SMTP with a limit on everything, and what its errors mean for a letter (R54)."""

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from threading import Timer
from typing import Any, Literal, TypeAlias

from dashboard.settings import MailServer

_LONGEST_WHY = 300
_PERMANENT = 500
# "Authentication required" and its kin can come in answer to any command (RFC 4954, section 6).
_NOT_LET_IN = frozenset({530, 534, 535, 538})

Kind: TypeAlias = Literal["retry", "refused", "login", "unknown_outcome"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait, in seconds: for each reply, for the last one, and in all.

    Servers look through a letter before they confirm it, and giving up there leaves its outcome
    unknown, so the last reply is waited for longer (RFC 5321, section 4.5.3.2.6).
    """

    reply: float = 10.0
    last_reply: float = 60.0
    overall: float = 120.0


@dataclass(frozen=True, slots=True)
class Sent:
    """The server has taken the letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """It has not, or we cannot know; `why` is a sentence for administrators.

    retry: trouble that passes. refused: this letter will never be taken. login: the server does
    not let us in, so no letter will go. unknown_outcome: the connection ended after the letter had
    been handed over, so it may have arrived.
    """

    kind: Kind
    why: str


class NotOfferedError(Exception):
    """The server lacks what we insist on."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.why)
        self.failed = failed


class Smtp(smtplib.SMTP):
    """Hangs up by itself when all of it takes too long, and knows whether the letter has left."""

    def __init__(self, host: str, port: int, *, patience: Patience, **options: Any) -> None:
        self.handed_over = False
        self._patience = patience
        self._at_data = False
        self._too_late = False
        self._alarm = Timer(patience.overall, self._hang_up)
        self._alarm.daemon = True
        self._alarm.start()
        try:
            super().__init__(host, port, timeout=patience.reply, **options)
        except BaseException:
            self._alarm.cancel()
            raise

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the letter; from here on, bytes are its content, as commands are str."""
        self._at_data = True
        return super().data(msg)

    def send(self, s: Any) -> None:
        """Send a command or the letter."""
        if self._too_late:
            raise TimeoutError
        super().send(s)
        if self._at_data and isinstance(s, bytes) and self.sock is not None:
            self.handed_over = True
            self.sock.settimeout(self._patience.last_reply)

    def close(self) -> None:
        """Hang up without a word."""
        self._alarm.cancel()
        super().close()

    def farewell(self) -> None:
        """Hang up politely; that the server is gone already is no trouble any more."""
        with suppress(smtplib.SMTPException, OSError):
            self.quit()
        self.close()

    def _hang_up(self) -> None:
        # A server that drips a byte now and then keeps within the time limit of each reading.
        self._too_late = True
        with suppress(OSError):
            if self.sock is not None:
                self.sock.shutdown(socket.SHUT_RDWR)


class SmtpSsl(Smtp, smtplib.SMTP_SSL):
    """The same with TLS from the first byte."""


def open_connection(
    server: MailServer, *, authorities: ssl.SSLContext, patience: Patience, our_name: str
) -> Smtp:
    """Connect, secure and log in; raises OSError, SMTPException or NotOfferedError.

    Without the TLS that the settings ask for it does not go on.
    """
    options: dict[str, Any] = {"local_hostname": our_name, "patience": patience}
    if server.tls == "ssl":
        host: Smtp = SmtpSsl(server.host, server.port, context=authorities, **options)
    else:
        host = Smtp(server.host, server.port, **options)
    try:
        if server.tls == "starttls":
            _secure(host, authorities)
        if server.user is not None:
            _log_in(host, server.user, server.password or "")
    except BaseException:
        host.close()
        raise
    return host


_REFUSALS: tuple[tuple[type[smtplib.SMTPResponseException], Kind, str], ...] = (
    (smtplib.SMTPSenderRefused, "login", "The mail server does not accept us as sender"),
    (smtplib.SMTPAuthenticationError, "login", "The mail server does not accept our password"),
    (smtplib.SMTPDataError, "refused", "The mail server refuses the letter"),
    (smtplib.SMTPResponseException, "retry", "The mail server is not ready"),
)
_INTERRUPTIONS: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLCertVerificationError, "The certificate of the mail server is not valid for it."),
    (ssl.SSLError, "No secure connection to the mail server could be made."),
    (smtplib.SMTPServerDisconnected, "The mail server hung up or took too long."),
    (Exception, "The mail server cannot be reached."),
)


def failure_of(error: Exception, *, handed_over: bool) -> Failed:
    """Say what `error` means for the letter that was being sent."""
    if isinstance(error, NotOfferedError):
        return error.failed
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, reply = next(iter(error.recipients.values()))
        return _by_code(code, reply, "refused", "The mail server refuses the recipient")
    if isinstance(error, smtplib.SMTPResponseException):
        kind, text = next(found[1:] for found in _REFUSALS if isinstance(error, found[0]))
        return _by_code(error.smtp_code, error.smtp_error, kind, text)
    if handed_over:
        return Failed(kind="unknown_outcome", why="The connection ended after the letter.")
    return Failed(
        kind="retry", why=next(text for of, text in _INTERRUPTIONS if isinstance(error, of))
    )


def _secure(host: Smtp, authorities: ssl.SSLContext) -> None:
    try:
        host.starttls(context=authorities)
    except smtplib.SMTPNotSupportedError:
        why = "The mail server offers no encryption (STARTTLS); nothing is sent without it."
        raise NotOfferedError(Failed(kind="retry", why=why)) from None


def _log_in(host: Smtp, user: str, password: str) -> None:
    try:
        host.login(user, password)
    except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
        raise
    except (smtplib.SMTPException, UnicodeEncodeError):
        why = "The mail server offers no way to log in with this user name and password."
        raise NotOfferedError(Failed(kind="login", why=why)) from None


def _by_code(code: int, reply: bytes | str, permanent: Kind, text: str) -> Failed:
    words = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    said = "".join(c if c.isprintable() else " " for c in words)
    kind: Kind = "login" if code in _NOT_LET_IN else permanent
    return Failed(
        kind=kind if code >= _PERMANENT else "retry",
        why=f"{text}: {code} {said}"[:_LONGEST_WHY],
    )
