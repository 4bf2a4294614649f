"""Servers on loopback that answer as they like, and clients that may reach them."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread

import pytest

from dashboard.adapters.http import HttpClient, Limits, Network
from dashboard.domain.wire import Ask, NoAnswerError


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Connection:
    """One accepted connection, from the server's side."""

    def __init__(self, sock: socket.socket, record: list[Request]) -> None:
        self.sock = sock
        self._stream = sock.makefile("rb")
        self._record = record

    def request(self) -> Request | None:
        first = self._stream.readline()
        if not first:
            return None
        method, path, _ = first.decode().split(" ")
        headers = {}
        while (line := self._stream.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = self._stream.read(int(headers.get("content-length", 0)))
        request = Request(method, path, headers, body)
        self._record.append(request)
        return request

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def close(self) -> None:
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self._stream.close()
        self.sock.close()


@dataclass
class Server:
    handle: Callable[[Connection], None]
    tls: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    accepted: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[Connection] = set()
        self._lock = Lock()
        Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self.tls is not None:
                sock = self.tls.wrap_socket(sock, server_side=True)
        except OSError:
            sock.close()
            return
        connection = Connection(sock, self.requests)
        with self._lock:
            self._open.add(connection)
        with suppress(OSError, ValueError):
            self.handle(connection)
        connection.close()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                connection.close()


def answer(body: bytes = b"", *, status: str = "200 OK", headers: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode() + body


def always(data: bytes) -> Callable[[Connection], None]:
    """Answer each request on the connection with the same bytes."""

    def handle(connection: Connection) -> None:
        while connection.request() is not None:
            connection.send(data)

    return handle


def once(data: bytes) -> Callable[[Connection], None]:
    """Answer one request, then close."""

    def handle(connection: Connection) -> None:
        connection.request()
        connection.send(data)

    return handle


def ask(url: str, **changes: object) -> Ask:
    return Ask(**{"call": "test call", "method": "GET", "url": url, "deadline": 5.0} | changes)


def leading_to(*addresses: str) -> Network:
    """A network in which every name leads to these addresses."""
    found = [(socket.AF_INET6 if ":" in a else socket.AF_INET, a) for a in addresses]
    return Network(lookup=lambda *_: found)


def silence(client: HttpClient, question: Ask) -> NoAnswerError:
    """The error that `question` ends with."""
    with pytest.raises(NoAnswerError) as caught:
        client.run(client.send(question))
    return caught.value


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(handle: Callable[[Connection], None], **options: object) -> Server:
        servers.append(Server(handle, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def client_for() -> Iterator[Callable[..., HttpClient]]:
    """A client that may reach the given servers, and nothing else that is private."""
    clients: list[HttpClient] = []

    def build(*servers: Server, **options: object) -> HttpClient:
        hosts = frozenset(f"127.0.0.1:{server.port}" for server in servers)
        options = {"limits": Limits(connect=1.0), "allow_private_hosts": hosts} | options
        clients.append(HttpClient(user_agent="Linkkeeper/test", **options))
        return clients[-1]

    yield build
    for client in clients:
        client.close()
