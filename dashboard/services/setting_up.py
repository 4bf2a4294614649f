"""The first administrator, by a link that the server prints; never "first visitor wins" (R2)."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import timedelta

from dashboard.db.audit import add_audit
from dashboard.db.one_time import OneTime, Purpose, add_one_time, find_one_time, use_one_time
from dashboard.db.people import add_user, any_user
from dashboard.db.roles import built_in_roles
from dashboard.domain.addresses import email_address, person_name
from dashboard.domain.errors import NotFoundError
from dashboard.domain.team import Actor
from dashboard.services.ports import Tools
from dashboard.services.sessions import Place, begin, hash_of

_LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAdministrator:
    """Who sets Linkkeeper up, as typed."""

    name: str
    email: str
    password: str = field(repr=False)


def set_up_link(tools: Tools) -> str | None:
    """Return a new address for the set-up, good for 24 h; None once there is a user.

    An address given out before is void.
    """
    secret = secrets.token_urlsafe(32)
    now = tools.now()
    link = OneTime(
        token_hash=hash_of(secret),
        purpose=Purpose.SET_UP,
        user_id=None,
        bound_to="",
        created_at=now,
        expires_at=now + _LASTS,
    )
    with tools.database.writing() as unit:
        if any_user(unit):
            return None
        add_one_time(unit, link)
    return f"{tools.settings.base_url}/setup/{secret}"


def may_set_up(tools: Tools, secret: str) -> bool:
    """Whether this link still opens the set-up."""
    with tools.database.reading() as session:
        link = find_one_time(session, hash_of(secret), now=tools.now())
        return link is not None and link.purpose is Purpose.SET_UP and not any_user(session)


def set_up(
    tools: Tools, secret: str, first: FirstAdministrator, *, place: Place, actor: Actor
) -> str:
    """Add the first administrator and return the secret for his browser's cookie.

    Raises InvalidInputError for what was typed, NotFoundError when the link is used or too old.
    """
    if not may_set_up(tools, secret):
        raise NotFoundError
    email, name = email_address(first.email), person_name(first.name)
    tools.passwords.check_rules(first.password)
    password_hash = tools.passwords.hash(first.password)
    now = tools.now()
    with tools.database.writing() as unit:
        if not use_one_time(unit, hash_of(secret), now=now) or any_user(unit):
            raise NotFoundError
        role_id = built_in_roles(unit, now=now).administrator
        user_id = add_user(
            unit, email=email, name=name, password_hash=password_hash, role_id=role_id, now=now
        )
        if user_id is None:
            raise NotFoundError
        add_audit(unit, at=now, actor=replace(actor, user_id=user_id), action="set_up")
        return begin(tools, unit, user_id, place)
