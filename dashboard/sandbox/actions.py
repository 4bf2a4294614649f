"""What the control panel can do to one account. Each action says in one sentence what happened.

An action that finds nothing to change refuses instead of claiming success, so that a test which
breaks a link that does not exist fails where the mistake is.
"""

import re
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.sandbox import accounts, content, grants
from dashboard.sandbox.content import Incoming, IncomingKind
from dashboard.sandbox.model import (
    NATIVE_NETWORK,
    NETWORKS_WITH_TYPES,
    Account,
    AccountStatus,
    EndCause,
    Grant,
    Person,
    Scope,
)
from dashboard.sandbox.store import write_consent_days

_MOST_DAYS = 3_650
_DAYS = re.compile(r"-?[0-9]{1,4}")


class ActionRefusedError(Exception):
    """There is nothing to change, or a field is wrong; `why` is said to the person."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One press of a button: on which account, with which fields."""

    db: sqlite3.Connection
    account: Account
    fields: Mapping[str, str]
    now: datetime

    def live_grants(self) -> list[Grant]:
        """What apps may do with the account now; refuses if no app may do anything."""
        found = grants.live(grants.of_account(self.db, self.account.id))
        if not found:
            raise ActionRefusedError(f"No app has access to {self.account.name}.")
        return found

    def is_of_the_network(self, grant: Grant) -> bool:
        """Whether it is for accounts of the same network: a log-in elsewhere is another one."""
        first = accounts.find_account(self.db, grant.accounts[0].account_id)
        return first is not None and first.network == self.account.network

    def givers(self, of: Iterable[Grant]) -> list[Person]:
        """The people who gave those grants."""
        found = (
            accounts.find_person(self.db, key) for key in dict.fromkeys(g.person_id for g in of)
        )
        return [person for person in found if person is not None]


def expire_access(order: Order) -> str:
    live = order.live_grants()
    grants.run_out_access(order.db, live, order.now)
    return f"The access token has run out; it can be renewed. {_touched(order, live)}"


def end_grant(order: Order) -> str:
    return f"The permission has run out for good. {_end(order, EndCause.EXPIRED)}"


def too_many_logins(order: Order) -> str:
    return f"The log-in was ended as one too many. {_end(order, EndCause.TOO_MANY_LOGINS)}"


def log_out(order: Order) -> str:
    return f"The app was logged out. {_end(order, EndCause.LOGGED_OUT)}"


def change_password(order: Order) -> str:
    people = order.givers(order.live_grants())
    ended: list[Grant] = []
    for person in people:
        accounts.change_password(order.db, person)
        theirs = grants.live(grants.of_person(order.db, person.id))
        theirs = [one for one in theirs if order.is_of_the_network(one)]
        grants.end(order.db, theirs, EndCause.PASSWORD_CHANGED, order.now)
        ended += theirs
    return f"The password of {_names(people)} was changed. {_touched(order, ended)}"


def remove_app(order: Order) -> str:
    live = order.live_grants()
    pairs = {(grant.person_id, grant.client_id) for grant in live}
    ended = [
        grant
        for person_id in {person_id for person_id, _ in pairs}
        for grant in grants.live(grants.of_person(order.db, person_id))
        if (person_id, grant.client_id) in pairs
    ]
    grants.end(order.db, ended, EndCause.APP_REMOVED, order.now)
    return f"{_names(order.givers(live))} removed the app. {_touched(order, ended)}"


def withdraw(order: Order) -> str:
    scope = _scope(order)
    live = order.live_grants()
    if not any(scope in grant.scopes_for(order.account.id) for grant in live):
        raise ActionRefusedError(f"The permission {scope} is not given for {order.account.name}.")
    grants.withdraw(order.db, live, order.account.id, scope)
    return f"The permission {scope} is withdrawn for {order.account.name}."


def restore(order: Order) -> str:
    live = order.live_grants()
    scopes = [_scope(order)] if order.fields.get("scope") else list(Scope)
    parts = filter(None, (grant.for_account(order.account.id) for grant in live))
    if not any(scope in part.withdrawn for part in parts for scope in scopes):
        raise ActionRefusedError(f"No such permission was withdrawn for {order.account.name}.")
    grants.give_back(order.db, live, order.account.id, scopes)
    return f"{order.account.name} has its withdrawn permission back."


def take_role(order: Order) -> str:
    people = order.givers(order.live_grants())
    lost = [one for one in people if accounts.take_role(order.db, one.id, order.account.id)]
    if not lost:
        raise ActionRefusedError(f"The role on {order.account.name} is taken away already.")
    return f"{_names(lost)} lost the role on {order.account.name}."


def give_role(order: Order) -> str:
    if not accounts.give_roles_back(order.db, order.account.id):
        raise ActionRefusedError(f"Nobody lost a role on {order.account.name}.")
    return f"Everybody has the role on {order.account.name} back."


def renew_by(order: Order) -> str:
    live = order.live_grants()
    days = order.fields.get("days", "").strip()
    if not days:
        grants.set_renew_by(order.db, live, order.account.id, None)
        return f"The permission for {order.account.name} need not be renewed any more."
    if not _DAYS.fullmatch(days) or abs(int(days)) > _MOST_DAYS:
        raise ActionRefusedError("The days are a whole number, or empty for no date.")
    at = order.now + timedelta(days=int(days))
    grants.set_renew_by(order.db, live, order.account.id, at)
    return f"The permission for {order.account.name} must be renewed by {at.day} {at:%B %Y}."


