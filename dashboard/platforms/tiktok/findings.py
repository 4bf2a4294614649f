"""What TikTok's answers mean, by the code that stands beside the data.

A permission that the person did not give is a 401 like a dead token; a ban is told only to who
wants to post. What a change of password or a switched-off account looks like is not established.

Source: developers.tiktok.com/doc/tiktok-api-v2-error-handling, content posting pages.
"""

from collections.abc import Collection
from http import HTTPStatus

from dashboard.domain.capabilities import Capability, MissingKind
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
from dashboard.domain.credentials import Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import NotPublished, PublishUnclear
from dashboard.platforms.answers import Reply
from dashboard.platforms.permissions import by_relink, lacking
from dashboard.platforms.posting import by_status
from dashboard.platforms.protocol import About
from dashboard.platforms.values import Body, object_of, text_of

BASIC, PROFILE, VIDEOS, PUBLISH = (
    "user.info.basic",
    "user.info.profile",
    "video.list",
    "video.publish",
)
LABELS = {
    BASIC: "see the account",
    PROFILE: "see the profile",
    VIDEOS: "see the videos",
    PUBLISH: "publish",
}
OURS = frozenset(
    {
        "scope_permission_missed",
        "reached_active_user_cap",
        "unaudited_client_can_only_post_to_private_accounts",
        "url_ownership_unverified",
    }
)
BANNED = "spam_risk_user_banned_from_posting"
_DEAD = "access_token_invalid"
_WITHHELD = "scope_not_authorized"
_LACKED_BY_US = "scope_permission_missed"
_LATER = frozenset({"rate_limit_exceeded", "spam_risk_too_many_posts"})
_ABOUT_THE_POST = frozenset({"invalid_params", "invalid_param", "privacy_level_option_mismatch"})
_SURELY_NOT = _ABOUT_THE_POST | OURS | {BANNED, _DEAD, _WITHHELD}


def code_of(reply: Reply) -> str:
    return text_of(_error_of(reply).get("code"), 80)


def said_in(reply: Reply) -> str:
    return text_of(_error_of(reply).get("message"), 300)


def is_fine(reply: Reply) -> bool:
    return reply.status == HTTPStatus.OK and code_of(reply) == "ok"


def data_of(reply: Reply) -> Body:
    """What a good answer holds, else nothing."""
    return object_of((reply.body or {}).get("data")) if is_fine(reply) else {}


def meaning(about: About, reply: Reply, credential: Credential) -> CheckOutcome:
    """What an answer other than the expected profile means."""
    code = code_of(reply)
    evidence = reply.evidence(code=code, text=said_in(reply))
    if outcome := reply.silence() or _not_of_the_link(code, evidence):
        return outcome
    if code == BANNED:
        return Blocked(cause=Cause.ACCOUNT_SUSPENDED, evidence=evidence)
    if code == _WITHHELD:
        return _withheld(about, BASIC)
    if code != _DEAD:
        return reply.unclear(code=code)
    if credential.refresh:
        return NeedsRefresh(evidence=evidence)
    return Refused(cause=Cause.TOKEN_REFUSED, evidence=evidence)


def meaning_of_posting(about: About, reply: Reply) -> CheckOutcome | None:
    """What an account whose profile can be read may not post for; None for nothing worth telling.

    Limits and outages of this second question say nothing: the link itself has just been proven.
    """
    code = code_of(reply)
    evidence = reply.evidence(code=code, text=said_in(reply))
    if reply.silence():
        return None
    if code == BANNED:
        return Blocked(cause=Cause.ACCOUNT_SUSPENDED, evidence=evidence)
    if code == _LACKED_BY_US:
        return AppProblem(evidence=evidence)
    if code == _WITHHELD:
        return _withheld(about, PUBLISH, only={Capability.PUBLISH})
    return None


def failure(key: str, reply: Reply) -> PlatformError:
    """The error for a person or a sync that waits."""
    code = code_of(reply)
    if code in OURS:
        return PlatformError(key, "app_problem", said_in(reply))
    if reply.silence() or code in {"", "ok"}:
        return reply.failure(key)
    if code == _DEAD:
        return PlatformError(key, "refresh_due", said_in(reply))
    return PlatformError(key, "silent" if code in _LATER else "refused", said_in(reply))


def not_published(reply: Reply) -> NotPublished | PublishUnclear:
    """Why a post was not taken; what is not known to be a refusal leaves its fate open."""
    code = code_of(reply)
    if code in {"", "ok"} or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return by_status(reply)
    evidence = reply.evidence(code=code, text=said_in(reply))
    if code in _LATER:
        return NotPublished(evidence=evidence, again=True)
    if code in _SURELY_NOT:
        return NotPublished(evidence=evidence, about_the_post=code in _ABOUT_THE_POST)
    return by_status(reply)


def _withheld(about: About, what: str, *, only: Collection[Capability] = ()) -> Works:
    missing = lacking(about, MissingKind.PERMISSION, what, LABELS[what], only=only)
    return Works(missing=by_relink(missing))


def _not_of_the_link(code: str, evidence: Evidence) -> AppProblem | NoAnswer | None:
    """Our registration, or a limit that is told with another status than 429."""
    if code in OURS:
        return AppProblem(evidence=evidence)
    if code in _LATER:
        return NoAnswer(cause=Cause.RATE_LIMITED, evidence=evidence)
    return None


def _error_of(reply: Reply) -> Body:
    return object_of((reply.body or {}).get("error"))
