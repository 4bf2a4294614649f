"""Instagram via Facebook: an account behind each Page, asked with the token of the Page."""

from typing import Any

from flask import Response, jsonify

from dashboard.sandbox.dialect import Dialect, Pkce, Renewal
from dashboard.sandbox.dialects import graph, kit, page_log_in
from dashboard.sandbox.dialects.page_log_in import ROOT
from dashboard.sandbox.model import Account, Scope
from dashboard.sandbox.verdicts import Finding

DIALECT = Dialect(
    key="instagram_page",
    label="Instagram via Facebook",
    scopes={
        "instagram_basic": frozenset({Scope.PROFILE, Scope.POSTS_READ}),
        "instagram_content_publish": frozenset({Scope.POSTS_WRITE}),
        "instagram_manage_comments": frozenset({Scope.MENTIONS_READ}),
        "instagram_manage_messages": frozenset({Scope.MESSAGES_READ}),
        "pages_show_list": frozenset({Scope.PROFILE}),
        "pages_read_engagement": frozenset({Scope.PROFILE}),
    },
    separator=",",
    pkce=Pkce.UNKNOWN,
    asks_again=frozenset({("auth_type", "reauthenticate")}),
    renewal=Renewal.ITSELF,
    access_life=graph.LONG_LIFE,
    residents=page_log_in.RESIDENTS,
)
bp = kit.blueprint(DIALECT, page_log_in.AUTHORIZE)


def _page(of: Account) -> dict[str, Any]:
    """The Page that the account hangs on; it exists for the account's sake only."""
    account = {"id": of.id, "username": of.handle, "name": of.name}
    return {"id": f"9{of.id}", "name": of.name, "instagram_business_account": account}


page_log_in.add(bp, DIALECT, _page)


@bp.get(f"{ROOT}/<account_id>")
def account(account_id: str) -> Response:
    """The account itself, or how far a prepared post has come."""
    if graph.is_container(account_id):
        return graph.container(account_id, "status_code")
    judged = kit.judge(DIALECT, Scope.PROFILE, account_id)
    if judged.account is None or judged.finding is not Finding.FINE:
        return graph.refusal(judged)
    return jsonify({"id": judged.account.id, "username": judged.account.handle})


@bp.get(f"{ROOT}/<account_id>/media")
def media(account_id: str) -> Response:
    """What the account posted."""
    return graph.media(DIALECT, account_id)


@bp.get(f"{ROOT}/<account_id>/tags")
def tagged(account_id: str) -> Response:
    """What others posted that names the account."""
    names = {"text": "caption", "at": "timestamp", "author": "username"}
    return graph.tagged(DIALECT, account_id, names)


@bp.post(f"{ROOT}/<account_id>/media")
def prepare(account_id: str) -> Response:
    """Prepare a post; it needs a picture."""
    return graph.prepare_picture(DIALECT, account_id)


@bp.post(f"{ROOT}/<account_id>/media_publish")
def publish(account_id: str) -> Response:
    """Publish what was prepared."""
    return graph.publish(DIALECT, account_id)


SPEAKER = kit.Speaker(dialect=DIALECT, bp=bp, disturbance=graph.disturbance)
