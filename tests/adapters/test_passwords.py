"""Which passwords are taken, and how they are kept (R1, R7)."""

import time

import pytest
from argon2 import PasswordHasher
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.adapters.common_passwords import COMMON_PASSWORDS, PRODUCT_WORDS
from dashboard.adapters.passwords import Cost, Passwords
from dashboard.domain.errors import InvalidInputError

CHEAP = Cost(passes=1, memory_kib=8, lanes=1)
passwords = Passwords(CHEAP)


@pytest.mark.parametrize(
    "password",
    ["password1234567", "PassWord1", "linkkeeper2026", "LinkKeeper!", "12345678", "qwertyuiop",
     "2026calendar", "letmein!!", "aaaaaaaaaaaa", "abcabcabcabc", "12121212121", "        ",
     "administrator", "p@ssw0rd"],
)  # fmt: skip
def test_password_that_is_guessed_first_is_refused(password):
    with pytest.raises(InvalidInputError, match="Many people use"):
        passwords.check_rules(password)


@pytest.mark.parametrize("password", ["", "short", "1234567", "seven77"])
def test_short_password_is_refused(password):
    with pytest.raises(InvalidInputError, match="at least 8"):
        passwords.check_rules(password)


@pytest.mark.parametrize(
    "password",
    ["tr0ub4dor", "correct horse battery staple", "ZzkLpq92", "ünïcödé geheim", "\U0001f600" * 3
     + " smile", "x" * 512 + "y" * 512, "monkey-84119-tulip", "pass the linkkeeper please"],
)  # fmt: skip
def test_other_passwords_are_taken_whatever_they_are_made_of(password):
    assert passwords.check_rules(password) is None, "an InvalidInputError would say what is wrong"


def test_lists_are_lower_case_and_long_enough():
    assert all(word == word.casefold() for word in COMMON_PASSWORDS | PRODUCT_WORDS)
    assert len(COMMON_PASSWORDS) > 300


def test_password_of_a_megabyte_is_refused_fast():
    """R1: less than 200 ms; the hash is never begun."""
    expensive = Passwords(Cost(passes=200, memory_kib=65_536))
    huge = "ä" * 2**20
    began = time.monotonic()
    with pytest.raises(InvalidInputError, match="at most"):
        expensive.check_rules(huge)
    assert not expensive.verify("", huge)
    assert time.monotonic() - began < 0.2


@pytest.mark.parametrize("password", ["x" * 1025, "ä" * 513, "half \ud800 pair"])
def test_password_that_cannot_be_kept_is_refused(password):
    with pytest.raises(InvalidInputError):
        passwords.check_rules(password)
    assert not passwords.verify(passwords.hash("something else"), password)


def test_stored_form_is_argon2id_and_differs_each_time():
    first, second = passwords.hash("tr0ub4dor"), passwords.hash("tr0ub4dor")
    assert first.startswith("$argon2id$")
    assert first != second
    assert "tr0ub4dor" not in first


@given(st.text(max_size=40))
@example("a \U0001f600 passphrase of sixty-four characters with a smile in it .....")
def test_right_password_is_verified_and_its_prefix_is_not(password):
    stored = passwords.hash(password)
    assert passwords.verify(stored, password)
    assert not passwords.verify(stored, password + "x")
    assert not password or not passwords.verify(stored, password[:-1])


@pytest.mark.parametrize("stored", ["", "!", "plain", "$argon2id$v=19$broken"])
def test_nothing_stored_means_no_password_fits(stored):
    assert not passwords.verify(stored, "")
    assert not passwords.verify(stored, "anything")


def test_unknown_user_costs_as_much_as_a_known_one():
    """R7: the same work at today's cost, seen in the parameters and on the clock."""
    real = Passwords(Cost(passes=4, memory_kib=16_384, lanes=1))
    stored = real.hash("right")

    def fastest(entry):
        times = []
        for _ in range(7):
            began = time.perf_counter()
            real.verify(entry, "wrong")
            times.append(time.perf_counter() - began)
        return min(times)

    known, unknown = fastest(stored), fastest("")
    assert stored.split("$")[:4] == real._nobodys.split("$")[:4]
    assert 0.6 < unknown / known < 1.7


def test_stored_form_of_another_cost_is_due_for_a_new_one():
    stored = passwords.hash("tr0ub4dor")
    assert not passwords.needs_rehash(stored)
    dearer = Passwords(Cost(passes=2, memory_kib=16, lanes=1))
    assert dearer.needs_rehash(stored)
    assert dearer.verify(stored, "tr0ub4dor")
    assert not dearer.needs_rehash(dearer.hash("tr0ub4dor"))


def test_default_cost_is_what_rfc_9106_recommends():
    assert PasswordHasher().check_needs_rehash(Passwords().hash("tr0ub4dor")) is False
