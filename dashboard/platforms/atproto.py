"""The AT Protocol as knowledge: sessions by app password, their tokens, and what its errors mean.

The XRPC body is `{error, message}`; the name decides, not the status: an expired token comes as 400
(github.com/bluesky-social/atproto, packages/pds/src/auth-verifier.ts). An error of the access token
never accuses the link: whatever the complaint is, the refresh tells the truth.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, CheckOutcome, NeedsRefresh
from dashboard.domain.errors import InvalidInputError
from dashboard.domain.untrusted import UnreadableJsonError, read_json
from dashboard.domain.wire import Ask
from dashboard.platforms.answers import Reply, bearer
from dashboard.platforms.servers import origin_of
from dashboard.platforms.values import Body, epoch_of, object_of, text_of, token_of

CREATE_SESSION = "com.atproto.server.createSession"
GET_SESSION = "com.atproto.server.getSession"
REFRESH_SESSION = "com.atproto.server.refreshSession"
DELETE_SESSION = "com.atproto.server.deleteSession"
REPO_STATUS = "com.atproto.sync.getRepoStatus"

MAIN_PASSWORD = "com.atproto.access"  # noqa: S105  the scope of a session, not a secret
APP_PASSWORD = "com.atproto.appPass"  # noqa: S105  likewise
APP_PASSWORD_WITH_MESSAGES = "com.atproto.appPassPrivileged"  # noqa: S105  likewise

_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,200}", re.ASCII)
# `invalid_token` is said of tokens that are bound to a key (RFC 9449, 7.1).
_ASK_THE_REFRESH = frozenset(
    {"ExpiredToken", "InvalidToken", "AuthenticationRequired", "invalid_token"}
)
_BLOCKED = {
    "AccountTakedown": Cause.ACCOUNT_SUSPENDED,
    "AccountDeactivated": Cause.ACCOUNT_DEACTIVATED,
    "AccountNotFound": Cause.ACCOUNT_GONE,
    # of a repository, asked publicly
    "RepoNotFound": Cause.ACCOUNT_GONE,
    "RepoTakendown": Cause.ACCOUNT_SUSPENDED,
    "RepoSuspended": Cause.ACCOUNT_SUSPENDED,
    "RepoDeactivated": Cause.ACCOUNT_DEACTIVATED,
}
# Lexicons com/atproto/server/getSession and com/atproto/sync/getRepoStatus. Of what is not named
# here (throttled, desynchronized, or no status at all) the host itself makes no claim.
_STATUSES = {
    "takendown": Cause.ACCOUNT_SUSPENDED,
    "suspended": Cause.ACCOUNT_SUSPENDED,
    "deactivated": Cause.ACCOUNT_DEACTIVATED,
    "deleted": Cause.ACCOUNT_GONE,
}
_NO_USER = "could not find user info"
_LONGEST_JWT = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as createSession, refreshSession and getSession tell it; tokens "" in the last.

    `pds` is the origin of the account's own server by its DID document, "" if none is told.
    """

    did: str
    handle: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    pds: str
    cause: Cause | None  # why the account is not active; PLATFORM_DOWN for no reason that we know


def query(origin: str, method: str, call: str, *, token: str = "", **parameters: str) -> Ask:
    """Ask to read something (XRPC query)."""
    tail = f"?{urlencode(parameters)}" if parameters else ""
    headers = bearer(token) if token else {"Accept": "application/json"}
    return Ask(call=call, method="GET", url=f"{origin}/xrpc/{method}{tail}", headers=headers)


def procedure(
    origin: str,
    method: str,
    call: str,
    *,
    token: str = "",
    body: Mapping[str, object] | None = None,
    deadline: float = 20.0,
) -> Ask:
    """Ask to do something (XRPC procedure). Refreshing takes no body at all, not even `{}`."""
    headers = bearer(token) if token else {"Accept": "application/json"}
    url = f"{origin}/xrpc/{method}"
    return Ask(call=call, method="POST", url=url, headers=headers, json=body, deadline=deadline)


def session_of(reply: Reply) -> Session | None:
    """The session in an answer, None if there is none."""
    body = reply.body if reply.status == HTTPStatus.OK else None
    did = body.get("did") if body else None
    if body is None or not isinstance(did, str) or not _DID.fullmatch(did):
        return None
    return Session(
        did=did,
        handle=reply.text("handle", 253),
        access=token_of(body.get("accessJwt")),
        refresh=token_of(body.get("refreshJwt")),
        pds=_pds_of(body.get("didDoc"), did),
        cause=_inactive(body),
    )


def claims_of(token: str) -> Body:
    """What a token says about itself, unverified: a hint for dates and scopes, never a proof."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _LONGEST_JWT:  # noqa: PLR2004  header, claims, signature
        return {}
    try:
        raw = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return object_of(read_json(raw))
    except (binascii.Error, ValueError, UnreadableJsonError):
        return {}


def runs_out_at(token: str) -> datetime | None:
    """When the token runs out, by its own words."""
    return epoch_of(claims_of(token).get("exp"))


def scope_of(token: str) -> str:
    """What kind of password opened the session, "" if the token does not say."""
    return text_of(claims_of(token).get("scope"), 100)


def error_of(reply: Reply) -> str:
    """The name of the error."""
    return reply.text("error", 80)


def meaning(reply: Reply) -> CheckOutcome:
    """What an answer means that is not the expected one."""
    name = error_of(reply)
    if outcome := reply.silence():
        return outcome
    if reply.body is None:
        return reply.unclear()
    if name in _BLOCKED:
        return Blocked(cause=_BLOCKED[name], evidence=reply.evidence(code=name))
    if name in _ASK_THE_REFRESH:
        return NeedsRefresh(evidence=reply.evidence(code=name))
    return reply.unclear(code=name)


def knows_no_such_account(reply: Reply) -> bool:
    """Said without a name of its own, of deleted and (getSession only) of taken-down accounts."""
    said = reply.text("message").lower()
    return reply.status == HTTPStatus.BAD_REQUEST and said.startswith(_NO_USER)


def inactive(reply: Reply) -> Cause | None:
    """Why the account of a session or of a repository status is not active, None if it is."""
    return _inactive(reply.body) if reply.body and reply.status == HTTPStatus.OK else None


def refusal_of(reply: Reply) -> Cause | None:
    """Why refreshSession refused for good; None when it did not, or did not say so.

    "Token has expired" is the age of the session itself; "Token has been revoked" follows a new
    password, a deleted app password, or a session used up elsewhere: not told apart.
    """
    name = error_of(reply)
    if reply.silence() or reply.body is None:
        return None
    if name == "ExpiredToken":
        is_revoked = "revoked" in reply.text("message").lower()
        return Cause.TOKEN_REFUSED if is_revoked else Cause.TOKEN_RAN_OUT
    if name == "InvalidToken":
        return Cause.TOKEN_REFUSED
    if knows_no_such_account(reply):
        return Cause.ACCOUNT_GONE
    return _BLOCKED.get(name)


def _inactive(body: Body) -> Cause | None:
    if body.get("active") is not False:
        return None
    return _STATUSES.get(text_of(body.get("status"), 40), Cause.PLATFORM_DOWN)


def _pds_of(document: object, did: str) -> str:
    services = object_of(document).get("service")
    for service in services[:20] if isinstance(services, list) else ():
        told = object_of(service)
        if told.get("id") in {"#atproto_pds", f"{did}#atproto_pds"}:
            return _origin(told.get("serviceEndpoint"))
    return ""


def _origin(value: object) -> str:
    try:
        return origin_of(value, field="") if isinstance(value, str) else ""
    except InvalidInputError:
        return ""
