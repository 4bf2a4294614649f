"""The state machine of a link, whole. Pure: what is mailed is decided elsewhere, from the event."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, assert_never

from dashboard.domain.capabilities import Missing, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    Blocked,
    CheckOutcome,
    NeedsRefresh,
    NoAnswer,
    Refused,
    Works,
)
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.links import LinkHealth
from dashboard.domain.states import LinkState

_KNOWN_BAD = frozenset({LinkState.EXPIRED, LinkState.BLOCKED})
"""A silent platform proves nothing about a link that is known to be refused or blocked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long silence is borne before a link counts as unreachable: both must be exceeded.

    `renewal_notice` is how long before its date a renewal turns a link to `expiring`.
    `proofs_wanted` is how many uncertain refusals in a row make one certain.
    """

    misses_allowed: int = 3
    silence_allowed: timedelta = timedelta(minutes=15)
    renewal_notice: timedelta = timedelta(days=14)
    proofs_wanted: int = 2


Step = tuple[LinkHealth, LinkStateChanged | None]


def advance(
    health: LinkHealth, outcome: CheckOutcome, *, now: datetime, patience: Patience
) -> Step:
    """Return the health after a check, and the event if the state or its cause changed."""
    if health.state is LinkState.PAUSED:
        return health, None
    match outcome:
        case Works():
            return _after_works(health, outcome, now, patience)
        case Refused():
            return _after_refusal(health, outcome, now, patience)
        case Blocked():
            return _move(
                health,
                _calm(
                    health,
                    state=LinkState.BLOCKED,
                    cause=outcome.cause,
                    evidence=outcome.evidence,
                    troubled_since=health.troubled_since or now,
                ),
                now,
            )
        case NoAnswer():
            return _after_silence(health, outcome, now, patience)
        case AppProblem() | NeedsRefresh():
            # The first is ours, not the link's; the second is half a finding: the check after the
            # refresh tells. Neither heals nor breaks, and silence is not counted.
            return health, None
        case _:
            assert_never(outcome)


def relinked(health: LinkHealth, outcome: Works, *, now: datetime, patience: Patience) -> Step:
    """Return the health after a proven relink, which also ends a pause."""
    awake = replace(health, state=LinkState.NEW) if health.state is LinkState.PAUSED else health
    after, _ = _after_works(awake, outcome, now, patience)
    return _move(health, after, now)


def pause(health: LinkHealth, *, now: datetime) -> Step:
    """Stop checking; the publications stay."""
    return _move(health, _calm(health, state=LinkState.PAUSED), now)


def resume(health: LinkHealth, *, now: datetime) -> Step:
    """Check again; what the link is like is unknown until the next check."""
    if health.state is not LinkState.PAUSED:
        return health, None
    return _move(health, _calm(health, state=LinkState.NEW), now)


def _after_works(health: LinkHealth, outcome: Works, now: datetime, patience: Patience) -> Step:
    due = outcome.renew_by is not None and outcome.renew_by - now <= patience.renewal_notice
    missing = _dated(outcome.missing, health.missing, now)
    if outcome.missing:
        after = _calm(
            health,
            state=LinkState.LIMITED,
            cause=_cause_of(outcome.missing),
            missing=missing,
            renew_by=outcome.renew_by,
            troubled_since=health.troubled_since or now,
        )
    elif due:
        after = _calm(
            health, state=LinkState.EXPIRING, cause=Cause.RENEWAL_DUE, renew_by=outcome.renew_by
        )
    else:
        after = _calm(health, state=LinkState.HEALTHY, renew_by=outcome.renew_by)
    return _move(health, after, now)


def _after_refusal(health: LinkHealth, outcome: Refused, now: datetime, patience: Patience) -> Step:
    doubts = health.doubts + 1
    first = health.troubled_since or now
    if not outcome.certain and doubts < patience.proofs_wanted:
        heard = replace(health, misses=0, silent_since=None)  # a refusal is an answer
        return replace(heard, doubts=doubts, troubled_since=first), None
    after = _calm(
        health,
        state=LinkState.EXPIRED,
        cause=outcome.cause,
        evidence=outcome.evidence,
        troubled_since=first,
    )
    return _move(health, after, now)


def _after_silence(
    health: LinkHealth, outcome: NoAnswer, now: datetime, patience: Patience
) -> Step:
    misses = health.misses + 1
    first = health.silent_since or now
    waited = replace(
        health,
        misses=misses,
        silent_since=first,
        troubled_since=health.troubled_since or now,
    )
    over = misses > patience.misses_allowed and now - first >= patience.silence_allowed
    if not over or health.state in _KNOWN_BAD:
        return waited, None
    after = replace(
        waited, state=LinkState.UNREACHABLE, cause=outcome.cause, evidence=outcome.evidence
    )
    return _move(health, after, now)


def _calm(health: LinkHealth, **changed: Any) -> LinkHealth:
    """The health without any trace of trouble, but for what is `changed`."""
    calm: dict[str, Any] = {
        "cause": None,
        "evidence": None,
        "missing": (),
        "troubled_since": None,
        "silent_since": None,
        "misses": 0,
        "doubts": 0,
    }
    return replace(health, **(calm | changed))


def _dated(
    missing: tuple[Missing, ...], before: tuple[Missing, ...], now: datetime
) -> tuple[Missing, ...]:
    """Say of each since when it is missed: what was missed before keeps its date."""
    known = {(item.capability, item.what): item.since for item in before}
    return tuple(
        replace(item, since=known.get((item.capability, item.what)) or now) for item in missing
    )


def _cause_of(missing: tuple[Missing, ...]) -> Cause:
    kinds = {item.kind for item in missing}
    if MissingKind.ROLE in kinds:
        return Cause.ROLE_LOST
    if MissingKind.ACCOUNT_TYPE in kinds:
        return Cause.ACCOUNT_TYPE
    return Cause.PERMISSION_MISSING


def _move(old: LinkHealth, new: LinkHealth, now: datetime) -> Step:
    """Stamp the change; a state that only changed its cause keeps its `since`.

    Silence keeps its cause even when the platform words it differently each time, or a platform
    that answers 503 and times out in turns would look like news at every check.
    """
    if old.state is new.state:
        same = new  # made of the old one, so it has its `since`
        quiet = old.state is LinkState.UNREACHABLE or (
            old.cause is new.cause and old.missing == new.missing
        )
        if quiet:
            return same, None
    else:
        same = replace(new, since=now)
    event = LinkStateChanged(
        at=now,
        old=old.state,
        new=new.state,
        cause=new.cause,
        evidence=new.evidence,
        missing=new.missing,
        renew_by=new.renew_by,
        troubled_since=old.troubled_since or new.troubled_since,
    )
    return same, event
