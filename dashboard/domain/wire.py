"""A question to a platform and its answer, as plain data.

Platform files build `Ask`s and read `Answer`s; only `adapters/http.py` sends them. So a platform
file can be tested with recorded answers, and there is one place where the network is hostile.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from dashboard.domain.errors import LinkkeeperError


class Silence(StrEnum):
    """Why a question got no usable answer; none of these says anything about a token."""

    FORBIDDEN_ADDRESS = "forbidden_address"  # our own policy: private, loopback, wrong port (R40)
    NAME_NOT_FOUND = "name_not_found"
    NO_CONNECTION = "no_connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    REDIRECTED = "redirected"  # a redirect where none is allowed (R42)
    BROKEN_OFF = "broken_off"  # the connection ended in the middle of the answer
    HELD_BACK = "held_back"  # our budget at the host, or its wish to wait: nothing left
    NOT_SENT = "not_sent"  # circuit open or we are shutting down: nothing left this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One field of a form that carries files (RFC 7578); `filename` "" for a plain field."""

    name: str
    data: bytes = field(repr=False)
    filename: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One HTTP question. `deadline` is the total time in seconds, name resolution included.

    At most one of `form`, `json`, `parts` and `raw` is the body; `raw` goes with a Content-Type of
    its own among the headers.

    `redirects` is how many may be followed (same scheme, each hop checked, credentials dropped
    when the host changes); 0 for everything that carries a token (R42). `max_bytes` counts after
    decompression (R43). `units` is what a read takes of the platform's quota of the day. `call`
    names the question in evidence and logs, never the address.
    """

    call: str
    method: str
    url: str = field(repr=False)  # its query may hold a secret
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    json: object | None = field(default=None, repr=False)
    parts: tuple[Part, ...] = field(default=(), repr=False)
    raw: bytes | None = field(default=None, repr=False)
    deadline: float = 20.0
    redirects: int = 0
    max_bytes: int = 1_048_576
    units: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: `headers` have lower-case names; `body` is complete and within the limit."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class NoAnswerError(LinkkeeperError):
    """The question got no usable answer: network, time, size or policy; see `Silence`.

    `may_have_arrived` is True when the request had left, so its effect is unknown (R35, R77).
    """

    def __init__(self, silence: Silence, *, call: str, may_have_arrived: bool = False) -> None:
        super().__init__(f"No answer to {call}: {silence.value}")
        self.silence = silence
        self.call = call
        self.may_have_arrived = may_have_arrived


class Http(Protocol):
    """Sends questions. Raises NoAnswerError; every HTTP status is an Answer."""

    async def send(self, ask: Ask) -> Answer: ...
