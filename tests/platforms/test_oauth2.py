"""OAuth 2 once for all platforms: what is asked, and what an answer may be taken for."""

import base64
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.domain.credentials import Credential
from dashboard.domain.errors import PlatformError
from dashboard.platforms import oauth2
from dashboard.platforms.answers import read
from dashboard.platforms.oauth2 import Fault, TokenFault, Tokens
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import REDIRECT, answer, app_of

APP = app_of("https://mastodon.example")
TOKENS = {"access_token": "at-1", "token_type": "Bearer", "scope": "a b", "expires_in": 60}


def tokens(body: Any, status: int = 200, **more: Any) -> Tokens | TokenFault:
    return oauth2.read_tokens(read("ask", answer(status, body, **more)), now=START)


def test_r26_every_log_in_carries_a_challenge_that_fits_its_verifier() -> None:
    start = oauth2.start(APP, redirect_uri=REDIRECT, state="s t&u", extra={"lang": "nl"})
    asked = {name: value[0] for name, value in parse_qs(urlsplit(start.url).query).items()}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(start.verifier.encode()).digest())
    assert asked == {
        "response_type": "code",
        "client_id": "client-1",
        "redirect_uri": REDIRECT,
        "scope": "profile read:statuses",
        "state": "s t&u",
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
        "lang": "nl",
    }
    assert 43 <= len(start.verifier) <= 128
    assert start.verifier not in start.url
    assert start.verifier not in repr(start)


def test_each_log_in_has_a_verifier_of_its_own() -> None:
    one, two = (
        oauth2.start(APP, redirect_uri=REDIRECT, state="s", extra={}).verifier for _ in "ab"
    )
    assert one != two


def test_a_server_that_says_it_knows_another_method_only_gets_no_challenge() -> None:
    app = app_of("https://mastodon.example", pkce="no")
    start = oauth2.start(app, redirect_uri=REDIRECT, state="s", extra={})
    assert "code_challenge" not in start.url
    ask = oauth2.code_ask(app, code="c", verifier=start.verifier, redirect_uri=REDIRECT)
    assert "code_verifier" not in (ask.form or {})


def test_the_code_is_exchanged_with_all_that_proves_who_asks() -> None:
    ask = oauth2.code_ask(APP, code="c&d=é", verifier="v" * 43, redirect_uri=REDIRECT)
    assert ask.url == "https://mastodon.example/oauth/token"
    assert ask.method == "POST"
    assert ask.redirects == 0
    assert ask.form == {
        "grant_type": "authorization_code",
        "redirect_uri": REDIRECT,
        "code": "c&d=é",
        "code_verifier": "v" * 43,
        "client_id": "client-1",
        "client_secret": "hush-app-secret",
    }
    assert "hush" not in repr(ask)


def test_a_token_is_given_back_by_its_own_form() -> None:
    ask = oauth2.revoke_ask(APP, "at-1")
    assert ask.url == "https://mastodon.example/oauth/revoke"
    assert ask.form == {
        "token": "at-1",
        "client_id": "client-1",
        "client_secret": "hush-app-secret",
    }


def test_tokens_are_read_with_their_dates_and_scopes() -> None:
    found = tokens(TOKENS | {"refresh_token": "rt-1", "refresh_expires_in": 120})
    assert isinstance(found, Tokens)
    assert (found.access, found.refresh) == ("at-1", "rt-1")
    assert found.scopes == {"a", "b"}
    assert found.expires_at == START + timedelta(seconds=60)
    assert found.refresh_expires_at == START + timedelta(seconds=120)


def test_scopes_that_are_not_named_are_those_that_were_asked() -> None:
    reply = read("ask", answer(200, {"access_token": "at-1"}))
    found = oauth2.read_tokens(reply, asked=("a",), now=START)
    assert isinstance(found, Tokens)
    assert found.scopes == {"a"}
    assert found.expires_at is None


