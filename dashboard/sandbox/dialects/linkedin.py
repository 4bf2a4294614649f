"""LinkedIn's dialect: service error codes, introspection, roles apart from tokens, no refresh.

What a change of password or a restricted member looks like there is not established; here both
are told as revoked, the only word that fits. A token that was logged out is told as invalid, and is
not known any more to who asks what became of it. Posts of members are closed, as they are there.
"""

import secrets
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request

from dashboard.sandbox.content import MAX_TEXT, Post
from dashboard.sandbox.dialect import Dialect, Pkce, Renewal, Resident
from dashboard.sandbox.dialects import kit
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.faults import Fault, FaultKind
from dashboard.sandbox.model import Account, EndCause, Grant, Role, Scope
from dashboard.sandbox.tokens import TokenRefusal
from dashboard.sandbox.verdicts import Finding, Verdict

DIALECT = Dialect(
    key="linkedin",
    label="LinkedIn",
    scopes={
        "openid": frozenset({Scope.PROFILE}),
        "profile": frozenset({Scope.PROFILE}),
        "email": frozenset({Scope.PROFILE}),
        "w_member_social": frozenset({Scope.POSTS_WRITE}),
        "r_organization_social": frozenset({Scope.POSTS_READ, Scope.MENTIONS_READ}),
        "w_organization_social": frozenset({Scope.POSTS_WRITE}),
        "rw_organization_admin": frozenset({Scope.PROFILE}),
    },
    pkce=Pkce.UNKNOWN,
    all_or_nothing=True,
    picks_accounts=False,
    denial={
        "error": "user_cancelled_authorize",
        "error_description": "The user cancelled the authorization",
    },
    renewal=Renewal.NONE,
    access_life=timedelta(days=60),
    refresh_life=timedelta(days=60),
    residents=(
        Resident(handle="bakeryjansen", name="Bakery Jansen"),
        Resident(handle="museumwaterhoven", name="City Museum", manage=("anna", "chloe")),
        Resident(handle="fcwaterhoven", name="FC Waterhoven", manage=("ben",)),
    ),
)
bp = kit.blueprint(DIALECT, "/www/oauth/v2/authorization")
_COMPANY = "urn:li:organization:"
_DEAD = {
    Finding.TOKEN_UNKNOWN: (65600, "Invalid access token"),
    Finding.TOKEN_EXPIRED: (65602, "The token used in the request has expired"),
    Finding.TOKEN_REVOKED: (65601, "The token used in the request has been revoked by the user"),
}
_FORGOTTEN = frozenset({EndCause.LOGGED_OUT, EndCause.TOO_MANY_LOGINS})
_STATES = {
    Finding.FINE: "active",
    Finding.TOKEN_EXPIRED: "expired",
    Finding.TOKEN_REVOKED: "revoked",
}
_NO_ACCESS = 100


@bp.post("/www/oauth/v2/accessToken")
def token() -> Response:
    """Turn a code into a token of 60 days; there is nothing to renew it with."""
    if kit.client_of_form(DIALECT) is None:
        return _oauth_error(
            HTTPStatus.UNAUTHORIZED, "invalid_client", "Client authentication failed"
        )
    if request.form.get("grant_type") == "refresh_token":
        return _oauth_error(HTTPStatus.BAD_REQUEST, "invalid_grant", "No refresh token is known")
    outcome = kit.exchange(DIALECT)
    if isinstance(outcome, TokenRefusal):
        return _oauth_error(HTTPStatus.BAD_REQUEST, "invalid_grant", outcome.why)
    return jsonify(
        {
            "access_token": outcome.access_token,
            "expires_in": outcome.expires_in,
            "scope": ",".join(kit.asked_names(DIALECT, outcome)),
            "token_type": "Bearer",
        }
    )


