"""Opened secrets while they are used, and how they are sealed. Their `repr` shows nothing (R32)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class Sealer(Protocol):
    """Seals secrets to the place where they are stored (R31); `open` raises CannotDecryptError."""

    def seal(self, plain: bytes, *, table: str, row: str, column: str) -> bytes: ...

    def open(self, sealed: bytes, *, table: str, row: str, column: str) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Our registration with a platform, or with one server of it. The secret is shown nowhere."""

    client_id: str
    client_secret: str = field(default="", repr=False)
    server: str = ""  # origin such as https://mastodon.example; empty for one-server platforms
    scopes: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)  # what discovery told (endpoints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """The opened tokens of a grant; lives only inside services and platforms (R32).

    `extra` holds what a platform needs beside them (a Page token, a service address).
    """

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)
    scopes: frozenset[str] = frozenset()
    expires_at: datetime | None = None  # of the access part
    refresh_expires_at: datetime | None = None
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whose consent a grant is: the person at the platform."""

    remote_id: str
    name: str


def refresh_due(credential: Credential, *, obtained_at: datetime, spread: float) -> datetime | None:
    """When to renew: at a random point in the last 20-50 % of its life (R37).

    `spread` is a random number from 0 to 1. None when it has no end or cannot be renewed. The
    right to renew may end, too: it is used in time even if the access part lives longer.
    """
    if not credential.refresh:
        return None
    ends = [end for end in (credential.expires_at, credential.refresh_expires_at) if end]
    points = [obtained_at + (end - obtained_at) * (0.5 + 0.3 * spread) for end in ends]
    return min(points, default=None)
