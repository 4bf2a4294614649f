"""Addresses told by strangers: believed only as a bare https origin, or as one of our own hosts.

Whether an origin may be asked at all is decided where the connection is made (R40, R41). Our own
hosts matter in the demo and in tests, where they are paths of the Sandbox.
"""

from dashboard.domain.errors import InvalidInputError, LinkkeeperError
from dashboard.domain.wire import Ask, Http, NoAnswerError, Silence
from dashboard.platforms.answers import Reply, send
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.servers import origin_of

_LARGEST_DOCUMENT = 65_536


class UnfitServerError(LinkkeeperError):
    """A server does not offer what the protocol demands, or contradicts itself; `why` says it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def place_of(value: object, hosts: Hosts) -> str:
    """The origin, exactly as it was told but for a final slash; "" for anything else."""
    if not isinstance(value, str):
        return ""
    told = value.removesuffix("/")
    if told in hosts.values():
        return told
    try:
        origin = origin_of(told, field="")
    except InvalidInputError:
        return ""
    return told if told.startswith("https://") and origin == told else ""


async def document(http: Http, call: str, url: str) -> Reply:
    """Read a public document without following anybody anywhere; raises NoAnswerError."""
    ask = Ask(
        call=call,
        method="GET",
        url=url,
        headers={"Accept": "application/json"},
        max_bytes=_LARGEST_DOCUMENT,
    )
    return await send(http, ask)


def settled(reply: Reply) -> None:
    """Raises NoAnswerError for an answer that speaks of the server's state only (R36)."""
    if reply.silence():
        raise NoAnswerError(Silence.BROKEN_OFF, call=reply.call)
