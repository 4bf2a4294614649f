"""Mastodon: registration, discovery and reading, where recorded answers are not enough."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.domain.checks import NoAnswer
from dashboard.domain.errors import InvalidInputError, PlatformError
from dashboard.domain.wire import NoAnswerError, Silence
from dashboard.platforms.mastodon import Mastodon
from dashboard.platforms.mastodon.findings import SAYINGS, Saying
from dashboard.platforms.mastodon.registration import SCOPES, scopes_for
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import REDIRECT, SAMPLES, answer, app_of
from tests.platforms.test_contract import DATA

ORIGIN = "https://mastodon.example"
mastodon = Mastodon()
SAMPLE = SAMPLES["mastodon"]

TOLD = {
    "issuer": f"{ORIGIN}/",
    "authorization_endpoint": f"{ORIGIN}/oauth/authorize",
    "token_endpoint": f"{ORIGIN}/oauth/token",
    "revocation_endpoint": f"{ORIGIN}/oauth/revoke",
    "scopes_supported": ["profile", "read", "read:statuses", "read:notifications", "write"],
    "code_challenge_methods_supported": ["S256"],
}
UNKNOWN_APP = {"error": "invalid_client", "error_description": "Client authentication failed"}
REGISTERED = {"client_id": "id-1", "client_secret": "hush-hush", "name": "Linkkeeper"}
DISCOVER, REGISTER = "read what the server offers", "register at the server"


def prepare(http: ScriptedHttp, **answers: Any) -> Any:
    http.answers = {DISCOVER: answer(200, TOLD), REGISTER: answer(200, REGISTERED)} | answers
    return http.run(mastodon.prepare(http, None, {"server": "@anna@Mastodon.example"}, REDIRECT))


def test_the_app_is_registered_at_the_typed_server(http: ScriptedHttp) -> None:
    app = prepare(http)
    assert (app.client_id, app.client_secret, app.server) == ("id-1", "hush-hush", ORIGIN)
    assert app.facts["redirect_uri"] == REDIRECT
    assert app.facts["issuer"] == f"{ORIGIN}/"
    registered = http.asked[-1]
    assert registered.url == f"{ORIGIN}/api/v1/apps"
    assert registered.form == {
        "client_name": "Linkkeeper",
        "redirect_uris": REDIRECT,
        "scopes": "profile read:statuses read:notifications write",
    }


def test_r42_no_question_to_a_typed_server_follows_redirects(http: ScriptedHttp) -> None:
    prepare(http)
    assert [ask.redirects for ask in http.asked] == [0, 0]


@pytest.mark.parametrize(
    "told",
    [
        answer(404, text="<html>Not Found</html>"),
        answer(503, {}),
        answer(200, text="<html>"),
        answer(200, TOLD | {"issuer": "https://evil.example"}),
        answer(200, TOLD | {"token_endpoint": "https://evil.example/oauth/token"}),
        answer(200, TOLD | {"token_endpoint": f"{ORIGIN}.evil.example/oauth/token"}),
        answer(200, TOLD | {"authorization_endpoint": "javascript:alert(1)"}),
        answer(200, TOLD | {"revocation_endpoint": None}),
        NoAnswerError(Silence.REDIRECTED, call=DISCOVER),
        NoAnswerError(Silence.TOO_LARGE, call=DISCOVER),
    ],
)
def test_r27_what_is_not_the_servers_own_is_not_believed(told: Any, http: ScriptedHttp) -> None:
    app = prepare(http, **{DISCOVER: told})
    assert app.facts["authorization_endpoint"] == f"{ORIGIN}/oauth/authorize"
    assert app.facts["token_endpoint"] == f"{ORIGIN}/oauth/token"
    assert app.facts["revocation_endpoint"] == f"{ORIGIN}/oauth/revoke"
    assert "issuer" not in app.facts
    assert app.scopes == ("read:accounts", *SCOPES[1:]), "those of servers before 4.3"


def test_r27_the_promise_to_name_the_issuer_is_remembered(http: ScriptedHttp) -> None:
    promise = {"authorization_response_iss_parameter_supported": True}
    app = prepare(http, **{DISCOVER: answer(200, TOLD | promise)})
    assert app.facts["authorization_response_iss_parameter_supported"] == "true"


def test_r26_pkce_is_left_out_only_where_the_server_knows_another_method(
    http: ScriptedHttp,
) -> None:
    plain = {"code_challenge_methods_supported": ["plain"]}
    app = prepare(http, **{DISCOVER: answer(200, TOLD | plain)})
    assert app.facts["pkce"] == "no"
    assert "pkce" not in prepare(http).facts


@pytest.mark.parametrize(
    ("supported", "scopes"),
    [
        (None, ("read:accounts", "read:statuses", "read:notifications", "write:statuses")),
        ({*SCOPES, "read", "write"}, SCOPES),
        ({"read", "write", "follow", "push"}, ("read", "write")),
        ({"read:accounts", "read:statuses"}, ("read:accounts", "read:statuses")),
        ({"read"}, ("read",)),
    ],
)
def test_the_least_scopes_that_a_server_knows_are_asked(
    supported: set[str] | None, scopes: tuple[str, ...]
) -> None:
    assert scopes_for(None if supported is None else frozenset(supported)) == scopes


@pytest.mark.parametrize(
    "said",
    [
        answer(404, text="<html>Not Found</html>"),
        answer(200, text="<html>Welcome</html>"),
        answer(200, {"client_id": "only"}),
        answer(200, {"client_id": "a b", "client_secret": "c"}),
        answer(405, {}),
        NoAnswerError(Silence.NAME_NOT_FOUND, call=REGISTER),
        NoAnswerError(Silence.FORBIDDEN_ADDRESS, call=REGISTER),
        NoAnswerError(Silence.REDIRECTED, call=REGISTER),
    ],
)
def test_a_server_that_is_no_mastodon_is_said_at_its_field(said: Any, http: ScriptedHttp) -> None:
    with pytest.raises(InvalidInputError) as raised:
        prepare(http, **{REGISTER: said})
    assert raised.value.field == "server"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (answer(422, {"error": "Validation failed: Redirect URI"}), "refused"),
        (answer(503, {}), "silent"),
        (answer(429, {}), "silent"),
    ],
)
def test_a_server_that_does_not_register_us_says_why(
    said: Any, kind: str, http: ScriptedHttp
) -> None:
    with pytest.raises(PlatformError) as raised:
        prepare(http, **{REGISTER: said})
    assert raised.value.kind == kind


def test_a_server_that_is_silent_is_not_a_wrong_address(http: ScriptedHttp) -> None:
    with pytest.raises(NoAnswerError):
        prepare(http, **{DISCOVER: NoAnswerError(Silence.TIMEOUT, call=DISCOVER)})


@pytest.mark.parametrize("change", ["redirect_uri", "wanted"])
def test_a_registration_for_another_address_or_other_scopes_is_not_used(
    change: str, http: ScriptedHttp
) -> None:
    app = prepare(http)
    other = app_of(ORIGIN, **(dict(app.facts) | {change: "other"}))
    http.asked.clear()
    assert http.run(mastodon.prepare(http, other, {"server": ORIGIN}, REDIRECT)) is None
    assert http.asked == [], "and the server is not asked for what is known here"


def test_choosing_another_person_makes_the_server_ask_for_the_log_in() -> None:
    def asked(choose_person: bool) -> dict[str, list[str]]:
        start = mastodon.start(
            app_of(ORIGIN),
            redirect_uri=REDIRECT,
            state="s",
            typed={},
            choose_person=choose_person,
        )
        return parse_qs(urlsplit(start.url).query)

    assert asked(choose_person=True)["force_login"] == ["true"]
    assert "force_login" not in asked(choose_person=False)


def test_every_saying_is_proven_by_a_recorded_answer() -> None:
    said = " ".join(path.read_text().lower() for path in DATA.glob("mastodon/*.json"))
    words = {word for saying in SAYINGS for word in saying.words}
    assert [word for word in words if word not in said] == []


def test_r30_what_was_not_granted_is_named_per_capability(http: ScriptedHttp) -> None:
    http.answers = {
        "exchange the code": answer(200, {"access_token": "at", "scope": "profile read"}),
        "read the profile": answer(200, {"id": "14715", "username": "bakery"}),
    }
    granted = http.run(
        mastodon.finish(
            http, app_of(ORIGIN), code="c", verifier="v", redirect_uri=REDIRECT, now=START
        )
    )
    outcome = http.run(mastodon.check(http, None, granted.credential, granted.identities[0]))
    (missing,) = outcome.missing
    assert (missing.capability, missing.what) == ("publish", "write:statuses")
    assert missing.label == "publish posts"
    assert missing.by_relink


@pytest.mark.parametrize("saying", SAYINGS, ids=lambda saying: saying.words[0])
def test_the_same_words_with_another_status_teach_nothing(
    saying: Saying, http: ScriptedHttp
) -> None:
    http.answers = {"read the profile": answer(409, {"error": saying.words[0]})}
    outcome = http.run(mastodon.check(http, None, SAMPLE.credential, SAMPLE.identity))
    assert isinstance(outcome, NoAnswer)


@pytest.mark.parametrize("known", [True, False])
def test_a_registration_that_the_server_cleared_away_no_longer_serves(
    known: bool, http: ScriptedHttp
) -> None:
    kept = app_of(ORIGIN, wanted=" ".join(SCOPES))
    said = answer(200, {"access_token": "app"}) if known else answer(401, UNKNOWN_APP)
    http.answers = {"check our registration": said}
    app = http.run(mastodon.prepare(http, kept, {"server": ORIGIN}, REDIRECT))
    assert app == (kept if known else None)


def test_r32_a_token_is_given_back_only_to_the_server_that_gave_it(http: ScriptedHttp) -> None:
    elsewhere = app_of("https://evil.example")
    http.run(mastodon.revoke(http, elsewhere, SAMPLE.credential))
    assert http.asked == []


@pytest.mark.parametrize("given_back", [200, 503])
def test_a_token_that_leads_to_no_profile_is_given_back_at_once(
    given_back: int, http: ScriptedHttp
) -> None:
    http.answers = {
        "exchange the code": answer(200, {"access_token": "at-orphan", "scope": "profile"}),
        "read the profile": answer(503, {}),
        "give the permission back": answer(given_back, {}),
    }
    talk = mastodon.finish(
        http, app_of(ORIGIN), code="c", verifier="v", redirect_uri=REDIRECT, now=START
    )
    with pytest.raises(PlatformError) as raised:
        http.run(talk)
    assert raised.value.kind == "silent"
    assert (http.asked[-1].form or {})["token"] == "at-orphan"


def test_answers_to_others_and_boosts_are_not_even_asked_for(http: ScriptedHttp) -> None:
    posts(http, [], cursor="109")
    asked = urlsplit(http.asked[0].url)
    assert asked.path == "/api/v1/accounts/14715/statuses"
    assert parse_qs(asked.query) == {
        "limit": ["40"],
        "exclude_reblogs": ["true"],
        "exclude_replies": ["true"],
        "max_id": ["109"],
    }


def posts(http: ScriptedHttp, items: list[Any], cursor: str = "") -> Any:
    http.answers = {"list the posts": answer(200, items)}
    return http.run(mastodon.posts(http, SAMPLE.credential, SAMPLE.identity, cursor=cursor))


def status(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "created_at": "2026-11-20T07:00:00.000Z",
        "content": f"<p>Bread {number}</p>",
        "url": f"{ORIGIN}/@bakery/{number}",
        "visibility": "public",
    } | more


def test_private_mentions_and_boosts_are_no_publications(http: ScriptedHttp) -> None:
    items = [
        status(9),
        status(8, visibility="direct"),
        status(7, reblog=status(1)),
        status(6, visibility="private"),
    ]
    found, following = posts(http, items)
    assert [post.remote_id for post in found] == ["9", "6"]
    assert following == "6"


def test_r78_one_bad_item_does_not_stop_the_page(http: ScriptedHttp) -> None:
    items = [
        status(9),
        None,
        {"id": 8},
        status(7, created_at="soon"),
        status(6, id="../x"),
        status(5),
    ]
    found, following = posts(http, items)
    assert [post.remote_id for post in found] == ["9", "5"]
    assert following == "5"


@pytest.mark.parametrize(
    ("items", "cursor"),
    [([], "5"), ([status(5)], "5"), ([{"id": ["x"]}], ""), ([status(1, id="../../x")], "")],
)
def test_r78_the_listing_ends_and_never_goes_in_a_circle(
    items: list[Any], cursor: str, http: ScriptedHttp
) -> None:
    assert posts(http, items, cursor)[1] == ""


def test_a_content_warning_stands_before_the_text(http: ScriptedHttp) -> None:
    found, _ = posts(http, [status(9, spoiler_text="Food")])
    assert found[0].text == "Food\n\nBread 9"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (answer(401, {"error": "The access token was revoked"}), "refused"),
        (answer(503, {}), "silent"),
        (answer(200, {}), "odd_answer"),
        (answer(404, text="<html>"), "odd_answer"),
    ],
)
def test_a_failed_listing_says_which_kind_of_failure(
    said: Any, kind: str, http: ScriptedHttp
) -> None:
    http.answers = {"list the posts": said}
    with pytest.raises(PlatformError) as raised:
        http.run(mastodon.posts(http, SAMPLE.credential, SAMPLE.identity, cursor=""))
    assert raised.value.kind == kind


@pytest.mark.parametrize(("status", "again"), [(200, False), (403, False), (503, True)])
def test_r38_giving_back_is_tried_again_only_where_that_can_help(
    status: int, again: bool, http: ScriptedHttp
) -> None:
    http.answers = {"give the permission back": answer(status, {})}
    talk = mastodon.revoke(http, SAMPLE.app, SAMPLE.credential)
    if again:
        with pytest.raises(PlatformError):
            http.run(talk)
    else:
        http.run(talk)
    assert http.asked[0].url == f"{ORIGIN}/oauth/revoke"
