"""What Pinterest's answers mean: status and number together, as numbers alone are not unique.

401 with 29 is said of roles, trial access and kinds of accounts alike: it never means that a link
is dead. 401 with 7 and 403 with 403 speak of one board or Pin. 401 with 2 is said of whatever ended
a token: its time, the person, a switched-off account.

Sources: github.com/pinterest/api-description (v5). That 3 (permission missing) is said on all
routes is not established; 283, for a refresh token that is worth nothing, is told in
github.com/pinterest/pinterest-python-sdk/issues/114.
"""

from dashboard.domain.capabilities import MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, CheckOutcome, NeedsRefresh, Refused, Works
from dashboard.domain.credentials import Credential
from dashboard.domain.errors import PlatformError
from dashboard.platforms.answers import Reply
from dashboard.platforms.permissions import by_relink, lacking
from dashboard.platforms.protocol import About
from dashboard.platforms.values import Body, text_of

ACCOUNT, BOARDS, BOARDS_WRITE, PINS, PINS_WRITE = (
    "user_accounts:read",
    "boards:read",
    "boards:write",
    "pins:read",
    "pins:write",
)
LABELS = {
    ACCOUNT: "see the account",
    BOARDS: "see the boards",
    BOARDS_WRITE: "put Pins on boards",
    PINS: "see the Pins",
    PINS_WRITE: "publish Pins",
}
_DEAD = (401, "2")
_BLOCKED = {
    (403, "2625"): Cause.ACCOUNT_SUSPENDED,
    (403, "2626"): Cause.SECURITY_CHECK,
}
_NO_RIGHT = (MissingKind.ROLE, "29", "a right that Pinterest does not name")
_LACKING = {
    (401, "3"): (MissingKind.PERMISSION, ACCOUNT, LABELS[ACCOUNT]),
    (401, "29"): _NO_RIGHT,
    (403, "29"): _NO_RIGHT,
    (403, "654"): (MissingKind.ACCOUNT_TYPE, "654", "a business account"),
}
_GRANT_INVALID = 283


def number_of(reply: Reply) -> str:
    """The number of an error; "" unless the answer has the form of one."""
    number = (reply.body or {}).get("code")
    return str(number) if type(number) is int and 0 <= number < 10**6 else ""


def meaning(about: About, reply: Reply, credential: Credential) -> CheckOutcome:
    """What an answer other than the account means; whatever is not known accuses nobody."""
    if outcome := reply.silence():
        return outcome
    number = number_of(reply)
    said = (reply.status, number)
    evidence = reply.evidence(code=number)
    if said == _DEAD:
        if credential.refresh:
            return NeedsRefresh(evidence=evidence)
        return Refused(cause=Cause.TOKEN_REFUSED, evidence=evidence)
    if said in _BLOCKED:
        return Blocked(cause=_BLOCKED[said], evidence=evidence)
    if said in _LACKING:
        missing = lacking(about, *_LACKING[said])
        ticked = _LACKING[said][0] is MissingKind.PERMISSION
        return Works(missing=by_relink(missing) if ticked else missing)
    return reply.unclear(code=number)


def refuses_renewal(body: Body) -> bool:
    """Whether the refresh token is told to be worth nothing, in Pinterest's own words.

    Its older interface said the same number of an unknown app, which it named in `data`.
    """
    about_us = "application" in text_of(body.get("data")).lower()
    return body.get("code") == _GRANT_INVALID and not about_us


def failure(key: str, reply: Reply) -> PlatformError:
    """The error for a person or a sync that waits."""
    number = number_of(reply)
    if reply.silence() or not number:
        return reply.failure(key)
    kind = "refresh_due" if (reply.status, number) == _DEAD else "refused"
    return PlatformError(key, kind, reply.text("message"))
