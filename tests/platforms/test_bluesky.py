"""Bluesky: what is typed, what a session carries, and where it is sent."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.domain.causes import Cause
from dashboard.domain.checks import Refused, Works
from dashboard.domain.errors import InvalidInputError, PlatformError
from dashboard.domain.wire import NoAnswerError, Silence
from dashboard.platforms import atproto
from dashboard.platforms.bluesky import Bluesky
from dashboard.platforms.protocol import Granted
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import ACCESS_JWT, DID, EXPIRY, REFRESH_JWT, SAMPLES, answer, jwt

bluesky = Bluesky()
SAMPLE = SAMPLES["bluesky"]
OPEN, PROFILE = "open a session", "read the profile"
TYPED = {"service": "", "handle": "bakery.bsky.social", "password": "abcd-efgh-ijkl-mnop"}


def session(**more: Any) -> dict[str, Any]:
    return {
        "did": DID,
        "handle": "bakery.bsky.social",
        "accessJwt": ACCESS_JWT,
        "refreshJwt": REFRESH_JWT,
        "active": True,
    } | more


def document(endpoint: Any, name: str = "#atproto_pds") -> dict[str, Any]:
    return {"id": DID, "service": [{"id": name, "serviceEndpoint": endpoint}]}


def sign_in(http: ScriptedHttp, said: Any = None, **typed: str) -> Granted:
    profile = answer(200, {"did": DID, "displayName": "Bakery Jansen"})
    http.answers = {
        OPEN: said or answer(200, session()),
        PROFILE: profile,
        "end the session": answer(200, {}),
    }
    granted: Granted = http.run(bluesky.sign_in(http, TYPED | typed, now=START))
    return granted


def test_the_app_password_is_sent_once_to_the_default_service_and_kept_nowhere(
    http: ScriptedHttp,
) -> None:
    granted = sign_in(http)
    first = http.asked[0]
    assert first.url == "https://bsky.social/xrpc/com.atproto.server.createSession"
    assert first.json == {"identifier": "bakery.bsky.social", "password": "abcd-efgh-ijkl-mnop"}
    assert "abcd-efgh" not in repr(granted) + repr(granted.credential.extra) + repr(http.asked)


def test_dates_and_scope_are_read_from_the_tokens(http: ScriptedHttp) -> None:
    credential = sign_in(http).credential
    assert credential.expires_at == EXPIRY
    assert credential.refresh_expires_at == datetime.fromtimestamp(1_800_000_000, UTC)
    assert credential.scopes == {"com.atproto.appPassPrivileged"}


def test_tokens_that_tell_nothing_are_good_enough(http: ScriptedHttp) -> None:
    """A service of its own may use other tokens; then nothing is said to be missing."""
    said = answer(200, session(accessJwt="opaque-token", refreshJwt="opaque-refresh"))
    granted = sign_in(http, said)
    assert granted.credential.expires_at is None
    http.answers["read the session"] = answer(200, {"did": DID, "handle": "x"})
    talk = bluesky.check(http, None, granted.credential, granted.identities[0])
    assert http.run(talk) == Works()


@pytest.mark.parametrize(
    "typed",
    ["@Bakery.bsky.social", " bakery.bsky.social\n", "\u202abakery.bsky.social\u202c",
     "https://bsky.app/profile/bakery.bsky.social"],
)  # fmt: skip
def test_a_handle_may_be_typed_in_many_ways(typed: str, http: ScriptedHttp) -> None:
    sign_in(http, handle=typed)
    sent = http.asked[0].json
    assert isinstance(sent, dict)
    assert sent["identifier"] == "bakery.bsky.social"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"handle": ""}, "handle"),
        ({"handle": "a b"}, "handle"),
        ({"handle": "x" * 300}, "handle"),
        ({"password": " "}, "password"),
        ({"password": "x" * 300}, "password"),
        ({"service": "https://a.example/path"}, "service"),
        ({"service": "https://anna:pw@a.example"}, "service"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_before_anything_is_sent(
    typed: dict[str, str], field: str, http: ScriptedHttp
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        sign_in(http, **typed)
    assert raised.value.field == field
    assert http.asked == []


@pytest.mark.parametrize(
    ("said", "field"),
    [
        (answer(401, {"error": "AuthenticationRequired", "message": "Invalid"}), "password"),
        (answer(401, {"error": "AuthFactorTokenRequired", "message": "code"}), "password"),
        (answer(404, text="<html>"), "service"),
        (answer(200, text="<html>"), "service"),
        (answer(200, {"did": DID}), "service"),
        (NoAnswerError(Silence.NAME_NOT_FOUND, call=OPEN), "service"),
        (NoAnswerError(Silence.FORBIDDEN_ADDRESS, call=OPEN), "service"),
    ],
)
def test_a_refused_log_in_is_said_at_the_field_that_can_help(
    said: Any, field: str, http: ScriptedHttp
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        sign_in(http, said)
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (answer(429, {"error": "RateLimitExceeded"}), "silent"),
        (answer(503, {}), "silent"),
        (answer(401, {"error": "AccountTakedown", "message": "taken down"}), "refused"),
        (answer(400, {"error": "InvalidRequest", "message": "bad"}), "refused"),
    ],
)
def test_a_log_in_that_no_field_can_help_says_why(said: Any, kind: str, http: ScriptedHttp) -> None:
    with pytest.raises(PlatformError) as raised:
        sign_in(http, said)
    assert raised.value.kind == kind


def test_r32_the_password_is_not_in_an_error(http: ScriptedHttp) -> None:
    said = answer(400, {"error": "InvalidRequest", "message": "bad abcd-efgh-ijkl-mnop"})
    with pytest.raises(PlatformError) as raised:
        sign_in(http, said)
    assert raised.value.why == "bad [hidden]"


def test_the_main_password_is_refused_even_if_the_session_cannot_be_ended(
    http: ScriptedHttp,
) -> None:
    main = jwt(scope="com.atproto.access", exp=1_800_000_000)
    http.answers = {
        OPEN: answer(200, session(accessJwt=main)),
        "end the session": NoAnswerError(Silence.TIMEOUT, call="end the session"),
    }
    with pytest.raises(InvalidInputError):
        http.run(bluesky.sign_in(http, TYPED, now=START))
    assert http.asked[-1].headers["Authorization"] == f"Bearer {REFRESH_JWT}"


@pytest.mark.parametrize(
    ("did_document", "pds"),
    [
        (document("https://morel.host.example"), "https://morel.host.example"),
        (document("https://morel.host.example", f"{DID}#atproto_pds"), "https://morel.host.example"),
        (document("http://10.0.0.1"), "https://bsky.social"),
        (document("https://anna:pw@evil.example"), "https://bsky.social"),
        (document("https://evil.example/path"), "https://bsky.social"),
        (document("https://other.example", "#other"), "https://bsky.social"),
        (document(7), "https://bsky.social"),
        ({"service": "x"}, "https://bsky.social"),
        (None, "https://bsky.social"),
    ],
)  # fmt: skip
def test_posts_are_read_from_the_accounts_own_server_where_it_is_named_safely(
    did_document: Any, pds: str, http: ScriptedHttp
) -> None:
    granted = sign_in(http, answer(200, session(didDoc=did_document)))
    assert granted.credential.extra == {"service": "https://bsky.social", "pds": pds, "did": DID}
    http.answers["list the posts"] = answer(200, {"feed": []})
    http.run(bluesky.posts(http, granted.credential, granted.identities[0], cursor=""))
    assert http.asked[-1].url.startswith(f"{pds}/xrpc/app.bsky.feed.getAuthorFeed?")


def test_a_service_on_loopback_may_name_itself(http: ScriptedHttp) -> None:
    home = "http://127.0.0.1:2583"
    granted = sign_in(http, answer(200, session(didDoc=document(home))), service=home)
    assert granted.credential.extra["pds"] == home


def test_a_moved_server_is_followed_at_the_next_refresh(http: ScriptedHttp) -> None:
    http.answers = {
        "renew the session": answer(200, session(didDoc=document("https://new.host.example")))
    }
    outcome = http.run(bluesky.refresh(http, None, SAMPLE.credential, now=START))
    assert outcome.credential.extra["pds"] == "https://new.host.example"
    assert outcome.credential.extra["service"] == "https://bsky.social"


def test_a_refresh_sends_the_refresh_token_and_no_body(http: ScriptedHttp) -> None:
    http.answers = {"renew the session": answer(200, session())}
    http.run(bluesky.refresh(http, None, SAMPLE.credential, now=START))
    (ask,) = http.asked
    assert ask.url == "https://bsky.social/xrpc/com.atproto.server.refreshSession"
    assert ask.headers["Authorization"] == f"Bearer {REFRESH_JWT}"
    assert (ask.form, ask.json, ask.method) == (None, None, "POST")


def test_without_a_refresh_token_an_old_access_token_is_a_refusal(http: ScriptedHttp) -> None:
    http.answers = {"read the session": answer(400, {"error": "ExpiredToken", "message": "old"})}
    credential = replace(SAMPLE.credential, refresh="")
    outcome = http.run(bluesky.check(http, None, credential, SAMPLE.identity))
    assert isinstance(outcome, Refused)
    assert outcome.cause is Cause.TOKEN_REFUSED


def test_a_profile_that_cannot_be_read_leaves_the_handle_as_name(http: ScriptedHttp) -> None:
    http.answers = {
        OPEN: answer(200, session()),
        PROFILE: NoAnswerError(Silence.TIMEOUT, call=PROFILE),
    }
    granted = http.run(bluesky.sign_in(http, TYPED, now=START))
    assert granted.identities[0].name == "bakery.bsky.social"


def feed_item(number: int, **more: Any) -> dict[str, Any]:
    at = "2026-11-20T07:00:00.000Z"
    post = {
        "uri": f"at://{DID}/app.bsky.feed.post/3k{number}",
        "author": {"did": DID},
        "record": {"text": f"Bread {number}\nand more", "createdAt": at},
        "indexedAt": at,
    }
    return {"post": post | more.pop("post", {})} | more


def test_reposts_and_other_peoples_posts_are_no_publications(http: ScriptedHttp) -> None:
    other = feed_item(3, post={"uri": "at://did:plc:other/app.bsky.feed.post/3k3"})
    repost = feed_item(2, reason={"$type": "app.bsky.feed.defs#reasonRepost"})
    odd = feed_item(4, post={"uri": f"at://{DID}/app.bsky.feed.post/../../evil"})
    feed = [feed_item(1), repost, other, odd, None, {"post": 7}]
    http.answers = {"list the posts": answer(200, {"feed": feed, "cursor": "c2"})}
    talk = bluesky.posts(http, SAMPLE.credential, SAMPLE.identity, cursor="c1")
    (post,), following = http.run(talk)
    assert post.remote_id == f"at://{DID}/app.bsky.feed.post/3k1"
    assert post.url == f"https://bsky.app/profile/{DID}/post/3k1"
    assert post.text == "Bread 1\nand more"
    assert following == "c2"


def test_a_post_is_dated_no_later_than_it_was_seen(http: ScriptedHttp) -> None:
    """The author's date may lie in the future; a date in the past is believed."""
    feed = [
        feed_item(1, post={"record": {"text": "", "createdAt": "2030-01-01T00:00:00Z"}}),
        feed_item(2, post={"record": {"text": "", "createdAt": "2020-01-01T00:00:00Z"}}),
    ]
    http.answers = {"list the posts": answer(200, {"feed": feed})}
    talk = bluesky.posts(http, SAMPLE.credential, SAMPLE.identity, cursor="")
    found, _ = http.run(talk)
    assert [post.published_at.year for post in found] == [2026, 2020]


