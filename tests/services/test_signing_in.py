"""Signing in: the right password, and the same answer for everybody else (R7)."""

import pytest
from sqlmodel import col, select, update

from dashboard.db.tables import AuditRow, UserRow
from dashboard.domain.team import Actor
from dashboard.services.ports import Tools
from dashboard.services.sessions import Place, recognise
from dashboard.services.signing_in import sign_in, sign_out
from tests.factories import make_role, make_user

PASSWORD = "correct horse battery"


class CountingPasswords:
    """Remembers what it was asked to compare with; `aged` stored passwords want a new hash."""

    def __init__(self) -> None:
        self.compared: list[str] = []
        self.aged = False
        self.meanwhile = lambda: None

    def verify(self, stored: str, password: str) -> bool:
        self.compared.append(stored)
        self.meanwhile()
        return bool(stored) and stored.partition(":")[2] == password

    def needs_rehash(self, stored: str) -> bool:
        return self.aged

    def hash(self, password: str) -> str:
        return f"newer:{password}"

    def check_rules(self, password: str) -> None:
        raise AssertionError


@pytest.fixture
def passwords() -> CountingPasswords:
    return CountingPasswords()


@pytest.fixture
def tools(tools: Tools, passwords: CountingPasswords) -> Tools:
    from dataclasses import replace

    return replace(tools, passwords=passwords)


@pytest.fixture
def anna(tools: Tools):
    return make_user(tools.database, role_id=make_role(tools.database), email="anna@example.org")


def attempt(tools: Tools, email: str = "anna@example.org", password: str = PASSWORD) -> str | None:
    return sign_in(
        tools, email=email, password=password, place=Place(), actor=Actor(ip="192.0.2.1")
    )


def change(tools: Tools, **values) -> None:
    with tools.database.writing() as unit:
        unit.exec(update(UserRow).where(col(UserRow.email) == "anna@example.org").values(**values))


def test_the_right_password_gives_a_session(tools: Tools, anna) -> None:
    assert recognise(tools, attempt(tools)).viewer.user_id == anna


def test_two_sign_ins_never_share_a_secret(tools: Tools, anna) -> None:
    assert attempt(tools) != attempt(tools)


def test_every_failure_compares_one_password(tools: Tools, anna, passwords) -> None:
    """R7: unknown, switched off and without password cost the same as wrong."""
    assert attempt(tools, password="wrong") is None
    assert attempt(tools, email="nobody@example.org") is None
    assert attempt(tools, email="no address\0") is None
    change(tools, active=False)
    assert attempt(tools) is None
    change(tools, active=True, password_hash="")
    assert attempt(tools) is None
    assert passwords.compared == [f"plain:{PASSWORD}", "", "", "", ""]


def test_every_failure_leaves_one_line_in_the_audit_trail(tools: Tools, anna) -> None:
    attempt(tools, password="wrong")
    attempt(tools, email="nobody@example.org")
    with tools.database.reading() as session:
        lines = list(session.exec(select(AuditRow).order_by(AuditRow.id)))
    assert [(line.action, line.target) for line in lines] == [
        ("sign_in_failed", f"user:{anna}"),
        ("sign_in_failed", ""),
    ]


def test_a_password_under_older_parameters_is_hashed_anew(tools: Tools, anna, passwords) -> None:
    """R1"""
    passwords.aged = True
    assert attempt(tools) is not None
    with tools.database.reading() as session:
        assert session.exec(select(UserRow)).one().password_hash == f"newer:{PASSWORD}"


def test_a_password_changed_meanwhile_gives_no_session(tools: Tools, anna, passwords) -> None:
    """R3"""
    passwords.meanwhile = lambda: change(tools, password_hash="plain:other")
    assert attempt(tools) is None


def test_a_user_switched_off_meanwhile_gets_no_session(tools: Tools, anna, passwords) -> None:
    """R3"""
    passwords.meanwhile = lambda: change(tools, active=False)
    assert attempt(tools) is None


def test_signing_out_ends_the_session(tools: Tools, anna) -> None:
    """R3"""
    secret = attempt(tools)
    browser = recognise(tools, secret)
    sign_out(tools, browser, Actor(user_id=browser.viewer.user_id))
    assert recognise(tools, secret) is None
