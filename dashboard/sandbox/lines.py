"""What the control panel shows of an account, worked out so that templates need not think."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from dashboard.sandbox import accounts, grants
from dashboard.sandbox.clock import read_stamp
from dashboard.sandbox.model import (
    NETWORKS_WITH_TYPES,
    Account,
    AccountStatus,
    EndCause,
    Grant,
    Person,
    Scope,
    TeamMember,
)

CAUSE_WORDS: dict[EndCause, str] = {
    EndCause.EXPIRED: "it ran out for good",
    EndCause.PASSWORD_CHANGED: "the password was changed",
    EndCause.TOO_MANY_LOGINS: "there were too many log-ins",
    EndCause.APP_REMOVED: "the app was removed",
    EndCause.LOGGED_OUT: "the app was logged out",
    EndCause.TOKEN_REUSED: "a token was used twice",
    EndCause.CONSENT_EXPIRED: "it was not renewed in time",
}
_STATUS_CHIPS = {
    AccountStatus.SUSPENDED: ("Suspended", "bad"),
    AccountStatus.SECURITY_CHECK: ("Security check asked", "bad"),
    AccountStatus.DEACTIVATED: ("Deactivated", "bad"),
    AccountStatus.GONE: ("Deleted", "bad"),
    AccountStatus.PERSONAL: ("Personal account", "bad"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One thing worth knowing; `tone` (fine, quiet, warn, bad) never says more than `word`."""

    word: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One account as the panel shows it. `granted` and `withdrawn` cover all its live grants."""

    account: Account
    team: list[TeamMember]
    chips: list[Chip]
    givers: list[Person]
    is_linked: bool
    granted: list[Scope]
    withdrawn: list[Scope]
    renew_by: datetime | None
    neighbours: int
    last_end: str | None

    @property
    def was_linked(self) -> bool:
        """Whether an app has access, or had it once."""
        return self.is_linked or self.last_end is not None

    @property
    def has_types(self) -> bool:
        """Whether it lives where accounts are personal or professional."""
        return self.account.network in NETWORKS_WITH_TYPES

    @property
    def someone_lost_role(self) -> bool:
        """Whether there is a role that can be given back."""
        return any(member.taken for member in self.team)


def account_lines(db: sqlite3.Connection, now: datetime) -> list[AccountLine]:
    """All accounts, by name."""
    every_grant = grants.everything(db)
    access_until = _access_until(db)
    return [
        _line(
            db,
            one,
            [grant for grant in every_grant if grant.for_account(one.id)],
            access_until,
            now,
        )
        for one in accounts.accounts(db)
    ]


def account_line(db: sqlite3.Connection, account: Account, now: datetime) -> AccountLine:
    """One account."""
    return _line(db, account, grants.of_account(db, account.id), _access_until(db), now)


def _line(
    db: sqlite3.Connection,
    account: Account,
    mine: list[Grant],
    access_until: dict[str, datetime],
    now: datetime,
) -> AccountLine:
    live = grants.live(mine)
    parts = [part for part in (grant.for_account(account.id) for grant in live) if part]
    found = {person.id: person for person in accounts.people(db)}
    last = next((grant for grant in mine if grant.end_cause), None)
    line = AccountLine(
        account=account,
        team=accounts.team_of(db, account.id),
        chips=[],
        givers=[found[key] for key in dict.fromkeys(grant.person_id for grant in live)],
        is_linked=bool(live),
        granted=[s for s in Scope if any(s in grant.scopes_for(account.id) for grant in live)],
        withdrawn=[s for s in Scope if any(s in part.withdrawn for part in parts)],
        renew_by=min((part.renew_by for part in parts if part.renew_by), default=None),
        neighbours=len({p.account_id for grant in live for p in grant.accounts} - {account.id}),
        last_end=CAUSE_WORDS[last.end_cause] if last and last.end_cause else None,
    )
    line.chips.extend(_chips(line))
    if live and all(access_until[grant.id] <= now for grant in live):
        line.chips.append(Chip(word="Access token run out", tone="quiet"))
    if not line.chips:
        line.chips.append(Chip(word="In order", tone="fine"))
    return line


def _chips(line: AccountLine) -> list[Chip]:
    chips: list[Chip] = []
    if line.account.status in _STATUS_CHIPS:
        word, tone = _STATUS_CHIPS[line.account.status]
        chips.append(Chip(word=word, tone=tone))
    if not line.is_linked and line.last_end:
        chips.append(Chip(word=f"No access: {line.last_end}", tone="bad"))
    elif not line.is_linked:
        chips.append(Chip(word="Not linked to any app", tone="quiet"))
    lost = [member.person.name for member in line.team if member.taken]
    if lost:
        chips.append(Chip(word=f"Role taken from {' and '.join(lost)}", tone="warn"))
    chips += [Chip(word=f"Without {scope}", tone="warn") for scope in line.withdrawn]
    if line.renew_by:
        at = line.renew_by
        chips.append(Chip(word=f"Renew by {at.day} {at:%b %Y}", tone="warn"))
    return chips


def _access_until(db: sqlite3.Connection) -> dict[str, datetime]:
    rows = db.execute(
        "SELECT grant_id, MAX(expires_at) FROM tokens WHERE kind = 'access' GROUP BY grant_id"
    )
    return {grant_id: read_stamp(until) for grant_id, until in rows}