def shorten_consents(order: Order) -> str:
    network, days = order.account.network, order.fields.get("days", "").strip()
    if network == NATIVE_NETWORK:
        raise ActionRefusedError("Permissions of Sandbox's own accounts last until they are ended.")
    if not days:
        write_consent_days(order.db, network, None)
        return "Permissions that are given from now on last as long as usual."
    if not _DAYS.fullmatch(days) or not 0 < int(days) <= _MOST_DAYS:
        raise ActionRefusedError("The days are a whole number from 1, or empty for the usual time.")
    write_consent_days(order.db, network, int(days))
    return f"Permissions that are given from now on last {int(days)} days."


def make_personal(order: Order) -> str:
    if order.account.network not in NETWORKS_WITH_TYPES:
        raise ActionRefusedError("Accounts are of one type only here.")
    return _status(AccountStatus.PERSONAL, "is a personal account now")(order)


def write_post(order: Order) -> str:
    content.write_post(order.db, order.account.id, _text(order), order.now)
    return f"{order.account.name} has a new post."


def mention(order: Order) -> str:
    return _write_in(order, IncomingKind.MENTION, f"{order.account.name} was mentioned.")


def message(order: Order) -> str:
    return _write_in(order, IncomingKind.MESSAGE, f"{order.account.name} got a message.")


def heal(order: Order) -> str:
    """Undo what can be undone; a grant that has ended stays ended, as on real platforms."""
    accounts.set_status(order.db, order.account.id, AccountStatus.ACTIVE)
    accounts.give_roles_back(order.db, order.account.id)
    live = grants.live(grants.of_account(order.db, order.account.id))
    grants.give_back(order.db, live, order.account.id, list(Scope))
    grants.set_renew_by(order.db, live, order.account.id, None)
    return f"{order.account.name} is in order again."


def _status(status: AccountStatus, said: str) -> Callable[[Order], str]:
    def act(order: Order) -> str:
        if order.account.status is status:
            raise ActionRefusedError(f"{order.account.name} is in this state already.")
        accounts.set_status(order.db, order.account.id, status)
        return f"{order.account.name} {said}."

    return act


_OPEN = AccountStatus.ACTIVE
ACTIONS: Mapping[str, Callable[[Order], str]] = {
    "expire-access": expire_access,
    "end-grant": end_grant,
    "change-password": change_password,
    "too-many-logins": too_many_logins,
    "log-out": log_out,
    "remove-app": remove_app,
    "withdraw": withdraw,
    "restore": restore,
    "take-role": take_role,
    "give-role": give_role,
    "suspend": _status(AccountStatus.SUSPENDED, "is suspended"),
    "lift": _status(_OPEN, "is not suspended any more"),
    "ask-security-check": _status(AccountStatus.SECURITY_CHECK, "waits for a security check"),
    "confirm-security-check": _status(_OPEN, "has passed the security check"),
    "deactivate": _status(AccountStatus.DEACTIVATED, "is switched off by its owner"),
    "reactivate": _status(_OPEN, "is switched on again"),
    "delete": _status(AccountStatus.GONE, "is deleted"),
    "bring-back": _status(_OPEN, "exists again"),
    "make-personal": make_personal,
    "make-professional": _status(_OPEN, "is a professional account again"),
    "renew-by": renew_by,
    "shorten-consents": shorten_consents,
    "post": write_post,
    "mention": mention,
    "message": message,
    "heal": heal,
}


def _end(order: Order, cause: EndCause) -> str:
    live = order.live_grants()
    grants.end(order.db, live, cause, order.now)
    return _touched(order, live)


def _touched(order: Order, of: Iterable[Grant]) -> str:
    """Which other accounts hang on the same permission, so that nobody is surprised."""
    ids = {part.account_id for grant in of for part in grant.accounts} - {order.account.id}
    if not ids:
        return f"Only {order.account.name} is concerned."
    names = sorted(one.name for one in accounts.accounts(order.db) if one.id in ids)
    return f"Beside {order.account.name} this concerns {', '.join(names)}."


def _names(people: Iterable[Person]) -> str:
    return " and ".join(person.name for person in people)


def _scope(order: Order) -> Scope:
    wanted = order.fields.get("scope", "")
    if wanted not in set(Scope):
        raise ActionRefusedError("Choose a permission.")
    return Scope(wanted)


def _text(order: Order) -> str:
    text = order.fields.get("text", "").strip()
    if not 0 < len(text) <= content.MAX_TEXT:
        raise ActionRefusedError(f"Write a text of 1 to {content.MAX_TEXT} characters.")
    return text


def _write_in(order: Order, kind: IncomingKind, said: str) -> str:
    author = order.fields.get("author", "").strip()[:80] or "Noor Bakker"
    thing = Incoming(
        id=f"{kind}_{secrets.token_hex(8)}",
        account_id=order.account.id,
        kind=kind,
        author_name=author,
        author_handle="".join(author.lower().split()),
        text=_text(order),
        post_id=None,
        created_at=order.now,
    )
    content.insert_incoming(order.db, thing)
    return said
