"""A link's days as the history bars of a page, with the words for who cannot see them."""

from dataclasses import dataclass
from datetime import datetime

from dashboard.domain.history import Day, daily, summary
from dashboard.domain.states import LinkState
from dashboard.domain.uptime import Timeline
from dashboard.web.formatting import day, duration

STATE_WORDS: dict[LinkState, str] = {
    LinkState.NEW: "Not checked yet",
    LinkState.HEALTHY: "Works",
    LinkState.EXPIRING: "Renew soon",
    LinkState.LIMITED: "Limited",
    LinkState.EXPIRED: "Expired",
    LinkState.BLOCKED: "Blocked",
    LinkState.UNREACHABLE: "No answer",
    LinkState.PAUSED: "Paused",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """`days` are (state or None, words) for the macro `history_bars`; `label` sums them up."""

    days: tuple[tuple[str | None, str], ...]
    label: str


def bars(timeline: Timeline, *, days: int, now: datetime) -> Bars:
    shown = daily(timeline, days=days, now=now)
    return Bars(
        days=tuple((one.worst.value if one.worst else None, _words(one)) for one in shown),
        label=summary(shown, STATE_WORDS),
    )


def _words(one: Day) -> str:
    if one.worst is None:
        return f"{day(one.on)}: not linked yet"
    if one.worst is LinkState.HEALTHY:
        return f"{day(one.on)}: worked"
    return f"{day(one.on)}: {STATE_WORDS[one.worst].lower()} for {duration(one.lasted)}"
