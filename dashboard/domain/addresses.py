"""E-mail addresses and names of people: what is taken, and in which form it is stored (R56)."""

import re

from dashboard.domain.errors import InvalidInputError

_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_LONGEST_ADDRESS = 254
_LONGEST_NAME = 120


def folded(typed: str) -> str:
    """Return the form in which addresses are compared."""
    return typed.strip().lower()


def is_address(typed: str) -> bool:
    """Whether it could be anybody's; what could not is not worth looking up."""
    address = folded(typed)
    return len(address) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(address) is not None


def email_address(typed: str) -> str:
    """Return the address as it is stored; raises InvalidInputError("email", ...)."""
    if not is_address(typed):
        raise InvalidInputError("email", "Type an address such as anna@example.org.")
    return folded(typed)


def person_name(typed: str) -> str:
    """Return the name with single spaces; raises InvalidInputError("name", ...)."""
    name = " ".join(typed.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInputError("name", f"Type a name of at most {_LONGEST_NAME} characters.")
    return name
