"""What Mastodon's answers to the profile read mean, by their words.

Servers that are merely compatible use other words and other statuses. Those known to us count as a
refusal that wants a second proof; unknown ones teach nothing.

Sources: docs = docs.joinmastodon.org; code = github.com/mastodon/mastodon (api/base_controller,
auth/passwords_controller) and github.com/doorkeeper-gem/doorkeeper (config/locales/en).
"""

from dataclasses import dataclass
from http import HTTPStatus

from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, CheckOutcome, Refused
from dashboard.platforms.answers import Reply
from dashboard.platforms.values import Body, object_of, text_of

Finding = type[Refused] | type[Blocked]

_UP = ("The server is up: it answered this question in full.",)
OUTSIDE_SCOPES = "outside the authorized scopes"
LOGIN_DISABLED = "login is currently disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """Words of a server, with the statuses they come with, and what they mean."""

    statuses: frozenset[int]
    words: tuple[str, ...]
    found: Finding
    cause: Cause
    certain: bool = True


def _saying(
    statuses: set[int], *words: str, found: Finding, cause: Cause, certain: bool = True
) -> Saying:
    return Saying(
        statuses=frozenset(statuses), words=words, found=found, cause=cause, certain=certain
    )


SAYINGS = (
    # Both the removal of the app and a new password by e-mail revoke (code): not told apart.
    _saying({401}, "was revoked", found=Refused, cause=Cause.TOKEN_REFUSED),
    _saying({401}, "token expired", found=Refused, cause=Cause.TOKEN_RAN_OUT),
    _saying({401}, "access token is invalid", found=Refused, cause=Cause.TOKEN_REFUSED),
    # The token of an app, or of a person who is no more (code).
    _saying({401, 422}, "requires an authenticated user", found=Refused, cause=Cause.TOKEN_REFUSED),
    _saying({403}, LOGIN_DISABLED, found=Blocked, cause=Cause.ACCOUNT_SUSPENDED),
    _saying(
        {403},
        "missing a confirmed e-mail",
        "pending approval",
        "requires two-factor",
        found=Blocked,
        cause=Cause.SECURITY_CHECK,
    ),
    _saying({404}, "record not found", found=Blocked, cause=Cause.ACCOUNT_GONE),
    # Pleroma and Akkoma answer 403 "Invalid credentials." (their EnsureAuthenticatedPlug); the
    # others, from memory: GoToSocial "token not supplied", Pixelfed "Unauthenticated.".
    _saying(
        {400, 401, 403},
        "invalid credentials",
        "invalid_token",
        "invalid token",
        "token not supplied",
        "unauthenticated",
        "not authorized",
        found=Refused,
        cause=Cause.TOKEN_REFUSED,
        certain=False,
    ),
)


def says(reply: Reply, words: str) -> bool:
    """Whether the server said so, in the field or the header where it says why."""
    return reply.body is not None and words in _said(reply)


def meaning(reply: Reply) -> CheckOutcome:
    """The outcome of a profile read that did not give a profile."""
    if outcome := reply.silence():
        return outcome
    if reply.status == HTTPStatus.GONE:  # also said by a server that closes for good
        return Blocked(cause=Cause.ACCOUNT_GONE, evidence=reply.evidence())
    for saying in SAYINGS:
        if reply.status in saying.statuses and any(says(reply, words) for words in saying.words):
            return _outcome(reply, saying)
    return reply.unclear(code=reply.text("error", 80))


def trouble_in_profile(reply: Reply, profile: Body) -> CheckOutcome | None:
    """What a profile says of its own account: closed, or moved (docs: entities/Account)."""
    if profile.get("suspended") is True:
        text = "The profile is marked as suspended."
        return Blocked(cause=Cause.ACCOUNT_SUSPENDED, evidence=reply.evidence(text=text))
    if moved := object_of(profile.get("moved")):
        text = f"The profile says that it moved to {text_of(moved.get('acct'))}."
        return Blocked(cause=Cause.ACCOUNT_GONE, evidence=reply.evidence(text=text))
    return None


def _outcome(reply: Reply, saying: Saying) -> CheckOutcome:
    if saying.found is Blocked:
        return Blocked(cause=saying.cause, evidence=reply.evidence())
    return Refused(
        cause=saying.cause, evidence=reply.evidence(ruled_out=_UP), certain=saying.certain
    )


def _said(reply: Reply) -> str:
    fields = (reply.text(name) for name in ("error", "error_description", "message"))
    return " ".join((*fields, reply.headers.get("www-authenticate", "")[:500])).lower()
