"""What a link can be used for, and what may be missing for it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Capability(StrEnum):
    """One use of a link; each may work while another does not."""

    READ_MESSAGES = "read_messages"
    MONITOR_MENTIONS = "monitor_mentions"
    READ_PUBLICATIONS = "read_publications"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityText:
    """`label` is what a person would call it; `stops` is what ends when it is gone."""

    label: str
    module: str
    stops: str


CAPABILITY_TEXTS: dict[Capability, CapabilityText] = {
    Capability.READ_MESSAGES: CapabilityText(
        label="Read messages", module="Webcare", stops="no messages come in for Webcare"
    ),
    Capability.MONITOR_MENTIONS: CapabilityText(
        label="Monitor mentions",
        module="Media Monitor",
        stops="no mentions come in for Media Monitor",
    ),
    Capability.READ_PUBLICATIONS: CapabilityText(
        label="Read publications",
        module="Publication Calendar",
        stops="posts made at the platform do not appear in the calendar",
    ),
    Capability.PUBLISH: CapabilityText(
        label="Publish", module="Publish", stops="posts cannot go out"
    ),
}


class MissingKind(StrEnum):
    """A permission the person did not give, a role they lack, or a wrong kind of account."""

    PERMISSION = "permission"
    ROLE = "role"
    ACCOUNT_TYPE = "account_type"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """One thing that a capability lacks.

    `what` is the platform's own name for it (shown as technical detail), `label` the plain name,
    `grant_at` where a person gives it ("Meta Business Suite > Page access") with its address.
    `by_relink`: logging in again gives it, after what `grant_at` says, if anything.
    `since` is the first check that missed it: the same thing, missed again, is no news.
    """

    capability: Capability
    kind: MissingKind
    what: str
    label: str
    grant_at: str = ""
    grant_url: str = ""
    by_relink: bool = field(default=False, compare=False)
    since: datetime | None = field(default=None, compare=False)
