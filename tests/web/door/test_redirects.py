"""After signing in a person lands on one of our own pages, whatever the address says (R23)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.web.redirects import safe_next

HOSTILE = [
    "//evil.com", "///evil.com", "////evil.com", r"/\evil.com", r"\\evil.com", r"\/evil.com",
    r"/\/evil.com", "/\t/evil.com", "/\n/evil.com", "/\r\n/evil.com", "\t//evil.com", " //evil.com",
    "/ /evil.com", "/%09/evil.com", "/%5cevil.com", "/%2f%2fevil.com", "/.//evil.com",
    "/..//evil.com", "/me/..//evil.com", "//evil.com/me", "https://evil.com", "http:evil.com",
    "https:/evil.com", "http:///evil.com", "javascript:alert(1)", "JaVaScRiPt:alert(1)",
    "data:text/html,x", "vbscript:x", "//127.0.0.1:8000@evil.com", "/@evil.com", "me@evil.com",
    "evil.com", "//evil%E3%80%82com", "/\u2044evil.com", "/\uff0fevil.com", "/me\x00", "/me\nX: y",
    "/me%0d%0aX:%20y\r\n", "/me#//evil.com", "/sign-in", "/sign-out", "/sign-in?next=//evil.com",
    "/setup", "/welcome/x", "/static/js/app.js", "/me/password", "/nothing", "", "/" * 5000, "?",
    "#", "/me;@evil.com", "http://127.0.0.1:8000/me", "//127.0.0.1:8000/me", "/me/", "/me//",
]  # fmt: skip


@pytest.fixture
def in_request(built_app):
    with built_app.test_request_context(base_url="http://127.0.0.1:8000"):
        yield


@pytest.mark.usefixtures("in_request")
@pytest.mark.parametrize("wanted", HOSTILE)
def test_whatever_is_not_a_page_of_ours_leads_to_the_overview(wanted: str) -> None:
    assert safe_next(wanted) == "/"


@pytest.mark.usefixtures("in_request")
@pytest.mark.parametrize("wanted", ["/", "/me", "/me?tab=2&q=a%20b"])
def test_a_page_of_ours_is_kept_as_it_is(wanted: str) -> None:
    assert safe_next(wanted) == wanted


@given(st.text(alphabet="/\\@:?#%.\t\r\n em0aA\u2044", max_size=30))
@settings(max_examples=100, deadline=None)
def test_no_text_leads_away(built_app, wanted: str) -> None:
    with built_app.test_request_context(base_url="http://127.0.0.1:8000"):
        target = safe_next(wanted)
    assert target.startswith("/")
    assert not target.startswith("//")
    assert not set(target) & set("\\@\t\r\n #")


@pytest.mark.parametrize("wanted", ["//evil.com", "/\t/evil.com", "/%0a/evil.com"])
def test_signing_in_never_leads_away(anon, alice, wanted: str) -> None:
    typed = {"email": alice.email, "password": alice.password, "next": wanted}
    answer = anon.client.get(
        "/sign-in", query_string={"next": wanted}, base_url="http://127.0.0.1:8000"
    )
    assert answer.status_code == 200
    assert anon.post("/sign-in", typed, query_string={"next": wanted}).location == "/"
