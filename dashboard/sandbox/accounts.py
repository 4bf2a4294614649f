"""People, accounts, and who may do what with which account."""

import sqlite3

from dashboard.sandbox.clock import read_stamp
from dashboard.sandbox.model import NATIVE_NETWORK, Account, AccountStatus, Person, Role, TeamMember


def people(db: sqlite3.Connection) -> list[Person]:
    """Everybody with a log-in, by name."""
    return [_person(row) for row in db.execute("SELECT * FROM people ORDER BY name")]


def find_person(db: sqlite3.Connection, id_or_email: str) -> Person | None:
    """The person with this id or e-mail address, None if there is none."""
    row = db.execute(
        "SELECT * FROM people WHERE id = ?1 OR email = lower(?1)", (id_or_email.strip(),)
    ).fetchone()
    return _person(row) if row else None


def accounts(db: sqlite3.Connection) -> list[Account]:
    """All accounts by name, gone ones included."""
    return [_account(row) for row in db.execute("SELECT * FROM accounts ORDER BY name")]


def find_account(db: sqlite3.Connection, id_or_handle: str) -> Account | None:
    """The account with this id or handle, gone ones included; None if there never was one."""
    row = db.execute(
        "SELECT * FROM accounts WHERE id = ?1 OR handle = ?1", (id_or_handle,)
    ).fetchone()
    return _account(row) if row else None


def accounts_of(
    db: sqlite3.Connection, person_id: str, network: str | None = NATIVE_NETWORK
) -> list[tuple[Account, Role]]:
    """What a person looks after today, by name: no gone accounts, no roles taken away.

    Only what lives in `network`, None for everywhere.
    """
    rows = db.execute(
        "SELECT accounts.*, roles.role FROM accounts JOIN roles ON roles.account_id = accounts.id"
        " WHERE roles.person_id = ?1 AND roles.taken = 0 AND accounts.status <> ?2"
        " AND accounts.network = coalesce(?3, accounts.network) ORDER BY accounts.name",
        (person_id, AccountStatus.GONE, network),
    )
    return [(_account(row), Role(row["role"])) for row in rows]


def role_of(db: sqlite3.Connection, person_id: str, account_id: str) -> Role | None:
    """The role a person has on an account today, None if none or taken away."""
    row = db.execute(
        "SELECT role FROM roles WHERE person_id = ? AND account_id = ? AND taken = 0",
        (person_id, account_id),
    ).fetchone()
    return Role(row["role"]) if row else None


def team_of(db: sqlite3.Connection, account_id: str) -> list[TeamMember]:
    """Everybody with a role on an account, managers first, taken roles included."""
    rows = db.execute(
        "SELECT people.*, roles.role, roles.taken FROM people"
        " JOIN roles ON roles.person_id = people.id WHERE roles.account_id = ?"
        " ORDER BY roles.role, people.name",
        (account_id,),
    )
    return [
        TeamMember(person=_person(row), role=Role(row["role"]), taken=bool(row["taken"]))
        for row in rows
    ]


def set_status(db: sqlite3.Connection, account_id: str, status: AccountStatus) -> None:
    """The platform sees the account like this from now on."""
    db.execute("UPDATE accounts SET status = ? WHERE id = ?", (status, account_id))


def take_role(db: sqlite3.Connection, person_id: str, account_id: str) -> bool:
    """Take a person's role away; False if there was none to take."""
    cursor = db.execute(
        "UPDATE roles SET taken = 1 WHERE person_id = ? AND account_id = ? AND taken = 0",
        (person_id, account_id),
    )
    return cursor.rowcount == 1


def give_roles_back(db: sqlite3.Connection, account_id: str) -> int:
    """Give back every role that was taken away on an account; how many there were."""
    cursor = db.execute(
        "UPDATE roles SET taken = 0 WHERE account_id = ? AND taken = 1", (account_id,)
    )
    return cursor.rowcount


def change_password(db: sqlite3.Connection, person: Person) -> None:
    """Give a person another sample password and end the log-ins in browsers."""
    generation = person.login_generation + 1
    base = person.password.rstrip("0123456789")
    db.execute(
        "UPDATE people SET password = ?, login_generation = ? WHERE id = ?",
        (f"{base}{generation}", generation, person.id),
    )


def _person(row: sqlite3.Row) -> Person:
    return Person(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        password=row["password"],
        login_generation=row["login_generation"],
    )


def _account(row: sqlite3.Row) -> Account:
    return Account(
        id=row["id"],
        handle=row["handle"],
        name=row["name"],
        about=row["about"],
        status=AccountStatus(row["status"]),
        created_at=read_stamp(row["created_at"]),
        network=row["network"],
    )
