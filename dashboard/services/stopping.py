"""Stopping mails from the mail itself (RFC 8058): who got it may, without signing in.

The id of a delivery is random and stands nowhere but in that mail and, for administrators, on the
page about mail; so it is all that is asked for. It stops nothing but further mails of the same
kind to the same person, and he can tick the box again.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from dashboard.db.deliveries import notices_of, user_of
from dashboard.domain.errors import NotFoundError
from dashboard.domain.notices import NOTICE_SPECS, NoticeKind
from dashboard.domain.team import Actor, UserId
from dashboard.services.ports import Tools
from dashboard.services.preferences import untick


@dataclass(frozen=True, slots=True, kw_only=True)
class Stoppable:
    """The boxes that a mail was sent for."""

    user_id: UUID
    kinds: tuple[NoticeKind, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(NOTICE_SPECS[kind].label for kind in self.kinds)


def stoppable(tools: Tools, delivery_id: UUID) -> Stoppable:
    """Raises NotFoundError for a mail that is unknown or forgotten, or that is always sent."""
    with tools.database.reading() as session:
        user_id = user_of(session, delivery_id)
        found = set(notices_of(session, delivery_id).values())
    kinds = tuple(kind for kind in NoticeKind if kind in found and NOTICE_SPECS[kind].optional)
    if user_id is None or not kinds:
        raise NotFoundError("mail")
    return Stoppable(user_id=user_id, kinds=kinds)


def stop(tools: Tools, actor: Actor, delivery_id: UUID) -> Stoppable:
    """Untick the boxes; twice is as good as once. Raises NotFoundError."""
    found = stoppable(tools, delivery_id)
    himself = replace(actor, user_id=UserId(found.user_id))
    untick(tools, himself, found.user_id, found.kinds)
    return found
