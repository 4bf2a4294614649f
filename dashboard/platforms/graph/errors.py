"""What an answer of Graph's means: the code and the subcode decide, never the HTTP status."""

from dataclasses import dataclass, replace

from dashboard.domain.capabilities import MissingKind
from dashboard.domain.causes import Cause, Sureness
from dashboard.domain.checks import (
    AppProblem,
    Blocked,
    CheckOutcome,
    Evidence,
    NoAnswer,
    Refused,
    Works,
)
from dashboard.domain.errors import PlatformError
from dashboard.platforms.answers import Reply
from dashboard.platforms.graph import numbers
from dashboard.platforms.graph.waiting import regain
from dashboard.platforms.permissions import by_relink, lacking
from dashboard.platforms.protocol import About
from dashboard.platforms.values import object_of, text_of

_UP = ("The platform is up: it answered this question in full.",)
_NOT_BUSINESS = "not an instagram business"
_TYPE_AT = "Instagram app > Settings > Account type and tools"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphError:
    """What Graph says is wrong; zeros where it says nothing."""

    code: int = 0
    subcode: int = 0
    message: str = ""
    transient: bool = False

    @property
    def limited(self) -> bool:
        """Too much was asked: it says nothing about the token.

        Instagram says the number of a limit of posts that it takes for spam, too (2207051).
        """
        if self.subcode == numbers.TOO_FAST:
            return True
        return self.code in numbers.RATE and self.subcode not in numbers.SUBCODES_ABOUT_THE_POST

    @property
    def trouble(self) -> bool:
        """The platform's own trouble; some of its numbers come as code and as subcode."""
        return self.transient or bool({self.code, self.subcode} & numbers.OUTAGE)

    @property
    def hidden(self) -> bool:
        """Deleted, never there, or not to be seen with this token: alone it proves nothing."""
        return (self.code, self.subcode) == numbers.HIDDEN

    @property
    def about_the_post(self) -> bool:
        """It finds fault with what was to be published, not with the link."""
        if _NOT_BUSINESS in self.message.lower():
            return False
        return bool({self.code, self.subcode} & numbers.ABOUT_THE_POST)

    @property
    def shown(self) -> str:
        return f"{self.code}/{self.subcode}" if self.subcode else str(self.code)


def error_of(reply: Reply) -> GraphError | None:
    """The error in an answer, None if there is none in Graph's form."""
    error = object_of((reply.body or {}).get("error"))
    if not error:
        return None
    code, subcode = error.get("code"), error.get("error_subcode")
    return GraphError(
        code=code if isinstance(code, int) else 0,
        subcode=subcode if isinstance(subcode, int) else 0,
        message=text_of(error.get("message"), 300),
        transient=error.get("is_transient") is True,
    )


def evidence_of(reply: Reply, error: GraphError, *, ruled_out: tuple[str, ...] = ()) -> Evidence:
    """What was said, with how well the number is known."""
    said = reply.evidence(code=error.shown, text=error.message, ruled_out=ruled_out)
    known = not {error.code, error.subcode} & numbers.REPORTED
    return said if known else replace(said, sure=Sureness.REPORTED)


def meaning(about: About, reply: Reply, *, certain: bool = True) -> CheckOutcome:
    """What an answer means that does not show the account."""
    error = error_of(reply)
    if outcome := reply.silence():
        return outcome
    if error is None:
        return reply.unclear()
    evidence = evidence_of(reply, error)
    if error.limited:
        wait = regain(reply.headers, error.code)
        return NoAnswer(cause=Cause.RATE_LIMITED, evidence=evidence, retry_after=wait)
    if error.trouble:
        return NoAnswer(cause=Cause.PLATFORM_DOWN, evidence=evidence)
    return _of_the_account(about, reply, error, certain=certain) or reply.unclear(code=error.shown)


def failure(about: About, reply: Reply) -> PlatformError:
    """The error for a person who waits, or for a synchronisation."""
    outcome = meaning(about, reply)
    error = error_of(reply)
    if isinstance(outcome, AppProblem):
        return PlatformError(about.key, "app_problem", outcome.evidence.text)
    if error is None or reply.silence():
        return reply.failure(about.key)
    kind = "silent" if passes(reply) else "refused"
    return PlatformError(about.key, kind, evidence_of(reply, error).text)


def hides(reply: Reply) -> bool:
    """Code 100, which Threads was seen to say of a token that was taken away, too."""
    error = error_of(reply)
    return error is not None and error.code == numbers.HIDDEN[0] and not passes(reply)


def passes(reply: Reply) -> bool:
    """Whether the platform only says that it cannot answer now."""
    error = error_of(reply)
    return reply.silence() is not None or (error is not None and (error.limited or error.trouble))


def _of_the_account(
    about: About, reply: Reply, error: GraphError, *, certain: bool
) -> CheckOutcome | None:
    evidence = evidence_of(reply, error)
    if error.subcode in numbers.APP_SUBCODES or error.code in numbers.APP:
        return AppProblem(evidence=evidence)
    if error.subcode in numbers.OWNER:
        return Blocked(cause=numbers.OWNER[error.subcode], evidence=evidence)
    if error.code in numbers.POLICY:
        return Blocked(cause=Cause.ACCOUNT_SUSPENDED, evidence=evidence)
    if lacks := _lacks(about, error):
        return lacks
    if error.code in numbers.TOKEN or (not error.code and error.subcode):
        cause = numbers.REFUSALS.get(error.subcode, Cause.TOKEN_REFUSED)
        refused = evidence_of(reply, error, ruled_out=_UP)
        sure = certain and error.code != numbers.NO_SESSION
        return Refused(cause=cause, evidence=refused, certain=sure)
    return None


def _lacks(about: About, error: GraphError) -> Works | None:
    """The token is good, but the account may not be seen with it."""
    if error.subcode == numbers.ROLE_LOST:
        kind, what, label = MissingKind.ROLE, "tasks", f"a role on the {about.account_word}"
    elif _NOT_BUSINESS in error.message.lower():
        kind, what, label = MissingKind.ACCOUNT_TYPE, "account_type", "a professional account"
    elif error.code in numbers.PERMISSIONS:
        kind, what, label = MissingKind.PERMISSION, error.shown, f"see the {about.account_word}"
    else:
        return None
    missing = lacking(about, kind, what, label)
    if kind is MissingKind.ACCOUNT_TYPE:
        there = (replace(one, grant_at=_TYPE_AT, grant_url="") for one in missing)
        return Works(missing=tuple(there))
    return Works(missing=by_relink(missing) if kind is MissingKind.PERMISSION else missing)
