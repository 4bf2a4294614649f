"""Users are added, invited, choose and change passwords, and see their own browsers."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlmodel import col, select, update

from dashboard.db.tables import AuditRow, OneTimeTokenRow, UserRow
from dashboard.domain.errors import InvalidInputError, NotFoundError
from dashboard.domain.team import Actor
from dashboard.services.one_time import forget_old_links, whose
from dashboard.services.people import (
    NewUser,
    PasswordChange,
    add_user,
    administrator_role,
    change_password,
    change_time_zone,
    choose_password,
    end_own_session,
    invite,
    own_sessions,
)
from dashboard.services.ports import Tools
from dashboard.services.sessions import Place, begin, hash_of, recognise
from dashboard.services.signing_in import sign_in
from tests.factories import make_role, make_user

ACTOR = Actor(ip="192.0.2.1", request_id="r1")
PASSWORD = "correct horse battery"


@pytest.fixture
def anna(tools: Tools):
    return make_user(tools.database, role_id=administrator_role(tools), email="anna@example.org")


def browser_of(tools: Tools, user_id) -> str:
    with tools.database.writing() as unit:
        return begin(tools, unit, user_id, Place(user_agent="Firefox"))


def signs_in(tools: Tools, email: str, password: str) -> bool:
    secret = sign_in(tools, email=email, password=password, place=Place(), actor=ACTOR)
    return secret is not None


def secret_of(link: str) -> str:
    return link.rpartition("/")[2]


def choose(tools: Tools, link: str, password: str = "another long sentence") -> str:
    return choose_password(tools, secret_of(link), password, place=Place(), actor=ACTOR)


def test_an_added_user_signs_in(tools: Tools) -> None:
    new = NewUser(
        email=" Bob@Example.org",
        name="Bob  de Wit",
        role_id=administrator_role(tools),
        password=PASSWORD,
    )
    add_user(tools, new, ACTOR)
    assert signs_in(tools, "bob@example.org", PASSWORD)


def test_an_address_is_taken_once_in_whatever_case(tools: Tools, anna) -> None:
    new = NewUser(email="ANNA@example.org", name="Other", role_id=administrator_role(tools))
    with pytest.raises(InvalidInputError) as caught:
        add_user(tools, new, ACTOR)
    assert caught.value.field == "email"


@pytest.mark.parametrize(
    "email",
    ["", "anna", "a@b\nBcc: x@y", "a b@example.org", "<a@b.org>", "a@b..org", "x" * 250 + "@a.org"],
)
def test_what_is_no_address_is_refused(tools: Tools, email: str) -> None:
    with pytest.raises(InvalidInputError):
        add_user(tools, NewUser(email=email, name="A", role_id=administrator_role(tools)), ACTOR)


def test_who_has_no_password_yet_cannot_sign_in(tools: Tools) -> None:
    new = NewUser(email="bob@example.org", name="Bob", role_id=administrator_role(tools))
    add_user(tools, new, ACTOR)
    assert not signs_in(tools, "bob@example.org", "")
    assert not signs_in(tools, "bob@example.org", PASSWORD)


def test_the_invited_chooses_a_password_and_is_signed_in(tools: Tools) -> None:
    new = NewUser(email="bob@example.org", name="Bob", role_id=administrator_role(tools))
    user_id = add_user(tools, new, ACTOR)
    browser = recognise(tools, choose(tools, invite(tools, user_id, ACTOR)))
    assert browser is not None
    assert browser.viewer.user_id == user_id
    assert signs_in(tools, "bob@example.org", "another long sentence")


def test_an_invitation_works_once(tools: Tools, anna) -> None:
    """R8"""
    link = invite(tools, anna, ACTOR)
    assert whose(tools, secret_of(link)) is not None  # looking, as mail scanners do, costs nothing
    assert whose(tools, secret_of(link)) is not None
    choose(tools, link)
    with pytest.raises(NotFoundError):
        choose(tools, link, "yet another sentence")


def test_of_two_at_once_one_chooses(tools: Tools, anna) -> None:
    """R8"""
    link = invite(tools, anna, ACTOR)

    def attempt(number: int) -> bool:
        try:
            choose(tools, link, f"long sentence {number}")
        except NotFoundError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(attempt, range(8))).count(True) == 1


def test_a_link_in_the_place_of_a_password_lasts_an_hour(tools: Tools, anna, clock) -> None:
    """R8"""
    link = invite(tools, anna, ACTOR)
    clock.advance(minutes=59)
    assert whose(tools, secret_of(link)) is not None
    clock.advance(minutes=1)
    with pytest.raises(NotFoundError):
        choose(tools, link)


def test_an_invitation_lasts_seven_days(tools: Tools, clock) -> None:
    """R8"""
    new = NewUser(email="bob@example.org", name="Bob", role_id=administrator_role(tools))
    link = invite(tools, add_user(tools, new, ACTOR), ACTOR)
    clock.advance(days=6, hours=23)
    assert whose(tools, secret_of(link)) is not None
    clock.advance(hours=1)
    with pytest.raises(NotFoundError):
        choose(tools, link)


def test_the_hashes_of_old_links_go_and_those_of_others_stay(tools: Tools, anna, clock) -> None:
    """R73"""
    old = invite(tools, anna, ACTOR)
    forget_old_links(tools)
    assert whose(tools, secret_of(old)) is not None
    clock.advance(days=7)
    forget_old_links(tools)
    with tools.database.reading() as session:
        assert session.exec(select(OneTimeTokenRow)).all() == []


@pytest.mark.parametrize("change", [{"email": "new@example.org"}, {"password_hash": "plain:other"}])
def test_a_change_of_address_or_password_voids_the_link(tools: Tools, anna, change) -> None:
    """R8"""
    link = invite(tools, anna, ACTOR)
    with tools.database.writing() as unit:
        unit.exec(update(UserRow).where(col(UserRow.id) == anna).values(**change))
    with pytest.raises(NotFoundError):
        choose(tools, link)


def test_who_was_switched_off_cannot_use_a_link(tools: Tools, anna) -> None:
    link = invite(tools, anna, ACTOR)
    with tools.database.writing() as unit:
        unit.exec(update(UserRow).where(col(UserRow.id) == anna).values(active=False))
    with pytest.raises(NotFoundError):
        choose(tools, link)
    with pytest.raises(NotFoundError):
        invite(tools, anna, ACTOR)


def test_a_weak_password_does_not_use_the_link_up(tools: Tools, anna) -> None:
    link = invite(tools, anna, ACTOR)
    with pytest.raises(InvalidInputError):
        choose(tools, link, "short")
    assert recognise(tools, choose(tools, link)) is not None


def test_a_changed_password_ends_all_other_browsers(tools: Tools, anna) -> None:
    """R3"""
    here, elsewhere = browser_of(tools, anna), browser_of(tools, anna)
    viewer = recognise(tools, here).viewer
    change = PasswordChange(old=PASSWORD, new="another long sentence")
    fresh = change_password(tools, viewer, change, place=Place(), actor=ACTOR)
    assert recognise(tools, here) is None
    assert recognise(tools, elsewhere) is None
    assert recognise(tools, fresh) is not None
    assert not signs_in(tools, "anna@example.org", PASSWORD)


def test_the_old_password_is_needed_for_a_new_one(tools: Tools, anna) -> None:
    here = browser_of(tools, anna)
    viewer = recognise(tools, here).viewer
    with pytest.raises(InvalidInputError) as caught:
        change_password(
            tools,
            viewer,
            PasswordChange(old="guess", new="another long sentence"),
            place=Place(),
            actor=ACTOR,
        )
    assert caught.value.field == "old"
    assert recognise(tools, here) is not None


def test_a_user_ends_his_own_browser_only(tools: Tools, anna) -> None:
    """R12"""
    eve = make_user(tools.database, role_id=make_role(tools.database, name="Other"))
    hers, foreign = browser_of(tools, anna), browser_of(tools, eve)
    viewer = recognise(tools, hers).viewer
    assert [stored.user_agent for stored in own_sessions(tools, viewer)] == ["Firefox"]
    with pytest.raises(NotFoundError):
        end_own_session(tools, viewer, hash_of(foreign), ACTOR)
    end_own_session(tools, viewer, hash_of(hers), ACTOR)
    assert recognise(tools, hers) is None
    assert recognise(tools, foreign) is not None


def test_only_known_time_zones_are_taken(tools: Tools, anna) -> None:
    viewer = recognise(tools, browser_of(tools, anna)).viewer
    change_time_zone(tools, viewer, "Europe/Amsterdam")
    assert recognise(tools, browser_of(tools, anna)).viewer.time_zone == "Europe/Amsterdam"
    with pytest.raises(InvalidInputError):
        change_time_zone(tools, viewer, "../../etc/passwd")


def test_what_was_done_stands_in_the_audit_trail_without_secrets(tools: Tools, anna) -> None:
    """R79"""
    link = invite(tools, anna, ACTOR)
    choose(tools, link)
    with tools.database.reading() as session:
        lines = list(session.exec(select(AuditRow)))
    assert [line.action for line in lines] == ["user_invited", "password_changed"]
    assert {line.ip for line in lines} == {"192.0.2.1"}
    assert secret_of(link) not in repr(lines)
    assert "another long sentence" not in repr(lines)
