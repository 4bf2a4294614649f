"""What the team does meanwhile: signs in, relinks, posts, and changes who may see what."""

import random
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlmodel import select

from dashboard.cli.sample import TEAM
from dashboard.cli.trouble import Trouble
from dashboard.cli.visitor import SandboxVisitor
from dashboard.db.tables import AccountRow, RoleAccountRow, RoleRow, UserRow
from dashboard.runtime import Runtime
from tests.chaos.person import NotNowError, Person

POSTING = ("sandbox", "facebook", "linkedin")  # only the first knows a post again by its key
_STILL_ON_ITS_WAY = 60.0  # seconds: a mail was decided, and its sender stood still or died


class Stage(Protocol):
    """What they need of the scene."""

    runtime: Runtime
    environ: dict[str, str]


class People:
    """`done` counts what worked; `planned` are the texts that Linkkeeper said it has."""

    def __init__(self, scene: Stage, address: str, chance: random.Random) -> None:
        self._scene, self._chance = scene, chance
        self._ada = Person(address, TEAM[0].email, TEAM[0].password)
        self.done: Counter[str] = Counter()
        self.planned: set[str] = set()
        with scene.runtime.tools.database.reading() as session:
            accounts = session.exec(select(AccountRow)).all()
            alice = session.exec(select(UserRow).where(UserRow.email == TEAM[1].email)).one()
            ada = session.exec(select(UserRow).where(UserRow.email == TEAM[0].email)).one()
            self._zone = ZoneInfo(ada.time_zone or "UTC")
            self._role = session.get_one(RoleRow, alice.role_id)
            reach = session.exec(
                select(RoleAccountRow.account_id).where(RoleAccountRow.role_id == self._role.id)
            ).all()
        self._accounts = {row.handle: row for row in accounts}
        self._reach: list[tuple[float, frozenset[str]]] = [(0.0, frozenset(map(str, reach)))]
        self._posts = 0

    def do_something(self) -> None:
        """One thing at a time, as far as Linkkeeper is there for it."""
        acts = (self._sign_in, self._relink, self._post, self._post, self._change_role)
        act = self._chance.choice(acts)
        try:
            self._ada.sign_in()
            self.done["signed in"] += 1
            act()
        except (NotNowError, Trouble, OSError):
            self.done["in vain"] += 1

    def reach_around(self, at: float) -> set[str]:
        """All that the role could see at some time shortly before, as ids."""
        seen: set[str] = set()
        ends = [began for began, _ in self._reach[1:]] + [float("inf")]
        for (_, accounts), end in zip(self._reach, ends, strict=True):
            if end >= at - _STILL_ON_ITS_WAY:
                seen |= accounts
        return seen

    def _sign_in(self) -> None:
        self._ada.forget()
        self._ada.sign_in()
        self._ada.look("/settings/accounts")

    def _relink(self) -> None:
        town = SandboxVisitor(self._scene.environ["LINKKEEPER_SANDBOX_URL"])
        state = town.state()
        mine = [one for one in state["accounts"] if one["network"] == "sandbox"]
        account = self._chance.choice(mine)
        keeper = _keeper_of(account, state)
        row = self._accounts.get(account["handle"])
        if keeper is None or row is None:
            return
        town.log_in(keeper["email"], keeper["password"])
        permissions = sorted({scope for app in state["apps"] for scope in app["scopes"]})
        said = self._ada.relink(row.id, town, account["id"], permissions)
        self.done["relinked" if "is linked again" in said else "relinked in vain"] += 1

    def _post(self) -> None:
        chosen = self._chance.sample(
            [str(row.id) for row in self._accounts.values() if row.platform in POSTING], 2
        )
        self._posts += 1
        text = f"Post {self._posts} of {self._scene.environ['LINKKEEPER_DATA_DIR'][-12:]}"
        at = datetime.now(self._zone) + timedelta(minutes=1)
        later = at.strftime("%Y-%m-%dT%H:%M") if self._chance.random() < 0.3 else ""
        where = self._ada.plan(chosen, text, at=later)
        if "/publish/new" not in where:
            self.planned.add(text)
            self.done["planned a post"] += 1

    def _change_role(self) -> None:
        """Until the answer is there, both what was and what shall be may count."""
        ids = [str(row.id) for row in self._accounts.values()]
        chosen = frozenset(self._chance.sample(ids, 6))
        self._reach.append((time.monotonic(), self._reach[-1][1] | chosen))
        where = self._ada.change_role(
            self._role.id,
            name=self._role.name,
            right=self._role.rights,
            reach="chosen",
            shown=ids,
            account=sorted(chosen),
        )
        if where.endswith("/settings/roles"):
            self._reach.append((time.monotonic(), chosen))
            self.done["changed the role"] += 1


def _keeper_of(account: dict[str, Any], state: dict[str, Any]) -> dict[str, Any] | None:
    keeper = next((one["person"] for one in account["team"] if one["role"] == "manage"), None)
    return next((one for one in state["people"] if one["id"] == keeper), None)
