import json

import pytest
from flask import Flask

from dashboard.web.htmx import is_local, leave_for, no_change, page, redirect_to, toast

ASKED_BY_HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def shown(app: Flask, **headers: str) -> str:
    return app.test_client().get("/accounts", headers=headers).get_data(as_text=True)


def test_a_browser_gets_the_whole_page(small_app: Flask):
    assert "<!doctype html>" in shown(small_app)


def test_htmx_gets_only_the_named_block(small_app: Flask):
    assert shown(small_app, **ASKED_BY_HTMX) == '<p id="part">a part</p>'


def test_htmx_gets_the_whole_page_when_it_asks_for_one(small_app: Flask):
    headers = {"HX-Request": "true", "HX-Request-Type": "full"}
    assert "<!doctype html>" in shown(small_app, **headers)


def test_a_page_without_parts_is_whole_for_htmx_too(small_app: Flask):
    with small_app.test_request_context("/overview", headers=ASKED_BY_HTMX):
        assert b"<!doctype html>" in page("shown.html").data


def test_caches_are_told_that_the_part_is_another_answer(small_app: Flask):
    with small_app.test_request_context("/overview"):
        assert {"HX-Request", "HX-Request-Type"} <= set(page("shown.html", "part").vary)


def test_a_form_that_comes_back_carries_its_status(small_app: Flask):
    with small_app.test_request_context("/overview"):
        assert page("shown.html", status=422).status_code == 422


def test_a_browser_is_sent_on_after_a_form(small_app: Flask):
    with small_app.test_request_context("/overview"):
        answer = redirect_to("/accounts")
    assert (answer.status_code, answer.location) == (303, "/accounts")


def test_htmx_is_sent_on_by_a_header(small_app: Flask):
    with small_app.test_request_context("/overview", headers=ASKED_BY_HTMX):
        answer = redirect_to("/accounts")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/accounts")


def test_what_is_said_appears_on_the_next_page_once(small_app: Flask):
    client = small_app.test_client()
    small_app.config["WTF_CSRF_ENABLED"] = False
    client.post("/go")
    small_app.config["WTF_CSRF_ENABLED"] = True
    assert "It is done." in client.get("/accounts").get_data(as_text=True)
    assert "It is done." not in client.get("/accounts").get_data(as_text=True)


ELSEWHERE = (
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "accounts",
    "",
)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_nobody_is_sent_to_another_site_r23(small_app: Flask, url: str):
    for headers in ({}, ASKED_BY_HTMX):
        with (
            small_app.test_request_context("/overview", headers=headers),
            pytest.raises(ValueError, match=r"^"),
        ):
            redirect_to(url)


def test_a_path_with_a_query_is_local():
    assert is_local("/accounts?state=expired&q=a%20b")


def test_leaving_shows_a_page_that_leads_on(small_app: Flask):
    with small_app.test_request_context("/overview"):
        body = leave_for("https://social.example/oauth?a=1&b=2", where="Mastodon").get_data(True)
    assert 'content="0; url=https://social.example/oauth?a=1&amp;b=2"' in body
    assert "Go to Mastodon" in body


def test_leaving_by_htmx_is_a_header(small_app: Flask):
    with small_app.test_request_context("/overview", headers=ASKED_BY_HTMX):
        answer = leave_for("https://social.example/oauth", where="Mastodon")
    assert answer.headers["HX-Redirect"] == "https://social.example/oauth"


def test_a_message_survives_the_header_in_any_script(small_app: Flask):
    with small_app.test_request_context("/overview"):
        header = toast(no_change(), "Köln\r\n東京", "note").headers["HX-Trigger"]
    assert header.isascii()
    assert json.loads(header) == {"toast": {"text": "Köln\r\n東京", "kind": "note"}}
