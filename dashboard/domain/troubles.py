"""The past troubles of a link, from its changes of state: why, how long, and who relinked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.domain.causes import Cause
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.states import LinkState
from dashboard.domain.uptime import DOWN

_TROUBLED = DOWN | {LinkState.LIMITED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """`state` is the worst it came to; `ended_at` None: it lasts; `relinked_by` empty: by itself.

    `began_at` is the first failed check, which may be before anybody could be told.
    """

    state: LinkState
    cause: Cause | None
    began_at: datetime
    ended_at: datetime | None = None
    relinked_by: str = ""

    @property
    def lasted(self) -> timedelta | None:
        return None if self.ended_at is None else self.ended_at - self.began_at


def troubles(changes: Iterable[tuple[LinkStateChanged, str]]) -> tuple[Trouble, ...]:
    """Return the troubles, the latest first; `changes` are in order, each with who did it."""
    found: list[Trouble] = []
    for change, who in changes:
        last = found[-1] if found and found[-1].ended_at is None else None
        if change.new in _TROUBLED:
            if last is None:
                began_at = change.troubled_since or change.at
                found.append(Trouble(state=change.new, cause=change.cause, began_at=began_at))
            else:
                found[-1] = replace(last, state=change.new, cause=change.cause or last.cause)
        elif last is not None:
            found[-1] = replace(last, ended_at=change.at, relinked_by=who)
    return tuple(reversed(found))
