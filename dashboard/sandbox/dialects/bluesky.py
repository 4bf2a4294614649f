"""Bluesky's dialect: names, identities, and a server whose log-in gives tokens bound to a key.

All hosts of the real thing are folders here: `names` looks names up, `plc` keeps the documents of
identities, `auth` is the log-in, `pds` the server that holds the accounts (`bluesky_server`). Apps
are known only by the address of a document about themselves; as nothing here reads documents, only
apps on the same computer are let in, whose address says everything.
"""

import base64
import hashlib
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Response, jsonify, request

from dashboard.sandbox import apps, grants, proofs, pushed, tokens
from dashboard.sandbox.dialect import Dialect, Pkce, Renewal, Resident
from dashboard.sandbox.dialects import bluesky_people, bluesky_server, kit
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.model import EndCause, Scope
from dashboard.sandbox.proofs import ProofError
from dashboard.sandbox.tokens import TokenPair, TokenRefusal
from dashboard.sandbox.web import here

DIALECT = Dialect(
    key="bluesky",
    label="Bluesky",
    scopes={
        "atproto": frozenset({Scope.PROFILE}),
        "transition:generic": frozenset({Scope.POSTS_READ, Scope.POSTS_WRITE, Scope.MENTIONS_READ}),
        "transition:chat.bsky": frozenset({Scope.MESSAGES_READ}),
    },
    needs_push=True,
    pkce=Pkce.REQUIRED,
    asks_again=frozenset(),
    renewal=Renewal.ROTATING,
    access_life=timedelta(hours=1),
    refresh_life=timedelta(days=14),
    residents=(
        Resident(handle="bakeryjansen", name="Bakery Jansen"),
        Resident(handle="fcwaterhoven", name="FC Waterhoven", manage=("ben",)),
    ),
)
bp = kit.blueprint(DIALECT, "/auth/oauth/authorize")
_LOCAL_CLIENT = "http://localhost"
_PUSHED = (
    "response_type",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_REFUSALS = {
    EndCause.EXPIRED: "Refresh token expired",
    EndCause.TOKEN_REUSED: "Refresh token replayed",
}


@bp.get("/names/xrpc/com.atproto.identity.resolveHandle")
def resolve_handle() -> Response:
    """Which identity bears a name."""
    account = bluesky_people.by_handle(request.args.get("handle", ""))
    if account is None:
        return _error(HTTPStatus.BAD_REQUEST, "InvalidRequest", "Unable to resolve handle")
    return jsonify({"did": bluesky_people.did_of(account)})


@bp.get("/plc/<did>")
def identity(did: str) -> Response:
    """The document of an identity: its name, and the server that it lives on."""
    account = bluesky_people.by_did(did)
    if account is None:
        return _error(HTTPStatus.NOT_FOUND, "NotFound", f"DID not registered: {did}")
    return jsonify(bluesky_people.document(account))


@bp.get("/pds/.well-known/oauth-protected-resource")
def resource() -> Response:
    """Who runs the log-in of the server."""
    told = {
        "resource": bluesky_people.address("pds"),
        "authorization_servers": [bluesky_people.address("auth")],
        "scopes_supported": [],
        "bearer_methods_supported": ["header"],
    }
    return jsonify(told)


@bp.get("/auth/.well-known/oauth-authorization-server")
def log_in() -> Response:
    """What the log-in offers."""
    auth = bluesky_people.address("auth")
    told = {
        "issuer": auth,
        "authorization_endpoint": f"{auth}/oauth/authorize",
        "token_endpoint": f"{auth}/oauth/token",
        "pushed_authorization_request_endpoint": f"{auth}/oauth/par",
        "revocation_endpoint": f"{auth}/oauth/revoke",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "scopes_supported": list(DIALECT.scopes),
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": True,
        "client_id_metadata_document_supported": True,
    }
    return jsonify(told)


@bp.post("/auth/oauth/par")
def push() -> Response:
    """Take a request in; the browser will bring its number."""
    thumbprint = proofs.thumbprint_of_proof()
    redirects = _redirects_of_client()
    said = {name: request.form[name] for name in _PUSHED if name in request.form}
    if said.get("redirect_uri") not in redirects:
        why = "Invalid redirect_uri"
        return _refused(HTTPStatus.BAD_REQUEST, "invalid_request", why)
    with here().store.changing() as db:
        proofs.bind(db, said.get("code_challenge", ""), thumbprint)
    iss = {"iss": bluesky_people.address("auth"), "client_id": DIALECT.client_id}
    number = pushed.keep({**said, **iss})
    answer = jsonify({"request_uri": number, "expires_in": int(pushed.LIFE.total_seconds())})
    answer.status_code = HTTPStatus.CREATED
    return answer


@bp.post("/auth/oauth/token")
def token() -> Response:
    """Codes and renewals, for who holds the key and only for him."""
    thumbprint = proofs.thumbprint_of_proof()
    _redirects_of_client()
    if request.form.get("grant_type") == "refresh_token":
        return _renewed(thumbprint)
    verifier = request.form.get("code_verifier", "").encode()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).decode().rstrip("=")
    with here().store.reading() as db:
        if not proofs.is_bound(db, challenge, thumbprint):
            return _no_grant("DPoP proof does not match the expected JKT")
    outcome = kit.exchange(DIALECT)
    if isinstance(outcome, TokenRefusal):
        return _no_grant(outcome.why)
    with here().store.changing() as db:
        proofs.bind(db, outcome.grant_id, thumbprint)
    return _pair(outcome)


