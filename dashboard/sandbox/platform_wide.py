"""The control panel, as far as the whole platform is concerned: faults, settings, apps, grants."""

import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from dashboard.sandbox import accounts, apps, faults, tokens
from dashboard.sandbox.actions import ActionRefusedError, Order, heal
from dashboard.sandbox.control import done, frame, said
from dashboard.sandbox.faults import (
    CALLS_WORDS,
    FAULT_WORDS,
    MAX_SECONDS,
    Calls,
    FaultKind,
    FaultOrder,
)
from dashboard.sandbox.grants import Consent
from dashboard.sandbox.model import Rotation, parse_scopes
from dashboard.sandbox.store import PlatformSettings, read_settings, write_settings
from dashboard.sandbox.web import here, now, page, words

bp = Blueprint("platform", __name__, url_prefix="/control")
_LONGEST_ACCESS = 30 * 86_400
_MOST_USES = 10_000
_DIGITS = re.compile(r"[0-9]{1,9}")
_ROTATION_WORDS = {
    Rotation.STRICT: "works once; a second time ends the permission",
    Rotation.GRACE: "works again within 60 s, with the same answer",
    Rotation.ON_USE: "works again until the new tokens have been used",
}


@bp.get("/platform")
def show() -> Response:
    """Disturbances and settings of the whole platform."""
    with here().store.reading() as db:
        return page(
            "control/platform.html",
            accounts=accounts.accounts(db),
            settings=read_settings(db),
            apps=apps.apps(db),
            fault_words=FAULT_WORDS,
            calls_words=CALLS_WORDS,
            rotation_words=_ROTATION_WORDS,
            **frame(db),
        )


@bp.post("/faults")
def switch_on() -> AnyResponse:
    """Order a disturbance."""
    with here().store.changing() as db:
        fault_id = faults.switch_on(db, _fault_order(db, said()), now())
        words = next(fault.words for fault in faults.active(db) if fault.id == fault_id)
    return done(f"Switched on: {words}.", url_for("platform.show"), id=fault_id)


@bp.post("/faults/off")
def switch_all_off() -> AnyResponse:
    """End every disturbance."""
    with here().store.changing() as db:
        count = faults.switch_off(db, None)
    return done("Sandbox is undisturbed again.", url_for("platform.show"), count=count)


@bp.post("/faults/<int:fault_id>/off")
def switch_off(fault_id: int) -> AnyResponse:
    """End one disturbance; it is no mistake if it has ended by itself meanwhile."""
    with here().store.changing() as db:
        count = faults.switch_off(db, fault_id)
    return done("Switched off.", url_for("platform.show"), count=count)


@bp.post("/settings")
def settings() -> AnyResponse:
    """Set how long access tokens live and how refresh tokens rotate; what is left out stays."""
    fields = said()
    with here().store.changing() as db:
        before = read_settings(db)
        wanted = fields.get("rotation", before.rotation)
        if wanted not in set(Rotation):
            raise ActionRefusedError("Choose how refresh tokens are treated.")
        write_settings(
            db,
            PlatformSettings(
                access_life=_whole(fields, "access_life", before.access_life, _LONGEST_ACCESS),
                rotation=Rotation(wanted),
            ),
        )
    return done("Saved. It holds for tokens from now on.", url_for("platform.show"))


@bp.post("/apps/<client_id>/<any('change-secret', 'restore-secret'):what>")
def secret(client_id: str, what: str) -> AnyResponse:
    """Make the secret that an app holds wrong, or right again."""
    changed = what == "change-secret"
    with here().store.changing() as db:
        app = apps.find_app(db, client_id)
        if app is None:
            raise NotFound
        apps.set_secret_changed(db, client_id, changed=changed)
    became = "is wrong now: tokens cannot be renewed" if changed else "is right again"
    return done(f"The secret that {app.name} holds {became}.", url_for("platform.show"))


@bp.post("/grants")
def give() -> Response:
    """Let a person say yes without being asked, for sample data; always answers with data."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ActionRefusedError("A JSON object is needed.")
    with here().store.changing() as db:
        pair = tokens.grant_directly(db, _consent(db, body), now())
    return jsonify(
        {
            "ok": True,
            "grant_id": pair.grant_id,
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token,
            "token_type": "Bearer",
            "expires_in": pair.expires_in,
            "refresh_expires_in": pair.refresh_expires_in,
            "scope": " ".join(pair.scopes),
        }
    )


@bp.post("/heal")
def heal_all() -> AnyResponse:
    """Undo what can be undone, everywhere."""
    with here().store.changing() as db:
        faults.switch_off(db, None)
        for app in apps.apps(db):
            apps.set_secret_changed(db, app.client_id, changed=False)
        for of in accounts.accounts(db):
            heal(Order(db=db, account=of, fields={}, now=now()))
    message = "Everything is in order again. A permission that has ended must be given anew."
    return done(message, url_for("control.overview"))


def _fault_order(db: sqlite3.Connection, fields: Mapping[str, str]) -> FaultOrder:
    kind, calls = fields.get("kind", ""), fields.get("calls", Calls.ALL)
    if kind not in set(FaultKind) or calls not in set(Calls):
        raise ActionRefusedError("Choose what goes wrong, and for which calls.")
    wanted = fields.get("account", "")
    account = accounts.find_account(db, wanted)
    if wanted and account is None:
        raise ActionRefusedError("There is no such account.")
    return FaultOrder(
        kind=FaultKind(kind),
        calls=Calls(calls),
        seconds=_seconds(fields),
        count=_whole(fields, "count", 0, _MOST_USES) or None,
        account_id=account.id if account else None,
    )


def _seconds(fields: Mapping[str, str]) -> float:
    try:
        seconds = float(fields.get("seconds") or 0)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= MAX_SECONDS:
        raise ActionRefusedError(f"The seconds are a number from 0 to {MAX_SECONDS:g}.")
    return seconds


def _whole(fields: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = fields.get(name, "").strip()
    if not text:
        return default
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= most:
        raise ActionRefusedError(f"{name} is a whole number from 1 to {most}.")
    return int(text)


def _consent(db: sqlite3.Connection, body: Mapping[str, Any]) -> Consent:
    person = accounts.find_person(db, str(body.get("person", "")))
    app = apps.find_app(db, str(body.get("client_id", "")))
    scopes = parse_scopes(" ".join(words(body.get("scopes"))))
    if person is None or app is None or not scopes:
        raise ActionRefusedError("A known person, a known client_id and known scopes are needed.")
    found = [accounts.find_account(db, key) for key in words(body.get("accounts"))]
    ids = tuple(one.id for one in found if one and accounts.role_of(db, person.id, one.id))
    if not ids or len(ids) < len(found):
        raise ActionRefusedError(f"{person.name} has no role on all of these accounts.")
    return Consent(person_id=person.id, client_id=app.client_id, scopes=scopes, account_ids=ids)
