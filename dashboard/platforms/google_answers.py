"""Google's answers: errors in its own form, and what they mean for a link.

A limit may come as 403, and one per day is the registration's, never a link's. A quota of 0 is a
project that Google has not approved. `invalid_rapt` and `rapt_required` (google-auth-library) are
of a Workspace that wants its people to log in again: a new log-in heals it, so it is no security
check.

Sources: developers.google.com/youtube/v3/docs/errors, developers.google.com/identity/protocols.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

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
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import NotPublished, PublishUnclear
from dashboard.domain.wire import Ask, Http
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.permissions import by_relink, lacking
from dashboard.platforms.posting import by_status
from dashboard.platforms.protocol import About
from dashboard.platforms.values import Body, object_of, text_of

_OURS = frozenset(
    {
        "accessNotConfigured",
        "SERVICE_DISABLED",
        "BILLING_DISABLED",
        "CONSUMER_SUSPENDED",
        "CONSUMER_INVALID",
    }
)
_DAILY = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_RATE = _DAILY | {"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"}
_ONCE_AN_HOUR = timedelta(hours=1)
"""A day's questions come back at midnight in California, or as soon as Google allows more."""
_BLOCKED = {
    "authenticatedUserAccountSuspended": Cause.ACCOUNT_SUSPENDED,
    "channelSuspended": Cause.ACCOUNT_SUSPENDED,
    "authenticatedUserAccountClosed": Cause.ACCOUNT_GONE,
    "channelClosed": Cause.ACCOUNT_GONE,
}
_SCOPE = frozenset({"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"})
_ROLE = frozenset(
    {"accountDelegationForbidden", "authenticatedUserNotChannel", "youtubeSignupRequired"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error in Google's own form; `reasons` are all its words for why."""

    status: str
    reasons: frozenset[str]
    text: str = field(repr=False)
    no_quota: bool

    @property
    def code(self) -> str:
        return next(iter(sorted(self.reasons)), self.status)


def problem_of(reply: Reply) -> Problem | None:
    """Read `{error: {code, message, errors, status, details}}`; None for anything else."""
    error = object_of((reply.body or {}).get("error"))
    status, text = text_of(error.get("status"), 60), text_of(error.get("message"), 300)
    found = [*_objects(error.get("errors")), *_objects(error.get("details"))]
    reasons = frozenset(text_of(one.get("reason"), 60) for one in found) - {""}
    limits = [object_of(one.get("metadata")).get("quota_limit_value") for one in found]
    if not (status or reasons):
        return None
    return Problem(status=status, reasons=reasons, text=text, no_quota="0" in limits)


async def read(http: Http, app: App | None, credential: Credential, call: str, url: str) -> Reply:
    """Ask in the person's name; raises NoAnswerError."""
    ask = Ask(call=call, method="GET", url=url, headers=bearer(credential.access))
    return await send(http, ask, secrets_of(credential, app))


def meaning(
    about: About,
    reply: Reply,
    credential: Credential,
    *,
    permission: str,
    role: str,
    only_role: bool = False,
) -> CheckOutcome:
    """What an answer other than the expected one means.

    `permission` and `role` are the plain words for what may be lacking; with `only_role` a plain
    "permission denied" or "not found" speaks of that role.
    """
    problem = problem_of(reply)
    if problem is None:
        return reply.silence() or reply.unclear()
    outcome: CheckOutcome | None = _not_of_the_link(reply, problem)
    outcome = outcome or _blocked(reply, problem)
    if outcome is None and (missing := _missing(reply, problem, only_role=only_role)):
        outcome = Works(missing=_lacked(about, missing, problem.code, permission, role))
    if outcome is not None:
        return outcome
    evidence = reply.evidence(code=problem.code, text=problem.text)
    if reply.status == HTTPStatus.UNAUTHORIZED:
        if credential.refresh:
            return NeedsRefresh(evidence=evidence)
        return Refused(cause=Cause.TOKEN_REFUSED, evidence=evidence)
    return reply.unclear(code=problem.code)


def failure(about: About, reply: Reply) -> PlatformError:
    """The error for a person or a sync that waits."""
    problem = problem_of(reply)
    key = about.key
    if problem is not None and (problem.reasons & _OURS or problem.no_quota):
        return PlatformError(key, "app_problem", problem.text)
    if problem is None or reply.silence():
        return reply.failure(key)
    if problem.reasons & _RATE:
        return PlatformError(key, "silent", problem.text)
    if problem.reasons & _SCOPE:
        return PlatformError(key, "not_allowed", problem.text)
    if reply.status == HTTPStatus.UNAUTHORIZED and not problem.reasons & _ROLE:
        return PlatformError(key, "refresh_due", problem.text)
    return PlatformError(key, "refused", problem.text)


def day_is_used_up(reply: Reply) -> bool:
    """Whether the registration has asked all that it may ask today."""
    problem = problem_of(reply)
    return problem is not None and bool(problem.reasons & _DAILY)


def not_published(reply: Reply) -> NotPublished | PublishUnclear:
    """Limits of ours and of theirs say nothing about the post."""
    problem = problem_of(reply)
    if problem is not None and reply.status in {
        HTTPStatus.FORBIDDEN,
        HTTPStatus.TOO_MANY_REQUESTS,
    }:
        evidence = reply.evidence(code=problem.code, text=problem.text)
        rate = reply.status == HTTPStatus.TOO_MANY_REQUESTS or bool(problem.reasons & _RATE)
        return NotPublished(evidence=evidence, again=rate and not problem.no_quota)
    return by_status(reply)


def cause_of(body: Body) -> Cause:
    """Why a renewal was refused, where Google says so; the words are from memory."""
    if body.get("error_subtype") in {"invalid_rapt", "rapt_required"}:
        return Cause.LOGGED_OUT
    said = text_of(body.get("error_description")).lower()
    if "account has been deleted" in said:
        return Cause.ACCOUNT_GONE
    if "account has been disabled" in said:
        return Cause.ACCOUNT_SUSPENDED
    return Cause.TOKEN_REFUSED


def _not_of_the_link(reply: Reply, problem: Problem) -> AppProblem | NoAnswer | None:
    """Our registration, a limit (some come as 403), an outage."""
    evidence = reply.evidence(code=problem.code, text=problem.text)
    if problem.reasons & _OURS or problem.no_quota:
        return AppProblem(evidence=evidence)
    if problem.reasons & _DAILY:
        text = "The questions that this registration may ask per day are used up."
        used_up = reply.evidence(code=problem.code, text=text)
        return NoAnswer(cause=Cause.RATE_LIMITED, evidence=used_up, retry_after=_ONCE_AN_HOUR)
    if problem.reasons & _RATE and not reply.silence():
        return NoAnswer(cause=Cause.RATE_LIMITED, evidence=evidence)
    return reply.silence()


def _blocked(reply: Reply, problem: Problem) -> Blocked | None:
    """The account is closed to everybody."""
    for reason in sorted(problem.reasons & _BLOCKED.keys()):
        evidence = reply.evidence(code=problem.code, text=problem.text)
        return Blocked(cause=_BLOCKED[reason], evidence=evidence)
    return None


def _lacked(
    about: About, kind: MissingKind, what: str, permission: str, role: str
) -> tuple[Missing, ...]:
    """A permission is ticked in another log-in, a role is given at the platform."""
    if kind is MissingKind.ROLE:
        return lacking(about, kind, what, role)
    return by_relink(lacking(about, kind, what, permission))


def _missing(reply: Reply, problem: Problem, *, only_role: bool) -> MissingKind | None:
    """What the person lacks: a permission, or a role."""
    if problem.reasons & _SCOPE:
        return MissingKind.PERMISSION
    if problem.reasons & _ROLE:
        return MissingKind.ROLE
    denied = reply.status == HTTPStatus.FORBIDDEN and problem.status == "PERMISSION_DENIED"
    gone = reply.status == HTTPStatus.NOT_FOUND and problem.status == "NOT_FOUND"
    return MissingKind.ROLE if only_role and (denied or gone) else None


def _objects(value: object) -> Iterator[Body]:
    for item in value[:20] if isinstance(value, list) else ():
        yield object_of(item)
