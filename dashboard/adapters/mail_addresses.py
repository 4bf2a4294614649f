"""E-mail addresses, read strictly: one, nothing around it, the same text each time (R56)."""

import re
from email.utils import getaddresses

import idna

from dashboard.domain.errors import InvalidInputError

_LONGEST = 254
_LONGEST_LOCAL = 64
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_TOP = re.compile(r"[a-z][a-z0-9-]+", re.ASCII)
_WHY = "Enter one e-mail address, such as ada@example.org."


def parse_address(text: str, *, field: str = "email") -> str:
    """Return the address in the form in which it is stored and compared.

    Raises InvalidInputError. Quoted local parts, comments, routes and numeric hosts are valid
    somewhere and used by nobody; here they are refused.
    """
    address = _normal(text.strip(" "))
    if address is None or "." not in address.rpartition("@")[2]:
        raise InvalidInputError(field, _WHY)
    return address


def parse_sender(text: str) -> tuple[str, str]:
    """Split the configured `Name <address>`; raises ValueError. A host without dot is fine here."""
    found = getaddresses([text])
    address = _normal(found[0][1]) if len(found) == 1 else None
    if address is None or any(character in text for character in "\r\n\0"):
        raise ValueError(_WHY)
    return found[0][0], address


def _normal(text: str) -> str | None:
    local, _, domain = text.rpartition("@")
    if not local.isascii():  # before lower(), which makes an ASCII k of the Kelvin sign
        return None
    local, domain = local.lower(), domain.lower()
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
        except UnicodeError:
            return None
    fits = len(local) <= _LONGEST_LOCAL and len(local) + 1 + len(domain) <= _LONGEST
    if not fits or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return None
    if not _TOP.fullmatch(domain.rpartition(".")[2]):
        return None
    return f"{local}@{domain}"
