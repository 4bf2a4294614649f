"""The calls that apps make about tokens: exchange, refresh, revoke."""

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, request

from dashboard.sandbox import apps, tokens, wire
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.model import App
from dashboard.sandbox.tokens import Exchange, TokenRefusal
from dashboard.sandbox.web import here, now

bp = Blueprint("oauth", __name__, url_prefix="/oauth")
_LONGEST_ID = 64  # of what a caller claims to be, in the journal


@bp.post("/token")
def token() -> Response:
    """Turn a code or a refresh token into a fresh pair."""
    app = _app()
    if app is None:
        return _refuse("invalid_client", "The client id or the secret is wrong.")
    said = request.form
    with here().store.changing() as db:
        match said.get("grant_type"):
            case "authorization_code":
                asked = Exchange(
                    client_id=app.client_id,
                    code=said.get("code", ""),
                    redirect_uri=said.get("redirect_uri", ""),
                    verifier=said.get("code_verifier", ""),
                )
                outcome = tokens.exchange(db, asked, now())
            case "refresh_token":
                outcome = tokens.refresh(db, app.client_id, said.get("refresh_token", ""), now())
            case _:
                return _refuse("unsupported_grant_type", "Only codes and refresh tokens count.")
    if isinstance(outcome, TokenRefusal):
        trail().error = f"invalid_grant: {outcome.cause or 'no cause'}"
        return wire.token_refusal(outcome)
    trail().grant_id = outcome.grant_id
    return wire.token_pair(outcome)


@bp.post("/revoke")
def revoke() -> Response:
    """End the permission behind a token (RFC 7009: an unknown token is answered alike)."""
    app = _app()
    if app is None:
        return _refuse("invalid_client", "The client id or the secret is wrong.")
    handed_in = request.form.get("token", "")
    with here().store.changing() as db:
        grant = tokens.grant_of_token(db, handed_in)
        if tokens.revoke(db, app.client_id, handed_in, now()) and grant is not None:
            trail().grant_id = grant.id
            trail().person_id = grant.person_id
    return jsonify({})


def _app() -> App | None:
    """The app that asks, proven by its secret in the header or in the form."""
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        client_id, secret = basic.username or "", basic.password or ""
    else:
        client_id = request.form.get("client_id", "")
        secret = request.form.get("client_secret", "")
    trail().client_id = client_id[:_LONGEST_ID] or None
    with here().store.reading() as db:
        return apps.authenticate(db, client_id, secret)


def _refuse(code: str, why: str) -> Response:
    trail().error = code
    return wire.error(HTTPStatus.BAD_REQUEST, code, why)
