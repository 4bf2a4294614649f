"""Google Business Profile's dialect: locations behind an account, reviews, local posts.

Who lost the role on a location hears "denied": other words for that are not established. A closed
or deleted account is here that of the person, as Google tells of it: the tokens are over, and who
renews them is told why.
"""

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request

from dashboard.sandbox.clock import iso
from dashboard.sandbox.content import Incoming, IncomingKind, Post
from dashboard.sandbox.dialect import Dialect, Pkce, Renewal, Resident, number_of
from dashboard.sandbox.dialects import google, kit
from dashboard.sandbox.model import Grant, Scope
from dashboard.sandbox.verdicts import Finding, Verdict

DIALECT = Dialect(
    key="google_business",
    label="Google Business Profile",
    scopes={
        "openid": frozenset({Scope.PROFILE}),
        "email": frozenset({Scope.PROFILE}),
        "https://www.googleapis.com/auth/business.manage": frozenset(
            {Scope.POSTS_READ, Scope.POSTS_WRITE, Scope.MENTIONS_READ}
        ),
    },
    pkce=Pkce.OPTIONAL,
    asks_again=google.ASKS_AGAIN,
    denial={"error": "access_denied"},
    renewal=Renewal.STEADY,
    access_life=google.ACCESS_LIFE,
    refresh_life=google.REFRESH_LIFE,
    residents=(
        Resident(handle="bakeryjansen", name="Bakery Jansen"),
        Resident(handle="citymuseum", name="City Museum", manage=("anna", "chloe")),
    ),
)
bp = kit.blueprint(DIALECT, google.AUTHORIZE)
google.add_common(bp, DIALECT)
_LOCATION = "/business/v4/accounts/<account>/locations/<location>"
_LONGEST = 1_500


@bp.get("/accountmanagement/v1/accounts")
def accounts() -> Response:
    """The one account of the person."""
    judged = kit.judge(DIALECT, Scope.POSTS_READ)
    if judged.grant is None or judged.finding is not Finding.FINE:
        return _refusal(judged)
    return jsonify({"accounts": [{"name": _account(judged.grant), "type": "PERSONAL"}]})


@bp.get("/information/v1/accounts/<account>/locations")
def locations(account: str) -> Response:
    """The locations that the person manages."""
    judged = kit.judge(DIALECT, Scope.POSTS_READ)
    if judged.finding is not Finding.FINE or judged.grant is None:
        return _refusal(judged)
    if _account(judged.grant) != f"accounts/{account}":
        return _refusal(judged)
    mine = kit.accounts_of(DIALECT, judged.grant)
    return jsonify(
        {"locations": [{"name": f"locations/{of.id}", "title": of.name} for of, _ in mine]}
    )


@bp.get("/information/v1/locations/<location>")
def one(location: str) -> Response:
    """The name of a location."""
    judged = kit.judge(DIALECT, Scope.POSTS_READ, location)
    if judged.account is None:
        return _refusal(judged)
    return jsonify({"name": f"locations/{judged.account.id}"})


@bp.get(f"{_LOCATION}/localPosts")
def posts(account: str, location: str) -> Response:
    """The posts of a location, page by page."""
    _ = account
    judged = kit.judge(DIALECT, Scope.POSTS_READ, location)
    if judged.account is None:
        return _refusal(judged)
    limit, before = _page()
    found = kit.posts(judged.account, limit=limit, before=before)
    return _listing("localPosts", [_post(one) for one in found], found, limit)


@bp.post(f"{_LOCATION}/localPosts")
def publish(account: str, location: str) -> Response:
    """Publish a text; a picture is named by its address, which is not fetched here."""
    _ = account
    judged = kit.judge(DIALECT, Scope.POSTS_WRITE, location)
    if judged.account is None or judged.grant is None:
        return _refusal(judged)
    said = request.get_json(silent=True)
    text = str(said.get("summary", "")) if isinstance(said, dict) else ""
    if not 0 < len(text) <= _LONGEST:
        return google.error(HTTPStatus.BAD_REQUEST, "INVALID_ARGUMENT")
    return jsonify(_post(kit.publish(judged.account, judged.grant, text)))


@bp.get(f"{_LOCATION}/reviews")
def reviews(account: str, location: str) -> Response:
    """What others say about a location."""
    _ = account
    judged = kit.judge(DIALECT, Scope.MENTIONS_READ, location)
    if judged.account is None:
        return _refusal(judged)
    limit, before = _page()
    kinds = (IncomingKind.COMMENT, IncomingKind.MENTION)
    found = kit.incoming(judged.account, *kinds, limit=limit, before=before)
    return _listing("reviews", [_review(one) for one in found], found, limit)


SPEAKER = kit.Speaker(dialect=DIALECT, bp=bp, disturbance=google.disturbance)


def _refusal(judged: Verdict) -> Response:
    if judged.finding in google.DEAD | {Finding.ACCOUNT_SUSPENDED, Finding.ACCOUNT_GONE}:
        return google.error(HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED", "authError")
    if judged.finding is Finding.SCOPE_MISSING:
        reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo"}
        reason["reason"] = "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
        return google.error(HTTPStatus.FORBIDDEN, "PERMISSION_DENIED", details=reason)
    return google.error(HTTPStatus.FORBIDDEN, "PERMISSION_DENIED")


def _account(grant: Grant) -> str:
    return f"accounts/{number_of(grant.person_id)}"


def _page() -> tuple[int, str | None]:
    limit = request.args.get("pageSize", default=20, type=int)
    return max(1, min(limit, 100)), request.args.get("pageToken") or None


def _listing(
    name: str, items: list[dict[str, Any]], found: list[Post] | list[Incoming], limit: int
) -> Response:
    said: dict[str, Any] = {name: items} if items else {}
    if len(found) >= limit:
        said["nextPageToken"] = found[-1].id
    return jsonify(said)


def _post(post: Post) -> dict[str, Any]:
    return {
        "name": f"accounts/1/locations/{post.account_id}/localPosts/{post.id}",
        "summary": post.text,
        "state": "LIVE",
        "topicType": "STANDARD",
        "createTime": iso(post.created_at),
    }


def _review(one: Incoming) -> dict[str, Any]:
    return {
        "reviewId": one.id,
        "reviewer": {"displayName": one.author_name},
        "starRating": "FOUR",
        "comment": one.text,
        "createTime": iso(one.created_at),
    }
