"""The words of the make-believe platform: who and what exists there, as plain data."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

NATIVE_NETWORK = "sandbox"
NETWORKS_WITH_TYPES = frozenset({"instagram", "instagram_page", "pinterest"})
"""Where accounts are personal or professional, and programs may look after the second only."""


class Scope(StrEnum):
    """What an app may be allowed to do."""

    PROFILE = "profile"
    POSTS_READ = "posts:read"
    POSTS_WRITE = "posts:write"
    MENTIONS_READ = "mentions:read"
    MESSAGES_READ = "messages:read"


SCOPE_WORDS: dict[Scope, str] = {
    Scope.PROFILE: "See your name and the accounts you choose below",
    Scope.POSTS_READ: "Read what was posted",
    Scope.POSTS_WRITE: "Post in the name of the accounts",
    Scope.MENTIONS_READ: "Read comments and mentions",
    Scope.MESSAGES_READ: "Read direct messages",
}


class AccountStatus(StrEnum):
    """How the platform itself sees an account."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    SECURITY_CHECK = "security_check"
    DEACTIVATED = "deactivated"
    GONE = "gone"
    PERSONAL = "personal"  # not of the type that programs may look after; see `NETWORKS_WITH_TYPES`


class Role(StrEnum):
    """What a person may do with an account."""

    MANAGE = "manage"
    VIEW = "view"


class EndCause(StrEnum):
    """Why a permission that a person gave to an app has ended."""

    EXPIRED = "expired"  # ran out for good; the only one that the API answers with token_expired
    PASSWORD_CHANGED = "password_changed"
    TOO_MANY_LOGINS = "too_many_logins"
    APP_REMOVED = "app_removed"
    LOGGED_OUT = "logged_out"  # by the person everywhere, or by the app through /oauth/revoke
    TOKEN_REUSED = "token_reused"  # a used refresh token or code came back: the family is dead
    CONSENT_EXPIRED = "consent_expired"  # of one account, whose renew_by has passed


class Rotation(StrEnum):
    """What happens to a refresh token that comes back after it was used."""

    STRICT = "strict"  # the whole family dies
    GRACE = "grace"  # for 60 s it yields the same successor
    ON_USE = "on_use"  # it yields the same successor until one of that pair has been used


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a log-in. A raised `login_generation` ends all log-ins in browsers."""

    id: str
    name: str
    email: str
    password: str = field(repr=False)
    login_generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A page that people look after; `id` never changes, the handle is what people see.

    `network` is the dialect that it lives in.
    """

    id: str
    handle: str
    name: str
    about: str
    status: AccountStatus
    created_at: datetime
    network: str = NATIVE_NETWORK


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """One person's role on one account; `taken` means it was taken away and can be given back."""

    person: Person
    role: Role
    taken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A program that may ask people for permission. `redirect_uris` may be bare paths."""

    client_id: str
    name: str
    secret_sha256: str = field(repr=False)
    secret_changed: bool
    redirect_uris: tuple[str, ...]
    scopes: tuple[Scope, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedAccount:
    """One account within a grant. `withdrawn` was allowed at first and then taken back."""

    account_id: str
    renew_by: datetime | None
    withdrawn: frozenset[Scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One person's yes to one app: some permissions for some accounts, until it ends.

    `asked` is what a dialect's app asked for, in that dialect's words.
    """

    id: str
    person_id: str
    client_id: str
    scopes: tuple[Scope, ...]
    accounts: tuple[GrantedAccount, ...]
    created_at: datetime
    refreshes: int
    ended_at: datetime | None
    end_cause: EndCause | None
    asked: str = ""

    def for_account(self, account_id: str) -> GrantedAccount | None:
        """The part of the grant for one account, None if the account was not chosen."""
        return next((part for part in self.accounts if part.account_id == account_id), None)

    def scopes_for(self, account_id: str) -> tuple[Scope, ...]:
        """What is allowed for one account now, in the order of the consent."""
        part = self.for_account(account_id)
        withdrawn = part.withdrawn if part else frozenset(self.scopes)
        return tuple(scope for scope in self.scopes if scope not in withdrawn)


def parse_scopes(text: str) -> tuple[Scope, ...] | None:
    """The known scopes in a space-separated list, in our order; None if one is unknown."""
    names = set(text.split())
    if not names <= set(Scope):
        return None
    return tuple(scope for scope in Scope if scope in names)
