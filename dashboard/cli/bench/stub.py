"""A platform that does nothing but answer, 50 ms after it was asked: its own process.

It speaks just enough of the Sandbox's protocol for a check to find that a link works, and costs so
little that the asking side is what is measured.
"""

import asyncio
import json
import sys

LATENCY = 0.05  # seconds
GONE = "gone-"
"""Accounts whose id begins like this are refused: their password was changed."""

_SCOPES = ["profile", "posts:read", "posts:write", "mentions:read", "messages:read"]


class _Answering(asyncio.Protocol):
    """One kept connection; questions have no body, and come one at a time."""

    def __init__(self) -> None:
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._line = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, _, self._read = self._read.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            asyncio.get_running_loop().call_later(LATENCY, self._answer, path.rpartition("/")[2])

    def _answer(self, account: str) -> None:
        said: dict[str, object] = {
            "id": account,
            "granted_scopes": _SCOPES,
            "your_role": "manage",
        }
        status = "200 OK"
        if account.startswith(GONE):
            said = {"error": "token_revoked", "cause": "password_changed"}
            status = "401 Unauthorized"
        body = json.dumps(said)
        if isinstance(self._line, asyncio.Transport) and not self._line.is_closing():
            head = (
                f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            self._line.write((head + body).encode())


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(
        _Answering, "127.0.0.1", 0, backlog=1024
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
