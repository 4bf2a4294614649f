"""Links that break and come back in turn: told once, then quiet until they are steady (R60)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.domain.notices import NoticeKind

WITHIN = timedelta(hours=24)
TOLD_BEFORE = 2
"""Broken and works again were told within a day: the third time it is flapping."""

STEADY_AFTER = timedelta(hours=1)
"""A link that has not changed for so long is steady: its next change is told as usual."""

_DAMPED = frozenset({NoticeKind.LINK_BROKEN, NoticeKind.LINK_RECOVERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """What happened to a link within `WITHIN` before its present change."""

    told: int = 0  # notices of it
    flapping: bool = False  # it was called flapping
    refused: bool = False  # people were told that the platform refuses it
    changed_at: datetime | None = None  # its last change


def damped(
    kind: NoticeKind, recent: Recent, *, at: datetime, refused: bool = False
) -> NoticeKind | None:
    """What a change is told as when the link's last day is looked at; None: it is told to nobody.

    Missing permissions and renewal dates do not flap: they are left as they are. The first definite
    refusal is news even of a link that flaps: without a person it will not come back.
    """
    if kind not in _DAMPED:
        return kind
    if recent.flapping:
        steady = recent.changed_at is None or at - recent.changed_at >= STEADY_AFTER
        return kind if steady or (refused and not recent.refused) else None
    if kind is NoticeKind.LINK_BROKEN and recent.told >= TOLD_BEFORE:
        return NoticeKind.LINK_FLAPPING
    return kind
