"""The server (PDS) of Bluesky's dialect: sessions, profiles, posts, mentions, pictures.

Every call in somebody's name must prove that it holds the key to which the token is bound. What a
security check looks like there is not established; it answers as a takedown does.
"""

import hashlib
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, request

from dashboard.sandbox import proofs
from dashboard.sandbox.clock import iso
from dashboard.sandbox.content import Incoming, IncomingKind, Post, UnknownPositionError
from dashboard.sandbox.dialect import Dialect
from dashboard.sandbox.dialects import bluesky_people, kit
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.faults import Fault, FaultKind
from dashboard.sandbox.model import Account, AccountStatus, Scope
from dashboard.sandbox.proofs import ProofError
from dashboard.sandbox.verdicts import Finding, Verdict
from dashboard.sandbox.web import here, now

_DEAD = {
    Finding.TOKEN_UNKNOWN: "Invalid token",
    Finding.TOKEN_REVOKED: "Invalid token",
    Finding.TOKEN_EXPIRED: "Token expired",
    Finding.ROLE_LOST: "Invalid token",
    Finding.NOT_GRANTED: "Invalid token",
}
_STATUSES = {
    AccountStatus.SUSPENDED: "takendown",
    AccountStatus.SECURITY_CHECK: "takendown",
    AccountStatus.DEACTIVATED: "deactivated",
}
_LONGEST = 300
_POST = "app.bsky.feed.post"


def serve(bp: Blueprint, dialect: Dialect) -> None:
    """Add the routes of the server to the dialect's."""
    server = _Server(dialect)
    for method, view in (
        ("com.atproto.server.getSession", server.session),
        ("com.atproto.sync.getRepoStatus", server.repository),
        ("app.bsky.actor.getProfile", server.profile),
        ("app.bsky.feed.getAuthorFeed", server.feed),
        ("app.bsky.notification.listNotifications", server.notifications),
    ):
        bp.add_url_rule(f"/pds/xrpc/{method}", view_func=view, endpoint=view.__name__)
    for method, view in (
        ("com.atproto.repo.createRecord", server.create),
        ("com.atproto.repo.uploadBlob", server.upload),
    ):
        bp.add_url_rule(
            f"/pds/xrpc/{method}", view_func=view, endpoint=view.__name__, methods=["POST"]
        )
    bp.register_error_handler(UnknownPositionError, _unknown_position)


