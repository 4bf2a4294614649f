"""What is known about a link, and who an account is at its platform."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType
from uuid import UUID

from dashboard.domain.capabilities import Missing
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Evidence
from dashboard.domain.states import LinkState

AccountId = NewType("AccountId", UUID)
LinkId = NewType("LinkId", UUID)
GrantId = NewType("GrantId", UUID)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkHealth:
    """What is known about one link; the whole input and output of the state machine.

    `troubled_since` is the first failed check of the present trouble, which may be before the
    state changed; `misses` counts checks without an answer in a row, `silent_since` is the first
    of them; `doubts` counts refusals that wait for a second proof.
    """

    state: LinkState
    since: datetime
    cause: Cause | None = None
    evidence: Evidence | None = None
    missing: tuple[Missing, ...] = ()
    renew_by: datetime | None = None
    troubled_since: datetime | None = None
    silent_since: datetime | None = None
    misses: int = 0
    doubts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who an account is at its platform. `remote_id` is stable; all else may change (R28)."""

    remote_id: str
    name: str
    handle: str
    url: str = ""
    avatar_url: str = ""
