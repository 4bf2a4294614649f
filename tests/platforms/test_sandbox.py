"""The Sandbox as a platform: registration, several accounts per log-in, what is given back."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.domain.capabilities import MissingKind
from dashboard.domain.errors import PlatformError
from dashboard.platforms.sandbox import Sandbox
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import REDIRECT, SAMPLES, SANDBOX, answer, app_of

sandbox = Sandbox(address=SANDBOX)
SAMPLE = SAMPLES["sandbox"]
REGISTERED = {"client_id": "app_1", "client_secret": "hush-hush"}


def account(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"page_{number}",
        "handle": f"bakery{number}",
        "name": f"Bakery {number}",
        "url": f"{SANDBOX}/@bakery{number}",
        "avatar_url": "javascript:alert(1)",
    } | more


def test_it_registers_by_itself_at_the_address_of_the_settings(http: ScriptedHttp) -> None:
    http.answers = {"register": answer(200, REGISTERED)}
    app = http.run(sandbox.prepare(http, None, {}, REDIRECT))
    assert (app.client_id, app.server) == ("app_1", SANDBOX)
    assert http.asked[0].url == f"{SANDBOX}/api/apps"
    assert app.facts["token_endpoint"] == f"{SANDBOX}/oauth/token"
    assert sandbox.server({"server": "https://evil.example"}) == SANDBOX


@pytest.mark.parametrize(
    ("said", "serves"),
    [({"error": "invalid_client"}, False), ({"error": "unsupported_grant_type"}, True)],
)
def test_a_registration_no_longer_serves_when_the_sandbox_was_reset(
    said: dict[str, str], serves: bool, http: ScriptedHttp
) -> None:
    old = app_of(SANDBOX)
    http.answers = {"check our registration": answer(400, said)}
    assert http.run(sandbox.prepare(http, old, {}, REDIRECT)) == (old if serves else None)


def test_a_failed_registration_is_said(http: ScriptedHttp) -> None:
    http.answers = {"register": answer(503, {})}
    with pytest.raises(PlatformError) as raised:
        http.run(sandbox.prepare(http, None, {}, REDIRECT))
    assert raised.value.kind == "silent"


def test_choosing_another_person_makes_it_ask_for_the_log_in() -> None:
    start = sandbox.start(
        app_of(SANDBOX), redirect_uri=REDIRECT, state="s", typed={}, choose_person=True
    )
    assert parse_qs(urlsplit(start.url).query)["prompt"] == ["login"]


def test_one_log_in_brings_all_accounts_that_were_chosen(http: ScriptedHttp) -> None:
    pair = {
        "access_token": "sba_1",
        "refresh_token": "sbr_1",
        "expires_in": 300,
        "scope": "profile",
    }
    http.answers = {
        "exchange the code": answer(200, pair),
        "read who gave the permission": answer(200, {"id": "person_1", "name": "Anna"}),
        "list the accounts": answer(200, {"items": [account(1), account(2), {"name": "x"}, 7]}),
    }
    granted = http.run(
        sandbox.finish(
            http, app_of(SANDBOX), code="c", verifier="v" * 43, redirect_uri=REDIRECT, now=START
        )
    )
    assert (granted.subject.remote_id, granted.subject.name) == ("person_1", "Anna")
    assert [identity.remote_id for identity in granted.identities] == ["page_1", "page_2"]
    assert {identity.avatar_url for identity in granted.identities} == {""}
    assert granted.credential.extra == {"server": SANDBOX}
    assert granted.credential.refresh == "sbr_1"


def test_a_lost_role_is_told_apart_from_a_missing_permission(http: ScriptedHttp) -> None:
    http.answers = {"read the account": answer(403, {"error": "role_lost"})}
    outcome = http.run(sandbox.check(http, None, SAMPLE.credential, SAMPLE.identity))
    assert {missing.kind for missing in outcome.missing} == {MissingKind.ROLE}
    assert {missing.capability for missing in outcome.missing} == set(sandbox.about.wants)


def test_posts_come_with_the_cursor_of_the_next_page(http: ScriptedHttp) -> None:
    item = {
        "id": "p1",
        "text": "Bread",
        "url": f"{SANDBOX}/p/p1",
        "created_at": "2026-11-20T07:00Z",
    }
    http.answers = {"list the posts": answer(200, {"items": [item, {}, 7], "next": "p1"})}
    found, following = http.run(
        sandbox.posts(http, SAMPLE.credential, SAMPLE.identity, cursor="p9&x")
    )
    assert [post.remote_id for post in found] == ["p1"]
    assert following == "p1"
    assert parse_qs(urlsplit(http.asked[0].url).query)["before"] == ["p9&x"]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "token_expired", "refresh_due"),
        (401, "token_revoked", "refused"),
        (503, "unavailable", "silent"),
        (200, "", "odd_answer"),
    ],
)
def test_a_failed_listing_says_which_kind_of_failure(
    status: int, code: str, kind: str, http: ScriptedHttp
) -> None:
    http.answers = {"list the posts": answer(status, {"error": code} if code else {})}
    with pytest.raises(PlatformError) as raised:
        http.run(sandbox.posts(http, SAMPLE.credential, SAMPLE.identity, cursor=""))
    assert raised.value.kind == kind


def test_r38_the_refresh_token_is_given_back(http: ScriptedHttp) -> None:
    http.answers = {"give the permission back": answer(200, {})}
    http.run(sandbox.revoke(http, SAMPLE.app, SAMPLE.credential))
    assert (http.asked[0].form or {})["token"] == SAMPLE.credential.refresh
