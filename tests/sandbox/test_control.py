"""The control panel: buttons for people and tests, the state as data, and other sites kept out."""

import hashlib

import pytest

from tests.sandbox.driving import JSON


def test_start_page_leads_to_the_panel(driver):
    assert driver.client.get("/").location == "/control"


def test_button_confirms_on_the_page_what_happened(driver):
    driver.link()
    answer = driver.client.post("/control/accounts/bakeryjansen/end-grant", follow_redirects=True)
    assert 'role="status"' in answer.text
    assert "has run out for good. Only Bakery Jansen is concerned." in answer.text


def test_button_answers_with_data_where_data_is_asked_for(driver):
    driver.link()
    answer = driver.press("suspend")
    assert answer.json["ok"] is True
    assert answer.json["account"]["status"] == "suspended"


def test_button_names_the_neighbours_on_the_same_log_in(driver):
    driver.link("bakeryjansen", "cinemalumen")
    message = driver.press("remove-app").json["message"]
    assert (
        message == "Anna Jansen removed the app. Beside Bakery Jansen this concerns Cinema Lumen."
    )


@pytest.mark.parametrize("action", ["expire-access", "end-grant", "change-password", "take-role"])
def test_button_with_nothing_to_do_claims_no_success(driver, action):
    answer = driver.press(action)
    assert (answer.status_code, answer.json["ok"]) == (409, False)


def test_refusal_is_shown_on_the_page_as_well(driver):
    answer = driver.client.post("/control/accounts/bakeryjansen/end-grant", follow_redirects=True)
    assert answer.status_code == 200
    assert 'role="alert">No app has access to Bakery Jansen.' in answer.text


def test_unknown_button_or_account_is_not_found(driver):
    assert driver.press("explode").status_code == 404
    assert driver.press("suspend", handle="nobody").status_code == 404


def test_page_of_a_troubled_account_offers_the_cure(driver):
    driver.link()
    driver.press("suspend")
    driver.press("withdraw", scope="posts:write")
    driver.press("take-role")
    driver.press("renew-by", days="3")
    page = driver.client.get("/control/accounts/bakeryjansen").text
    for word in (
        "Lift the suspension",
        "Give permission back",
        "Give the role back",
        "27 November",
    ):
        assert word in page
    overview = driver.client.get("/control").text
    for word in ("Suspended", "Without posts:write", "Role taken from Anna Jansen", "Renew by 27"):
        assert word in overview


def test_putting_right_undoes_all_but_ended_permissions(driver):
    token = driver.link()["access_token"]
    other = driver.link("cinemalumen")["access_token"]
    driver.press("end-grant", handle="cinemalumen")
    driver.press("deactivate")
    driver.press("withdraw", scope="profile")
    driver.press("take-role")
    driver.press("renew-by", days="-1")
    driver.disturb("500")
    driver.client.post("/control/heal", headers=JSON)
    assert driver.account(token).status_code == 200
    assert driver.account(other, handle="cinemalumen").status_code == 401


def test_sample_grant_is_refused_for_accounts_the_person_does_not_look_after(driver):
    answer = driver.client.post(
        "/control/grants",
        json={
            "person": "ben",
            "client_id": driver.app_id,
            "accounts": ["bakeryjansen"],
            "scopes": "profile",
        },
    )
    assert (answer.status_code, answer.json["ok"]) == (409, False)


def test_sample_grant_takes_ids_handles_lists_and_addresses(driver):
    answer = driver.client.post(
        "/control/grants",
        json={
            "person": "anna@waterhoven.example",
            "client_id": "linkkeeper",
            "accounts": [driver.ids["bakeryjansen"], "cinemalumen"],
            "scopes": ["profile", "posts:read"],
        },
    )
    assert answer.json["scope"] == "profile posts:read"
    assert driver.get("/api/me", answer.json["access_token"]).status_code == 200


def test_state_counts_refreshes_and_shows_tokens_as_hashes_only(driver):
    old = driver.link()
    new = driver.refresh(old["refresh_token"]).json
    text = driver.client.get("/control/state.json").text
    grant = driver.state()["grants"][0]
    assert grant["refreshes"] == 1
    hashes = {token["sha256"] for token in grant["tokens"]}
    for secret in (*_secrets(old), *_secrets(new)):
        assert hashlib.sha256(secret.encode()).hexdigest() in hashes
        assert secret not in text
    assert driver.secret not in text


