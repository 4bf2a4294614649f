"""What is told of an incident as a whole, and what is left over when it ends."""

from dataclasses import dataclass
from uuid import UUID

from dashboard.domain.incidents import Place
from dashboard.domain.notices import NoticeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Storyline:
    """The start or the end of an incident, to be told once to each of its readers."""

    kind: NoticeKind
    incident_id: UUID
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An incident that is over; `left_over` are accounts that are told of like any trouble."""

    left_over: tuple[UUID, ...] = ()
    story: Storyline | None = None
