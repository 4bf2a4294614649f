"""Disturbances: each kind, for whom, how often. What needs a real line is in test_process."""

import json
import time

import pytest


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [("500", 500, "internal_error"), ("503", 503, "unavailable"), ("429", 429, "rate_limited")],
)
def test_platform_answers_with_an_error_until_it_is_switched_off(driver, kind, status, error):
    token = driver.link()["access_token"]
    driver.disturb(kind)
    for _ in range(2):
        answer = driver.account(token)
        assert (answer.status_code, answer.json["error"]) == (status, error)
    driver.client.post("/control/faults/off")
    assert driver.account(token).status_code == 200


def test_too_many_calls_say_when_to_come_back(driver):
    driver.disturb("429", seconds="7")
    assert driver.account("any").headers["Retry-After"] == "7"


def test_disturbance_ends_after_its_count(driver):
    token = driver.link()["access_token"]
    driver.disturb("500", count="2")
    assert [driver.account(token).status_code for _ in range(3)] == [500, 500, 200]
    assert driver.state()["faults"] == []


def test_web_page_in_place_of_data(driver):
    driver.disturb("html")
    answer = driver.account("any")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")


def test_truncated_answer_is_broken_but_the_work_is_done(driver):
    token = driver.link()["refresh_token"]
    driver.disturb("truncate", calls="token")
    answer = driver.refresh(token)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.get_data())
    assert driver.state()["grants"][0]["refreshes"] == 1


def test_slow_answer_is_right(driver):
    token = driver.link()["access_token"]
    driver.disturb("slow", seconds="0.2")
    start = time.monotonic()
    assert driver.account(token).status_code == 200
    assert time.monotonic() - start >= 0.2


def test_redirect_leads_to_another_host_name_and_the_journal_shows_who_followed(driver):
    """R42: whoever follows must not carry the token along; here it would be seen."""
    token = driver.link()["access_token"]
    driver.disturb("redirect", count="1")
    answer = driver.account(token)
    assert answer.status_code == 307
    assert answer.location == "http://127.0.0.1/elsewhere"
    driver.client.get("/elsewhere", headers={"Authorization": f"Bearer {token}"})
    assert driver.state()["requests"][0]["path"] == "/elsewhere"
    assert driver.state()["requests"][0]["token_sha256"] is not None


def test_dropped_refresh_was_carried_out(driver):
    """R35: in strict mode the lost answer costs the permission, in grace mode nothing."""
    driver.settings(rotation="grace")
    token = driver.link()["refresh_token"]
    driver.disturb("drop_after", calls="token", count="1")
    with pytest.raises(ConnectionResetError):
        driver.refresh(token)
    assert driver.state()["grants"][0]["refreshes"] == 1
    assert driver.refresh(token).status_code == 200


def test_disturbance_of_one_account_leaves_the_others_alone(driver):
    token = driver.link("bakeryjansen", "cinemalumen")["access_token"]
    driver.disturb("503", account="bakeryjansen")
    assert driver.account(token).status_code == 503
    assert driver.account(token, handle="cinemalumen").status_code == 200


def test_disturbance_of_one_account_meets_its_tokens_too(driver):
    mine, other = driver.link("bakeryjansen"), driver.link("cinemalumen")
    driver.disturb("503", account="bakeryjansen", calls="token")
    assert driver.refresh(mine["refresh_token"]).status_code == 503
    assert driver.refresh(other["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ("all", (500, 500, 500)),
        ("token", (500, 200, 201)),
        ("read", (200, 500, 201)),
        ("write", (200, 200, 500)),
    ],
)
def test_disturbance_meets_the_calls_it_is_for(driver, calls, expected):
    pair = driver.link()
    driver.disturb("500", calls=calls)
    answers = (
        driver.refresh(pair["refresh_token"]),
        driver.account(pair["access_token"]),
        driver.publish(pair["access_token"]),
    )
    assert tuple(answer.status_code for answer in answers) == expected


def test_panel_and_pages_work_while_everything_is_disturbed(driver):
    driver.disturb("500")
    page = driver.client.get("/control/platform")
    assert page.status_code == 200
    assert "Answer 500, internal error, for every call of an app" in page.text
    assert driver.client.get("/login").status_code == 200


def test_one_disturbance_can_be_switched_off_by_itself(driver):
    first = driver.disturb("500").json["id"]
    driver.disturb("503")
    driver.client.post(f"/control/faults/{first}/off")
    assert [fault["kind"] for fault in driver.state()["faults"]] == ["503"]


def test_journal_names_the_disturbance(driver):
    driver.disturb("503")
    driver.account("any")
    assert driver.state()["requests"][0]["fault"] == "503"


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "earthquake"},
        {"kind": "slow", "seconds": "-1"},
        {"kind": "slow", "seconds": "301"},
        {"kind": "slow", "seconds": "nan"},
        {"kind": "slow", "seconds": "x"},
        {"kind": "500", "count": "0"},
        {"kind": "500", "count": "1.5"},
        {"kind": "500", "account": "nobody"},
        {"kind": "500", "calls": "some"},
    ],
)
def test_senseless_disturbances_are_refused(driver, fields):
    assert driver.disturb(**fields).status_code == 409
    assert driver.state()["faults"] == []
