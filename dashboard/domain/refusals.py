"""When many refusals at once are the platform's trouble and not the people's (R59).

A refusal is definite, so it is told at once, unless it cannot be the people: several who have
nothing to do with each other do not change their passwords in the same minutes, nor lose their
roles. So "refused" here is who is refused as a whole, or who lost a permission that he had. One
person counts once, however many accounts hang on his log-in. As soon as somebody is refused, some
others of the place are asked, so that the latest answers are a fair sample of how it treats
everybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.domain.causes import LACKS, Cause

FEWEST_PEOPLE = 4
"""Fewer may be a coincidence; a team with three accounts is always alarmed at once."""

SAMPLE = 12
"""So many people's latest answers are weighed."""

SECOND_OPINIONS = 6
"""So many others of the place are asked as soon as somebody is refused."""

WITHIN = timedelta(minutes=10)
"""What happens in this time happens together: the usual time between two checks of a link."""

ASK_AGAIN_EVERY = timedelta(minutes=2)
"""How often some of the refused are asked again, to see whether it is over."""

LONGEST_HEALING = timedelta(minutes=10)
"""Who is still refused so long after the first was accepted is refused for himself."""

LONGEST = timedelta(hours=2)
"""No disturbance lasts so long: what is refused, or still lacks something, then is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """How people stand at a place just after some were refused, or lost a permission.

    `refused` and `accepted` are among the latest answers since the first of these refusals.
    `newly_refused` are all who were refused within `WITHIN`, of `watched` people at the place,
    counted no further than it matters: to one more than twice the newly refused.
    """

    refused: int
    accepted: int
    newly_refused: int
    watched: int


def sample(latest: Iterable[tuple[str, bool]]) -> tuple[int, int]:
    """How many of the `SAMPLE` people who were answered last were refused, and accepted.

    `latest` are answers by person, the newest first, True for a refusal. Who was accepted for one
    of his accounts was not refused: his log-in holds.
    """
    verdicts: dict[str, bool] = {}
    for person, refused in latest:
        if person in verdicts or len(verdicts) < SAMPLE:
            verdicts[person] = verdicts.get(person, True) and refused
    refused_people = sum(verdicts.values())
    return refused_people, len(verdicts) - refused_people


def is_mass(found: Refusals) -> bool:
    """Whether it is the platform: nearly all who were asked are refused, or half of all people."""
    if min(found.newly_refused, found.watched) < FEWEST_PEOPLE:
        return False
    nearly_all = found.refused >= FEWEST_PEOPLE and 3 * found.accepted <= found.refused
    return nearly_all or 2 * found.newly_refused >= found.watched


def is_too_early(found: Refusals) -> bool:
    """Whether it may still turn out to be the platform: too few have been asked since."""
    return found.watched >= FEWEST_PEOPLE and found.refused + found.accepted < FEWEST_PEOPLE


def is_over(
    *,
    still_refused: int,
    unasked: int,
    began_at: datetime,
    healing_since: datetime | None,
    now: datetime,
) -> bool:
    """Whether the platform accepts people again, or refuses them for good.

    Of `still_refused` links, `unasked` were not asked again since the first was accepted.
    """
    if not still_refused or now - began_at >= LONGEST:
        return True
    if healing_since is None or unasked:
        return False
    return now - healing_since >= LONGEST_HEALING


def blamed(cause: Cause | None, *, app_refused: bool) -> Cause:
    """Why a platform refuses everybody: people do not all remove one app, so then it is ours.

    `app_refused` says nothing of permissions: whose registration is refused, lacks none.
    """
    if cause in LACKS:
        return cause
    if app_refused or cause is Cause.APP_REMOVED:
        return Cause.APP_PROBLEM
    return cause or Cause.TOKEN_REFUSED