@bp.post("/www/oauth/v2/revoke")
def revoke() -> Response:
    """Give a token back."""
    if kit.client_of_form(DIALECT) is None:
        return _oauth_error(
            HTTPStatus.UNAUTHORIZED, "invalid_client", "Client authentication failed"
        )
    kit.revoke(DIALECT, request.form.get("token", ""))
    return Response(status=HTTPStatus.OK)


@bp.post("/www/oauth/v2/introspectToken")
def token_introspection() -> Response:
    """What became of a token: the one place where expired and revoked are told apart."""
    if kit.client_of_form(DIALECT) is None:
        return _oauth_error(
            HTTPStatus.UNAUTHORIZED, "invalid_client", "Client authentication failed"
        )
    judged = kit.judge(DIALECT, token=request.form.get("token", ""))
    forgotten = judged.cause in _FORGOTTEN
    if judged.grant is None or forgotten or judged.finding not in _STATES:
        return jsonify({"active": False})
    names = DIALECT.granted_names(judged.grant.asked, judged.grant.scopes)
    return jsonify(
        {
            "active": judged.finding is Finding.FINE,
            "status": _STATES[judged.finding],
            "scope": ",".join(names),
            "client_id": DIALECT.client_id,
            "auth_type": "3L",
        }
    )


@bp.get("/api/v2/userinfo")
def userinfo() -> Response:
    """The member who gave the permission."""
    judged = kit.judge(DIALECT)
    if judged.grant is None or judged.finding is not Finding.FINE:
        return _refusal(judged)
    person = kit.person_of(judged.grant)
    return jsonify({"sub": f"li-{person.id}", "name": person.name, "email": person.email})


@bp.get("/api/rest/organizationAcls")
def roles() -> Response:
    """The organisations that the member has a role on."""
    judged = kit.judge(DIALECT)
    if judged.grant is None or judged.finding is not Finding.FINE:
        return _refusal(judged)
    for part in judged.grant.accounts:
        closer = kit.judge(DIALECT, Scope.PROFILE, part.account_id)
        if closer.finding is Finding.SCOPE_MISSING:
            return _refusal(closer)
    mine = kit.accounts_of(DIALECT, judged.grant)
    return jsonify({"elements": [_acl(of, role, judged.grant) for of, role in mine]})


@bp.get("/api/rest/organizationsLookup")
def names() -> Response:
    """Names of organisations, for ids as in List(1,2)."""
    judged = kit.judge(DIALECT)
    if judged.grant is None or judged.finding is not Finding.FINE:
        return _refusal(judged)
    wanted = request.args.get("ids", "").removeprefix("List(").removesuffix(")").split(",")
    found = {of.id: of for of, _ in kit.accounts_of(DIALECT, judged.grant) if of.id in wanted}
    return jsonify(
        {
            "results": {
                key: {"id": int(key), "localizedName": of.name, "vanityName": of.handle}
                for key, of in found.items()
            }
        }
    )


@bp.get("/api/rest/posts")
def posts() -> Response:
    """The posts of an organisation, by count and start."""
    judged = kit.judge(DIALECT, Scope.POSTS_READ, _number(request.args.get("author")))
    if judged.account is None or judged.finding is not Finding.FINE:
        return _refusal(judged)
    start, count = (request.args.get(name, default=0, type=int) for name in ("start", "count"))
    found = kit.posts(judged.account, limit=start + min(count or 10, 100))[start:]
    return jsonify({"elements": [_post(post) for post in found]})


@bp.post("/api/rest/posts")
def publish() -> Response:
    """Post as an organisation; the answer names the post in a header only."""
    said = request.get_json(silent=True)
    said = said if isinstance(said, dict) else {}
    judged = kit.judge(DIALECT, Scope.POSTS_WRITE, _number(said.get("author")))
    if judged.account is None or judged.grant is None or judged.finding is not Finding.FINE:
        return _refusal(judged)
    text = str(said.get("commentary", "")).replace("\\", "")
    if not 0 < len(text) <= MAX_TEXT:
        return _error(HTTPStatus.UNPROCESSABLE_ENTITY, 0, "commentary is too short or too long")
    post = kit.publish(judged.account, judged.grant, text)
    response = Response(status=HTTPStatus.CREATED)
    response.headers["x-restli-id"] = f"urn:li:share:{post.id}"
    return response


