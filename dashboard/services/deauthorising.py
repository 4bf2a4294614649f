"""What platforms tell by themselves: verified, counted once, and never more than a reason to look.

A message makes links due; what it claims is not believed before a check has found it (R46-R48). Why
a permission is over is kept with the link: it explains a refusal that says nothing of why.
"""

import json
import logging
from dataclasses import replace
from datetime import datetime, timedelta

from dashboard.db.apps import find_app
from dashboard.db.pushes import (
    apps_of_platform,
    due_by_push,
    forget_pushes,
    note_push,
    platforms_sharing,
    receipt_given,
    receipt_of,
)
from dashboard.domain.credentials import App
from dashboard.domain.errors import CannotDecryptError, NotFoundError
from dashboard.domain.pushes import Delivery, ForgedPushError, PushAnswer, PushHint
from dashboard.platforms.protocol import ReceivesPushes
from dashboard.services.ports import Tools

KEPT_FOR = timedelta(days=90)

log = logging.getLogger(__name__)


def receive(tools: Tools, key: str, delivery: Delivery) -> PushAnswer:
    """Take a delivery and say what the platform must be answered.

    Raises NotFoundError for a platform that pushes nothing or is not set up, ForgedPushError,
    NoAnswerError when its public keys cannot be had.
    """
    platform = _platform(tools, key)
    apps = _apps(tools, key)
    if not isinstance(platform, ReceivesPushes) or not apps:
        raise NotFoundError("page")
    app, answer = _verified(tools, platform, apps, delivery, key)
    due = sum(_take(tools, key, app, hint) for hint in answer.hints)
    if due:
        tools.jobs.hint("check_due")
    return _with_receipt(tools, key, answer) if answer.wants_receipt else answer


def receipt(tools: Tools, key: str, code: str) -> datetime:
    """When the message came that was answered with this code; raises NotFoundError."""
    with tools.database.reading() as session:
        at = receipt_given(session, key, code)
    if at is None:
        raise NotFoundError("page")
    return at


def forget_old_pushes(tools: Tools) -> None:
    """Drop what no platform repeats any more."""
    with tools.database.writing() as unit:
        forget_pushes(unit, before=tools.now() - KEPT_FOR)


def _verified(
    tools: Tools, platform: ReceivesPushes, apps: list[App], delivery: Delivery, key: str
) -> tuple[App, PushAnswer]:
    for app in apps:
        try:
            talk = platform.read_push(tools.http, app, delivery, now=tools.now())
            return app, tools.http.run(talk)
        except ForgedPushError:
            continue  # another of our registrations may have been meant; if none was, it is logged
    log.warning("a forged or unreadable push", extra={"platform": key})
    raise ForgedPushError


def _with_receipt(tools: Tools, key: str, answer: PushAnswer) -> PushAnswer:
    """Meta's form of a receipt (docs: data-deletion-callback)."""
    code = receipt_of(answer.hints[0].id)
    told = {"url": f"{tools.settings.base_url}/push/{key}/{code}", "confirmation_code": code}
    return replace(answer, body=json.dumps(told), media_type="application/json")


def _take(tools: Tools, key: str, app: App, hint: PushHint) -> int:
    with tools.database.writing() as unit:
        if not note_push(unit, key, hint.id, hint.what, now=tools.now()):
            return 0
        return sum(
            due_by_push(
                unit,
                other,
                subjects=hint.subjects,
                accounts=hint.accounts,
                reason=hint.reason,
                now=tools.now(),
            )
            for other in platforms_sharing(unit, app.client_id)
        )


def _apps(tools: Tools, key: str) -> list[App]:
    found = []
    with tools.database.reading() as session:
        for app_id in apps_of_platform(session, key):
            try:
                app = find_app(session, tools.cipher, app_id)
            except CannotDecryptError:
                log.warning("a registration cannot be opened", extra={"app": str(app_id)})
                continue
            if app is not None:
                found.append(app)
    return found


def _platform(tools: Tools, key: str) -> object:
    return tools.platforms.get(key)
