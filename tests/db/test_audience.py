"""Who is told: the query against a model that a child could follow (R58)."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import delete, select

from dashboard.db.audience import (
    audience,
    audience_at,
    count_accounts_of,
    count_at,
)
from dashboard.db.engine import Database
from dashboard.db.tables import (
    AccountRow,
    PreferenceRow,
    RoleAccountRow,
    RoleRow,
    UserRow,
)
from dashboard.domain.incidents import Place
from dashboard.domain.notices import NOTICE_SPECS, NoticeKind
from tests.factories import make_account, make_role, make_user
from tests.fakes import START


@dataclass(frozen=True)
class Role:
    everything: bool
    chosen: frozenset[int]


@dataclass(frozen=True)
class User:
    role: int
    active: bool
    address: bool
    boxes: tuple[tuple[NoticeKind, bool], ...]


@dataclass(frozen=True)
class World:
    removed: tuple[bool, ...]
    roles: tuple[Role, ...]
    users: tuple[User, ...]


KINDS = st.sampled_from(list(NoticeKind))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    removed = draw(st.lists(st.booleans(), min_size=1, max_size=4))
    account = st.integers(0, len(removed) - 1)
    roles = draw(
        st.lists(
            st.builds(Role, everything=st.booleans(), chosen=st.frozensets(account)),
            min_size=1,
            max_size=3,
        )
    )
    users = st.builds(
        User,
        role=st.integers(0, len(roles) - 1),
        active=st.booleans(),
        address=st.booleans(),
        boxes=st.dictionaries(KINDS, st.booleans(), max_size=3).map(lambda d: tuple(d.items())),
    )
    return World(tuple(removed), tuple(roles), tuple(draw(st.lists(users, max_size=5))))


def told_by_the_model(world: World, kind: NoticeKind, user: User) -> frozenset[int]:
    if not user.active or not user.address:
        return frozenset()
    spec = NOTICE_SPECS[kind]
    if spec.optional and not dict(user.boxes).get(kind, spec.on_by_default):
        return frozenset()
    role = world.roles[user.role]
    return frozenset(
        number
        for number, removed in enumerate(world.removed)
        if not removed and (role.everything or number in role.chosen)
    )


def build(database: Database, world: World) -> tuple[list[UUID], list[UUID]]:
    accounts = [uuid4() for _ in world.removed]
    roles = [uuid4() for _ in world.roles]
    users = [uuid4() for _ in world.users]
    with database.writing() as unit:
        for table in (PreferenceRow, UserRow, RoleAccountRow, RoleRow, AccountRow):
            unit.exec(delete(table))
        for account_id, removed in zip(accounts, world.removed, strict=True):
            unit.add(
                AccountRow(
                    id=account_id,
                    platform="fake",
                    remote_id=account_id.hex,
                    name="A",
                    created_at=START,
                    removed_at=START if removed else None,
                )
            )
        for role_id, role in zip(roles, world.roles, strict=True):
            unit.add(
                RoleRow(
                    id=role_id,
                    name=role_id.hex,
                    all_accounts=role.everything,
                    created_at=START,
                )
            )
        unit.flush()
        for role_id, role in zip(roles, world.roles, strict=True):
            for number in role.chosen:
                unit.add(RoleAccountRow(role_id=role_id, account_id=accounts[number]))
        for user_id, user in zip(users, world.users, strict=True):
            unit.add(
                UserRow(
                    id=user_id,
                    # One user at most can have no address: addresses are unique.
                    email=f"{user_id.hex}@example.org" if user.address else "",
                    name="U",
                    role_id=roles[user.role],
                    active=user.active,
                    created_at=START,
                    password_changed_at=START,
                )
            )
        unit.flush()
        for user_id, user in zip(users, world.users, strict=True):
            for kind, wanted in user.boxes:
                unit.add(PreferenceRow(user_id=user_id, kind=kind, wanted=wanted, changed_at=START))
    return accounts, users


def one_without_address(world: World) -> bool:
    return sum(not user.address for user in world.users) <= 1


@given(world=worlds().filter(one_without_address), kind=KINDS)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_query_tells_whom_the_model_tells(
    database: Database, world: World, kind: NoticeKind
) -> None:
    """R58: active, address, box ticked, role has access to an account that is not removed."""
    accounts, users = build(database, world)
    expected = {
        user_id: frozenset(accounts[number] for number in reach)
        for user_id, user in zip(users, world.users, strict=True)
        if (reach := told_by_the_model(world, kind, user))
    }
    with database.reading() as session:
        people = audience(session, kind, accounts)
        assert {person.user_id: person.accounts for person in people} == expected
        for user_id in users:
            alone = audience(session, kind, accounts, user_id=user_id)
            assert {one.user_id: one.accounts for one in alone} == {
                key: reach for key, reach in expected.items() if key == user_id
            }


def test_the_reach_of_a_user_counts_what_his_role_has_access_to(database: Database) -> None:
    world = World(
        removed=(False, False, True),
        roles=(Role(everything=True, chosen=frozenset()), Role(False, frozenset({1, 2}))),
        users=(User(0, True, True, ()), User(1, False, True, ())),
    )
    _, users = build(database, world)
    with database.reading() as session:
        assert [count_accounts_of(session, user_id) for user_id in users] == [2, 1]
        assert count_accounts_of(session, uuid4()) == 0
        assert len(session.exec(select(AccountRow)).all()) == 3


def test_more_accounts_than_one_question_takes_are_asked_about_in_portions(
    database: Database,
) -> None:
    """PostgreSQL takes no more than 65,535 values at once."""
    role_id = make_role(database)
    user_id = make_user(database, role_id=role_id)
    account_id = make_account(database)
    many = [account_id, *(uuid4() for _ in range(66_000))]
    with database.reading() as session:
        told = audience(session, NoticeKind.LINK_BROKEN, many)
    assert [(one.user_id, one.accounts) for one in told] == [(user_id, frozenset({account_id}))]


def test_a_place_is_told_to_whom_its_accounts_are_told(database: Database) -> None:
    everything = make_role(database, name="Everything")
    chosen = make_role(database, name="Chosen", all_accounts=False)
    nothing = make_role(database, name="Nothing", all_accounts=False)
    people = [make_user(database, role_id=role) for role in (everything, chosen, nothing)]
    account_id = make_account(database)
    make_account(database, name="Another")
    with database.writing() as unit:
        unit.add(RoleAccountRow(role_id=chosen, account_id=account_id))
    here, elsewhere = Place(platform="fake", server=""), Place(platform="none", server="")
    kind = NoticeKind.PLATFORM_SILENT
    with database.reading() as session:
        assert {one.user_id for one in audience_at(session, kind, here)} == set(people[:2])
        assert audience_at(session, kind, elsewhere) == ()
        assert audience_at(session, kind, here, user_id=people[2]) == ()
        assert [count_at(session, one, here) for one in people] == [2, 1, 0]