def test_scopes_may_come_as_a_list() -> None:
    found = tokens(TOKENS | {"scope": ["a", 7, "b c", "d"]})
    assert isinstance(found, Tokens)
    assert found.scopes == {"a", "d"}


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (400, {"error": "invalid_grant"}, Fault.REFUSED),
        (401, {"error": "invalid_grant"}, Fault.REFUSED),
        (200, {"error": "invalid_grant"}, Fault.REFUSED),  # as Reddit does
        (400, {"error": "invalid_client"}, Fault.OURS),
        (401, {"error": "invalid_client"}, Fault.OURS),
        (400, {"error": "unauthorized_client"}, Fault.OURS),
        (400, {"error": "unsupported_grant_type"}, Fault.OURS),
        (400, {"error": "invalid_request"}, Fault.UNCLEAR),
        (400, {"error": "invalid_scope"}, Fault.UNCLEAR),
        (400, {"error": "temporarily_unavailable"}, Fault.UNCLEAR),
        (400, {"error": ["invalid_grant"]}, Fault.UNCLEAR),
        (401, {}, Fault.UNCLEAR),
        (403, {"error": "forbidden"}, Fault.UNCLEAR),
        (500, {"error": "invalid_grant"}, Fault.UNCLEAR),
        (503, {"error": "invalid_client"}, Fault.UNCLEAR),
        (429, {"error": "invalid_grant"}, Fault.UNCLEAR),
        (408, {"error": "invalid_grant"}, Fault.UNCLEAR),
        (302, {"error": "invalid_grant"}, Fault.UNCLEAR),
        (200, {}, Fault.UNCLEAR),
        (200, {"access_token": ""}, Fault.UNCLEAR),
        (200, {"access_token": None}, Fault.UNCLEAR),
        (200, {"access_token": "a b"}, Fault.UNCLEAR),
        (200, {"access_token": "at-1", "token_type": "mac"}, Fault.UNCLEAR),
        (200, [], Fault.UNCLEAR),
        (201, TOKENS, Fault.UNCLEAR),
        (400, TOKENS, Fault.UNCLEAR),
    ],
)
def test_r36_only_the_words_of_the_protocol_accuse(status: int, body: Any, fault: Fault) -> None:
    found = tokens(body, status)
    assert isinstance(found, TokenFault)
    assert found.fault is fault


def test_an_old_refresh_token_is_kept_when_none_is_returned_and_replaced_when_one_is() -> None:
    old = Credential(
        access="old",
        refresh="rt-0",
        scopes=frozenset({"a"}),
        refresh_expires_at=START,
        extra={"server": "x"},
    )
    without, with_one = tokens(TOKENS), tokens(TOKENS | {"refresh_token": "rt-1"})
    assert isinstance(without, Tokens)
    assert isinstance(with_one, Tokens)
    kept, replaced = without.credential(old=old), with_one.credential(old=old)
    assert (kept.refresh, kept.refresh_expires_at) == ("rt-0", START)
    assert (replaced.refresh, replaced.refresh_expires_at) == ("rt-1", None)
    assert kept.extra == replaced.extra == {"server": "x"}
    assert kept.scopes == {"a", "b"}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_grant", "error_description": "used"}, "refused"),
        (401, {"error": "invalid_client"}, "app_problem"),
        (503, {}, "silent"),
        (200, {}, "odd_answer"),
    ],
)
def test_a_failed_exchange_says_which_kind_of_failure(
    status: int, body: Any, kind: str, http: ScriptedHttp
) -> None:
    http.answers = {"exchange the code": answer(status, body)}
    with pytest.raises(PlatformError) as raised:
        http.run(
            oauth2.exchange(
                http, "mastodon", APP, code="c", verifier="v", redirect_uri=REDIRECT, now=START
            )
        )
    assert raised.value.kind == kind


def test_r32_a_failed_exchange_shows_neither_code_nor_secret(http: ScriptedHttp) -> None:
    said = {"error": "invalid_grant", "error_description": "code code-123456, hush-app-secret"}
    http.answers = {"exchange the code": answer(400, said)}
    with pytest.raises(PlatformError) as raised:
        http.run(
            oauth2.exchange(
                http,
                "mastodon",
                APP,
                code="code-123456",
                verifier="v" * 43,
                redirect_uri=REDIRECT,
                now=START,
            )
        )
    assert raised.value.why == "code [hidden], [hidden]"


def test_without_a_registration_a_refresh_is_our_own_problem(http: ScriptedHttp) -> None:
    outcome = http.run(oauth2.refresh(http, None, Credential(access="a"), now=START))
    assert outcome.app_problem
    assert not outcome.may_have_happened
    assert http.asked == []
