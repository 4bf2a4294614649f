"""What people are told about a platform, and how an administrator registers us there."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.domain.budgets import Budget
from dashboard.domain.capabilities import Capability
from dashboard.domain.quotas import Quota


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginField:
    """One thing that a platform needs typed before a link can start (a server, a handle)."""

    name: str
    label: str
    hint: str = ""
    placeholder: str = ""
    secret: bool = False
    default: str = ""
    autocomplete: str = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLogIn:
    """The platform's own log-in, for those that may be linked by app password as well."""

    conditions: tuple[str, ...]
    before_relink: tuple[str, ...]
    fields: tuple[LoginField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What people are told about a platform.

    `conditions` stand on the page before linking, `before_relink` before a relink; both in plain
    words. `wants` maps each capability to the permissions it needs, in the platform's own names.
    With `own_log_in` there are two ways in, and the others say what holds for the app password.
    `budget` is how much it takes in a short time; None where it tells no number: then its refusals
    and headers alone are obeyed. `quota` is what it counts by the day.
    """

    key: str
    label: str
    account_word: str  # "account", "page", "channel": what its people call one
    conditions: tuple[str, ...]
    before_relink: tuple[str, ...]
    wants: Mapping[Capability, frozenset[str]]
    fields: tuple[LoginField, ...] = ()
    own_log_in: OwnLogIn | None = None
    grant_at: str = ""  # where permissions are given, in words
    grant_url: str = ""
    history_reach: str = ""  # how far back the platform lists posts, in words
    budget: Budget | None = None
    quota: Quota | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppGuide:
    """How an administrator registers Linkkeeper with a platform, for Settings > Platforms.

    `steps` are in order and in plain words; the redirect address (and the push address, named
    `push_label` where the platform asks for one) is shown beside them. `conditions` say what it
    takes: review, plan, cost. `options` are further things to type, kept in `App.facts`.
    """

    console_url: str
    steps: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    id_label: str = "Client ID"
    secret_label: str = "Client secret"  # noqa: S105  a label
    options: tuple[LoginField, ...] = ()
    push_label: str = ""