def test_journal_says_who_asked_what_and_no_secret(driver):
    pair = driver.link()
    driver.account(pair["access_token"], "/posts?limit=5&access_token=secret")
    entry = driver.state()["requests"][0]
    assert entry["path"] == f"/api/accounts/{driver.ids['bakeryjansen']}/posts?limit=5"
    assert (entry["method"], entry["status"], entry["person_id"]) == ("GET", 200, "anna")
    assert entry["token_sha256"] == hashlib.sha256(pair["access_token"].encode()).hexdigest()
    page = driver.client.get("/control/requests").text
    assert "Anna Jansen" in page
    assert pair["access_token"] not in page


def test_journal_shows_that_revoke_was_called(driver):
    """R38."""
    pair = driver.link()
    credentials = {"client_id": driver.app_id, "client_secret": driver.secret}
    driver.client.post("/oauth/revoke", data={"token": pair["refresh_token"], **credentials})
    state = driver.state()
    assert state["requests"][0]["path"] == "/oauth/revoke"
    assert state["requests"][0]["grant_id"] == pair["grant_id"]
    assert state["grants"][0]["end_cause"] == "logged_out"


def test_everything_survives_a_restart(make_app, driver):
    pair = driver.link()
    driver.log_in()
    driver.press("suspend")
    driver.disturb("slow", seconds="0", count="9")
    driver.settings(rotation="grace", access_life="77")
    before = driver.state()
    driver.client = make_app().test_client()
    assert driver.state() == before
    assert driver.account(pair["access_token"]).json["error"] == "account_suspended"


@pytest.mark.parametrize(
    "fields", [{"rotation": "sometimes"}, {"access_life": "0"}, {"access_life": "9" * 5_000}]
)
def test_senseless_settings_are_refused(driver, fields):
    before = driver.state()["settings"]
    assert driver.settings(**fields).status_code == 409
    assert driver.state()["settings"] == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:8000"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/control/accounts/bakeryjansen/suspend", "/oauth/authorize"])
def test_other_web_sites_cannot_press_buttons(driver, headers, path):
    """R19."""
    driver.log_in()
    answer = driver.client.post(path, headers=headers, data=driver.question())
    assert answer.status_code == 403
    assert all(one["status"] == "active" for one in driver.state()["accounts"])


def test_own_pages_can_press_buttons(driver):
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin", **JSON}
    path = "/control/accounts/bakeryjansen/suspend"
    assert driver.client.post(path, headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:9000"])
def test_foreign_host_names_are_refused(driver, host):
    """Against DNS rebinding, which makes another site look like this one to a browser."""
    assert driver.client.get("/control/state.json", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:9000", "localhost:9000", "[::1]:9000"])
def test_loopback_host_names_are_served(driver, host):
    assert driver.client.get("/control/state.json", headers={"Host": host}).status_code == 200


PAGES = [
    "/control",
    "/control/accounts/bakeryjansen",
    "/control/platform",
    "/control/requests",
    "/explore",
    "/@bakeryjansen",
    "/login",
    "/me",
    "/nothing-here",
]


@pytest.mark.parametrize("path", PAGES)
def test_pages_have_nothing_inline_and_a_strict_policy(driver, path):
    """R20."""
    driver.link()
    driver.log_in()
    driver.disturb("slow", seconds="0", account="bakeryjansen")
    page = driver.client.get(path)
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src 'self'; style-src 'self';")
    for forbidden in ("<script", "<style", " style=", " onclick="):
        assert forbidden not in page.text


def test_errors_are_data_for_apps_and_pages_for_people(driver):
    assert driver.client.get("/api/nothing").json["error"] == "not_found"
    assert driver.client.get("/oauth/token").json["error"] == "method_not_allowed"
    assert "Not Found" in driver.client.get("/nothing").text


def _secrets(pair: dict) -> tuple[str, str]:
    return pair["access_token"], pair["refresh_token"]
