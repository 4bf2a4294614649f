"""Threads' dialect: as Instagram's own log-in, but a removed app is told with code 100 only."""

from typing import Any

from flask import Response, jsonify, request

from dashboard.sandbox.clock import iso
from dashboard.sandbox.content import Incoming, IncomingKind, Post
from dashboard.sandbox.dialect import Dialect, Pkce, Renewal
from dashboard.sandbox.dialects import graph, kit, own_log_in
from dashboard.sandbox.model import EndCause, Scope
from dashboard.sandbox.verdicts import Finding, Verdict

DIALECT = Dialect(
    key="threads",
    label="Threads",
    scopes={
        "threads_basic": frozenset({Scope.PROFILE, Scope.POSTS_READ}),
        "threads_content_publish": frozenset({Scope.POSTS_WRITE}),
        "threads_read_replies": frozenset({Scope.PROFILE}),
        "threads_manage_mentions": frozenset({Scope.MENTIONS_READ}),
    },
    separator=",",
    pkce=Pkce.UNKNOWN,
    suffix="#_",
    renewal=Renewal.ITSELF,
    access_life=graph.LONG_LIFE,
    residents=own_log_in.RESIDENTS,
)
bp = kit.blueprint(DIALECT, own_log_in.AUTHORIZE)
own_log_in.add(bp, DIALECT)
_ROOT = "/graph/v1.0"


@bp.post("/graph/oauth/access_token")
def token() -> Response:
    """A short token; what was allowed is not told."""
    return graph.app_token_or_refusal(DIALECT) or graph.told(DIALECT, kit.exchange(DIALECT))


@bp.get(f"{_ROOT}/me")
def me() -> Response:
    """The profile."""
    judged = own_log_in.mine(DIALECT)
    if judged.account is None or judged.finding is not Finding.FINE:
        return _refusal(judged)
    of = judged.account
    return jsonify({"id": of.id, "username": of.handle, "name": of.name})


@bp.get(f"{_ROOT}/me/threads")
def posts() -> Response:
    """What the profile posted."""
    judged = own_log_in.mine(DIALECT, Scope.POSTS_READ)
    if judged.account is None or judged.finding is not Finding.FINE:
        return _refusal(judged)
    of = judged.account
    return graph.listing(lambda limit, before: kit.posts(of, limit=limit, before=before), _said)


@bp.get(f"{_ROOT}/me/mentions")
def mentions() -> Response:
    """What others say about the profile."""
    judged = own_log_in.mine(DIALECT, Scope.MENTIONS_READ)
    if judged.account is None or judged.finding is not Finding.FINE:
        return _refusal(judged)
    of = judged.account
    kinds = (IncomingKind.MENTION, IncomingKind.COMMENT)
    return graph.listing(
        lambda limit, before: kit.incoming(of, *kinds, limit=limit, before=before),
        lambda one: {**_said(one), "username": one.author_handle},
    )


@bp.get(f"{_ROOT}/debug_token")
def token_look() -> Response:
    """What was allowed; whoever asks is a tester here."""
    judged = kit.judge(DIALECT, token=request.args.get("input_token", ""))
    if judged.grant is None or judged.finding is not Finding.FINE:
        return graph.refusal(judged)
    told = graph.allowed(DIALECT, judged.grant)
    scopes = [one["permission"] for one in told if one["status"] == "granted"]
    return jsonify({"data": {"is_valid": True, "type": "USER", "scopes": scopes}})


@bp.get(f"{_ROOT}/<name>")
def container(name: str) -> Response:
    """How far a prepared post has come: the picture is there at once."""
    return graph.container(name, "status")


@bp.post(f"{_ROOT}/me/threads")
def prepare() -> Response:
    """Prepare a post."""
    judged = own_log_in.mine(DIALECT, Scope.POSTS_WRITE)
    if judged.account is None:
        return _refusal(judged)
    return graph.prepare(DIALECT, judged.account.id, request.form.get("text", ""))


@bp.post(f"{_ROOT}/me/threads_publish")
def publish() -> Response:
    """Publish what was prepared."""
    judged = own_log_in.mine(DIALECT, Scope.POSTS_WRITE)
    if judged.account is None:
        return _refusal(judged)
    return graph.publish(DIALECT, judged.account.id)


SPEAKER = kit.Speaker(dialect=DIALECT, bp=bp, disturbance=graph.disturbance)


def _refusal(judged: Verdict) -> Response:
    """Code 100 for a removed app was seen at Threads (github.com/trypostit/trypost)."""
    if judged.finding is Finding.TOKEN_REVOKED and judged.cause is EndCause.APP_REMOVED:
        return graph.error(100, "Unsupported get request.")
    return graph.refusal(judged)


def _said(thing: Post | Incoming) -> dict[str, Any]:
    return {"id": thing.id, "text": thing.text, "timestamp": iso(thing.created_at)}
