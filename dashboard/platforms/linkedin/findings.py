"""What LinkedIn's refusals mean: numbers, a second opinion, and never a word alone.

Good tokens were answered "revoked" for some seconds after they were made, up to 2024
(omniauth-linkedin-oauth2 17 and 81), and "invalid" on interfaces that the app may not use
(react-native-linkedin 80). So LinkedIn's own introspection is asked before anybody is accused: what
it calls active is alive, whatever another answer says; without it a refusal wants a second proof.
What a change of password or a restricted member looks like is not established.
"""

from dataclasses import replace
from http import HTTPStatus

from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    CheckOutcome,
    Evidence,
    NeedsRefresh,
    NoAnswer,
    Refused,
    Works,
)
from dashboard.platforms.answers import Reply
from dashboard.platforms.linkedin.roles import missing_without_access
from dashboard.platforms.linkedin.talk import Talk, introspect

_CAUSES = {65600: Cause.TOKEN_REFUSED, 65601: Cause.APP_REMOVED, 65602: Cause.TOKEN_RAN_OUT}
_NAMES = {
    "INVALID_ACCESS_TOKEN": 65600,
    "REVOKED_ACCESS_TOKEN": 65601,
    "EXPIRED_ACCESS_TOKEN": 65602,
    "ACCESS_DENIED": 100,
}
_NO_ACCESS = 100
_TOLD = {"expired": Cause.TOKEN_RAN_OUT, "revoked": Cause.APP_REMOVED}
_ALIVE = ("LinkedIn itself, asked about the permission, calls it active.",)


async def meaning(talk: Talk, reply: Reply) -> CheckOutcome:
    """The outcome of a read that gave nothing."""
    number = _number(reply)
    code = str(number) if number else ""
    if reply.status == HTTPStatus.UPGRADE_REQUIRED:
        text = "LinkedIn no longer speaks this version of its interface: update Linkkeeper."
        return AppProblem(evidence=reply.evidence(code="426", text=text))
    if outcome := reply.silence():
        return outcome
    if reply.status == HTTPStatus.FORBIDDEN and number == _NO_ACCESS:
        return Works(missing=missing_without_access(talk.credential))
    if reply.status != HTTPStatus.UNAUTHORIZED or number not in _CAUSES:
        return reply.unclear(code=code)
    if talk.credential.refresh:
        return NeedsRefresh(evidence=reply.evidence(code=code))
    return await _second_opinion(talk, reply.evidence(code=code), _CAUSES[number])


async def _second_opinion(talk: Talk, evidence: Evidence, cause: Cause) -> CheckOutcome:
    if talk.app is None:
        return Refused(cause=cause, evidence=evidence, certain=False)
    told = await introspect(talk.http, talk.hosts, talk.app, talk.credential.access)
    status = told.text("status", 20) if told.status == HTTPStatus.OK else ""
    if status == "active" and (told.body or {}).get("active") is True:
        spared = replace(evidence, ruled_out=_ALIVE)
        return NoAnswer(cause=Cause.PLATFORM_DOWN, evidence=spared)
    if status in _TOLD:
        return Refused(cause=_TOLD[status], evidence=evidence)
    return Refused(cause=cause, evidence=evidence, certain=False)


def _number(reply: Reply) -> int:
    """The number of the error, or that of its newer name; 0 for none."""
    number = (reply.body or {}).get("serviceErrorCode")
    if isinstance(number, int) and not isinstance(number, bool):
        return number
    return _NAMES.get(reply.text("code", 60), 0)
