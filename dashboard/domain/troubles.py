"""The past troubles of a link, from its changes of state: why, how long, who was told and relinked.

Times run from the first failed check, which may be before anybody could be told.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from dashboard.domain.causes import Cause
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.states import LinkState
from dashboard.domain.uptime import DOWN

_TROUBLED = DOWN | {LinkState.LIMITED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """`state` is the worst it came to; `ended_at` None: it lasts; `relinked_by` empty: by itself.

    `began_at` is the first failed check; `told_at` is when the first mail about it went out.
    """

    state: LinkState
    cause: Cause | None
    began_at: datetime
    ended_at: datetime | None = None
    relinked_by: str = ""
    told_at: datetime | None = None

    @property
    def noticed(self) -> timedelta | None:
        """Until somebody was told; None: nobody was told of it by itself."""
        return None if self.told_at is None else self.told_at - self.began_at

    @property
    def relinked(self) -> timedelta | None:
        """Until a person relinked it; None: it healed by itself, or lasts."""
        return self.lasted if self.relinked_by else None

    @property
    def lasted(self) -> timedelta | None:
        return None if self.ended_at is None else self.ended_at - self.began_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Medians:
    """Half of the troubles were faster; None: it never happened."""

    noticed: timedelta | None
    relinked: timedelta | None


def medians(found: Iterable[Trouble]) -> Medians:
    every = list(found)
    return Medians(
        noticed=_median(one.noticed for one in every),
        relinked=_median(one.relinked for one in every),
    )


def troubles(
    changes: Iterable[tuple[LinkStateChanged, str, datetime | None]],
) -> tuple[Trouble, ...]:
    """Return the troubles, the latest first.

    `changes` are in order, each with who did it and when it was told first.
    """
    found: list[Trouble] = []
    for change, who, told_at in changes:
        last = found[-1] if found and found[-1].ended_at is None else None
        if change.new in _TROUBLED:
            if last is None:
                began_at = change.troubled_since or change.at
                last = Trouble(state=change.new, cause=change.cause, began_at=began_at)
                found.append(last)
            found[-1] = replace(
                last,
                state=change.new,
                cause=change.cause or last.cause,
                told_at=last.told_at or told_at,
            )
        elif last is not None:
            found[-1] = replace(last, ended_at=change.at, relinked_by=who)
    return tuple(reversed(found))


def _median(lengths: Iterable[timedelta | None]) -> timedelta | None:
    seconds = [length.total_seconds() for length in lengths if length is not None]
    return timedelta(seconds=median(seconds)) if seconds else None
