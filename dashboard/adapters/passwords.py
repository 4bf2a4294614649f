"""Passwords: which are taken (R1), how they are stored, and how long a wrong one takes (R7)."""

import secrets
from base64 import b64encode
from dataclasses import dataclass
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from dashboard.adapters.common_passwords import COMMON_PASSWORDS, PRODUCT_WORDS
from dashboard.domain.errors import InvalidInputError

_SHORTEST = 8
_LONGEST_BYTES = 1024
_DECORATION = "0123456789!@#$%^&*()-_=+.,;:?/ "
_MOST_DECORATION = 8
_LONGEST_REPEATED = 4
# 64 MiB each: more at once would be a way to exhaust the memory from the sign-in page.
_AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one hash costs; the defaults are RFC 9106's second recommendation."""

    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


class Passwords:
    """Argon2id; implements `services.ports.Passwords`."""

    def __init__(self, cost: Cost | None = None) -> None:
        cost = cost or Cost()
        self._hasher = PasswordHasher(
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            type=Type.ID,
        )
        self._nobodys = _hash_of_nothing(cost)
        self._slots = BoundedSemaphore(_AT_ONCE)

    def check_rules(self, password: str) -> None:
        """Raises InvalidInputError("password", ...) with what to do about it."""
        if len(password) < _SHORTEST:
            raise InvalidInputError("password", f"Use at least {_SHORTEST} characters.")
        if not _fits(password):
            raise InvalidInputError("password", f"Use at most {_LONGEST_BYTES} characters.")
        if _is_well_known(password.casefold()):
            raise InvalidInputError(
                "password", "Many people use this password. Choose one that nobody can guess."
            )

    def hash(self, password: str) -> str:
        """Return what to store."""
        with self._slots:
            return self._hasher.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        """Whether `password` is the stored one; an empty `stored` takes as long and is False."""
        if not _fits(password):
            return False
        with self._slots:
            try:
                return self._hasher.verify(stored or self._nobodys, password)
            except (VerificationError, InvalidHashError):
                return False

    def needs_rehash(self, stored: str) -> bool:
        """Whether `stored` was made at another cost than today's."""
        return self._hasher.check_needs_rehash(stored)


def _fits(password: str) -> bool:
    try:
        return len(password) <= _LONGEST_BYTES >= len(password.encode())
    except UnicodeEncodeError:  # half a surrogate pair: no keyboard types it
        return False


def _is_well_known(password: str) -> bool:
    if password in COMMON_PASSWORDS:
        return True
    word = password.strip(_DECORATION)
    if len(password) - len(word) <= _MOST_DECORATION and (
        word in COMMON_PASSWORDS or word in PRODUCT_WORDS or not word
    ):
        return True
    return any(
        password == (password[:length] * len(password))[: len(password)]
        for length in range(1, _LONGEST_REPEATED + 1)
    )


def _hash_of_nothing(cost: Cost) -> str:
    """A stored password that no password has, and that takes as long to compare as any."""

    def part(size: int) -> str:
        return b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()

    parameters = f"m={cost.memory_kib},t={cost.passes},p={cost.lanes}"
    return f"$argon2id$v=19${parameters}${part(16)}${part(32)}"
