"""Every cause that the platform can have for refusing a token, as an app hears it."""

import pytest

from tests.sandbox.driving import ALL_SCOPES

ENDINGS = [
    ("change-password", "password_changed"),
    ("too-many-logins", "too_many_logins"),
    ("remove-app", "app_removed"),
    ("log-out", "logged_out"),
]
TROUBLES = [
    ("suspend", "lift", 403, "account_suspended"),
    ("ask-security-check", "confirm-security-check", 403, "security_check"),
    ("deactivate", "reactivate", 403, "account_deactivated"),
    ("delete", "bring-back", 404, "account_gone"),
    ("take-role", "give-role", 403, "role_lost"),
]


@pytest.mark.parametrize(("action", "cause"), ENDINGS)
def test_ended_permission_is_refused_with_its_cause(driver, action, cause):
    token = driver.link()["access_token"]
    driver.press(action)
    answer = driver.account(token)
    assert (answer.status_code, answer.json["error"]) == (401, "token_revoked")
    assert answer.json["cause"] == cause


@pytest.mark.parametrize(("action", "cause"), ENDINGS)
def test_ended_permission_cannot_be_renewed_and_says_the_same_cause(driver, action, cause):
    token = driver.link()["refresh_token"]
    driver.press(action)
    answer = driver.refresh(token)
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert answer.json["cause"] == cause


def test_permission_that_ran_out_for_good_looks_refreshable_but_is_not(driver):
    pair = driver.link()
    driver.press("end-grant")
    assert driver.account(pair["access_token"]).json["error"] == "token_expired"
    answer = driver.refresh(pair["refresh_token"])
    assert (answer.json["error"], answer.json["cause"]) == ("invalid_grant", "expired")


def test_access_token_that_has_run_out_can_be_renewed(driver):
    pair = driver.link()
    driver.press("expire-access")
    assert driver.account(pair["access_token"]).json["error"] == "token_expired"
    assert driver.refresh(pair["refresh_token"]).status_code == 200


@pytest.mark.parametrize(("trouble", "cure", "status", "error"), TROUBLES)
def test_troubled_account_is_refused_and_the_same_token_works_afterwards(
    driver, trouble, cure, status, error
):
    token = driver.link()["access_token"]
    driver.press(trouble)
    answer = driver.account(token)
    assert (answer.status_code, answer.json["error"]) == (status, error)
    driver.press(cure)
    assert driver.account(token).status_code == 200


@pytest.mark.parametrize(("trouble", "_cure", "_status", "_error"), TROUBLES)
def test_troubled_account_leaves_its_neighbours_alone(driver, trouble, _cure, _status, _error):
    token = driver.link("bakeryjansen", "cinemalumen")["access_token"]
    driver.press(trouble)
    assert driver.account(token, handle="cinemalumen").status_code == 200


def test_security_check_can_be_passed_by_the_owner_on_the_own_page(driver):
    token = driver.link()["access_token"]
    driver.press("ask-security-check")
    driver.log_in()
    assert "Yes, it was me" in driver.client.get("/me").text
    driver.client.post(f"/me/accounts/{driver.ids['bakeryjansen']}/confirm")
    assert driver.account(token).status_code == 200


def test_security_check_cannot_be_passed_by_a_stranger(driver):
    token = driver.link()["access_token"]
    driver.press("ask-security-check")
    driver.log_in("ben")
    answer = driver.client.post(f"/me/accounts/{driver.ids['bakeryjansen']}/confirm")
    assert answer.status_code == 404
    assert driver.account(token).json["error"] == "security_check"


@pytest.mark.parametrize(
    ("scope", "rest"),
    [
        ("profile", ""),
        ("posts:read", "/posts"),
        ("mentions:read", "/mentions"),
        ("messages:read", "/messages"),
    ],
)
def test_withdrawn_permission_is_named_until_it_is_given_back(driver, scope, rest):
    token = driver.link()["access_token"]
    driver.press("withdraw", scope=scope)
    answer = driver.account(token, rest)
    assert (answer.status_code, answer.json["error"]) == (403, "insufficient_scope")
    assert answer.json["scope"] == scope
    driver.press("restore")
    assert driver.account(token, rest).status_code == 200


def test_withdrawn_permission_to_post_is_named_when_posting(driver):
    token = driver.link()["access_token"]
    driver.press("withdraw", scope="posts:write")
    assert driver.publish(token).json["scope"] == "posts:write"


def test_probe_tells_what_is_granted_for_this_account(driver):
    token = driver.link("bakeryjansen", "cinemalumen")["access_token"]
    driver.press("withdraw", scope="posts:write")
    assert "posts:write" not in driver.account(token).json["granted_scopes"]
    neighbour = driver.account(token, handle="cinemalumen").json
    assert neighbour["granted_scopes"] == ALL_SCOPES.split()


