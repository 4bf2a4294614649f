"""A link's days as the history bars of a page, with the words for who cannot see them."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from markupsafe import Markup

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

_APART = 6  # pixels from bar to bar
_HEIGHTS: dict[str | None, tuple[int, int]] = {
    LinkState.NEW: (0, 22),
    LinkState.HEALTHY: (0, 22),
    LinkState.EXPIRING: (0, 18),
    LinkState.LIMITED: (5, 17),
    LinkState.EXPIRED: (11, 11),
    LinkState.BLOCKED: (0, 11),
    LinkState.UNREACHABLE: (7, 8),
    LinkState.PAUSED: (9, 4),
    None: (20, 2),
}
"""Where a bar begins and how high it is: states are told apart without their colours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """`days` are (state or None, words) for the macro `history_bars`; `label` sums them up.

    `table` says the same as (day, words), the newest first, for who cannot see the bars.
    """

    days: tuple[tuple[str | None, str], ...]
    label: str
    table: tuple[tuple[str, str], ...]


def bars(timeline: Timeline, *, days: int, now: datetime) -> Bars:
    """The last `days` days, today last."""
    if timeline.state is LinkState.HEALTHY and not timeline.changes:
        today = now.date()
        return _steady(max(timeline.linked_at.date(), today - timedelta(days=days)), today, days)
    return _bars(timeline, days, now)


@functools.lru_cache(maxsize=1_000)
def _steady(linked_on: date, today: date, days: int) -> Bars:
    """Of a link that worked all along, as most do: what is said of it hangs on no hour."""
    linked_at, now = (datetime.combine(at, time(), UTC) for at in (linked_on, today))
    timeline = Timeline(linked_at=linked_at, state=LinkState.HEALTHY)
    return _bars(timeline, days, now + timedelta(hours=23))


def _bars(timeline: Timeline, days: int, now: datetime) -> Bars:
    shown = daily(timeline, days=days, now=now)
    return Bars(
        days=tuple(
            (one.worst.value if one.worst else None, f"{day(one.on)}: {_words(one)}")
            for one in shown
        ),
        label=summary(shown, STATE_WORDS),
        table=tuple((day(one.on), _words(one)) for one in reversed(shown)),
    )


def drawn(days: Sequence[tuple[str | None, str]], label: str) -> Markup:
    """The picture for `days`, which are as in Bars."""
    return _drawn(tuple(days), label)


@functools.lru_cache(maxsize=1_000)
def _drawn(days: tuple[tuple[str | None, str], ...], label: str) -> Markup:
    """Remembered by what it shows: the links that worked all along look alike."""
    bar = Markup(
        '<rect data-state="{}" x="{}" y="{}" width="4" height="{}" rx="1.5">'
        "<title>{}</title></rect>"
    )
    drawn_days = Markup("").join(
        bar.format(state or "none", x * _APART, *_HEIGHTS[state], text)
        for x, (state, text) in enumerate(days)
    )
    frame = Markup(
        '<svg class="bars" role="img" aria-label="{}" viewBox="0 0 {} 22" width="{}" height="22">'
        "{}</svg>"
    )
    return frame.format(label, len(days) * _APART, len(days) * _APART, drawn_days)


def _words(one: Day) -> str:
    if one.worst is None:
        return "not linked yet"
    if one.worst is LinkState.HEALTHY:
        return "worked"
    return f"{STATE_WORDS[one.worst].lower()} for {duration(one.lasted)}"
