"""Signing in and out. Unknown, switched off and wrong get the same answer in the same time (R7)."""

from dataclasses import replace

from dashboard.db.audit import add_audit
from dashboard.db.people import Login, find_login, note_sign_in
from dashboard.db.sessions import end_session
from dashboard.domain.team import Actor
from dashboard.services.ports import Tools
from dashboard.services.sessions import Browser, Place, begin


def sign_in(tools: Tools, *, email: str, password: str, place: Place, actor: Actor) -> str | None:
    """Return the secret for the browser's cookie, or None if the two do not belong together."""
    with tools.database.reading() as session:
        login = find_login(session, email)
    right = tools.passwords.verify(login.password_hash if login else "", password)
    if login is None or not right:
        _note_failure(tools, login, actor)
        return None
    ages = tools.passwords.needs_rehash(login.password_hash)
    rehashed = tools.passwords.hash(password) if ages else ""
    now = tools.now()
    with tools.database.writing() as unit:
        if not note_sign_in(unit, login, rehashed=rehashed, now=now):
            return None
        add_audit(unit, at=now, actor=replace(actor, user_id=login.user_id), action="sign_in")
        return begin(tools, unit, login.user_id, place)


def sign_out(tools: Tools, browser: Browser, actor: Actor) -> None:
    """End this browser's session; its cookie is worthless from now on."""
    with tools.database.writing() as unit:
        end_session(unit, browser.stored.id_hash)
        add_audit(unit, at=tools.now(), actor=actor, action="sign_out")


def _note_failure(tools: Tools, login: Login | None, actor: Actor) -> None:
    """One line either way, so that it takes the same time."""
    with tools.database.writing() as unit:
        target = f"user:{login.user_id}" if login else ""
        add_audit(unit, at=tools.now(), actor=actor, action="sign_in_failed", target=target)
