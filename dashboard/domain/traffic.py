"""What is remembered of each platform host: its silence, its wishes to wait, its budget (R44, R45).

After several silent questions in a row a host is left alone for a while; then a single question
tries it (half open). Nothing here waits, asks or stores; each step takes a host as it was and gives
it as it is then, so that all processes can share one (see `services.traffic`). Instants are seconds
since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.domain.budgets import Bucket, Budget, Priority, draw

_SILENT_IN_A_ROW = 5
_FIRST_REST = 30.0
_LONGEST_REST = 120.0
_LONGEST_TRY = 120.0
_LONGEST_WISH = timedelta(hours=24)
_LONGEST_OWN_WISH = timedelta(minutes=5)
"""One account's wish to wait is about that account: the others are tried again after this."""


class Verdict(StrEnum):
    """Whether a question may go to a host now."""

    ASK = "ask"
    TRY = "try"  # the one question that finds out whether a silent host is back
    SILENT = "silent"  # it did not answer just before: asking would only cost time
    ASKED_TO_WAIT = "asked_to_wait"
    HELD_BACK = "held_back"  # the budget is used up for the moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One platform host as all processes together have met it."""

    silences: int = 0
    rests: int = 0
    resting_until: float = 0.0
    trying_until: float = 0.0
    waiting_until: float = 0.0
    bucket: Bucket = field(default_factory=Bucket)

    def verdict(self, now: float) -> Verdict:
        """Whether to ask now, budgets apart; nothing is promised by asking for it."""
        if _ahead(self.waiting_until, now, _LONGEST_WISH.total_seconds()):
            return Verdict.ASKED_TO_WAIT
        if self.silences < _SILENT_IN_A_ROW:
            return Verdict.ASK
        if _ahead(self.resting_until, now, _LONGEST_REST):
            return Verdict.SILENT
        if _ahead(self.trying_until, now, _LONGEST_TRY):
            return Verdict.SILENT
        return Verdict.TRY

    @property
    def is_pristine(self) -> bool:
        """Whether nothing is held against it."""
        return not (self.silences or self.rests or self.waiting_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """How many questions of each priority may go, and what is said to the others."""

    granted: Mapping[Priority, int]
    verdict: Verdict
    refusal: Verdict = Verdict.ASK
    next_at: float = 0.0  # when to come back with what was refused
    every: float = 0.0  # seconds from one of them to the next


def admit(
    host: Host,
    wanted: Mapping[Priority, int],
    budget: Budget | None,
    *,
    now: float,
    share: float = 1.0,
) -> tuple[Host, Admission]:
    """Let questions go to a host; to be let go for the try is a promise to ask."""
    verdict = host.verdict(now)
    if verdict is Verdict.ASKED_TO_WAIT:
        waits = Admission(granted={}, verdict=verdict, refusal=verdict, next_at=host.waiting_until)
        return host, waits
    if verdict is Verdict.SILENT:
        return host, Admission(granted={}, verdict=verdict, refusal=verdict)
    if verdict is Verdict.TRY:
        first = min((one for one, number in wanted.items() if number), default=Priority.CHECK)
        one = Admission(granted={first: 1}, verdict=verdict, refusal=Verdict.SILENT)
        return replace(host, trying_until=now + _LONGEST_TRY), one
    if budget is None or not budget.shared:
        return host, Admission(granted=dict(wanted), verdict=Verdict.ASK)
    return _within_budget(host, wanted, budget, now=now, share=share)


def _within_budget(
    host: Host, wanted: Mapping[Priority, int], budget: Budget, *, now: float, share: float
) -> tuple[Host, Admission]:
    bucket, granted, refusal = host.bucket, {}, Verdict.ASK
    next_at, every = now, 0.0
    for priority in sorted(wanted):
        bucket, drawn = draw(bucket, budget, wanted[priority], priority, now=now, share=share)
        granted[priority] = drawn.granted
        if drawn.granted < wanted[priority]:
            refusal = Verdict.HELD_BACK
            next_at, every = max(next_at, drawn.next_at), drawn.every
    admission = Admission(
        granted=granted, verdict=Verdict.ASK, refusal=refusal, next_at=next_at, every=every
    )
    return replace(host, bucket=bucket), admission


def heard(host: Host) -> Host:
    """It answered, whatever it said."""
    if not (host.silences or host.rests or host.resting_until or host.trying_until):
        return host
    return replace(host, silences=0, rests=0, resting_until=0.0, trying_until=0.0)


def silent(host: Host, *, now: float, lot: float) -> Host:
    """It did not answer, or only with trouble; `lot` from 0 to 1 spreads the next try."""
    silences = host.silences + 1
    if silences != _SILENT_IN_A_ROW and not host.trying_until:
        return replace(host, silences=silences)
    rest = min(_LONGEST_REST, _FIRST_REST * (1 << min(host.rests, 8)))
    return replace(
        host,
        silences=silences,
        rests=host.rests + 1,
        resting_until=now + rest * (0.5 + 0.5 * lot),
        trying_until=0.0,
    )


def asked_to_wait(host: Host, span: timedelta, budget: Budget | None, *, now: float) -> Host:
    """It wants no questions for a while; a longer wish that stands is kept.

    Where each account has its own limit, the wish of one does not silence the others for long.
    """
    longest = _LONGEST_WISH if budget is None or budget.shared else _LONGEST_OWN_WISH
    until = now + min(span, longest).total_seconds()
    return host if until <= host.waiting_until else replace(host, waiting_until=until)


def spent(host: Host, budget: Budget | None, number: int, *, now: float, share: float) -> Host:
    """Questions that went without asking for leave: they count all the same."""
    if budget is None or not budget.shared or number <= 0:
        return host
    bucket, _ = draw(host.bucket, budget, number, Priority.PERSON, now=now, share=share)
    return replace(host, bucket=bucket)


def seconds(moment: datetime) -> float:
    """An aware instant as seconds since 1970."""
    return moment.timestamp()


def _ahead(moment: float, now: float, longest: float) -> bool:
    """Whether it is still to come; one that lies too far ahead was set before the clock jumped."""
    return now < moment <= now + longest
