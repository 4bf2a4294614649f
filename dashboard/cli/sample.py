"""The sample team of `./manage demo`, linked like anybody through the Sandbox's own pages."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from dashboard.cli.trouble import Trouble
from dashboard.db.team import RoleFacts
from dashboard.domain.team import Actor, Right, Viewer
from dashboard.services.linking import Browser, begin, come_back
from dashboard.services.people import NewUser, add_user, administrator_role
from dashboard.services.picking import offer, pick
from dashboard.services.ports import Tools
from dashboard.services.team import create_role

_PLATFORM = "sandbox"
_BROWSER = Browser(session_hash="the sample team")
_UP_WITHIN = 20.0  # seconds
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
    "cafedebrug",
}
_TROUBLES: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("poolwaterhoven", "withdraw", {"scope": "messages:read"}),
    ("libwaterhoven", "renew-by", {"days": "5"}),
    ("firebrigade", "ask-security-check", {}),
)


def settle_team(tools: Tools, sandbox_url: str) -> None:
    """Add the users, link all accounts of the Sandbox, and trouble a few of them."""
    town = SandboxVisitor(sandbox_url)
    town.wait()
    state = town.state()
    ada = _administrator(tools)
    accounts = _link_all(tools, ada, sandbox_url, state)
    _add_desks(tools, ada, {handle: accounts[handle] for handle in _CULTURE & set(accounts)})
    for handle, action, form in _TROUBLES:
        if handle in accounts:
            town.post(f"/control/accounts/{handle}/{action}", form)


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
        accounts=None,
    )


def _link_all(
    tools: Tools, ada: Viewer, sandbox_url: str, state: Mapping[str, Any]
) -> dict[str, UUID]:
    """Each account through the first person who looks after it; the ids by handle."""
    linked: dict[str, UUID] = {}
    for person in state["people"]:
        mine = [
            account
            for account in state["accounts"]
            if _keeper(account) == person["id"] and account["handle"] not in linked
        ]
        if mine:
            linked |= _link(tools, ada, SandboxVisitor(sandbox_url), person, mine)
    return linked


def _keeper(account: Mapping[str, Any]) -> str:
    return next((one["person"] for one in account["team"] if one["role"] == "manage"), "")


def _link(
    tools: Tools,
    ada: Viewer,
    visitor: "SandboxVisitor",
    person: Mapping[str, str],
    accounts: list[dict[str, Any]],
) -> dict[str, UUID]:
    begun = begin(tools, ada, _BROWSER, _PLATFORM, {})
    visitor.log_in(person["email"], person["password"])
    back = urlsplit(visitor.allow(begun.url, [account["id"] for account in accounts]))
    app_id = UUID(back.path.rpartition("/")[2])
    returned = come_back(tools, ada, _BROWSER, app_id, dict(parse_qsl(back.query)))
    offered = offer(tools, ada, _BROWSER, returned.attempt_id)
    ids = [choice.identity.remote_id for choice in offered.choices]
    picked = pick(
        tools,
        ada,
        _BROWSER,
        Actor(user_id=ada.user_id),
        returned.attempt_id,
        remote_ids=ids,
        role_ids=[],
    )
    handles = [choice.identity.handle for choice in offered.choices]
    return dict(zip(handles, picked.linked, strict=True))


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


class SandboxVisitor:
    """A sample person in front of the Sandbox's pages. Only ever talks to our own Sandbox."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url).netloc
        self._cookie = ""

    def wait(self) -> None:
        """Until it answers; raises Trouble."""
        give_up = monotonic() + _UP_WITHIN
        while True:
            try:
                self.state()
            except OSError:
                if monotonic() > give_up:
                    raise Trouble("The Sandbox does not answer.") from None
                sleep(0.05)
            else:
                return

    def state(self) -> dict[str, Any]:
        """People, accounts and who looks after them."""
        _, body = self._ask("GET", "/control/state.json", "")
        found: dict[str, Any] = json.loads(body)
        return found

    def log_in(self, email: str, password: str) -> None:
        self.post("/login", {"email": email, "password": password})

    def allow(self, url: str, account_ids: list[str]) -> str:
        """Say yes to all that an app asks for, for some accounts; returns where it leads back."""
        asked = parse_qsl(urlsplit(url).query)
        scopes = dict(asked).get("scope", "").split()
        form = [
            *asked,
            *(("granted", scope) for scope in scopes),
            *(("account", account_id) for account_id in account_ids),
            ("decision", "allow"),
        ]
        location, _ = self._ask("POST", "/oauth/authorize", urlencode(form))
        return location

    def post(self, path: str, form: Mapping[str, str]) -> None:
        """Press a button."""
        self._ask("POST", path, urlencode(form))

    def _ask(self, method: str, path: str, body: str) -> tuple[str, str]:
        """Where the answer leads, and what it says."""
        connection = HTTPConnection(self._place, timeout=10)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self._cookie}
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 400:  # noqa: PLR2004 - every kind of refusal
            raise Trouble(f"The Sandbox answered {answer.status} to {method} {path}.")
        cookie = answer.getheader("Set-Cookie", "").partition(";")[0]
        self._cookie = cookie or self._cookie
        return answer.getheader("Location", ""), text
