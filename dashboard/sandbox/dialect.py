"""How a platform's dialect differs from the native one, as plain data; routes are elsewhere.

`NATIVE` is how Sandbox speaks for itself; the others are in the folder `dialects`.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from dashboard.sandbox.model import NATIVE_NETWORK, Role, Scope

SECRET = "sandbox-only-not-a-secret"
_EVERY_SCOPE = {scope.value: frozenset({scope}) for scope in Scope}


class Pkce(StrEnum):
    """Whether a log-in must prove with PKCE (S256) that it ends where it began."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    UNKNOWN = "unknown"  # what comes along is ignored


class Renewal(StrEnum):
    """How a permission is renewed without a person."""

    ROTATING = "rotating"  # each refresh token works once
    STEADY = "steady"  # the same refresh token again and again
    ITSELF = "itself"  # the access token is handed in for a fresh one
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """An account that the seed gives to a dialect; `name` gets the network's name behind it."""

    handle: str
    name: str
    about: str = "Seen on another network."
    manage: tuple[str, ...] = ("anna",)
    view: tuple[str, ...] = ()

    def team(self) -> Mapping[Role, tuple[str, ...]]:
        """Who may do what with it, by the ids of people."""
        return {Role.MANAGE: self.manage, Role.VIEW: self.view}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One platform's manners. `scopes` says what its permissions mean here.

    With `needs_push` an app hands its request in first, and the browser brings only its number.
    `asks_again` are the fields of a log-in that want the person to log in anew; `denial` is what
    the app is told when the person says no; `suffix` stands behind the address that leads back.
    """

    key: str
    label: str
    scopes: Mapping[str, frozenset[Scope]]
    separator: str = " "
    client_id_name: str = "client_id"
    pkce: Pkce = Pkce.REQUIRED
    needs_push: bool = False
    all_or_nothing: bool = False
    picks_accounts: bool = True
    asks_again: frozenset[tuple[str, str]] = frozenset({("prompt", "login")})
    denial: Mapping[str, str] = field(
        default_factory=lambda: {
            "error": "access_denied",
            "error_description": "The person said no.",
        }
    )
    suffix: str = ""
    renewal: Renewal = Renewal.ROTATING
    access_life: timedelta | None = None
    refresh_life: timedelta = timedelta(days=30)
    residents: tuple[Resident, ...] = ()

    @property
    def client_id(self) -> str:
        """Of Linkkeeper, which is registered with every dialect."""
        return f"linkkeeper-{self.key}"

    def names_in(self, text: str) -> tuple[str, ...]:
        """The permissions that are asked for, by the dialect's own names."""
        return tuple(filter(None, (name.strip() for name in text.split(self.separator))))

    def meaning(self, text: str) -> tuple[Scope, ...] | None:
        """What is asked for, in our order; None if a permission is unknown or there is none."""
        names = self.names_in(text)
        if not names or not set(names) <= set(self.scopes):
            return None
        wanted = frozenset[Scope]().union(*(self.scopes[name] for name in names))
        return tuple(scope for scope in Scope if scope in wanted)

    def granted_names(self, asked: str, scopes: tuple[Scope, ...]) -> tuple[str, ...]:
        """Those of the permissions `asked` that are covered by `scopes`, by their own names."""
        given = set(scopes) | {Scope.PROFILE}
        return tuple(name for name in self.names_in(asked) if self.scopes[name] <= given)


NATIVE = Dialect(key=NATIVE_NETWORK, label="Sandbox", scopes=_EVERY_SCOPE)


def number_of(text: str) -> str:
    """The number by which the dialects know somebody or something: always the same for a text."""
    return str(int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) + 10**14)
