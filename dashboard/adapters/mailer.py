"""Sending of letters through Flask-Mail, one connection each; rendering is in `letters`.

As shipped, Flask-Mail waits for ever, does not verify the certificate behind STARTTLS, and builds
messages from loose strings: its connection and its message are replaced here. It works with or
without a Flask application around, so workers use it like the web process.
"""

import logging
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from types import TracebackType

import flask_mail
from flask import Flask

from dashboard.adapters.authorities import verifying_context
from dashboard.adapters.clock import utc_now
from dashboard.adapters.letter import Letter, UnsafeLetterError, bytes_of
from dashboard.adapters.mail_addresses import parse_sender
from dashboard.adapters.smtp import (
    Failed,
    NotOfferedError,
    Patience,
    Sent,
    Smtp,
    failure_of,
    open_connection,
)
from dashboard.settings import MailServer, Settings

logger = logging.getLogger(__name__)


class Mailer:
    """Hands letters to the mail server; safe to use from many threads."""

    def __init__(
        self,
        server: MailServer,
        *,
        sender: str,
        patience: Patience | None = None,
        authorities: ssl.SSLContext | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`sender` is `Name <address>`; `authorities` replaces those that the system trusts."""
        self._server = server
        self._sender = parse_sender(sender)
        self._patience = patience or Patience()
        self._authorities = authorities or verifying_context()
        self._now = now
        # Flask-Mail takes its settings from an application and announces each mail to it. This one
        # has no routes; the product's own is not needed, so neither is it in a worker.
        self._app = Flask("linkkeeper-mail")
        self._mail = flask_mail.Mail(self._app)

    @classmethod
    def from_settings(cls, settings: Settings) -> "Mailer | None":
        """The mailer of this installation; None when no mail server is set up."""
        if settings.mail_server is None:
            return None
        return cls(settings.mail_server, sender=settings.mail_from)

    def send(self, letter: Letter) -> Sent | Failed:
        """Hand over one letter; raises nothing that a mail server can cause. Blocks.

        The same letter may be given again; its Message-ID lets the recipient see one (R53).
        """
        found = self._attempt(letter)
        if isinstance(found, Failed):
            logger.warning("letter not sent", extra={"kind": found.kind})
        return found

    def _attempt(self, letter: Letter) -> Sent | Failed:
        try:
            content = bytes_of(letter, sender=self._sender, now=self._now())
        except UnsafeLetterError as error:
            return Failed(kind="refused", why=f"The letter cannot be sent: {error.why}.")
        connection = _Connection(self._mail, self._connect)
        try:
            with self._app.app_context(), connection:
                connection.send(_PreparedMessage(letter.to, self._sender[1], content))
        except (OSError, smtplib.SMTPException, NotOfferedError) as error:
            return failure_of(error, handed_over=connection.handed_over)
        return Sent()

    def _connect(self) -> Smtp:
        return open_connection(
            self._server,
            authorities=self._authorities,
            patience=self._patience,
            our_name=self._sender[1].rpartition("@")[2],
        )


class _Connection(flask_mail.Connection):
    """Flask-Mail's connection with our way to connect and to part."""

    def __init__(self, mail: flask_mail.Mail, connect: Callable[[], Smtp]) -> None:
        super().__init__(mail)
        self._connect = connect

    @property
    def handed_over(self) -> bool:
        return isinstance(self.host, Smtp) and self.host.handed_over

    def configure_host(self) -> Smtp:
        return self._connect()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Part without an error: a letter that was taken stays taken."""
        if isinstance(self.host, Smtp):
            if exc_type is None:
                self.host.farewell()
            else:
                self.host.close()


class _PreparedMessage(flask_mail.Message):
    """A message whose bytes are made already; Flask-Mail adds the envelope."""

    def __init__(self, to: str, sender: str, content: bytes) -> None:
        super().__init__(recipients=[to], sender=sender)
        self._content = content

    def as_bytes(self) -> bytes:
        return self._content
