"""What a platform tells by itself: at best a hint to look, never a proof (R46-R48)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A request that came to a push address; nothing in it is trusted yet.

    `headers` have lower-case names.
    """

    method: str
    headers: Mapping[str, str] = field(repr=False)
    query: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PushHint:
    """One verified message. `id` is the platform's own or a hash: the same message twice is one.

    `subjects` are people at the platform (`Subject.remote_id`), `accounts` are `Identity.remote_id`
    of links that should be looked at now; empty both when it concerns nobody. `what` is for the
    journal ("authorization.removed 1").
    """

    id: str
    what: str
    subjects: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAnswer:
    """What the platform must be told at once, with the hints that came.

    With `wants_receipt` it is told an address where the person can see that it came.
    """

    hints: tuple[PushHint, ...] = ()
    status: int = 200
    body: str = ""
    media_type: str = "text/plain"
    wants_receipt: bool = False


class ForgedPushError(Exception):
    """Not signed by whom it claims, too old, or unreadable; told to nobody in detail."""
