"""The token endpoint: codes, rotation, replays, revocation, the app's own secret."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.driving import REDIRECT, Driver


def test_code_yields_a_pair_with_its_lives(driver):
    pair = driver.exchange(driver.code()).json
    assert pair["token_type"] == "Bearer"
    assert pair["expires_in"] == 900
    assert pair["refresh_expires_in"] == 30 * 86_400
    assert driver.account(pair["access_token"]).json["handle"] == "bakeryjansen"


def test_code_works_once_and_a_second_use_ends_what_the_first_gave(driver):
    code = driver.code()
    pair = driver.exchange(code).json
    again = driver.exchange(code)
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    assert driver.account(pair["access_token"]).json["error"] == "token_revoked"


def test_code_that_comes_back_late_does_not_hide_the_first_cause(driver):
    code = driver.code()
    pair = driver.exchange(code).json
    driver.press("change-password")
    driver.exchange(code)
    assert driver.account(pair["access_token"]).json["cause"] == "password_changed"


def test_code_runs_out_after_a_minute(driver, watch):
    code = driver.code()
    watch.forward(seconds=60)
    assert driver.exchange(code).json["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 43},
        {"code_verifier": ""},
        {"redirect_uri": f"{REDIRECT}/"},
        {"redirect_uri": REDIRECT.replace("127.0.0.1", "localhost")},
    ],
)
def test_code_needs_its_verifier_and_the_very_same_address(driver, changes):
    """R26, R29."""
    code = driver.code()
    assert driver.exchange(code, **changes).json["error"] == "invalid_grant"
    assert driver.exchange(code).status_code == 400


def test_code_of_one_app_is_worth_nothing_to_another(driver, elsewhere):
    code = driver.code()
    other = Driver(client=elsewhere)
    assert other.exchange(code).json["error"] == "invalid_grant"
    assert driver.exchange(code).status_code == 200


def test_secret_may_come_in_the_header(driver):
    code = driver.code()
    basic = base64.b64encode(f"{driver.app_id}:{driver.secret}".encode()).decode()
    answer = driver.client.post(
        "/oauth/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT,
            "code_verifier": "v" * 43,
        },
        headers={"Authorization": f"Basic {basic}"},
    )
    assert answer.status_code == 200


def test_refresh_rotates_both_tokens(driver):
    old = driver.link()
    new = driver.refresh(old["refresh_token"]).json
    assert new["access_token"] != old["access_token"]
    assert new["refresh_token"] != old["refresh_token"]
    assert driver.account(new["access_token"]).status_code == 200


def test_run_out_access_token_is_told_and_can_be_renewed(driver, watch):
    pair = driver.link()
    watch.forward(seconds=900)
    answer = driver.account(pair["access_token"])
    assert (answer.status_code, answer.json["error"]) == (401, "token_expired")
    assert "invalid_token" in answer.headers["WWW-Authenticate"]
    new = driver.refresh(pair["refresh_token"]).json
    assert driver.account(new["access_token"]).status_code == 200


def test_replay_ends_the_whole_family(driver):
    old = driver.link()
    new = driver.refresh(old["refresh_token"]).json
    replay = driver.refresh(old["refresh_token"])
    assert (replay.status_code, replay.json["error"]) == (400, "invalid_grant")
    assert replay.json["cause"] == "token_reused"
    assert driver.account(new["access_token"]).json["cause"] == "token_reused"
    assert driver.refresh(new["refresh_token"]).json["error"] == "invalid_grant"


def test_with_grace_the_old_token_yields_the_same_successor_for_a_minute(driver, watch):
    driver.settings(rotation="grace")
    old = driver.link()
    first = driver.refresh(old["refresh_token"]).json
    watch.forward(seconds=60)
    second = driver.refresh(old["refresh_token"]).json
    assert second["refresh_token"] == first["refresh_token"]
    assert second["access_token"] == first["access_token"]
    assert second["expires_in"] == first["expires_in"] - 60
    watch.forward(seconds=1)
    assert driver.refresh(old["refresh_token"]).json["error"] == "invalid_grant"


def test_with_on_use_the_old_token_is_good_until_the_new_one_was_used(driver, watch):
    driver.settings(rotation="on_use")
    old = driver.link()
    first = driver.refresh(old["refresh_token"]).json
    watch.forward(minutes=10)
    assert driver.refresh(old["refresh_token"]).json["access_token"] == first["access_token"]
    assert driver.account(first["access_token"]).status_code == 200
    assert driver.refresh(old["refresh_token"]).json["error"] == "invalid_grant"


def test_of_many_who_refresh_at_once_exactly_one_wins(app, driver):
    token = driver.link()["refresh_token"]

    def refresh(_number: int) -> int:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        form |= {"client_id": driver.app_id, "client_secret": driver.secret}
        return app.test_client().post("/oauth/token", data=form).status_code

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(refresh, range(8)))
    assert sorted(answers) == [200] + [400] * 7
    assert driver.state()["grants"][0]["refreshes"] == 1


def test_refresh_token_dies_when_it_lies_idle_for_a_month(driver, watch):
    token = driver.link()["refresh_token"]
    watch.forward(days=29)
    token = driver.refresh(token).json["refresh_token"]
    watch.forward(days=30)
    answer = driver.refresh(token)
    assert (answer.json["error"], answer.json["cause"]) == ("invalid_grant", "expired")


def test_life_of_access_tokens_can_be_set(driver):
    driver.settings(access_life="5")
    assert driver.link()["expires_in"] == 5


def test_refresh_token_of_one_app_is_worth_nothing_to_another(driver, elsewhere):
    token = driver.link()["refresh_token"]
    assert Driver(client=elsewhere).refresh(token).json["error"] == "invalid_grant"
    assert driver.refresh(token).status_code == 200


def test_changed_secret_is_an_app_problem_and_costs_no_token(driver):
    token = driver.link()["refresh_token"]
    driver.client.post(f"/control/apps/{driver.app_id}/change-secret")
    answer = driver.refresh(token)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_client")
    driver.client.post(f"/control/apps/{driver.app_id}/restore-secret")
    assert driver.refresh(token).status_code == 200


def test_unknown_grant_type_is_told(driver):
    assert driver.token(grant_type="password").json["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revoking_either_token_ends_the_permission(driver, kind):
    pair = driver.link()
    credentials = {"client_id": driver.app_id, "client_secret": driver.secret}
    answer = driver.client.post("/oauth/revoke", data={"token": pair[kind], **credentials})
    assert answer.status_code == 200
    assert driver.account(pair["access_token"]).json["cause"] == "logged_out"
    assert driver.refresh(pair["refresh_token"]).json["cause"] == "logged_out"


def test_revoking_one_permission_leaves_the_others_alone(driver):
    old, new = driver.link(), driver.link()
    credentials = {"client_id": driver.app_id, "client_secret": driver.secret}
    driver.client.post("/oauth/revoke", data={"token": old["refresh_token"], **credentials})
    assert driver.account(new["access_token"]).status_code == 200


def test_app_cannot_revoke_the_tokens_of_another(driver, elsewhere):
    pair = driver.link()
    other = Driver(client=elsewhere)
    credentials = {"client_id": other.app_id, "client_secret": other.secret}
    other.client.post("/oauth/revoke", data={"token": pair["refresh_token"], **credentials})
    assert driver.account(pair["access_token"]).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        {"client_name": "", "redirect_uris": [REDIRECT], "scopes": "profile"},
        {"client_name": "x", "redirect_uris": [], "scopes": "profile"},
        {"client_name": "x", "redirect_uris": ["javascript:alert(1)"], "scopes": "profile"},
        {"client_name": "x", "redirect_uris": ["/callback"], "scopes": "profile"},
        {"client_name": "x", "redirect_uris": [REDIRECT], "scopes": "everything"},
        {"client_name": "x", "redirect_uris": 7, "scopes": {"a": []}},
        ["no", "object"],
    ],
)
def test_senseless_registrations_are_refused(driver, said):
    assert driver.client.post("/api/apps", json=said).status_code == 400
