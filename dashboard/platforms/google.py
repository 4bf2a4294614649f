"""What the platforms of Google have in common: consent, renewal, errors.

A consent may be partial: what was given stands in `scope` of the answer. A refresh token has no
date and is not replaced, but all tokens of one person and one registration end together, seven
days after the consent while the registration is in "Testing", and at a date where the person chose
one (`refresh_token_expires_in`). `invalid_rapt` is a Workspace that wants its people to log in
again: a new log-in heals it, so it is no security check.

Source: developers.google.com/identity/protocols/oauth2.

Not here: which questions YouTube and Business Profile are asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from dashboard.domain.capabilities import MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    Blocked,
    CheckOutcome,
    Evidence,
    NeedsRefresh,
    NoAnswer,
    Refused,
    Works,
)
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import NotPublished, PublishUnclear
from dashboard.domain.pushes import Delivery, PushAnswer
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import google_events, oauth2
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.permissions import lacking
from dashboard.platforms.posting import by_status
from dashboard.platforms.protocol import About, AppTest, RefreshOutcome
from dashboard.platforms.registered import RegisteredByHand
from dashboard.platforms.values import Body, object_of, text_of

HOSTS = {
    "accounts": "https://accounts.google.com",
    "oauth": "https://oauth2.googleapis.com",
    "www": "https://www.googleapis.com",
}
AUTH = "https://www.googleapis.com/auth/"
TESTING = (
    "While the registration has the publishing status Testing, every link ends after 7 days and "
    "only test users can link. Publish it, and let Google verify it for more than 100 people."
)

_OURS = frozenset(
    {
        "accessNotConfigured",
        "SERVICE_DISABLED",
        "BILLING_DISABLED",
        "CONSUMER_SUSPENDED",
        "CONSUMER_INVALID",
    }
)
_RATE = frozenset(
    {
        "quotaExceeded",
        "dailyLimitExceeded",
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "RATE_LIMIT_EXCEEDED",
    }
)
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


class GooglePlatform(RegisteredByHand):
    """The log-in that all platforms of Google share; `scopes` are what one asks for."""

    hosts: Hosts
    scopes: tuple[str, ...]

    def asked_along(self, *, choose_person: bool) -> dict[str, str]:
        """Without `prompt=consent` a repeated log-in brings no refresh token."""
        prompt = "select_account consent" if choose_person else "consent"
        return {"access_type": "offline", "prompt": prompt, "include_granted_scopes": "false"}

    def registration(self, client_id: str, client_secret: str) -> App:
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=self.scopes,
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['accounts']}/o/oauth2/v2/auth",
                oauth2.TOKEN: f"{self.hosts['oauth']}/token",
                oauth2.REVOKE: f"{self.hosts['oauth']}/revoke",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Renew with a made-up token; raises NoAnswerError."""
        return await oauth2.test_by_renewal(http, app)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(http, app, credential, now=now, cause_of=cause_of)

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """End the whole consent of this person; raises PlatformError, worth another try."""
        if app is None:
            return
        ask = oauth2.revoke_ask(app, credential.refresh or credential.access)
        reply = await send(http, ask, secrets_of(credential, app))
        if reply.silence():
            raise reply.failure(self.about.key)

    async def read_push(
        self, http: Http, app: App, delivery: Delivery, *, now: datetime
    ) -> PushAnswer:
        return await google_events.read(http, self.hosts, app, delivery, now=now)

    async def person(self, http: Http, app: App | None, credential: Credential) -> Subject:
        """Who gave the consent; raises PlatformError or NoAnswerError."""
        url = f"{self.hosts['www']}/oauth2/v3/userinfo"
        reply = await read(http, app, credential, "read who gave the permission", url)
        sub = reply.text("sub", 255)
        if reply.status != HTTPStatus.OK or not sub:
            raise failure(self.about, reply)
        return Subject(remote_id=sub, name=reply.text("email", 255) or sub)


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
    about: About, reply: Reply, credential: Credential, *, role: str, only_role: bool = False
) -> CheckOutcome:
    """What an answer other than the expected one means.

    `role` is the plain word for what a person needs; with `only_role` a plain "permission denied"
    or "not found" speaks of that role.
    """
    problem = problem_of(reply)
    if problem is None:
        return reply.silence() or reply.unclear()
    outcome: CheckOutcome | None = _not_of_the_link(reply, problem)
    outcome = outcome or _of_the_account(about, reply, problem, role, only_role=only_role)
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
    if reply.status == HTTPStatus.UNAUTHORIZED and not problem.reasons & _ROLE:
        return PlatformError(key, "refresh_due", problem.text)
    return PlatformError(key, "refused", problem.text)


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
    if body.get("error_subtype") == "invalid_rapt":
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
    if problem.reasons & _RATE and not reply.silence():
        return NoAnswer(cause=Cause.RATE_LIMITED, evidence=evidence)
    return reply.silence()


def _of_the_account(
    about: About, reply: Reply, problem: Problem, role: str, *, only_role: bool
) -> Blocked | Works | None:
    """The account is closed to everybody, or the person lacks a permission or a role."""
    evidence = reply.evidence(code=problem.code, text=problem.text)
    if blocked := sorted(problem.reasons & _BLOCKED.keys()):
        return Blocked(cause=_BLOCKED[blocked[0]], evidence=evidence)
    missing = _missing(reply, problem, only_role=only_role)
    if missing is None:
        return None
    label = role if missing is MissingKind.ROLE else "see the account"
    return Works(missing=lacking(about, missing, problem.code, label))


def _missing(reply: Reply, problem: Problem, *, only_role: bool) -> MissingKind | None:
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
