"""Guessing is limited: per account and network, per network, per account, altogether (R6)."""

import pytest
import time_machine
from redis import Redis

from dashboard.adapters.redis import connect
from tests.fakes import START
from tests.pages.conftest import ORIGIN, Browser, serving

ALICE = "alice@example.org"


@pytest.fixture(autouse=True)
def at_ten():
    """The limits go by the clock of the server; here it stands still until a test moves it."""
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def attempt(
    browser: Browser,
    *,
    email: str = ALICE,
    password: str = "guess",
    ip: str = "192.0.2.1",
    **headers,
):
    form = {"email": email, "password": password, "csrf_token": browser.form_token()}
    return browser.client.post(
        "/sign-in",
        base_url=ORIGIN,
        data=form,
        headers={"Origin": ORIGIN, **headers},
        environ_overrides={"REMOTE_ADDR": ip},
    )


def statuses(browser: Browser, times: int, **more) -> list[int]:
    return [attempt(browser, **more).status_code for _ in range(times)]


class NoPasswords:
    """Nothing may be computed."""

    def verify(self, stored: str, password: str) -> bool:
        raise AssertionError

    needs_rehash = hash = check_rules = verify


def test_twenty_wrong_passwords_are_too_many(anon, alice) -> None:
    assert statuses(anon, 20) == [422] * 10 + [429] * 10


def test_who_is_refused_reads_when_to_come_back(anon, alice, at_ten) -> None:
    statuses(anon, 5)
    at_ten.shift(60)
    statuses(anon, 5)
    answer = attempt(anon)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) in {240, 241}
    assert "Too many attempts" in answer.text


def test_the_right_password_is_refused_meanwhile_without_being_looked_at(
    app, anon, alice, tools
) -> None:
    from dataclasses import replace

    from dashboard.runtime import Runtime
    from dashboard.web.current import work_with
    from tests.pages.conftest import KEY

    statuses(anon, 10)
    work_with(app, Runtime(tools=replace(tools, passwords=NoPasswords()), secret_key=KEY))
    assert attempt(anon, password=alice.password).status_code == 429


def test_nothing_is_locked_for_good(anon, alice, at_ten) -> None:
    statuses(anon, 20)
    at_ten.shift(301)
    assert attempt(anon, password=alice.password).status_code == 303


def test_who_hammers_from_one_place_shuts_out_only_himself(anon, alice, app) -> None:
    statuses(anon, 100)
    alices = Browser(app.test_client())
    assert attempt(alices, password=alice.password, ip="198.51.100.1").status_code == 303


def test_one_network_gets_so_many_tries_at_whatever_accounts(anon) -> None:
    codes = [attempt(anon, email=f"user{number}@example.org").status_code for number in range(65)]
    assert codes == [422] * 60 + [429] * 5


def test_an_ipv6_network_is_one_place(anon, alice) -> None:
    codes = [attempt(anon, ip=f"2001:db8::{number}").status_code for number in range(12)]
    assert codes == [422] * 10 + [429] * 2
    assert attempt(anon, ip="2001:db8:0:1::1").status_code == 422


def test_an_account_attacked_from_everywhere_rests_but_for_the_devices_of_its_owner(
    anon, alice, app
) -> None:
    known, new = Browser(app.test_client()), Browser(app.test_client())
    assert attempt(known, password=alice.password, ip="198.51.100.1").status_code == 303
    known.post("/sign-out")
    codes = [attempt(anon, ip=f"203.0.113.{number}").status_code for number in range(40)]
    assert codes == [422] * 29 + [429] * 11
    assert attempt(new, password=alice.password, ip="198.51.100.2").status_code == 429
    assert attempt(known, password=alice.password, ip="198.51.100.1").status_code == 303


def test_changing_forwarded_addresses_does_not_help(anon, alice) -> None:
    codes = [
        attempt(anon, **{"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in range(12)
    ]
    assert codes == [422] * 10 + [429] * 2


@pytest.mark.parametrize("url", ["/setup", "/welcome"])
def test_links_cannot_be_guessed_faster(anon, url) -> None:
    codes = [anon.post(url, {"password": "x"}).status_code for _ in range(62)]
    assert codes == [404] * 60 + [429] * 2


def test_looking_at_the_page_is_not_guessing(anon) -> None:
    assert {anon.get("/sign-in").status_code for _ in range(100)} == {200}


def test_all_processes_count_together(build, tools, alice, redis_url) -> None:
    first, second = (
        Browser(serving(build(redis=connect(redis_url)), tools).test_client()) for _ in range(2)
    )
    assert statuses(first, 6) == [422] * 6
    assert statuses(second, 6) == [422] * 4 + [429] * 2


def test_without_redis_the_limits_hold_in_each_process(build, tools, alice, tmp_path) -> None:
    """R64: never open, and nobody waits for it."""
    away: Redis = connect(f"unix://{tmp_path}/nobody-is-here.sock")
    browser = Browser(serving(build(redis=away), tools).test_client())
    assert statuses(browser, 12) == [422] * 10 + [429] * 2
    away.close()
