"""Links that break and come back in turn: told once, then quiet until they are steady (R60)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.domain.notices import NoticeKind
from dashboard.domain.uptime import DOWN, Change

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
    refused: bool = False  # the last that people were told of it is that it is refused
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsteady:
    """A link that breaks and comes back: how often it broke, and when first, within `WITHIN`."""

    since: datetime
    times: int


def unsteady(changes: Iterable[Change], *, now: datetime) -> Unsteady | None:
    """How unsteady a link is by its changes in order; None when it is steady."""
    lately = [change for change in changes if change.at >= now - WITHIN]
    breaks = [change.at for change in lately if change.new in DOWN and change.old not in DOWN]
    if len(breaks) < TOLD_BEFORE or now - lately[-1].at >= STEADY_AFTER:
        return None
    return Unsteady(since=breaks[0], times=len(breaks))
