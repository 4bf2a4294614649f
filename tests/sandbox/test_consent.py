"""Asking a person for permission: the log-in page, the consent page, and the way back."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.driving import REDIRECT, challenge


def _query(location: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def test_who_is_not_logged_in_sees_the_log_in_page_and_comes_back(driver):
    asked = driver.client.get("/oauth/authorize", query_string=driver.question())
    assert urlsplit(asked.location).path == "/login"
    onwards = _query(asked.location)["next"]
    form = {"email": "anna@waterhoven.example", "password": "anna-bakes-bread", "next": onwards}
    answer = driver.client.post("/login", data=form)
    assert answer.location == onwards
    page = driver.client.get(answer.location)
    assert "Keeper asks for your permission" in page.text


def test_log_in_page_is_filled_in_with_the_sample_person_chosen(driver):
    page = driver.client.get("/login?who=ben").text
    assert 'value="ben@waterhoven.example"' in page
    assert 'value="ben-scores-goals"' in page


def test_wrong_password_is_told_and_the_address_is_kept(driver):
    answer = driver.client.post(
        "/login", data={"email": "anna@waterhoven.example", "password": "x"}
    )
    assert answer.status_code == 422
    assert "do not belong together" in answer.text
    assert 'value="anna@waterhoven.example"' in answer.text


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "\t//evil", "evil"]
)
def test_log_in_leads_nowhere_but_to_sandbox(driver, target):
    form = {"email": "anna@waterhoven.example", "password": "anna-bakes-bread", "next": target}
    assert driver.client.post("/login", data=form).location == "/me"


def test_prompt_login_asks_again_who_is_there(driver):
    driver.log_in()
    asked = driver.client.get("/oauth/authorize", query_string=driver.question(prompt="login"))
    assert urlsplit(asked.location).path == "/login"
    assert "prompt" not in _query(asked.location)["next"]


def test_consent_page_offers_what_the_person_looks_after_and_nothing_else(driver):
    driver.log_in("ben")
    page = driver.client.get("/oauth/authorize", query_string=driver.question()).text
    assert driver.ids["fcwaterhoven"] in page
    assert driver.ids["bakeryjansen"] not in page
    assert "Log in as somebody else" in page


def test_consent_page_says_which_accounts_may_only_be_viewed(driver):
    driver.log_in("fatima")
    page = driver.client.get("/oauth/authorize", query_string=driver.question()).text
    assert "you may only view it" in page


def test_accounts_of_an_earlier_permission_are_ticked_and_others_are_not(driver):
    driver.link("bakeryjansen")
    driver.log_in()
    page = driver.client.get("/oauth/authorize", query_string=driver.question()).text
    ticked = [line for line in page.splitlines() if 'name="account"' in line and "checked" in line]
    assert [driver.ids["bakeryjansen"] in line for line in ticked] == [True]


def test_yes_leads_back_with_code_and_state(driver):
    driver.log_in()
    answer = driver.decide("bakeryjansen")
    assert answer.location.startswith(f"{REDIRECT}?")
    assert _query(answer.location)["state"] == "st&te"
    assert _query(answer.location)["code"]


def test_no_leads_back_with_access_denied_and_state(driver):
    driver.log_in()
    answer = driver.decide("bakeryjansen", decision="cancel")
    assert _query(answer.location)["error"] == "access_denied"
    assert _query(answer.location)["state"] == "st&te"


def test_no_account_ticked_is_asked_again(driver):
    driver.log_in()
    answer = driver.decide()
    assert answer.status_code == 422
    assert "Tick at least one account" in answer.text


def test_accounts_of_others_cannot_be_smuggled_in(driver):
    driver.log_in("ben")
    assert driver.decide("bakeryjansen").status_code == 422


def test_permissions_may_be_given_in_part(driver):
    pair = driver.exchange(driver.code("bakeryjansen", granted="posts:read")).json
    assert pair["scope"] == "profile posts:read"
    assert driver.account(pair["access_token"]).json["granted_scopes"] == ["profile", "posts:read"]


def test_accounts_may_be_chosen_in_part(driver):
    pair = driver.exchange(driver.code("bakeryjansen", "cinemalumen")).json
    items = driver.get("/api/accounts", pair["access_token"]).json["items"]
    assert {item["handle"] for item in items} == {"bakeryjansen", "cinemalumen"}


def test_permissions_that_were_not_asked_for_cannot_be_smuggled_in(driver):
    driver.log_in()
    answer = driver.decide("bakeryjansen", scope="profile posts:read")
    pair = driver.exchange(_query(answer.location)["code"]).json
    assert pair["scope"] == "profile posts:read"


@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge": ""},
        {"code_challenge": "short"},
        {"code_challenge_method": ""},
        {"code_challenge_method": "plain", "code_challenge": "v" * 43},
    ],
)
def test_no_code_without_pkce_s256(driver, changes):
    """R26: absent and plain PKCE are refused."""
    driver.log_in()
    answer = driver.client.get("/oauth/authorize", query_string=driver.question(**changes))
    assert _query(answer.location)["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_wrong_questions_are_told_to_the_app(driver, changes, error):
    answer = driver.client.get("/oauth/authorize", query_string=driver.question(**changes))
    assert _query(answer.location)["error"] == error


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "nobody"},
        {"client_id": ""},
        {"redirect_uri": "https://evil.example/oauth/sandbox/callback"},
        {"redirect_uri": "http://127.0.0.1:8000/elsewhere"},
        {"redirect_uri": "http://user@127.0.0.1:8000/oauth/sandbox/callback"},
        {"redirect_uri": "http://127.0.0.1:8000/oauth/sandbox/callback#x"},
        {"redirect_uri": "http://127.0.0.1:99999/oauth/sandbox/callback"},
        {"redirect_uri": ""},
    ],
)
def test_unknown_app_or_address_gets_a_page_and_no_redirect(driver, changes):
    """R29: as long as it is not known who asks, nobody is sent anywhere."""
    driver.log_in()
    for answer in (
        driver.client.get("/oauth/authorize", query_string=driver.question(**changes)),
        driver.decide("bakeryjansen", **changes),
    ):
        assert answer.status_code == 400
        assert answer.location is None


def test_loopback_address_may_change_its_port(driver):
    driver.log_in()
    other = REDIRECT.replace("8000", "8123")
    assert driver.decide("bakeryjansen", redirect_uri=other).location.startswith(other)


def test_seeded_app_is_answered_at_any_loopback_callback(driver):
    driver.log_in()
    address = "http://localhost:8765/relink/sandbox/callback"
    answer = driver.decide("bakeryjansen", client_id="linkkeeper", redirect_uri=address)
    assert answer.location.startswith(address)


def test_consent_page_lets_its_form_end_at_the_app_only(driver):
    driver.log_in()
    page = driver.client.get("/oauth/authorize", query_string=driver.question())
    policy = page.headers["Content-Security-Policy"]
    assert policy.endswith("form-action 'self' http://127.0.0.1:8000")
    assert "unsafe" not in policy


def test_changed_password_ends_the_log_in_in_browsers(driver):
    driver.log_in()
    driver.link()
    driver.press("change-password")
    assert urlsplit(driver.client.get("/me").location).path == "/login"


def test_app_can_be_removed_on_the_own_page(driver):
    token = driver.link()["access_token"]
    driver.log_in()
    assert "Remove Keeper" in driver.client.get("/me").text
    driver.client.post(f"/me/apps/{driver.app_id}/remove")
    assert driver.account(token).json["cause"] == "app_removed"


def test_challenge_of_these_tests_is_the_one_of_the_rfc():
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
