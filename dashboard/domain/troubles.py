"""The past troubles of a link, from its changes of state: why, how long, who was told and relinked.

Times run from the first failed check, which may be before anybody could be told.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median

from dashboard.domain.causes import Cause
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.states import LinkState
from dashboard.domain.uptime import DOWN


class Untold(StrEnum):
    """Why nobody was told of a trouble."""

    WAITING = "waiting"
    TOO_SHORT = "too_short"
    QUIET = "quiet"
    NOBODY = "nobody"
    NO_MAIL = "no_mail"
    FAILED = "failed"
    OURS = "ours"
    NOT_KNOWN = "not_known"


UNTOLD_TEXTS: dict[Untold, str] = {
    Untold.WAITING: "about to be told",
    Untold.TOO_SHORT: "not told: over too soon",
    Untold.QUIET: "not told again: it kept breaking",
    Untold.NOBODY: "not told: nobody wants such mails",
    Untold.NO_MAIL: "not mailed: no mail server was set up",
    Untold.FAILED: "not told: the mail could not be sent",
    Untold.OURS: "not told: our own network was down",
    Untold.NOT_KNOWN: "not known any more",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """When the first mail about a trouble went out, or why none did.

    `with_place`: it was no mail of its own, but the one about the whole platform (R59).
    """

    at: datetime | None = None
    why: Untold | None = None
    with_place: bool = False


NOBODY_YET = Told()
NOT_KNOWN = Told(why=Untold.NOT_KNOWN)
_TROUBLED = DOWN | {LinkState.LIMITED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """`state` is the worst it came to; `ended_at` None: it lasts; `relinked_by` empty: by itself.

    `began_at` is the first failed check.
    """

    state: LinkState
    cause: Cause | None
    began_at: datetime
    ended_at: datetime | None = None
    relinked_by: str = ""
    told: Told = field(default=NOBODY_YET)

    @property
    def noticed(self) -> timedelta | None:
        """Until somebody was told; None: nobody was, or of the whole platform only."""
        if self.told.at is None or self.told.with_place:
            return None
        return self.told.at - self.began_at

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
    changes: Iterable[tuple[LinkStateChanged, str, Told]],
) -> tuple[Trouble, ...]:
    """Return the troubles, the latest first.

    `changes` are in order, each with who did it and how it was told.
    """
    found: list[Trouble] = []
    for change, who, told in changes:
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
                told=_first_told(last.told, told),
            )
        elif last is not None:
            found[-1] = replace(last, ended_at=change.at, relinked_by=who)
    return tuple(reversed(found))


def _first_told(before: Told, now: Told) -> Told:
    """The first mail counts; without any, why the trouble was not told when it began."""
    return now if before.at is None and (now.at or before.why is None) else before


def _median(lengths: Iterable[timedelta | None]) -> timedelta | None:
    seconds = [length.total_seconds() for length in lengths if length is not None]
    return timedelta(seconds=median(seconds)) if seconds else None