@pytest.mark.parametrize(
    ("body", "following"),
    [
        ({"feed": [feed_item(1)], "cursor": "c1"}, ""),
        ({"feed": [], "cursor": "c2"}, ""),
        ({"feed": [feed_item(1)], "cursor": 7}, ""),
        ({"feed": [feed_item(1)]}, ""),
    ],
)
def test_r78_the_listing_ends_and_never_goes_in_a_circle(
    body: Any, following: str, http: ScriptedHttp
) -> None:
    http.answers = {"list the posts": answer(200, body)}
    talk = bluesky.posts(http, SAMPLE.credential, SAMPLE.identity, cursor="c1")
    assert http.run(talk)[1] == following


@pytest.mark.parametrize(
    "token",
    ["", "a.b", "a.b.c", "a.!!!.c", "a.W10.c", "x" * 9_000, "a.\u00fc.c", "..", "a.e30.c"],
)  # fmt: skip
def test_a_token_that_tells_nothing_tells_nothing(token: str) -> None:
    assert atproto.claims_of(token) == {}
    assert atproto.runs_out_at(token) is None
    assert atproto.scope_of(token) == ""


@pytest.mark.parametrize("exp", [10**30, -1, "soon", True, None])
def test_an_impossible_date_in_a_token_is_no_date(exp: Any) -> None:
    assert atproto.runs_out_at(jwt(exp=exp)) is None