@bp.post("/auth/oauth/revoke")
def revoke() -> Response:
    """Give a consent back."""
    _redirects_of_client()
    kit.revoke(DIALECT, request.form.get("token", ""))
    return jsonify({})


@bp.after_request
def give_number(response: Response) -> Response:
    """Every answer brings the number that the next proof must carry."""
    response.headers["DPoP-Nonce"] = proofs.number()
    return response


@bp.errorhandler(ProofError)
def unproven(problem: ProofError) -> Response:
    """How the log-in and the server say that a proof proves nothing."""
    if request.path.startswith(f"/dialects/{DIALECT.key}/auth/"):
        return _refused(HTTPStatus.BAD_REQUEST, problem.code, problem.why)
    return bluesky_server.unauthorized(problem.code, problem.why)


@bp.errorhandler(LookupError)
def unknown_client(_problem: LookupError) -> Response:
    """An app that nothing is known about."""
    why = "Unable to obtain client metadata"
    return _refused(HTTPStatus.BAD_REQUEST, "invalid_client", why)


bluesky_server.serve(bp, DIALECT)
SPEAKER = kit.Speaker(dialect=DIALECT, bp=bp, disturbance=bluesky_server.disturbance)


def _renewed(thumbprint: str) -> Response:
    refresh = request.form.get("refresh_token", "")
    with here().store.reading() as db:
        grant = tokens.grant_of_token(db, refresh)
        if grant is not None and not proofs.is_bound(db, grant.id, thumbprint):
            return _no_grant("DPoP proof does not match the expected JKT")
    outcome = kit.refresh(DIALECT, refresh)
    if isinstance(outcome, TokenRefusal):
        why = _REFUSALS.get(outcome.cause, "Invalid refresh token") if outcome.cause else ""
        return _no_grant(why or "Invalid refresh token")
    return _pair(outcome)


def _pair(pair: TokenPair) -> Response:
    with here().store.reading() as db:
        grant = grants.find(db, pair.grant_id)
    account = bluesky_people.of_grant(grant) if grant is not None else None
    return jsonify(
        {
            "access_token": pair.access_token,
            "token_type": "DPoP",
            "refresh_token": pair.refresh_token,
            "scope": " ".join(kit.asked_names(DIALECT, pair)),
            "expires_in": pair.expires_in,
            "sub": bluesky_people.did_of(account) if account else "",
        }
    )


def _redirects_of_client() -> list[str]:
    """The addresses that the app in this form may be answered at; LookupError if it is unknown."""
    parts = urlsplit(request.form.get("client_id", ""))
    trail().client_id = DIALECT.client_id
    with here().store.reading() as db:
        ours = apps.find_app(db, DIALECT.client_id)
    local = f"{parts.scheme}://{parts.netloc}" == _LOCAL_CLIENT and parts.path in {"", "/"}
    if not local or ours is None or ours.secret_changed:
        raise LookupError(DIALECT.client_id)
    return parse_qs(parts.query).get("redirect_uri", [])


def _no_grant(why: str) -> Response:
    return _refused(HTTPStatus.BAD_REQUEST, "invalid_grant", why)


def _refused(status: HTTPStatus, code: str, why: str) -> Response:
    trail().error = trail().error or code
    response = jsonify({"error": code, "error_description": why})
    response.status_code = status
    return response


def _error(status: HTTPStatus, name: str, message: str, **more: Any) -> Response:
    return bluesky_server.error(status, name, message, **more)
