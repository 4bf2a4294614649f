"""May this token do that? Decided here once, for every wire format; said elsewhere.

The order of the questions is part of the promise: a dead token is told before a troubled account, a
troubled account before a missing role, a missing role before a missing permission.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dashboard.sandbox import accounts, grants
from dashboard.sandbox.clock import read_stamp, stamp
from dashboard.sandbox.model import Account, AccountStatus, EndCause, Grant, Role, Scope
from dashboard.sandbox.store import sha256


class Finding(StrEnum):
    """What a verdict can say."""

    FINE = "fine"
    TOKEN_UNKNOWN = "token_unknown"
    TOKEN_EXPIRED = "token_expired"
    TOKEN_REVOKED = "token_revoked"
    NOT_GRANTED = "not_granted"
    ACCOUNT_GONE = "account_gone"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_DEACTIVATED = "account_deactivated"
    SECURITY_CHECK = "security_check"
    ACCOUNT_TYPE = "account_type"
    ROLE_LOST = "role_lost"
    SCOPE_MISSING = "scope_missing"


_BY_STATUS = {
    AccountStatus.GONE: Finding.ACCOUNT_GONE,
    AccountStatus.SUSPENDED: Finding.ACCOUNT_SUSPENDED,
    AccountStatus.DEACTIVATED: Finding.ACCOUNT_DEACTIVATED,
    AccountStatus.SECURITY_CHECK: Finding.SECURITY_CHECK,
    AccountStatus.PERSONAL: Finding.ACCOUNT_TYPE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody with a token wants: a permission, on one account or only as a person."""

    scope: Scope
    account_id: str | None = None

    @property
    def is_writing(self) -> bool:
        """Whether the role "view" is too little."""
        return self.scope is Scope.POSTS_WRITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to a wish. `grant` is there for every known token, `account` when all is fine.

    `cause` says why a token is dead, `scope` which permission is missing.
    """

    finding: Finding
    grant: Grant | None = None
    account: Account | None = None
    role: Role | None = None
    cause: EndCause | None = None
    scope: Scope | None = None


def verdict(db: sqlite3.Connection, token: str, wish: Wish, now: datetime) -> Verdict:
    """Judge a wish; changes nothing."""
    row = db.execute(
        "SELECT * FROM tokens WHERE sha256 = ? AND kind = 'access'", (sha256(token),)
    ).fetchone()
    grant = grants.find(db, row["grant_id"]) if row else None
    if grant is None:
        return Verdict(finding=Finding.TOKEN_UNKNOWN)
    if grant.end_cause not in {None, EndCause.EXPIRED}:
        return Verdict(finding=Finding.TOKEN_REVOKED, grant=grant, cause=grant.end_cause)
    if grant.end_cause is EndCause.EXPIRED or read_stamp(row["expires_at"]) <= now:
        return Verdict(finding=Finding.TOKEN_EXPIRED, grant=grant)
    if wish.account_id is not None:
        return _on_account(db, grant, wish, now)
    if wish.scope not in grant.scopes:
        return Verdict(finding=Finding.SCOPE_MISSING, grant=grant, scope=wish.scope)
    return Verdict(finding=Finding.FINE, grant=grant)


def note_first_use(db: sqlite3.Connection, token: str, now: datetime) -> None:
    """Remember that a token was used: one rotation mode asks for it."""
    db.execute(
        "UPDATE tokens SET used_at = ? WHERE sha256 = ? AND used_at IS NULL",
        (stamp(now), sha256(token)),
    )


def _on_account(db: sqlite3.Connection, grant: Grant, wish: Wish, now: datetime) -> Verdict:
    account = accounts.find_account(db, wish.account_id or "")
    if account is None or account.status is AccountStatus.GONE:
        return Verdict(finding=Finding.ACCOUNT_GONE, grant=grant)
    part = grant.for_account(account.id)
    if part is None:
        return Verdict(finding=Finding.NOT_GRANTED, grant=grant)
    if part.renew_by is not None and part.renew_by <= now:
        cause = EndCause.CONSENT_EXPIRED
        return Verdict(finding=Finding.TOKEN_REVOKED, grant=grant, cause=cause)
    if account.status in _BY_STATUS:
        return Verdict(finding=_BY_STATUS[account.status], grant=grant)
    return _by_permission(db, grant, account, wish)


def _by_permission(db: sqlite3.Connection, grant: Grant, account: Account, wish: Wish) -> Verdict:
    role = accounts.role_of(db, grant.person_id, account.id)
    if role is None or (role is Role.VIEW and wish.is_writing):
        return Verdict(finding=Finding.ROLE_LOST, grant=grant, role=role)
    if wish.scope not in grant.scopes_for(account.id):
        return Verdict(finding=Finding.SCOPE_MISSING, grant=grant, scope=wish.scope)
    return Verdict(finding=Finding.FINE, grant=grant, account=account, role=role)
