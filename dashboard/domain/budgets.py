"""How many questions a platform takes, and who goes first when there are not enough for all.

A bucket (GCRA, https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm, told as a token bucket):
a quarter of what the platform allows may go at once, the rest trickles in over its span, so that no
span of that length ever holds more than it allows. What each priority must leave in the bucket for
those before it decides who waits; who has waited long need leave nothing. Pure: asks nobody, reads
no clock; instants are seconds since 1970.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, IntEnum

_AT_ONCE = 0.25
_LONG = 300.0
"""Seconds after which whoever was held back need leave nothing: nobody starves."""

_CLOCKS_APART = 60.0
"""Seconds by which the clocks of two machines may differ; beyond that a clock was set (R75)."""


class Priority(IntEnum):
    """Who asks; the smaller goes first. A person is counted and never held back."""

    PERSON = 0
    REFRESH = 1
    CHECK = 2
    SYNC = 3


_LEAVES: dict[Priority, float] = {
    Priority.REFRESH: 0.0,
    Priority.CHECK: 0.25,
    Priority.SYNC: 0.5,
}
"""The share of the bucket that is left to those who go before."""


class Told(Enum):
    """How sure a limit of a platform is."""

    DOCUMENTED = "documented"
    HEARSAY = "hearsay"  # from memory or from others: too careful rather than too bold


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """`requests` in `seconds` is what a platform takes at most; `source` is where it says so.

    `shared` is False where each account has a limit of its own: then one account's limit does not
    hold the others back, and no bucket is kept, as one account is never asked that often.
    """

    requests: int
    seconds: int
    source: str
    told: Told = Told.DOCUMENTED
    shared: bool = True

    @property
    def at_once(self) -> float:
        """How many may go at once after a rest."""
        return max(1.0, self.requests * _AT_ONCE)

    @property
    def per_second(self) -> float:
        """How many come in per second: with `at_once` never more than `requests` in the span."""
        return max(1.0, self.requests - self.at_once) / self.seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What may still be asked, as of `at`; below zero when persons and renewals went first.

    `level` is None before anything was asked. `held` is since when a priority is held back.
    """

    level: float | None = None
    at: float = 0.0
    held: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """How many questions may go now, and when the next of those held back would be let go."""

    granted: int
    next_at: float
    every: float  # seconds from one to the next


def draw(
    bucket: Bucket, budget: Budget, wanted: int, priority: Priority, *, now: float, share: float
) -> tuple[Bucket, Draw]:
    """Take up to `wanted` out; `share` is the part of the budget that this asker may use."""
    bucket, full = filled(bucket, budget, now=now, share=share)
    level = bucket.level if bucket.level is not None else full
    every = 1 / (budget.per_second * share)
    if priority is Priority.PERSON:
        return replace(bucket, level=max(level - wanted, -full)), Draw(
            granted=wanted, next_at=now, every=every
        )
    left = _LEAVES[priority] * full * _patience(bucket, priority, now)
    # A full bucket lets one go whatever is to be left: else a small one would never let any.
    room = 1 if level >= full and level - left < 1 else int(max(0.0, level - left) + 1e-9)
    granted = min(wanted, room)
    held = {key: since for key, since in bucket.held.items() if key != priority}
    if granted < wanted:
        held[priority] = now if granted else bucket.held.get(priority, now)
    missing = max(0.0, min(left + 1, full) - (level - granted))
    return (
        replace(bucket, level=level - granted, held=held),
        Draw(granted=granted, next_at=now + missing * every, every=every),
    )


def filled(bucket: Bucket, budget: Budget, *, now: float, share: float) -> tuple[Bucket, float]:
    """The bucket as of now, and how much it holds when full."""
    full = max(1.0, budget.at_once * share)
    if bucket.level is None:
        return Bucket(level=full, at=now), full
    if bucket.at > now + _CLOCKS_APART:
        return replace(bucket, level=min(bucket.level, full), at=now), full
    # Another machine's clock may be a little ahead: what it has let in is not let in again.
    came_in = max(0.0, now - bucket.at) * budget.per_second * share
    return replace(bucket, level=min(full, bucket.level + came_in), at=max(now, bucket.at)), full


def _patience(bucket: Bucket, priority: Priority, now: float) -> float:
    """From 1 when just held back to 0 after a long time."""
    since = bucket.held.get(priority, now)
    return max(0.0, 1.0 - max(0.0, now - since) / _LONG)
