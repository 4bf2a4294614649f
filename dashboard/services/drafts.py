"""What drafting a mail comes to: the mail as it is now, or that it is needless."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from dashboard.db.audience import Recipient
from dashboard.domain.tellings import (
    LinkTelling,
    PasswordTelling,
    PlatformTelling,
    SettingsTelling,
    SetupTelling,
)

NOT_THEIRS = "No access to the account any more, or the box was unticked."
NOT_TRUE = "It was over before the mail could go out."


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A mail that is worth sending, and of which accounts it speaks, by notice."""

    template: str
    recipient: Recipient
    telling: LinkTelling | PlatformTelling | SettingsTelling | SetupTelling | PasswordTelling
    accounts: Mapping[UUID, Collection[UUID]]
    references: tuple[str, ...] = ()  # the earlier mail of the same story


@dataclass(frozen=True, slots=True, kw_only=True)
class Needless:
    """There is nothing to tell this person any more."""

    why: str
