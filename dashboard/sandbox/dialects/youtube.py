"""YouTube's dialect: the channel of a log-in, its uploads and comments; nothing is published."""

from http import HTTPStatus
from typing import Any

from flask import Response, jsonify, request
from werkzeug.exceptions import NotFound

from dashboard.sandbox.clock import iso
from dashboard.sandbox.content import Incoming, IncomingKind, Post
from dashboard.sandbox.dialect import Dialect, Pkce, Renewal, Resident
from dashboard.sandbox.dialects import google, kit
from dashboard.sandbox.dialects.own_log_in import mine
from dashboard.sandbox.model import Account, Scope
from dashboard.sandbox.verdicts import Finding, Verdict

_AUTH = "https://www.googleapis.com/auth/"
DIALECT = Dialect(
    key="youtube",
    label="YouTube",
    scopes={
        "openid": frozenset({Scope.PROFILE}),
        "email": frozenset({Scope.PROFILE}),
        f"{_AUTH}youtube.readonly": frozenset({Scope.POSTS_READ}),
        f"{_AUTH}youtube.force-ssl": frozenset({Scope.MENTIONS_READ}),
    },
    pkce=Pkce.OPTIONAL,
    asks_again=google.ASKS_AGAIN,
    denial={"error": "access_denied"},
    renewal=Renewal.STEADY,
    access_life=google.ACCESS_LIFE,
    refresh_life=google.REFRESH_LIFE,
    residents=(
        Resident(handle="bakeryjansen", name="Bakery Jansen"),
        Resident(handle="citymuseum", name="City Museum", manage=("chloe",)),
    ),
)
bp = kit.blueprint(DIALECT, google.AUTHORIZE)
google.add_common(bp, DIALECT)
_V3 = "/www/youtube/v3"
_BLOCKED = {
    Finding.ACCOUNT_SUSPENDED: "authenticatedUserAccountSuspended",
    Finding.ACCOUNT_DEACTIVATED: "authenticatedUserAccountClosed",
    Finding.ACCOUNT_GONE: "channelClosed",
}


@bp.get(f"{_V3}/channels")
def channels() -> Response:
    """The channel that was picked in the log-in; none if the role on it is gone."""
    judged = mine(DIALECT)
    if judged.finding is Finding.ROLE_LOST:
        return _listing("channel", [])
    if judged.account is None:
        return _refusal(judged)
    return _listing("channel", [_channel(judged.account)])


@bp.get(f"{_V3}/playlistItems")
def videos() -> Response:
    """What was uploaded, page by page."""
    account_id = request.args.get("playlistId", "").removeprefix("UU")
    judged = kit.judge(DIALECT, Scope.POSTS_READ, account_id)
    if judged.account is None:
        return _refusal(judged)
    limit, before = _page()
    found = kit.posts(judged.account, limit=limit, before=before)
    return _listing("playlistItem", [_video(one) for one in found], _next(found, limit))


@bp.get(f"{_V3}/commentThreads")
def comments() -> Response:
    """What others say about a channel."""
    account_id = request.args.get("allThreadsRelatedToChannelId", "")
    judged = kit.judge(DIALECT, Scope.MENTIONS_READ, account_id)
    if judged.account is None:
        return _refusal(judged)
    limit, before = _page()
    kinds = (IncomingKind.COMMENT, IncomingKind.MENTION)
    found = kit.incoming(judged.account, *kinds, limit=limit, before=before)
    return _listing("commentThread", [_comment(one) for one in found], _next(found, limit))


SPEAKER = kit.Speaker(dialect=DIALECT, bp=bp, disturbance=google.disturbance)


def _refusal(judged: Verdict) -> Response:
    if judged.finding in _BLOCKED:
        return google.error(HTTPStatus.FORBIDDEN, "", _BLOCKED[judged.finding])
    return google.refusal(judged)


def _page() -> tuple[int, str | None]:
    limit = request.args.get("maxResults", default=20, type=int)
    if not 0 < limit <= 100:  # noqa: PLR2004  theirs
        raise NotFound
    return limit, request.args.get("pageToken") or None


def _next(found: list[Post] | list[Incoming], limit: int) -> str:
    return found[-1].id if len(found) >= limit else ""


def _listing(kind: str, items: list[dict[str, Any]], following: str = "") -> Response:
    said: dict[str, Any] = {
        "kind": f"youtube#{kind}ListResponse",
        "pageInfo": {"totalResults": len(items), "resultsPerPage": 50},
    }
    if items:
        said["items"] = items
    if following:
        said["nextPageToken"] = following
    return jsonify(said)


def _channel(of: Account) -> dict[str, Any]:
    return {
        "kind": "youtube#channel",
        "id": of.id,
        "snippet": {"title": of.name, "customUrl": f"@{of.handle}"},
        "contentDetails": {"relatedPlaylists": {"uploads": f"UU{of.id}"}},
    }


def _video(post: Post) -> dict[str, Any]:
    return {
        "snippet": {"title": post.text[:100], "publishedAt": iso(post.created_at)},
        "contentDetails": {"videoId": post.id, "videoPublishedAt": iso(post.created_at)},
    }


def _comment(one: Incoming) -> dict[str, Any]:
    snippet = {
        "videoId": one.post_id or "",
        "textDisplay": one.text,
        "authorDisplayName": f"@{one.author_handle}",
        "publishedAt": iso(one.created_at),
    }
    return {"id": one.id, "snippet": {"topLevelComment": {"id": one.id, "snippet": snippet}}}
