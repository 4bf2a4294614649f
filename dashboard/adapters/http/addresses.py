"""Where questions may be sent: https on port 443 to names that lead to public addresses (R40, R41).

Pure: parses and judges, resolves and connects nothing. Whoever connects judges every resolved
address with `is_public` and connects to exactly that address.
"""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

import idna

_HTTPS_PORT = 443
_DEFAULT_PORTS = {"https": _HTTPS_PORT, "http": 80}
_LONGEST_URL = 8_192
_LONGEST_NAME = 253
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.ASCII)
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_BLANK = re.compile(r"[\x00-\x20\x7f]")
_PLACE = re.compile(
    r"(?:\[(?P<v6>[0-9a-fA-F:.]+)\]|(?P<name>[^\[\]:@%\\]+))(?::(?P<port>[0-9]{1,5}))?", re.ASCII
)

# The special-purpose registries of IANA (RFC 6890 and its updates), plus what clouds answer on.
_CLOSED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; also the metadata service of Alibaba Cloud
        "127.0.0.0/8",
        "168.63.129.16/32",  # looks public, is the host agent of every Azure machine
        "169.254.0.0/16",  # link-local; the metadata service of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # IETF protocols, Teredo among them: an IPv4 address in disguise
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
# The one translation in use: networks without IPv4 reach all of it through this prefix (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class Rule(StrEnum):
    """What an address can break; fit for logs, as none of it comes from the address."""

    CHARACTERS = "characters that do not belong into an address"
    ADDRESS = "not an address"
    PROTOCOL = "neither https nor http"
    PLACE = "more than a host and a port"
    HOST = "not a host name"
    NO_ASCII_FORM = "a name without an ASCII form"
    SHORTHAND = "a number where a name belongs"
    NOT_HTTPS = "not https"
    PORT = "a port other than 443"
    UNDOTTED = "a name without a dot"
    PRIVATE = "not a public address"


class ForbiddenAddressError(Exception):
    """Our own policy does not let a question go there."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule.value)
        self.rule = rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address that passed the rules for its text; `exempt` if the settings name it exactly."""

    scheme: str
    host: str  # ASCII, lower case, without brackets
    port: int
    path: str  # with the query, as it goes on the wire
    exempt: bool

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        return f"{self.scheme}://{_bracketed(self.host)}:{self.port}{self.path}"


def target_of(url: str, allow_private_hosts: frozenset[str] = frozenset()) -> Target:
    """Parse and judge `url`; raises ForbiddenAddressError.

    A name with other than ASCII letters is turned into its ASCII form first and judged as that.
    """
    parts = _split(url)
    host, port = _place(parts.netloc, _DEFAULT_PORTS[parts.scheme])
    target = Target(
        scheme=parts.scheme,
        host=host,
        port=port,
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        exempt=f"{_bracketed(host)}:{port}" in allow_private_hosts,
    )
    if not target.exempt:
        _judge(target)
    return target


def is_public(address: str) -> bool:
    """Whether `address` (numeric, IPv4 or IPv6) is globally routable unicast, disguises removed."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return _is_public_v4(parsed)
    if parsed.scope_id is not None:
        return False
    if parsed.ipv4_mapped is not None:
        return _is_public_v4(parsed.ipv4_mapped)
    if parsed in _NAT64:
        return _is_public_v4(ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF))
    return parsed in _GLOBAL_V6 and not any(parsed in network for network in _CLOSED_V6)


def _is_public_v4(address: ipaddress.IPv4Address) -> bool:
    return not any(address in network for network in _CLOSED_V4)


def _split(url: str) -> SplitResult:
    # urlsplit drops tabs and line ends in silence; other parsers do not, so none may be there.
    if len(url) > _LONGEST_URL or _BLANK.search(url):
        raise ForbiddenAddressError(Rule.CHARACTERS)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ForbiddenAddressError(Rule.ADDRESS) from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise ForbiddenAddressError(Rule.PROTOCOL)
    rest = parts.path + parts.query
    if not rest.isascii() or "\\" in rest:
        raise ForbiddenAddressError(Rule.CHARACTERS)
    return parts


@lru_cache(maxsize=1_000)  # the same few hosts are asked all day
def _place(netloc: str, usual_port: int) -> tuple[str, int]:
    """Host and port."""
    place = _PLACE.fullmatch(netloc)
    if place is None:  # a user name, an escape, a zone of IPv6, two ports
        raise ForbiddenAddressError(Rule.PLACE)
    host = _ipv6(place["v6"]) if place["v6"] else _name(place["name"])
    return host, int(place["port"] or usual_port)


def _ipv6(host: str) -> str:
    try:
        return ipaddress.IPv6Address(host).compressed
    except ValueError:
        raise ForbiddenAddressError(Rule.HOST) from None


def _name(host: str) -> str:
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
        except UnicodeError:  # idna.IDNAError is one
            raise ForbiddenAddressError(Rule.NO_ASCII_FORM) from None
    host = host.lower()
    labels = host.split(".")
    if len(host) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        raise ForbiddenAddressError(Rule.HOST)  # the final dot of `name.` included
    if _NUMERIC_LABEL.fullmatch(labels[-1]):
        _refuse_shorthand(host)
    return host


def _refuse_shorthand(host: str) -> None:
    """Refuse 127.1, 0x7f.1, 017700000001 and 2130706433: the system would read an IPv4 address."""
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        raise ForbiddenAddressError(Rule.SHORTHAND) from None


def _judge(target: Target) -> None:
    if target.scheme != "https":
        raise ForbiddenAddressError(Rule.NOT_HTTPS)
    if target.port != _HTTPS_PORT:
        raise ForbiddenAddressError(Rule.PORT)
    is_literal = ":" in target.host or target.host.rpartition(".")[2].isdecimal()
    if is_literal and not is_public(target.host):
        raise ForbiddenAddressError(Rule.PRIVATE)
    if "." not in target.host and ":" not in target.host:
        raise ForbiddenAddressError(Rule.UNDOTTED)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