@bp.post("/api/rest/images")
def begin_upload() -> Response:
    """Say where to put a picture."""
    said = request.get_json(silent=True)
    order = said.get("initializeUploadRequest") if isinstance(said, dict) else None
    owner = order.get("owner") if isinstance(order, dict) else None
    judged = kit.judge(DIALECT, Scope.POSTS_WRITE, _number(owner))
    if judged.finding is not Finding.FINE:
        return _refusal(judged)
    name = secrets.token_hex(8)
    url = f"{request.host_url}dialects/linkedin/upload/{name}"
    return jsonify({"value": {"uploadUrl": url, "image": f"urn:li:image:{name}"}})


@bp.put("/upload/<name>")
def upload(name: str) -> Response:
    """Take a picture, which nobody will see."""
    _ = name
    return Response(status=HTTPStatus.CREATED if request.get_data() else HTTPStatus.BAD_REQUEST)


def disturbance(fault: Fault) -> Response:
    """How LinkedIn says that it cannot answer; it never says when to come back."""
    match fault.order.kind:
        case FaultKind.ERROR_429:
            why = "Resource level throttle limit for calls to this resource is reached."
            return _error(HTTPStatus.TOO_MANY_REQUESTS, 101, why)
        case FaultKind.ERROR_503:
            return _error(HTTPStatus.SERVICE_UNAVAILABLE, 0, "Service Unavailable")
        case FaultKind.REFUSE_APP:
            why = "Requested version is not active"
            return _error(HTTPStatus.UPGRADE_REQUIRED, 0, why)
        case _:
            return _error(HTTPStatus.INTERNAL_SERVER_ERROR, 0, "Internal Server Error")


SPEAKER = kit.Speaker(dialect=DIALECT, bp=bp, disturbance=disturbance)


def _refusal(judged: Verdict) -> Response:
    if judged.finding in _DEAD:
        known = Finding.TOKEN_UNKNOWN if judged.cause in _FORGOTTEN else judged.finding
        return _error(HTTPStatus.UNAUTHORIZED, *_DEAD[known])
    path = request.path.rpartition("/")[2]
    why = f"Not enough permissions to access: {request.method} /{path}"
    return _error(HTTPStatus.FORBIDDEN, _NO_ACCESS, why)


def _error(status: HTTPStatus, number: int, why: str) -> Response:
    response = jsonify({"message": why, "serviceErrorCode": number, "status": int(status)})
    response.status_code = status
    return response


def _oauth_error(status: HTTPStatus, code: str, why: str) -> Response:
    trail().error = trail().error or code
    response = jsonify({"error": code, "error_description": why})
    response.status_code = status
    return response


def _acl(of: Account, role: Role, grant: Grant) -> dict[str, Any]:
    kind = "ADMINISTRATOR" if role is Role.MANAGE else "ANALYST"
    return {
        "organization": f"{_COMPANY}{of.id}",
        "role": kind,
        "roleAssignee": f"urn:li:person:li-{grant.person_id}",
        "state": "APPROVED",
    }


def _post(post: Post) -> dict[str, Any]:
    milliseconds = round(post.created_at.timestamp() * 1000)
    return {
        "id": f"urn:li:share:{post.id}",
        "commentary": post.text,
        "createdAt": milliseconds,
        "publishedAt": milliseconds,
        "lifecycleState": "PUBLISHED",
    }


def _number(urn: object) -> str:
    """The id in an organisation's URN; a member has no account here and is refused."""
    return urn.removeprefix(_COMPANY) if isinstance(urn, str) else ""
