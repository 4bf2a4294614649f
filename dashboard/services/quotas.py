"""Quotas by the day: what is set, what is used, and which questions have room in them.

Counted in the database, in batches, before anything is asked: a crash counts too much rather than
too little. What a person does is counted and goes in any case.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.db.audit import add_audit
from dashboard.db.engine import UnitOfWork
from dashboard.db.general import Stored, delete_setting, read_setting, replace_setting
from dashboard.db.quotas import (
    due_again,
    forget_uses,
    take,
    use_of,
    uses_on,
    watched_links,
)
from dashboard.domain.budgets import Priority
from dashboard.domain.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from dashboard.domain.quotas import (
    Quota,
    Use,
    day_of,
    free_at,
    has_room_for_sync,
    next_day,
    rhythm,
    room_for_checks,
)
from dashboard.domain.team import Actor, Right, Viewer
from dashboard.domain.traffic import Verdict, seconds
from dashboard.platforms.protocol import Platform
from dashboard.services.check_batches import Question
from dashboard.services.permits import Permit, priority_of, turn
from dashboard.services.ports import Tools

_MOST = 100_000_000
_KEPT = timedelta(days=90)
_GOES = frozenset({Verdict.ASK, Verdict.TRY})

Given = list[tuple[Question, Permit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaNow:
    """A platform's quota for a page; `limit` None when as much is used as is needed."""

    quota: Quota
    limit: int | None
    is_set_here: bool
    from_environment: bool
    used: int
    links: int
    every: timedelta  # how often each link is checked with it
    anew_at: datetime

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)

    @property
    def share(self) -> float:
        """The part that is used, from 0 to 1."""
        return 0.0 if not self.limit else min(1.0, self.used / self.limit)


def quota_now(tools: Tools, key: str) -> QuotaNow | None:
    """What holds for a platform today; None where nothing is counted. Raises NotFoundError."""
    quota = _platform(tools, key).about.quota
    if quota is None:
        return None
    now = tools.now()
    with tools.database.reading() as session:
        stored = read_setting(session, _name(key))
        used = use_of(session, key, day_of(now)).used
        links = watched_links(session, key)
    limit = _limit(tools, key, stored)
    usual = tools.settings.check_every
    return QuotaNow(
        quota=quota,
        limit=limit,
        is_set_here=stored is not None,
        from_environment=key in tools.settings.reads_per_day,
        used=used,
        links=links,
        every=usual if limit is None else max(usual, rhythm(limit, links)),
        anew_at=next_day(now),
    )


def set_limit(tools: Tools, viewer: Viewer, actor: Actor, key: str, typed: str) -> None:
    """Keep what an administrator typed; nothing typed means what the platform allows.

    It counts at once: accounts that were put off for longer are checked again soon. Raises
    InvalidInputError at "per_day", NotAllowedError, NotFoundError, ConflictError.
    """
    if not viewer.may(Right.MANAGE_USERS):
        raise NotAllowedError("Only administrators set platforms up.")
    quota = _platform(tools, key).about.quota
    if quota is None:
        raise NotFoundError("quota")
    if key in tools.settings.reads_per_day:
        raise NotAllowedError("This number is set in the environment, not here.")
    number = _number(typed)
    now = tools.now()
    with tools.database.writing() as unit:
        if number is None:
            delete_setting(unit, _name(key))
        elif not replace_setting(
            unit, _name(key), {"per_day": number}, seen=read_setting(unit, _name(key))
        ):
            raise ConflictError("Somebody else changed it at the same moment. Look again.")
        due_again(unit, key, before=now + tools.settings.check_every, at=now)
        said = "as the platform allows" if number is None else str(number)
        action = f"set {quota.word} per day: {said}"
        add_audit(unit, at=now, actor=actor, action=action, target=f"platform {key}")


def within_the_day(tools: Tools, given: Given) -> Given:
    """Count what may go, and put off what has no room today; one transaction, if any."""
    counted: dict[str, Given] = defaultdict(list)
    rest: Given = []
    for question, permit in given:
        counts = permit.verdict in _GOES and question.platform.about.quota is not None
        (counted[question.link.platform] if counts else rest).append((question, permit))
    if not counted:
        return given
    with tools.database.writing() as unit:
        for key, own in sorted(counted.items()):
            rest += _counted(tools, unit, key, own)
    return rest


def take_for_one(tools: Tools, key: str, units: int, priority: Priority) -> datetime | None:
    """Count one question outside the rota; None when it may go, else when it may."""
    platform = tools.platforms.get(key)
    quota = platform.about.quota if platform else None
    if quota is None or units == 0:
        return None
    now, sync = tools.now(), priority is Priority.SYNC
    with tools.database.writing() as unit:
        limit = _limit(tools, key, read_setting(unit, _name(key)))

        def grant(use: Use) -> int:
            fits = limit is None or not sync or has_room_for_sync(limit, use, units, now)
            return units if fits else 0

        use, granted = take(unit, key, day_of(now), grant, sync=sync)
    return None if granted or limit is None else free_at(limit, use, units, now)


def used_up(tools: Tools) -> list[tuple[str, datetime]]:
    """The platforms whose quota of today is used up, with when the count starts anew."""
    now, found = tools.now(), []
    with tools.database.reading() as session:
        for key, used in uses_on(session, day_of(now)).items():
            if key not in tools.platforms:
                continue
            limit = _limit(tools, key, read_setting(session, _name(key)))
            if limit is not None and used >= limit:
                found.append((tools.platforms[key].about.label, next_day(now)))
    return found


def forget_old_uses(tools: Tools) -> None:
    """Drop the counts of long ago."""
    before = day_of(tools.now() - _KEPT)
    tools.database.write(lambda unit: forget_uses(unit, before=before))


def _counted(tools: Tools, unit: UnitOfWork, key: str, own: Given) -> Given:
    """Persons first, then as many as have room; the others come one after the other."""
    limit, now = _limit(tools, key, read_setting(unit, _name(key))), tools.now()
    own = sorted(own, key=lambda one: turn(one[0]))
    persons = sum(priority_of(question) is Priority.PERSON for question, _ in own)

    def grant(use: Use) -> int:
        if limit is None:
            return len(own)
        return persons + min(len(own) - persons, room_for_checks(limit, use, now))

    use, granted = take(unit, key, day_of(now), grant)
    if limit is None:
        return own
    every = rhythm(limit, watched_links(unit, key))
    told = [(question, replace(permit, every=every)) for question, permit in own[:granted]]
    for nth, (question, _) in enumerate(own[granted:], 1):
        at = free_at(limit, use, granted + nth, now)
        told.append((question, Permit(verdict=Verdict.HELD_BACK, next_at=seconds(at))))
    return told


def _limit(tools: Tools, key: str, stored: Stored | None) -> int | None:
    if key in tools.settings.reads_per_day:
        return tools.settings.reads_per_day[key]
    number = None if stored is None else stored.value.get("per_day")
    if isinstance(number, int):
        return number
    quota = tools.platforms[key].about.quota
    return None if quota is None else quota.per_day


def _number(typed: str) -> int | None:
    typed = typed.strip().replace(",", "")
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit()) or not 1 <= int(typed[:12]) <= _MOST:
        raise InvalidInputError("per_day", "Enter a whole number of 1 or more, or nothing.")
    return int(typed)


def _name(key: str) -> str:
    return f"reads_per_day.{key}"


def _platform(tools: Tools, key: str) -> Platform:
    platform = tools.platforms.get(key)
    if platform is None:
        raise NotFoundError("platform")
    return platform