def test_giving_back_gives_no_more_than_the_consent_did(driver):
    token = driver.link(scopes="profile posts:read")["access_token"]
    assert driver.press("restore", scope="posts:write").status_code == 409
    assert driver.account(token).json["granted_scopes"] == ["profile", "posts:read"]


def test_new_consent_brings_withdrawn_permissions_back(driver):
    driver.link()
    driver.press("withdraw", scope="posts:write")
    token = driver.link()["access_token"]
    assert "posts:write" in driver.account(token).json["granted_scopes"]


def test_person_who_may_only_view_cannot_post(driver):
    token = driver.link(person="fatima")["access_token"]
    assert driver.account(token).json["your_role"] == "view"
    assert driver.account(token, "/posts").status_code == 200
    answer = driver.publish(token)
    assert (answer.status_code, answer.json["error"]) == (403, "role_lost")
    assert answer.json["your_role"] == "view"


def test_account_that_was_not_chosen_is_told_apart_from_one_that_is_gone(driver):
    token = driver.link()["access_token"]
    answer = driver.account(token, handle="cinemalumen")
    assert (answer.status_code, answer.json["error"]) == (403, "not_granted")
    answer = driver.get("/api/accounts/acc_nothing", token)
    assert (answer.status_code, answer.json["error"]) == (404, "account_gone")


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_unknown_token_is_refused_without_a_cause(driver, token):
    answer = driver.account(token)
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_token")
    assert "cause" not in answer.json


def test_refresh_token_is_no_access_token(driver):
    assert driver.account(driver.link()["refresh_token"]).json["error"] == "invalid_token"


def test_probe_tells_until_when_a_person_must_renew(driver):
    token = driver.link()["access_token"]
    assert driver.account(token).json["renew_by"] is None
    driver.press("renew-by", days="7")
    assert driver.account(token).json["renew_by"] == "2026-12-01T10:00:00Z"
    driver.press("renew-by", days="")
    assert driver.account(token).json["renew_by"] is None


def test_permission_not_renewed_in_time_ends_for_this_account_only(driver, watch):
    pair = driver.link("bakeryjansen", "cinemalumen")
    driver.press("renew-by", days="7")
    watch.forward(days=7)
    token = driver.refresh(pair["refresh_token"]).json["access_token"]
    assert driver.account(token).json["cause"] == "consent_expired"
    assert driver.account(token, handle="cinemalumen").status_code == 200


def test_new_consent_needs_no_renewal(driver):
    driver.link()
    driver.press("renew-by", days="1")
    assert driver.account(driver.link()["access_token"]).json["renew_by"] is None


def test_dead_token_is_told_before_a_troubled_account(driver):
    token = driver.link()["access_token"]
    driver.press("suspend")
    driver.press("remove-app")
    assert driver.account(token).json["cause"] == "app_removed"


def test_first_cause_is_kept(driver):
    token = driver.link("bakeryjansen")["access_token"]
    driver.press("change-password")
    assert driver.press("remove-app").status_code == 409
    assert driver.account(token).json["cause"] == "password_changed"


def test_password_ends_every_permission_of_the_person_and_of_nobody_else(driver):
    sibling = driver.link("cinemalumen")["access_token"]
    stranger = driver.link("bakeryjansen", person="fatima", scopes="profile")["access_token"]
    driver.link("saturdaymarket")
    driver.press("change-password", handle="saturdaymarket")
    assert driver.account(sibling, handle="cinemalumen").json["cause"] == "password_changed"
    assert driver.account(stranger).status_code == 200


def test_too_many_log_ins_end_only_the_log_in_of_this_account(driver):
    sibling = driver.link("cinemalumen")["access_token"]
    driver.link()
    driver.press("too-many-logins")
    assert driver.account(sibling, handle="cinemalumen").status_code == 200


def test_list_of_accounts_shows_states_but_not_what_was_lost(driver):
    token = driver.link("bakeryjansen", "cinemalumen", "saturdaymarket")["access_token"]
    driver.press("suspend", handle="cinemalumen")
    driver.press("take-role", handle="saturdaymarket")
    items = driver.get("/api/accounts", token).json["items"]
    assert {item["handle"]: item["status"] for item in items} == {
        "bakeryjansen": "active",
        "cinemalumen": "suspended",
    }


def test_me_is_the_person(driver):
    answer = driver.get("/api/me", driver.link()["access_token"]).json
    assert (answer["id"], answer["name"]) == ("anna", "Anna Jansen")
    assert driver.client.get(answer["avatar_url"]).mimetype == "image/svg+xml"
