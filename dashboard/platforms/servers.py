"""The server that a person typed: hostile input that becomes one well-known form, an origin.

Only the form is judged here. Whether the address may be asked at all (private networks, other
ports, plain http) is decided where the connection is made, in one place for everything (R40, R41);
what it refuses comes back as a message at the field.
"""

import re
import unicodedata
from collections.abc import Collection

import idna

from dashboard.domain.errors import InvalidInputError
from dashboard.domain.wire import Ask, Http, NoAnswerError, Silence
from dashboard.platforms.answers import Reply, send

_LONGEST = 300
_LONGEST_NAME = 253
_HANDLE = re.compile(r"@?[A-Za-z0-9_.-]+@(?P<place>[^@/]+)", re.ASCII)
_ADDRESS = re.compile(r"(?:(?P<scheme>https?)://)?(?P<place>[^/]+)(?:/|/@[A-Za-z0-9_.-]+)?")
_PLACE = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^\[\]:@%\\?#\s]+)(?::(?P<port>[0-9]{1,5}))?")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
_USUAL_PORTS = {"https": "443", "http": "80"}

_REFUSALS = {
    Silence.FORBIDDEN_ADDRESS: "Linkkeeper does not connect to this address: only public servers "
    "reached by https are allowed. An administrator can allow others in the settings.",
    Silence.NAME_NOT_FOUND: "There is no server with this name. Check the spelling.",
    Silence.REDIRECTED: "This address leads on to another one. Type the address that your browser "
    "shows once the page is open.",
    Silence.TLS: "No secure connection to this server can be made. Check the spelling.",
}


def origin_of(typed: str, *, field: str) -> str:
    """Return the origin that was meant, such as https://mastodon.example.

    Takes a name, an address (of a profile, too) or a full handle such as @anna@mastodon.example;
    capitals and other than ASCII letters are brought into one form. Raises InvalidInputError at
    `field` for paths, user names, and whatever is no host.
    """
    plain = _visible(typed)
    if not plain:
        raise InvalidInputError(field, "Type the address of the server.")
    whole = len(plain) <= _LONGEST and (_HANDLE.fullmatch(plain) or _ADDRESS.fullmatch(plain))
    place = _PLACE.fullmatch(whole["place"]) if whole else None
    if not whole or not place:
        raise _not_a_server(field)
    scheme = whole.groupdict().get("scheme") or "https"
    host = place["host"] if place["host"].startswith("[") else _name(place["host"], field)
    port = place["port"]
    return f"{scheme}://{host}" + (f":{port}" if port and port != _USUAL_PORTS[scheme] else "")


def host_of(origin: str) -> str:
    """The host, with its port if that is not the usual one."""
    return origin.partition("://")[2]


async def ask_typed(
    http: Http,
    ask: Ask,
    *,
    field: str,
    hide: tuple[str, ...] = (),
    passing: Collection[Silence] = (),
) -> Reply:
    """Ask a server that a person has typed; what is wrong with its address is said at the field.

    Raises InvalidInputError, or NoAnswerError for a server that is only silent and for `passing`.
    """
    try:
        return await send(http, ask, hide)
    except NoAnswerError as error:
        if error.silence in _REFUSALS and error.silence not in passing:
            raise InvalidInputError(field, _REFUSALS[error.silence]) from error
        raise


def _visible(typed: str) -> str:
    """Without the invisible marks that come along when an address is copied from a page."""
    seen = "".join(letter for letter in typed if unicodedata.category(letter) != "Cf")
    return seen.strip().lower()


def _name(host: str, field: str) -> str:
    try:
        encoded = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError:  # idna.IDNAError is one
        raise _not_a_server(field) from None
    if len(encoded) > _LONGEST_NAME or not all(map(_LABEL.fullmatch, encoded.split("."))):
        raise _not_a_server(field)
    return encoded


def _not_a_server(field: str) -> InvalidInputError:
    why = "This is not the address of a server. Type only its name, such as mastodon.social."
    return InvalidInputError(field, why)