class _Server:
    """The views; all they know is the dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def session(self) -> Response:
        """Whose token it is, and whether the account is active."""
        judged = self._judge(Scope.PROFILE)
        if judged.finding is Finding.ACCOUNT_DEACTIVATED:
            return _session(self._owner(judged), active=False)
        if judged.account is None:
            return self._refusal(judged)
        return _session(judged.account, active=True)

    def repository(self) -> Response:
        """What is publicly known of an account."""
        account = bluesky_people.by_did(request.args.get("did", ""))
        if account is None or account.status is AccountStatus.GONE:
            return error(HTTPStatus.BAD_REQUEST, "RepoNotFound", "Could not find repo for DID")
        status = _STATUSES.get(account.status)
        told = {"did": bluesky_people.did_of(account), "active": status is None}
        return jsonify(told | ({"status": status} if status else {}))

    def profile(self) -> Response:
        """The profile of the account itself."""
        judged = self._judge(Scope.POSTS_READ)
        if judged.account is None:
            return self._refusal(judged)
        return jsonify(_author(judged.account))

    def feed(self) -> Response:
        """What the account posted."""
        judged = self._judge(Scope.POSTS_READ)
        if judged.account is None:
            return self._refusal(judged)
        limit, before = _page()
        found = kit.posts(judged.account, limit=limit, before=before)
        items = [{"post": _post(post, judged.account)} for post in found]
        return _listing("feed", items, found[-1].id if len(found) == limit else None)

    def notifications(self) -> Response:
        """What others said about the account."""
        judged = self._judge(Scope.MENTIONS_READ)
        if judged.account is None:
            return self._refusal(judged)
        limit, before = _page()
        kinds = (IncomingKind.COMMENT, IncomingKind.MENTION)
        found = kit.incoming(judged.account, *kinds, limit=limit, before=before)
        items = [_notification(one) for one in found]
        return _listing("notifications", items, found[-1].id if len(found) == limit else None)

    def create(self) -> Response:
        """Post a text."""
        judged = self._judge(Scope.POSTS_WRITE)
        if judged.account is None or judged.grant is None:
            return self._refusal(judged)
        said = request.get_json(silent=True)
        record = said.get("record") if isinstance(said, dict) else None
        text = record.get("text") if isinstance(record, dict) else None
        own = isinstance(said, dict) and said.get("repo") == bluesky_people.did_of(judged.account)
        if not own or not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
            why = "Invalid app.bsky.feed.post record"
            return error(HTTPStatus.BAD_REQUEST, "InvalidRequest", why)
        post = kit.publish(judged.account, judged.grant, text)
        return jsonify({"uri": _uri(post.id, judged.account), "cid": _cid(post.id)})

    def upload(self) -> Response:
        """Take a picture, which nobody will see."""
        judged = self._judge(Scope.POSTS_WRITE)
        if judged.account is None:
            return self._refusal(judged)
        data = request.get_data()
        if not data or not (request.mimetype or "").startswith("image/"):
            return error(HTTPStatus.BAD_REQUEST, "InvalidRequest", "Request has no image")
        blob = {
            "$type": "blob",
            "ref": {"$link": _cid(hashlib.sha256(data).hexdigest())},
            "mimeType": request.mimetype,
            "size": len(data),
        }
        return jsonify({"blob": blob})

    def _judge(self, scope: Scope) -> Verdict:
        """The verdict on the account of a token, for who holds its key."""
        token = trail().token or ""
        if not request.headers.get("Authorization", "").startswith("DPoP "):
            raise ProofError("invalid_token", "A token that is bound to a key is needed")
        thumbprint = proofs.thumbprint_of_proof(token)
        judged = kit.judge(self._dialect, Scope.PROFILE)
        if judged.grant is None:
            return judged
        with here().store.reading() as db:
            if not proofs.is_bound(db, judged.grant.id, thumbprint):
                raise ProofError("invalid_dpop_proof", "The token is bound to another key")
        if judged.finding is not Finding.FINE:
            return judged
        chosen = min(part.account_id for part in judged.grant.accounts)
        return kit.judge(self._dialect, scope, chosen)

    def _owner(self, judged: Verdict) -> Account:
        account = bluesky_people.of_grant(judged.grant) if judged.grant else None
        if account is None:
            raise ProofError("invalid_token", "Invalid token")
        return account

    def _refusal(self, judged: Verdict) -> Response:
        if judged.finding in _DEAD:
            return unauthorized("invalid_token", _DEAD[judged.finding])
        match judged.finding:
            case Finding.ACCOUNT_GONE:
                did = bluesky_people.did_of(self._owner(judged))
                why = f"Could not find user info for account: {did}"
                return error(HTTPStatus.BAD_REQUEST, "InvalidRequest", why)
            case Finding.SCOPE_MISSING:
                why = f'Missing required scope "{judged.scope}"'
                return error(HTTPStatus.FORBIDDEN, "ScopeMissingError", why)
            case Finding.ACCOUNT_DEACTIVATED:
                why = "Account is deactivated"
                return error(HTTPStatus.UNAUTHORIZED, "AccountDeactivated", why)
            case _:
                why = "Account has been taken down"
                return error(HTTPStatus.UNAUTHORIZED, "AccountTakedown", why)


def unauthorized(code: str, why: str) -> Response:
    """How the server says that a token or its proof will not do."""
    response = error(HTTPStatus.UNAUTHORIZED, code, why)
    response.headers["WWW-Authenticate"] = f'DPoP algs="ES256", error="{code}"'
    return response


def error(status: HTTPStatus, name: str, message: str) -> Response:
    """An answer that says what is wrong."""
    trail().error = trail().error or name
    response = jsonify({"error": name, "message": message})
    response.status_code = status
    return response


def disturbance(fault: Fault) -> Response:
    """How the server says that it cannot answer."""
    match fault.order.kind:
        case FaultKind.ERROR_429:
            status, name = HTTPStatus.TOO_MANY_REQUESTS, "RateLimitExceeded"
        case FaultKind.ERROR_503:
            status, name = HTTPStatus.SERVICE_UNAVAILABLE, "NotEnoughResources"
        case _:
            status, name = HTTPStatus.INTERNAL_SERVER_ERROR, "InternalServerError"
    response = error(status, name, status.phrase)
    if status is HTTPStatus.TOO_MANY_REQUESTS:
        until = now() + timedelta(seconds=max(1, round(fault.order.seconds)))
        response.headers["RateLimit-Reset"] = str(int(until.timestamp()))
    return response


def _unknown_position(_problem: UnknownPositionError) -> Response:
    return error(HTTPStatus.BAD_REQUEST, "InvalidRequest", "Malformed cursor")


def _session(account: Account, *, active: bool) -> Response:
    told = {
        "did": bluesky_people.did_of(account),
        "handle": bluesky_people.handle_of(account),
        "didDoc": bluesky_people.document(account),
        "active": active,
    }
    return jsonify(told | ({} if active else {"status": "deactivated"}))


def _author(account: Account) -> dict[str, Any]:
    return {
        "did": bluesky_people.did_of(account),
        "handle": bluesky_people.handle_of(account),
        "displayName": account.name,
    }


def _post(post: Post, account: Account) -> dict[str, Any]:
    at = iso(post.created_at)
    record = {"$type": _POST, "text": post.text, "createdAt": at}
    return {
        "uri": _uri(post.id, account),
        "cid": _cid(post.id),
        "author": _author(account),
        "record": record,
        "indexedAt": at,
    }


def _notification(one: Incoming) -> dict[str, Any]:
    digest = hashlib.sha256(one.author_handle.encode()).hexdigest()
    did = "did:plc:" + "".join("abcdefghijklmnop"[int(letter, 16)] for letter in digest[:24])
    return {
        "uri": f"at://{did}/{_POST}/{one.id}",
        "cid": _cid(one.id),
        "author": {"did": did, "handle": f"{one.author_handle}.bsky.example",
                   "displayName": one.author_name},
        "reason": "mention" if one.kind is IncomingKind.MENTION else "reply",
        "record": {"$type": _POST, "text": one.text},
        "indexedAt": iso(one.created_at),
    }  # fmt: skip


def _uri(post_id: str, account: Account) -> str:
    return f"at://{bluesky_people.did_of(account)}/{_POST}/{post_id}"


def _cid(what: str) -> str:
    return f"bafyrei{hashlib.sha256(what.encode()).hexdigest()[:46]}"


def _page() -> tuple[int, str | None]:
    limit = request.args.get("limit", default=50, type=int)
    return max(1, min(limit, 100)), request.args.get("cursor")


def _listing(name: str, items: list[dict[str, Any]], following: str | None) -> Response:
    return jsonify({name: items} | ({"cursor": following} if following else {}))
