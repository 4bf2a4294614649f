"""When a link is checked next.

Every state but `paused` stays in the rota, so a link that heals is seen to heal. Chance comes in
as a `lot` from 0 to 1, drawn from the link and the instant: the same input gives the same answer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from dashboard.domain.checks import CheckOutcome, NoAnswer
from dashboard.domain.links import LinkHealth
from dashboard.domain.states import LinkState
from dashboard.domain.transitions import Patience

_JITTER = 0.1
_STREAK_CAP = 100
_LONGEST_STRETCH = 0.5  # a link that always worked is asked up to half as seldom again
_SOONEST = timedelta(seconds=30)
_SECOND_PROOF = timedelta(minutes=2)

_PACE: dict[LinkState, float] = {
    LinkState.EXPIRED: 2.0,  # only a relink helps, and that checks at once
    LinkState.BLOCKED: 1.0,
    LinkState.UNREACHABLE: 0.5,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """`every` is the usual time between two checks of a link."""

    every: timedelta
    patience: Patience


def draw_lot(who: UUID, when: datetime) -> float:
    """A number from 0 to 1, evenly spread over links and instants."""
    return _lot(who.bytes, when)


def spread(what: str, when: datetime) -> float:
    """As `draw_lot`, for what has a name instead of an id."""
    return _lot(what.encode(), when)


def _lot(who: bytes, when: datetime) -> float:
    seed = who + int(when.timestamp()).to_bytes(8, "big", signed=True)
    return int.from_bytes(blake2b(seed, digest_size=6).digest(), "big") / 2**48


def next_check(
    health: LinkHealth, outcome: CheckOutcome, *, now: datetime, streak: int, lot: float, rota: Rota
) -> datetime:
    """When to ask again. `health` is the one after the outcome, `streak` counts works in a row.

    `Retry-After` is never shortened (R45); all else has a tenth of jitter to both sides (R37).
    """
    asked_to_wait = outcome.retry_after if isinstance(outcome, NoAnswer) else None
    wait = _wait(health, now, streak, rota) * (1 - _JITTER + 2 * _JITTER * lot)
    at = now + max(wait, min(_SOONEST, rota.every))
    for moment in _moments(health, rota.patience):
        if now < moment < at:
            at = moment
    if asked_to_wait is not None:
        at = max(at, now + asked_to_wait * (1 + _JITTER * lot))
    return at


def _wait(health: LinkHealth, now: datetime, streak: int, rota: Rota) -> timedelta:
    if health.doubts:
        return min(rota.every, _SECOND_PROOF)
    if health.misses and health.state not in _PACE:
        # Sooner after trouble, then slower again: patience must not cost a storm of questions.
        first = max(_SOONEST, rota.every / 5)
        return min(rota.every, first * (1 << min(health.misses - 1, 16)))
    if health.state in _PACE:
        return rota.every * _PACE[health.state]
    if health.renew_by is not None and health.renew_by - now < rota.patience.renewal_notice:
        return rota.every / 2
    return rota.every * (1 + _LONGEST_STRETCH * min(streak, _STREAK_CAP) / _STREAK_CAP)


def _moments(health: LinkHealth, patience: Patience) -> list[datetime]:
    """Instants at which a check brings news that an hour later would be late."""
    moments = []
    if health.renew_by is not None:
        moments.append(health.renew_by - patience.renewal_notice)
    if health.silent_since is not None and health.state is not LinkState.UNREACHABLE:
        moments.append(health.silent_since + patience.silence_allowed)
    return moments
