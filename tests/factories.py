"""Rows and platforms that are valid by default; every fact can be given by name."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from dashboard.db.engine import Database
from dashboard.db.tables import AccountRow, GrantRow, LinkRow, PublicationRow, RoleRow, UserRow
from dashboard.domain.capabilities import Capability
from dashboard.domain.checks import CheckOutcome, Works
from dashboard.domain.links import Identity
from dashboard.domain.team import Right
from dashboard.domain.wire import Http
from dashboard.platforms.protocol import About, App, Credential, Subject
from tests.fakes import START

ALL_RIGHTS = [right.value for right in Right]


class FakePlatform:
    """Finds what a test put into `outcomes` (by remote id), else that the link works."""

    about = About(
        key="fake",
        label="Fakebook",
        account_word="page",
        conditions=(),
        before_relink=(),
        wants={
            Capability.READ_MESSAGES: frozenset({"read"}),
            Capability.PUBLISH: frozenset({"write"}),
        },
    )

    def __init__(self) -> None:
        self.outcomes: dict[str, CheckOutcome | Exception] = {}
        self.checked: list[str] = []

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        self.checked.append(identity.remote_id)
        outcome = self.outcomes.get(identity.remote_id, Works())
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        return Subject(remote_id="p1", name="Anna"), ()


def make_role(
    database: Database,
    *,
    name: str = "Editors",
    rights: list[str] | None = None,
    all_accounts: bool = True,
) -> UUID:
    row = RoleRow(
        name=name,
        rights=["link", "publish"] if rights is None else rights,
        all_accounts=all_accounts,
        created_at=START,
    )
    with database.writing() as unit:
        unit.add(row)
    return row.id


def make_user(
    database: Database,
    *,
    role_id: UUID,
    email: str | None = None,
    name: str = "Anna Bakker",
    password: str = "correct horse battery",
    active: bool = True,
) -> UUID:
    row = UserRow(
        email=email or f"{uuid4().hex[:8]}@example.org",
        name=name,
        password_hash=f"plain:{password}",
        role_id=role_id,
        active=active,
        created_at=START,
        password_changed_at=START,
    )
    with database.writing() as unit:
        unit.add(row)
    return row.id


def make_account(
    database: Database,
    *,
    name: str = "Bakery Jansen",
    platform: str = "fake",
    remote_id: str | None = None,
    state: str = "healthy",
    cause: str = "",
    since: datetime = START,
    next_check_at: datetime | None = START,
    credential: bytes = b"",
    grant_id: UUID | None = None,
    handle: str = "bakeryjansen",
    subject_id: str = "anna",
) -> UUID:
    """An account with its link and a grant; returns the account's id."""
    account = AccountRow(
        platform=platform,
        remote_id=remote_id or uuid4().hex,
        name=name,
        handle=handle,
        url="https://fake.example/bakeryjansen",
        created_at=START,
    )
    grant = GrantRow(
        id=grant_id or uuid4(),
        platform=platform,
        subject_id=subject_id,
        subject_name="Anna",
        created_at=START,
    )
    grant.credential = credential or (
        f"grants|{grant.id}|credential|".encode() + b'{"access": "a", "refresh": "r"}'
    )
    with database.writing() as unit:
        if unit.get(GrantRow, grant.id) is None:
            unit.add(grant)
        unit.add(account)
        unit.flush()
        unit.add(
            LinkRow(
                account_id=account.id,
                grant_id=grant.id,
                state=state,
                cause=cause,
                since=since,
                next_check_at=next_check_at,
                linked_at=START,
            )
        )
    return account.id


def make_publication(
    database: Database,
    account_id: UUID,
    *,
    at: datetime = START - timedelta(days=3),
    state: str = "loaded",
    text: str = "Fresh bread from seven o'clock.",
    remote_id: str | None = None,
) -> UUID:
    row = PublicationRow(
        account_id=account_id,
        platform="fake",
        state=state,
        remote_id=remote_id or uuid4().hex,
        text=text,
        url="https://fake.example/p/1",
        at=at,
        published_at=at if state in {"loaded", "published"} else None,
        created_at=START,
        changed_at=START,
    )
    with database.writing() as unit:
        unit.add(row)
    return row.id
