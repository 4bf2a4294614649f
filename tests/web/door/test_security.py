"""Where requests may come from, and what every answer carries."""

import time

import pytest
from flask import Flask

from dashboard.web.access import public
from tests.pages.conftest import ORIGIN, Browser

EVERY_ANSWER = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@pytest.fixture
def https_app(app_with) -> Flask:
    return app_with(base_url="https://linkkeeper.example.org")


def raw_post(browser: Browser, headers: dict, *, token: str | None = None, **more):
    """What another site could make a browser send: with cookies, with headers as given."""
    data = {"time_zone": "Europe/Amsterdam", "csrf_token": browser.form_token()}
    if token is not None:
        data["csrf_token"] = token
    return browser.client.post(
        "/me/time-zone", base_url=ORIGIN, headers=headers, **({"data": data} | more)
    )


def unchanged(browser: Browser) -> bool:
    return 'selected value="UTC"' in browser.get("/me").text


@pytest.mark.parametrize(
    ("url", "status"), [("/sign-in", 200), ("/", 303), ("/nothing", 404), ("/setup", 404)]
)
def test_every_answer_carries_every_header(anon, url, status) -> None:
    """R20, R22"""
    for htmx in (False, True):
        answer = anon.get(url, htmx=htmx)
        assert answer.status_code == (204 if htmx and status == 303 else status)
        for name, value in EVERY_ANSWER.items():
            assert answer.headers[name] == value
        assert {"Cookie", "HX-Request"} <= set(answer.vary)
        assert "Server" not in answer.headers


def test_answers_to_what_went_wrong_carry_them_too(build) -> None:
    """R20"""
    app = build()

    @public
    def broken() -> str:
        raise ZeroDivisionError

    app.add_url_rule("/broken", "broken", broken)
    answer = app.test_client().get("/broken", base_url=ORIGIN)
    assert answer.status_code == 500
    assert EVERY_ANSWER.items() <= dict(answer.headers).items()


def test_static_files_are_sealed_as_well(anon) -> None:
    text = anon.get("/sign-in").text
    url = text.partition('<script src="')[2].partition('"')[0]
    answer = anon.get(url)
    assert answer.status_code == 200
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    answer.close()


def test_over_https_the_cookie_is_bound_to_this_host_and_https_stays(https_app, alice) -> None:
    """R5, R22"""
    client = https_app.test_client()
    origin = "https://linkkeeper.example.org"
    page = client.get("/sign-in", base_url=origin)
    assert page.headers["Strict-Transport-Security"] == "max-age=63072000"
    token = page.text.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"csrf_token": token, "email": alice.email, "password": alice.password}
    answer = client.post("/sign-in", base_url=origin, data=form, headers={"Origin": origin})
    cookies = {cookie.partition("=")[0]: cookie for cookie in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) >= {"__Host-linkkeeper", "__Host-linkkeeper-device"}
    for cookie in cookies.values():
        assert "; Secure" in cookie
        assert "; HttpOnly" in cookie
        assert "; SameSite=Lax" in cookie
        assert "; Path=/" in cookie
        assert "Domain" not in cookie
        assert len(cookie) < 4096


def test_without_https_nothing_promises_it(anon) -> None:
    answer = anon.get("/sign-in")
    assert "Strict-Transport-Security" not in answer.headers
    assert answer.headers["Set-Cookie"].startswith("linkkeeper-visitor=")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.com"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8001"},
        {"Origin": "https://127.0.0.1:8000"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_from_another_site_changes_nothing(client_for, alice, headers) -> None:
    """R19: even with the right token."""
    browser = client_for(alice)
    assert raw_post(browser, headers).status_code == 403
    assert unchanged(browser)


def test_a_form_without_the_token_of_this_session_changes_nothing(client_for, alice, bob) -> None:
    """R19"""
    browser = client_for(alice)
    for token in ("", "guessed", client_for(bob).form_token(), client_for(alice).form_token()):
        assert raw_post(browser, {"Origin": ORIGIN}, token=token).status_code == 400
    assert unchanged(browser)


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/xml"])
def test_only_forms_are_taken(client_for, alice, kind) -> None:
    """R19"""
    browser = client_for(alice)
    headers = {"Origin": ORIGIN, "X-CSRFToken": browser.form_token()}
    answer = raw_post(browser, headers, data="time_zone=Europe/Amsterdam", content_type=kind)
    assert answer.status_code == 415
    assert unchanged(browser)


def test_the_token_may_come_in_the_header_of_htmx(client_for, alice) -> None:
    browser = client_for(alice)
    headers = {"Origin": ORIGIN, "X-CSRFToken": browser.form_token()}
    assert raw_post(browser, headers, token="").status_code == 303
    assert not unchanged(browser)


def test_signing_in_needs_the_token_of_the_visitor(anon, alice) -> None:
    """R19: nobody is signed in as somebody else without noticing."""
    typed = {"email": alice.email, "password": alice.password, "csrf_token": ""}
    assert anon.post("/sign-in", typed).status_code == 400
    assert anon.get("/").status_code == 303


@pytest.mark.parametrize(
    "host", ["evil.com", "evil.com:8000", "127.0.0.1.evil.com", "[::2]", "a b"]
)
def test_a_foreign_host_is_refused_on_every_route(anon, host) -> None:
    """R57"""
    for url in ("/", "/sign-in", "/nothing"):
        answer = anon.client.get(url, headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.text


def test_forwarded_hosts_have_no_influence(anon) -> None:
    """R57"""
    headers = {"X-Forwarded-Host": "evil.com", "Forwarded": "host=evil.com"}
    answer = anon.client.get("/", base_url=ORIGIN, headers=headers)
    assert answer.location == "/sign-in?next=/"


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_on_loopback_each_of_its_names_will_do(client_for, alice, name) -> None:
    browser = client_for(alice)
    headers = {"Origin": f"http://{name}:8000", "Sec-Fetch-Site": "same-origin"}
    assert raw_post(browser, headers).status_code == 303


def test_a_body_that_is_too_large_is_refused_at_once(client_for, alice) -> None:
    """R80"""
    browser = client_for(alice)
    started = time.perf_counter()
    answer = raw_post(browser, {"Origin": ORIGIN}, data={"time_zone": "x" * 5_000_000})
    assert answer.status_code == 413
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("place", ["form", "query", "path"])
def test_what_no_database_stores_is_refused(client_for, alice, place) -> None:
    browser = client_for(alice)
    if place == "form":
        answer = browser.post("/me/time-zone", {"time_zone": "UTC\0"})
    else:
        answer = browser.get("/me?tab=%00" if place == "query" else "/setup/x%00")
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("proxies", "believed"), [(0, "10.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.7")]
)
def test_only_so_many_proxies_are_believed_as_there_are(
    app_with, alice, tools, proxies, believed
) -> None:
    """R6"""
    from sqlmodel import select

    from dashboard.db.tables import AuditRow

    browser = Browser(app_with(trusted_proxies=proxies).test_client())
    forwarded = {"X-Forwarded-For": "1.1.1.1, 198.51.100.7, 203.0.113.9", "Origin": ORIGIN}
    form = {"email": alice.email, "password": "x", "csrf_token": browser.form_token()}
    browser.client.post(
        "/sign-in",
        base_url=ORIGIN,
        data=form,
        headers=forwarded,
        environ_overrides={"REMOTE_ADDR": "10.0.0.1"},
    )
    with tools.database.reading() as session:
        assert session.exec(select(AuditRow.ip)).one() == believed
