"""The sample team of `./manage demo`, linked like anybody through the Sandbox's own pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from dashboard.cli.visitor import SandboxVisitor
from dashboard.db.team import RoleFacts
from dashboard.domain.team import Actor, Right, Viewer
from dashboard.platforms.bluesky.own_log_in import FIELD
from dashboard.platforms.protocol import NeedsApp
from dashboard.services.linking import begin, come_back
from dashboard.services.log_ins import Browser
from dashboard.services.own_servers import WAY
from dashboard.services.people import NewUser, add_user, administrator_role
from dashboard.services.picking import offer, pick
from dashboard.services.ports import Tools
from dashboard.services.registrations import save
from dashboard.services.team import create_role

_NATIVE = "sandbox"
_BY_NAME = "bluesky"  # each account is found by its name, so each has a log-in of its own
_LEFT_TO_SET_UP = {"instagram_page"}  # so that there is one that is not set up, too
_SECRET = "sandbox-only-not-a-secret"  # noqa: S105 - the Sandbox tells it to everybody
_BROWSER = Browser(session_hash="the sample team")
_NAMES = ("name", "handle")  # which of them a platform calls the account's name differs
_DESK = frozenset({Right.LINK, Right.PUBLISH})


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleUser:
    """Somebody who can sign in to the demo; everybody may know the password."""

    name: str
    email: str
    password: str
    role: str


TEAM = (
    SampleUser(
        name="Ada Vermeer",
        email="ada@waterhoven.example",
        password="ada-keeps-the-keys",  # noqa: S106 - printed at each start of the demo
        role="Administrator",
    ),
    SampleUser(
        name="Alice Smit",
        email="alice@waterhoven.example",
        password="alice-likes-museums",  # noqa: S106
        role="Culture desk",
    ),
    SampleUser(
        name="Bob de Wit",
        email="bob@waterhoven.example",
        password="bob-reads-everything",  # noqa: S106
        role="Readers",
    ),
)
_CULTURE = {
    "museumwaterhoven",
    "libwaterhoven",
    "theatredekade",
    "musicschoolforte",
    "bakeryjansen",
    "citymuseum",
    "cafedebrug",
}
_TROUBLES: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("poolwaterhoven", "withdraw", {"scope": "messages:read"}),
    ("libwaterhoven", "renew-by", {"days": "5"}),
    ("firebrigade", "ask-security-check", {}),
    ("facebook_fcwaterhoven", "take-role", {}),
    ("x_fcwaterhoven", "remove-app", {}),
)


def settle_team(tools: Tools, sandbox_url: str) -> None:
    """Add the users, set the platforms up, link the town's accounts and trouble a few of them."""
    town = SandboxVisitor(sandbox_url)
    town.wait()
    state = town.state()
    ada = _administrator(tools)
    accounts: dict[str, UUID] = {}
    for platform in (_NATIVE, _BY_NAME, *_set_up_platforms(tools, ada, state)):
        accounts |= _link_all(tools, ada, sandbox_url, state, platform)
    _add_desks(tools, ada, {name: of for name, of in accounts.items() if _is_culture(name)})
    for handle, action, form in _TROUBLES:
        if handle in accounts:
            town.post(f"/control/accounts/{handle}/{action}", form)


def _set_up_platforms(tools: Tools, ada: Viewer, state: Mapping[str, Any]) -> list[str]:
    """Enter the registrations that the Sandbox has for Linkkeeper; those platforms' keys."""
    there = {account["network"] for account in state["accounts"]} - _LEFT_TO_SET_UP
    keys = [
        key
        for key, platform in tools.platforms.items()
        if key in there and isinstance(platform, NeedsApp)
    ]
    for key in keys:
        save(
            tools,
            ada,
            Actor(user_id=ada.user_id),
            key,
            client_id=f"linkkeeper-{key}",
            client_secret=_SECRET,
            options={},
        )
    return keys


