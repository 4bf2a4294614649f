"""Instagram's dialect by its own log-in: one account, told once what was allowed."""

from flask import Response, jsonify

from dashboard.sandbox.dialect import Dialect, Pkce, Renewal
from dashboard.sandbox.dialects import graph, kit, own_log_in
from dashboard.sandbox.model import Scope
from dashboard.sandbox.tokens import TokenRefusal
from dashboard.sandbox.verdicts import Finding

DIALECT = Dialect(
    key="instagram",
    label="Instagram",
    scopes={
        "instagram_business_basic": frozenset({Scope.PROFILE, Scope.POSTS_READ}),
        "instagram_business_content_publish": frozenset({Scope.POSTS_WRITE}),
        "instagram_business_manage_comments": frozenset({Scope.MENTIONS_READ}),
        "instagram_business_manage_messages": frozenset({Scope.MESSAGES_READ}),
    },
    separator=",",
    pkce=Pkce.UNKNOWN,
    asks_again=frozenset({("force_authentication", "1")}),
    suffix="#_",
    renewal=Renewal.ITSELF,
    access_life=graph.LONG_LIFE,
    residents=own_log_in.RESIDENTS,
)
bp = kit.blueprint(DIALECT, own_log_in.AUTHORIZE)
own_log_in.add(bp, DIALECT)
_ROOT = "/graph/v26.0"


@bp.post("/api/oauth/access_token")
def token() -> Response:
    """A short token in a list of one, with the permissions."""
    if answer := graph.app_token_or_refusal(DIALECT):
        return answer
    outcome = kit.exchange(DIALECT)
    if isinstance(outcome, TokenRefusal):
        return graph.told(DIALECT, outcome)
    names = ",".join(kit.asked_names(DIALECT, outcome))
    return jsonify({"data": [{"access_token": outcome.access_token, "permissions": names}]})


@bp.get(f"{_ROOT}/me")
def me() -> Response:
    """The account."""
    judged = own_log_in.mine(DIALECT)
    if judged.account is None or judged.finding is not Finding.FINE:
        return graph.refusal(judged)
    of = judged.account
    names = {"username": of.handle, "name": of.name, "account_type": "BUSINESS"}
    return jsonify({"user_id": of.id, **names})


@bp.get(f"{_ROOT}/me/media")
def media() -> Response:
    """What the account posted."""
    judged = own_log_in.mine(DIALECT)
    if judged.account is None:
        return graph.refusal(judged)
    return graph.media(DIALECT, judged.account.id)


@bp.get(f"{_ROOT}/<name>")
def container(name: str) -> Response:
    """How far a prepared post has come: the picture is there at once."""
    return graph.container(name, "status_code")


@bp.post(f"{_ROOT}/<account_id>/media")
def prepare(account_id: str) -> Response:
    """Prepare a post; it needs a picture."""
    return graph.prepare_picture(DIALECT, account_id)


@bp.post(f"{_ROOT}/<account_id>/media_publish")
def publish(account_id: str) -> Response:
    """Publish what was prepared."""
    return graph.publish(DIALECT, account_id)


SPEAKER = kit.Speaker(dialect=DIALECT, bp=bp, disturbance=graph.disturbance)
