"""Single-use links for users: an invitation, a new password (R8).

Only the hash is stored. A link is bound to the user's address and password: when either changes, it
is void. It is used up by sending a form, never by opening it, because mail scanners open links.
"""

import hashlib
import secrets
from datetime import timedelta

from dashboard.db.engine import UnitOfWork
from dashboard.db.one_time import (
    OneTime,
    Purpose,
    add_one_time,
    find_one_time,
    forget_expired,
    use_one_time,
)
from dashboard.db.people import Login, find_login_of
from dashboard.services.ports import Tools
from dashboard.services.sessions import hash_of

LASTS = {Purpose.INVITATION: timedelta(days=7), Purpose.NEW_PASSWORD: timedelta(hours=1)}


def issue(tools: Tools, unit: UnitOfWork, login: Login, purpose: Purpose) -> str:
    """Return the address of a new link; older ones of the same purpose are void."""
    secret = secrets.token_urlsafe(32)
    now = tools.now()
    link = OneTime(
        token_hash=hash_of(secret),
        purpose=purpose,
        user_id=login.user_id,
        bound_to=_binding(login),
        created_at=now,
        expires_at=now + LASTS[purpose],
    )
    add_one_time(unit, link)
    return f"{tools.settings.base_url}/welcome/{secret}"


def whose(tools: Tools, secret: str) -> Login | None:
    """Return who may choose a password by this link; None if it is used, void or too old."""
    with tools.database.reading() as session:
        link = find_one_time(session, hash_of(secret), now=tools.now())
        if link is None or link.purpose not in LASTS or link.user_id is None:
            return None
        login = find_login_of(session, link.user_id)
    return login if login is not None and link.bound_to == _binding(login) else None


def use(tools: Tools, unit: UnitOfWork, secret: str) -> bool:
    """Use the link up; False if somebody else was faster."""
    return use_one_time(unit, hash_of(secret), now=tools.now())


def forget_old_links(tools: Tools) -> None:
    """Drop the hashes of links whose time is over."""
    with tools.database.writing() as unit:
        forget_expired(unit, before=tools.now())


def _binding(login: Login) -> str:
    return hashlib.sha256(f"{login.email}\n{login.password_hash}".encode()).hexdigest()
