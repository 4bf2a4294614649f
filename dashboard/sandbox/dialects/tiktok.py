"""TikTok's dialect: a client key, errors beside data, a missing permission told with 401.

Only a ban is told as such, and only to who wants to post. What a deactivated account or a security
check looks like is not established: the token is told to be invalid or the parameters to be, which
accuses nobody.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request

from dashboard.sandbox.content import MAX_TEXT, Post
from dashboard.sandbox.dialect import Dialect, Pkce, Resident
from dashboard.sandbox.dialects import kit
from dashboard.sandbox.dialects.own_log_in import mine
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.faults import Fault, FaultKind
from dashboard.sandbox.model import Scope
from dashboard.sandbox.tokens import TokenPair, TokenRefusal
from dashboard.sandbox.verdicts import Finding, Verdict
from dashboard.sandbox.web import now

DIALECT = Dialect(
    key="tiktok",
    label="TikTok",
    scopes={
        "user.info.basic": frozenset({Scope.PROFILE}),
        "user.info.profile": frozenset({Scope.PROFILE}),
        "video.list": frozenset({Scope.POSTS_READ}),
        "video.publish": frozenset({Scope.POSTS_WRITE}),
    },
    separator=",",
    client_id_name="client_key",
    pkce=Pkce.UNKNOWN,
    asks_again=frozenset({("disable_auto_auth", "1")}),
    access_life=timedelta(hours=2),
    refresh_life=timedelta(days=180),
    residents=(
        Resident(handle="bakeryjansen", name="Bakery Jansen"),
        Resident(handle="citymuseum", name="City Museum", manage=("chloe",)),
    ),
)
bp = kit.blueprint(DIALECT, "/www/v2/auth/authorize/")
_V2 = "/api/v2"
_MOST = 1_000
_WORKED_ON_FOR = timedelta(seconds=2)
_DEAD = frozenset({Finding.TOKEN_UNKNOWN, Finding.TOKEN_EXPIRED, Finding.TOKEN_REVOKED})


@bp.post(f"{_V2}/oauth/token/")
def token() -> Response:
    """A pair for a code or for a refresh token, which is then used up; errors come with 200."""
    if kit.client_of_form(DIALECT) is None:
        return _oauth_error("invalid_client", "Client key or secret is incorrect.")
    if request.form.get("grant_type") == "refresh_token":
        return _told(kit.refresh(DIALECT, request.form.get("refresh_token", "")))
    return _told(kit.exchange(DIALECT))


@bp.post(f"{_V2}/oauth/revoke/")
def revoke() -> Response:
    """Give a token back."""
    if kit.client_of_form(DIALECT) is None:
        return _oauth_error("invalid_client", "Client key or secret is incorrect.")
    kit.revoke(DIALECT, request.form.get("token", ""))
    return jsonify({})


@bp.get(f"{_V2}/user/info/")
def profile() -> Response:
    """The account that gave the permission; one log-in is one account."""
    judged = mine(DIALECT)
    of = judged.account
    if of is None and judged.finding is Finding.ACCOUNT_SUSPENDED and judged.grant is not None:
        of = kit.accounts_of(DIALECT, judged.grant)[0][0]
    if of is None:
        return _refusal(judged)
    user = {"open_id": of.id, "display_name": of.name, "username": of.handle}
    return _fine({"user": user})


@bp.post(f"{_V2}/video/list/")
def videos() -> Response:
    """What was posted; a cursor is a count of milliseconds."""
    judged = mine(DIALECT, Scope.POSTS_READ)
    if judged.account is None:
        return _refusal(judged)
    said = _said()
    limit, until = min(int(said.get("max_count", 10)), 20), said.get("cursor")
    found = [
        post
        for post in kit.posts(judged.account, limit=_MOST)
        if not until or _milliseconds(post) < int(until)
    ]
    page = found[:limit]
    return _fine(
        {
            "videos": [_video(post) for post in page],
            "cursor": _milliseconds(page[-1]) if page else 0,
            "has_more": len(found) > limit,
        }
    )


@bp.post(f"{_V2}/post/publish/creator_info/query/")
def creator() -> Response:
    """What the account may post."""
    judged = mine(DIALECT, Scope.POSTS_WRITE)
    if judged.account is None:
        return _refusal(judged)
    levels = ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"]
    return _fine({"creator_username": judged.account.handle, "privacy_level_options": levels})


@bp.post(f"{_V2}/post/publish/content/init/")
def publish() -> Response:
    """Take a picture by its address, which is not fetched here."""
    judged = mine(DIALECT, Scope.POSTS_WRITE)
    if judged.account is None or judged.grant is None:
        return _refusal(judged)
    info = _said().get("post_info")
    text = str(info.get("description", "")) if isinstance(info, dict) else ""
    if not 0 < len(text) <= MAX_TEXT:
        return _error(HTTPStatus.BAD_REQUEST, "invalid_params")
    post = kit.publish(judged.account, judged.grant, text)
    return _fine({"publish_id": f"p_pub_url~v2.{post.id}"})


@bp.post(f"{_V2}/post/publish/status/fetch/")
def fate() -> Response:
    """What became of a post: for a while it is worked on."""
    judged = mine(DIALECT, Scope.POSTS_WRITE)
    if judged.account is None:
        return _refusal(judged)
    post_id = str(_said().get("publish_id", "")).removeprefix("p_pub_url~v2.")
    made = [one for one in kit.posts(judged.account, limit=_MOST) if one.id == post_id]
    if not made:
        return _error(HTTPStatus.BAD_REQUEST, "invalid_publish_id")
    if now() - made[0].created_at < _WORKED_ON_FOR:
        return _fine({"status": "PROCESSING_DOWNLOAD"})
    return _fine({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [post_id]})


def disturbance(fault: Fault) -> Response:
    """How TikTok says that it cannot answer."""
    if fault.order.kind is FaultKind.ERROR_429:
        return _error(HTTPStatus.TOO_MANY_REQUESTS, "rate_limit_exceeded")
    if fault.order.kind is FaultKind.REFUSE_APP:
        return _error(HTTPStatus.UNAUTHORIZED, "scope_permission_missed")
    status = (
        HTTPStatus.SERVICE_UNAVAILABLE
        if fault.order.kind is FaultKind.ERROR_503
        else HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return _error(status, "internal_error")


SPEAKER = kit.Speaker(dialect=DIALECT, bp=bp, disturbance=disturbance)


def _refusal(judged: Verdict) -> Response:
    if judged.finding in _DEAD:
        return _error(HTTPStatus.UNAUTHORIZED, "access_token_invalid")
    if judged.finding is Finding.SCOPE_MISSING:
        return _error(HTTPStatus.UNAUTHORIZED, "scope_not_authorized")
    if judged.finding is Finding.ACCOUNT_SUSPENDED:
        return _error(HTTPStatus.FORBIDDEN, "spam_risk_user_banned_from_posting")
    return _error(HTTPStatus.BAD_REQUEST, "invalid_params")


def _fine(data: dict[str, Any]) -> Response:
    return jsonify({"data": data, "error": {"code": "ok", "message": "", "log_id": "1"}})


def _error(status: HTTPStatus, code: str) -> Response:
    said = {"code": code, "message": status.phrase, "log_id": "1"}
    response = jsonify({"data": {}, "error": said})
    response.status_code = status
    return response


def _oauth_error(code: str, why: str) -> Response:
    trail().error = trail().error or code
    return jsonify({"error": code, "error_description": why, "log_id": "1"})


def _told(outcome: TokenPair | TokenRefusal) -> Response:
    if isinstance(outcome, TokenRefusal):
        return _oauth_error("invalid_grant", outcome.why)
    return jsonify(
        {
            "access_token": outcome.access_token,
            "expires_in": outcome.expires_in,
            "refresh_token": outcome.refresh_token,
            "refresh_expires_in": outcome.refresh_expires_in,
            "scope": ",".join(kit.asked_names(DIALECT, outcome)),
            "token_type": "Bearer",
        }
    )


def _said() -> dict[str, Any]:
    said = request.get_json(silent=True)
    return said if isinstance(said, dict) else {}


def _milliseconds(post: Post) -> int:
    return round(post.created_at.timestamp() * 1000)


def _video(post: Post) -> dict[str, Any]:
    return {
        "id": post.id,
        "title": post.text[:100],
        "video_description": post.text,
        "create_time": int(post.created_at.timestamp()),
        "share_url": f"{request.host_url}posts/{post.id}",
    }
