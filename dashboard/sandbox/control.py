"""The control panel: its pages, the buttons of an account, and the whole state as data.

No log-in, because nothing here is real; other web sites are kept out by `web.refuse_strangers`.
Every button answers with data where the caller says `Accept: application/json`.
"""

import sqlite3
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from dashboard.sandbox import accounts, apps, faults, journal, lines, snapshot
from dashboard.sandbox.actions import ACTIONS, ActionRefusedError, Order
from dashboard.sandbox.model import NATIVE_NETWORK, Account
from dashboard.sandbox.web import here, now, page, wants_json

bp = Blueprint("control", __name__, url_prefix="/control")


@bp.get("")
def overview() -> Response:
    """All accounts with what is so about them."""
    with here().store.reading() as db:
        every = lines.account_lines(db, now())
        groups = [
            ("Known to an app", [line for line in every if line.was_linked]),
            ("Not linked yet", [line for line in every if not line.was_linked]),
        ]
        groups = [
            (title if network == NATIVE_NETWORK else f"{title}, {network}", part)
            for title, group in groups
            for network, part in _by_network(group)
        ]
        shown = [(title, group) for title, group in groups if group]
        return page("control/overview.html", groups=shown, **frame(db))


@bp.get("/accounts/<account_id>")
def account(account_id: str) -> Response:
    """One account with all its buttons."""
    with here().store.reading() as db:
        line = lines.account_line(db, _account(db, account_id), now())
        return page("control/account.html", line=line, **frame(db))


@bp.get("/requests")
def requests() -> Response:
    """The last requests of apps."""
    with here().store.reading() as db:
        return page(
            "control/requests.html",
            entries=journal.newest(db, snapshot.SHOWN_REQUESTS),
            people={person.id: person.name for person in accounts.people(db)},
            app_names={app.client_id: app.name for app in apps.apps(db)},
            **frame(db),
        )


@bp.get("/state.json")
def state() -> Response:
    """Everything, for tests; tokens as hashes only."""
    with here().store.reading() as db:
        return jsonify(snapshot.whole(db, now()))


@bp.post("/accounts/<account_id>/<action>")
def act(account_id: str, action: str) -> AnyResponse:
    """Press one of an account's buttons."""
    if action not in ACTIONS:
        raise NotFound
    with here().store.changing() as db:
        of = _account(db, account_id)
        order = Order(db=db, account=of, fields=said(), now=now())
        message = ACTIONS[action](order)
    with here().store.reading() as db:
        after = snapshot.account(db, _account(db, of.id))
    return done(message, url_for("control.account", account_id=of.id), account=after)


def done(message: str, back: str, **data: Any) -> AnyResponse:
    """The answer to a button: a confirmation on the page `back`, or data."""
    if wants_json():
        return jsonify({"ok": True, "message": message, **data})
    flash(message)
    return redirect(back, HTTPStatus.SEE_OTHER)


def refused(problem: ActionRefusedError) -> AnyResponse:
    """The answer to a button that had nothing to do, or was pressed wrongly."""
    if wants_json() or request.is_json:
        response = jsonify({"ok": False, "message": problem.why})
        response.status_code = HTTPStatus.CONFLICT
        return response
    flash(problem.why, "problem")
    account_id = (request.view_args or {}).get("account_id")
    back = url_for("platform.show")
    if account_id is not None:
        back = url_for("control.account", account_id=account_id)
    return redirect(back, HTTPStatus.SEE_OTHER)


def said() -> Mapping[str, str]:
    """The fields that came with a button, from a form or from a JSON object."""
    body = request.get_json(silent=True)
    if isinstance(body, dict):
        return {key: str(value) for key, value in body.items() if value is not None}
    return request.form


def frame(db: sqlite3.Connection) -> dict[str, Any]:
    """What every page of the panel shows around its content."""
    return {
        "faults": faults.active(db),
        "account_names": {one.id: one.name for one in accounts.accounts(db)},
    }


def _by_network(group: list[lines.AccountLine]) -> list[tuple[str, list[lines.AccountLine]]]:
    """Sandbox's own accounts first, then those of each dialect."""
    networks = sorted({line.account.network for line in group} - {NATIVE_NETWORK})
    return [
        (network, [line for line in group if line.account.network == network])
        for network in (NATIVE_NETWORK, *networks)
    ]


def _account(db: sqlite3.Connection, id_or_handle: str) -> Account:
    found = accounts.find_account(db, id_or_handle)
    if found is None:
        raise NotFound
    return found
