"""Facebook's log-in as Facebook and Instagram via Facebook speak it: a person, Pages, tasks."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from dashboard.sandbox.dialect import Dialect, Resident
from dashboard.sandbox.dialects import graph, kit
from dashboard.sandbox.disturb import bearer_token, trail
from dashboard.sandbox.model import Account, Grant, Role
from dashboard.sandbox.tokens import TokenPair
from dashboard.sandbox.verdicts import Finding
from dashboard.sandbox.web import now

AUTHORIZE = "/www/v26.0/dialog/oauth"
ROOT = "/graph/v26.0"
RESIDENTS = (
    Resident(handle="bakeryjansen", name="Bakery Jansen"),
    Resident(handle="citymuseum", name="City Museum", manage=("anna", "chloe")),
    Resident(handle="fcwaterhoven", name="FC Waterhoven", manage=("ben",)),
)
_TOKEN = 190
_DATA_ACCESS = timedelta(days=90)
Described = Callable[[Account], dict[str, Any]]
_TASKS = {
    Role.MANAGE: ("CREATE_CONTENT", "MANAGE", "MODERATE", "MESSAGING", "ANALYZE"),
    Role.VIEW: ("MODERATE", "MESSAGING", "ANALYZE"),
}


def add(bp: Blueprint, dialect: Dialect, page: Described) -> None:
    """Give the dialect its tokens, its person and the person's Pages; `page` describes one."""
    _add_tokens(bp, dialect)
    _add_person(bp, dialect, page)


def _add_tokens(bp: Blueprint, dialect: Dialect) -> None:
    def token() -> Response:
        if answer := graph.app_token_or_refusal(dialect):
            return answer
        if request.values.get("grant_type") == "fb_exchange_token":
            handed = request.values.get("fb_exchange_token", "")
            return graph.told(dialect, kit.another_token(dialect, handed))
        return graph.told(dialect, kit.exchange(dialect))

    def revoke() -> Response:
        handed = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return jsonify({"success": kit.revoke(dialect, handed, whole_app=True)})

    def token_look() -> Response:
        app_id, _, secret = (bearer_token() or "").partition("|")
        if kit.client(dialect, app_id, secret) is None:
            return graph.error(_TOKEN, "Invalid OAuth access token.")
        judged = kit.judge(dialect, token=request.args.get("input_token", ""))
        if judged.grant is None or judged.finding is not Finding.FINE:
            return jsonify({"data": {"is_valid": False}})
        names = [one["permission"] for one in graph.allowed(dialect, judged.grant)]
        until = int((now() + (kit.consent_life(dialect) or _DATA_ACCESS)).timestamp())
        told = {"is_valid": True, "type": "USER", "data_access_expires_at": until, "scopes": names}
        granular = [{"scope": name} for name in names]
        return jsonify({"data": {**told, "granular_scopes": granular}})

    bp.add_url_rule(f"{ROOT}/oauth/access_token", view_func=token, methods=["POST"])
    bp.add_url_rule(f"{ROOT}/debug_token", view_func=token_look)
    bp.add_url_rule(f"{ROOT}/me/permissions", view_func=revoke, methods=["DELETE"])


def _add_person(bp: Blueprint, dialect: Dialect, page: Described) -> None:
    def me() -> Response:
        judged = kit.judge(dialect)
        if judged.grant is None or judged.finding is not Finding.FINE:
            return graph.refusal(judged)
        person = kit.person_of(judged.grant)
        permissions = {"data": graph.allowed(dialect, judged.grant)}
        pages = {"data": _pages(dialect, judged.grant, page)}
        number = person.id.replace("-", "")
        return jsonify(
            {"id": number, "name": person.name, "permissions": permissions, "accounts": pages}
        )

    def pages() -> Response:
        judged = kit.judge(dialect)
        if judged.grant is None or judged.finding is not Finding.FINE:
            return graph.refusal(judged)
        found = _pages(dialect, judged.grant, page)
        for one in found:
            pair = kit.another_token(dialect, trail().token or "")
            if isinstance(pair, TokenPair):
                one["access_token"] = pair.access_token
        return jsonify({"data": found})

    bp.add_url_rule(f"{ROOT}/me", view_func=me)
    bp.add_url_rule(f"{ROOT}/me/accounts", view_func=pages)


def _pages(dialect: Dialect, grant: Grant, page: Described) -> list[dict[str, Any]]:
    mine = kit.accounts_of(dialect, grant)
    return [{**page(of), "tasks": list(_TASKS[role])} for of, role in mine]
