"""A mail server on loopback (aiosmtpd) that takes letters, or answers as it is told."""

import asyncio
import ssl
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope


@dataclass
class Sink:
    """What a mail server does; a reply other than None stands in for its own."""

    on_mail: str | None = None
    on_recipient: str | None = None
    on_data: str | None = None
    password: bytes | None = None
    envelopes: list[Envelope] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.on_mail is None:
            envelope.mail_from = address
        return self.on_mail or "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.on_recipient is None:
            envelope.rcpt_tos.append(address)
        return self.on_recipient or "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.on_data is None:
            self.envelopes.append(envelope)
        return self.on_data or "250 OK"

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == self.password, handled=False)


class SinkServer:
    """Runs a sink on a thread of its own. `tls` is "starttls", "ssl" or "none"."""

    def __init__(
        self, sink: Sink, *, tls: str = "none", context: ssl.SSLContext | None = None
    ) -> None:
        options: dict[str, Any] = {"hostname": "sink.example", "enable_SMTPUTF8": False}
        if tls == "starttls":
            options["tls_context"] = context
        if sink.password is not None:
            options["authenticator"] = sink.authenticate
            options["auth_require_tls"] = tls == "starttls"
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._call(
            self._loop.create_server(
                lambda: SMTP(sink, loop=self._loop, **options),
                "127.0.0.1",
                0,
                ssl=context if tls == "ssl" else None,
            )
        )
        self.port: int = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _call(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)