def _administrator(tools: Tools) -> Viewer:
    ada = TEAM[0]
    role_id = administrator_role(tools)
    user_id = add_user(tools, _new_user(ada, role_id), Actor(user_id=None))
    return Viewer(
        user_id=user_id,
        name=ada.name,
        email=ada.email,
        role_id=role_id,
        role_name=ada.role,
        rights=frozenset(Right),
    )


def _link_all(
    tools: Tools, ada: Viewer, sandbox_url: str, state: Mapping[str, Any], platform: str
) -> dict[str, UUID]:
    """Each account through the first person who looks after it; the ids by the Sandbox's handle."""
    linked: dict[str, UUID] = {}
    permissions = sorted({scope for app in state["apps"] for scope in app["scopes"]})
    for person in state["people"]:
        mine = [
            account
            for account in state["accounts"]
            if account["network"] == platform and _keeper(account) == person["id"]
        ]
        if mine:
            visitor = SandboxVisitor(sandbox_url)
            visitor.log_in(person["email"], person["password"])
            for part in [[one] for one in mine] if platform == _BY_NAME else [mine]:
                linked |= _link(tools, ada, visitor, platform, part, permissions)
    return linked


def _is_culture(handle: str) -> bool:
    """Also what the same house has on other platforms: theirs begin with the platform's key."""
    return handle in _CULTURE or handle.partition("_")[2].removeprefix("business_") in _CULTURE


def _keeper(account: Mapping[str, Any]) -> str:
    return next((one["person"] for one in account["team"] if one["role"] == "manage"), "")


def _link(
    tools: Tools,
    ada: Viewer,
    visitor: SandboxVisitor,
    platform: str,
    accounts: list[dict[str, Any]],
    permissions: list[str],
) -> dict[str, UUID]:
    begun = begin(tools, ada, _BROWSER, platform, _typed(platform, accounts))
    ids = [account["id"] for account in accounts]
    back = urlsplit(visitor.allow(begun.url, ids, permissions))
    door = back.path.rpartition("/")[2]
    returned = come_back(
        tools,
        ada,
        _BROWSER,
        UUID(door) if platform == _NATIVE else door,
        dict(parse_qsl(back.query)),
    )
    offered = offer(tools, ada, _BROWSER, returned.attempt_id)
    handles = {account[said]: account["handle"] for account in accounts for said in _NAMES}
    chosen = [
        choice.identity for choice in offered.choices if choice.identity.name in handles
    ]  # some platforms offer more than was asked for, such as the person's own profile
    picked = pick(
        tools,
        ada,
        _BROWSER,
        Actor(user_id=ada.user_id),
        returned.attempt_id,
        remote_ids=[identity.remote_id for identity in chosen],
        role_ids=[],
    )
    names = [handles[identity.name] for identity in chosen]
    return dict(zip(names, picked.linked, strict=True))


def _typed(platform: str, accounts: list[dict[str, Any]]) -> Mapping[str, str]:
    """What Ada types, where a platform wants it: the name of the account, as the Sandbox has it."""
    if platform != _BY_NAME:
        return {}
    own = accounts[0]["handle"].removeprefix(f"{_BY_NAME}_").replace("_", "-")
    return {WAY: "yes", FIELD: f"{own}.bsky.example"}


def _add_desks(tools: Tools, ada: Viewer, culture: Mapping[str, UUID]) -> None:
    actor = Actor(user_id=ada.user_id)
    facts = (
        RoleFacts(
            name="Culture desk",
            rights=_DESK,
            all_accounts=False,
            accounts=frozenset(culture.values()),
        ),
        RoleFacts(name="Readers", rights=frozenset(), all_accounts=True, accounts=frozenset()),
    )
    roles = {fact.name: create_role(tools, ada, actor, fact) for fact in facts}
    for user in TEAM[1:]:
        add_user(tools, _new_user(user, roles[user.role]), actor)


def _new_user(user: SampleUser, role_id: UUID) -> NewUser:
    return NewUser(email=user.email, name=user.name, role_id=role_id, password=user.password)
