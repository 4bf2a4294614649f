"""Facebook: one consent, many Pages; what it is asked and what its pushes are worth."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from dashboard.domain.capabilities import Capability
from dashboard.domain.errors import InvalidInputError, PlatformError
from dashboard.domain.publishing import NotPublished, Outgoing, Picture, Published, PublishUnclear
from dashboard.domain.pushes import Delivery, ForgedPushError
from dashboard.domain.wire import NoAnswerError, Silence
from dashboard.platforms import oauth2
from dashboard.platforms.facebook import Facebook
from dashboard.platforms.protocol import AppTest
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import REDIRECT, SAMPLES, answer

facebook = Facebook()
SAMPLE = SAMPLES["facebook"]
SECRET = "hush-facebook-app-secret"
APP = facebook.app("1234567890", SECRET, {})
GRANTED = ["pages_show_list", "pages_messaging", "pages_manage_posts"]


def log_in(http: ScriptedHttp) -> Any:
    return http.run(
        facebook.finish(http, APP, code="c0de", verifier="", redirect_uri=REDIRECT, now=START)
    )


def reaching(*pages: dict[str, Any]) -> dict[str, Any]:
    permissions = [{"permission": name, "status": "granted"} for name in GRANTED]
    permissions.append({"permission": "pages_read_engagement", "status": "declined"})
    return {
        "exchange the code": answer(200, {"access_token": "short", "expires_in": 3600}),
        "get the long-lived token": answer(200, {"access_token": "long", "expires_in": 5183944}),
        "read who gave the permission": answer(
            200, {"id": "777", "name": "Anna J.", "permissions": {"data": permissions}}
        ),
        "list the Pages": answer(200, {"data": list(pages)}),
        "look into the permission": answer(200, {"data": {"is_valid": False}}),
    }


def test_the_log_in_asks_again_for_what_was_declined() -> None:
    start = facebook.start(APP, redirect_uri=REDIRECT, state="s", typed={}, choose_person=False)
    parts = urlsplit(start.url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert (parts.netloc, parts.path) == ("www.facebook.com", "/v26.0/dialog/oauth")
    assert query["auth_type"] == "rerequest"
    assert "pages_manage_posts" in query["scope"].split(",")
    assert "code_challenge" not in query


def test_one_log_in_reaches_several_pages_each_with_its_token() -> None:
    http = ScriptedHttp(
        reaching(
            {"id": "1", "name": "Bakery", "access_token": "page-one", "username": "bakery"},
            {"id": "2", "name": "Museum", "access_token": "page-two"},
        )
    )
    granted = log_in(http)
    assert [page.name for page in granted.identities] == ["Bakery", "Museum"]
    assert granted.subject.remote_id == "777"
    assert granted.credential.access == "long"
    assert granted.credential.extra["page:2"] == "page-two"
    assert granted.credential.scopes == frozenset(GRANTED), "what was declined is not granted"


def test_r32_secrets_of_the_log_in_travel_in_no_address() -> None:
    http = ScriptedHttp(reaching({"id": "1", "name": "Bakery", "access_token": "page-one"}))
    log_in(http)
    for ask in http.asked:
        if ask.call == "look into the permission":  # Meta documents no other way to ask
            assert SECRET not in ask.url
            continue
        assert not any(secret in ask.url for secret in (SECRET, "short", "long", "c0de"))


def looked(**data: Any) -> dict[str, Any]:
    told = answer(200, {"data": {"is_valid": True, **data}})
    pages = ({"id": "1", "name": "Bakery"}, {"id": "2", "name": "Museum"})
    return {**reaching(*pages), "look into the permission": told}


def test_the_person_has_until_the_day_that_meta_names() -> None:
    until = START + timedelta(days=61)
    http = ScriptedHttp(looked(data_access_expires_at=int(until.timestamp())))
    assert log_in(http).credential.extra["renew_by"] == until.isoformat()


@pytest.mark.parametrize(
    "told",
    [
        answer(200, {"data": {"is_valid": True, "data_access_expires_at": 0}}),
        answer(400, {"error": {"code": 4}}),
        NoAnswerError(Silence.TIMEOUT, call="look into the permission"),
    ],
    ids=["no day", "a limit", "silence"],
)
def test_where_meta_names_no_day_the_person_has_ninety(told: Any) -> None:
    granted = log_in(ScriptedHttp({**reaching(), "look into the permission": told}))
    until = START + timedelta(days=90)
    assert granted.credential.extra["renew_by"] == until.isoformat()


def test_r30_a_permission_that_was_given_for_one_page_only_is_missing_on_the_other() -> None:
    only_one = [
        {"scope": "pages_manage_posts", "target_ids": ["1"]},
        {"scope": "pages_messaging", "target_ids": ["1", "2"]},
        {"scope": "pages_show_list"},
    ]
    extra = log_in(ScriptedHttp(looked(granular_scopes=only_one))).credential.extra
    assert extra["lacks:2"] == "pages_manage_posts"
    assert "lacks:1" not in extra


ALLOWED = answer(
    200,
    {
        "id": "777",
        "permissions": {
            "data": [{"permission": name, "status": "granted"} for name in facebook.scopes]
        },
        "accounts": {"data": [{"id": "10158", "tasks": ["MANAGE"]}]},
    },
)


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ({"data": {"is_valid": True, "granular_scopes": []}}, set()),
        ({"data": {"is_valid": False}}, {Capability.PUBLISH}),
    ],
    ids=["given since", "nothing learnt"],
)
def test_what_was_not_given_for_a_page_is_missing_until_it_is_given(
    told: dict[str, Any], missing: set[Capability]
) -> None:
    extra = {**SAMPLE.credential.extra, "lacks:10158": "pages_manage_posts"}
    http = ScriptedHttp(
        {
            "read the Page": answer(200, {"id": "10158"}),
            "read the permissions": ALLOWED,
            "look into the permission": answer(200, told),
        }
    )
    credential = replace(SAMPLE.credential, extra=extra)
    outcome = http.run(facebook.check(http, SAMPLE.app, credential, SAMPLE.identity))
    assert {item.capability for item in outcome.missing} == missing


def test_pages_that_only_a_portfolio_lists_are_reached_by_who_may_see_portfolios() -> None:
    http = ScriptedHttp(
        {
            **reaching({"id": "1", "name": "Bakery", "access_token": "page-one"}),
            "read who gave the permission": answer(
                200,
                {
                    "id": "777",
                    "permissions": {
                        "data": [{"permission": "business_management", "status": "granted"}]
                    },
                },
            ),
            "list the portfolios": answer(200, {"data": [{"id": "b1"}]}),
            "list the Pages of a portfolio": answer(
                200,
                {
                    "data": [
                        {"id": "1", "name": "Bakery", "access_token": "another"},
                        {"id": "3", "name": "Harbour", "access_token": "page-three"},
                    ]
                },
            ),
        }
    )
    granted = log_in(http)
    assert [one.remote_id for one in granted.identities] == ["1", "3"], "each once"
    assert granted.credential.extra["page:1"] == "page-one"
    assert "portfolio:3" in granted.credential.extra
    asked = {ask.url.split("?")[0].rpartition("/")[2] for ask in http.asked}
    assert asked >= {"owned_pages", "client_pages"}
    assert not any("tasks" in ask.url for ask in http.asked if "_pages" in ask.url)


def test_a_page_of_a_portfolio_has_lost_no_role_because_its_person_does_not_list_it() -> None:
    extra = {**SAMPLE.credential.extra, "page:3": "page-three", "portfolio:3": "yes"}
    credential, identity = (
        replace(SAMPLE.credential, extra=extra),
        replace(SAMPLE.identity, remote_id="3"),
    )
    http = ScriptedHttp(
        {"read the Page": answer(200, {"id": "3"}), "read the permissions": ALLOWED}
    )
    assert http.run(facebook.check(http, SAMPLE.app, credential, identity)).missing == ()


@pytest.mark.parametrize(
    ("options", "scope", "config"),
    [
        ({}, True, None),
        ({"portfolio": "yes"}, True, None),
        ({"config_id": "4711"}, False, "4711"),
    ],
)
def test_a_configuration_names_the_permissions_itself_and_portfolios_are_asked_for_on_demand(
    options: dict[str, str], scope: bool, config: str | None
) -> None:
    app = facebook.app("1", SECRET, options)
    start = facebook.start(app, redirect_uri=REDIRECT, state="s", typed={}, choose_person=False)
    query = {name: values[0] for name, values in parse_qs(urlsplit(start.url).query).items()}
    assert (("scope" in query), query.get("config_id")) == (scope, config)
    assert ("business_management" in query.get("scope", "")) == ("portfolio" in options)


@pytest.mark.parametrize("options", [{"config_id": "my configuration"}, {"portfolio": "perhaps"}])
def test_an_odd_option_is_said_at_its_field(options: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        facebook.app("1", SECRET, options)
    assert caught.value.field in options


def test_a_code_that_was_used_is_refused_in_the_platform_s_words() -> None:
    error = {"error": {"code": 100, "message": "This authorization code has been used."}}
    http = ScriptedHttp({"exchange the code": answer(400, error)})
    with pytest.raises(PlatformError, match="has been used"):
        log_in(http)


def test_the_page_is_read_with_its_own_token() -> None:
    http = ScriptedHttp({"read the Page": answer(400, {"error": {"code": 190}})})
    http.run(facebook.check(http, SAMPLE.app, SAMPLE.credential, SAMPLE.identity))
    assert http.asked[0].headers["Authorization"] == "Bearer hush-facebook-page-token"


def test_comments_and_posts_that_name_the_page_are_the_mentions_the_newest_first() -> None:
    def comment(number: int, day: int) -> dict[str, Any]:
        return {
            "id": f"1_{number}",
            "message": f"Loaf {number}",
            "from": {"name": "Cees"},
            "created_time": f"2026-11-{day}T10:00:00+0000",
            "permalink_url": "https://www.facebook.com/1",
        }

    posts = [
        {"id": "1_9", "comments": {"data": [comment(1, 20), comment(2, 22)]}},
        {"id": "1_8", "comments": {"data": [comment(3, 21), {"id": "x"}]}},
    ]
    paging = {"cursors": {"after": "next1"}, "next": "https://evil.example/?access_token=x"}
    names_it = [comment(7, 23), comment(8, 19)]
    http = ScriptedHttp(
        {
            "list the comments": answer(200, {"data": posts, "paging": paging}),
            "list the posts that name the Page": answer(200, {"data": names_it}),
        }
    )
    found, cursor = http.run(
        facebook.mentions(http, SAMPLE.app, SAMPLE.credential, SAMPLE.identity, cursor="")
    )
    assert [one.text for one in found] == ["Loaf 7", "Loaf 2", "Loaf 3", "Loaf 1"], (
        "what is older than the oldest comment waits for the page that is as old"
    )
    assert cursor == "next1", "only the cursor is taken from the next page's address"


def test_without_the_token_of_the_page_no_empty_list_passes_for_no_comments() -> None:
    http = ScriptedHttp()
    credential = replace(SAMPLE.credential, extra={})
    with pytest.raises(PlatformError):
        http.run(facebook.mentions(http, SAMPLE.app, credential, SAMPLE.identity, cursor=""))
    assert http.asked == []


def publish(http: ScriptedHttp, **more: Any) -> Any:
    post = Outgoing(key="k", text="Fresh bread", at=START, **more)
    return http.run(facebook.publish(http, SAMPLE.app, SAMPLE.credential, SAMPLE.identity, post))


def test_a_text_with_a_link_is_a_post_and_a_picture_a_photo() -> None:
    http = ScriptedHttp({"publish the post": answer(200, {"id": "5", "post_id": "10158_5"})})
    assert publish(http, link="https://example.org/") == Published(
        remote_id="10158_5", url="https://www.facebook.com/10158_5"
    )
    assert http.asked[0].form == {"message": "Fresh bread", "link": "https://example.org/"}
    publish(http, picture=Picture(data=b"\xff\xd8\xff", media_type="image/jpeg", alt="Bread"))
    assert http.asked[1].url.endswith("/10158/photos")
    assert {part.name for part in http.asked[1].parts} == {"message", "alt_text_custom", "source"}


@pytest.mark.parametrize(
    ("code", "subcode", "kind", "fields"),
    [
        (506, 0, NotPublished, {"about_the_post": True, "again": False}),
        (100, 1609005, NotPublished, {"about_the_post": True}),
        (190, 463, NotPublished, {"about_the_post": False}),
        (200, 0, NotPublished, {"about_the_post": False}),
        (32, 0, NotPublished, {"again": True}),
        (2, 0, PublishUnclear, {}),
    ],
)
def test_r77_a_refused_post_is_read_by_code(
    code: int, subcode: int, kind: type, fields: dict[str, bool]
) -> None:
    error = {"error": {"code": code, "error_subcode": subcode, "message": "no"}}
    outcome = publish(ScriptedHttp({"publish the post": answer(400, error)}))
    assert isinstance(outcome, kind)
    assert {name: getattr(outcome, name) for name in fields} == fields


def signed(payload: dict[str, Any], secret: str = SECRET) -> bytes:
    body = base64.urlsafe_b64encode(json.dumps(payload).encode()).decode().rstrip("=")
    mac = hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()
    signature = base64.urlsafe_b64encode(mac).decode().rstrip("=")
    return urlencode({"signed_request": f"{signature}.{body}"}).encode()


def push(body: bytes, app: Any = APP) -> Any:
    http = ScriptedHttp()
    delivery = Delivery(method="POST", headers={}, query={}, body=body)
    return http.run(facebook.read_push(http, app, delivery, now=START))


PAYLOAD = {"user_id": "777", "issued_at": int(START.timestamp()), "algorithm": "HMAC-SHA256"}


def test_a_deauthorize_call_is_a_hint_about_its_person_and_may_be_a_deletion_call() -> None:
    told = push(signed(PAYLOAD))
    (hint,) = told.hints
    assert hint.subjects == frozenset({"777"})
    assert told.wants_receipt
    assert push(signed(PAYLOAD)).hints[0].id == hint.id, "the same call twice is one"


def test_r46_any_changed_bit_makes_a_push_forged() -> None:
    sent = parse_qs(signed(PAYLOAD).decode())["signed_request"][0]
    for place in range(0, len(sent), 7):
        other = "A" if sent[place] != "A" else "B"
        changed = sent[:place] + other + sent[place + 1 :]
        with pytest.raises(ForgedPushError):
            push(urlencode({"signed_request": changed}).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"signed_request=",
        b"signed_request=.",
        b"\xff\xfe",
        signed(PAYLOAD, secret="other"),
        signed({**PAYLOAD, "issued_at": int((START - timedelta(days=8)).timestamp())}),
        signed({**PAYLOAD, "issued_at": int((START + timedelta(hours=1)).timestamp())}),
        signed({"user_id": "777"}),
    ],
)
def test_r46_r47_unsigned_old_and_unreadable_pushes_are_refused(body: bytes) -> None:
    with pytest.raises(ForgedPushError):
        push(body)


def test_r46_an_app_without_a_secret_believes_nobody() -> None:
    with pytest.raises(ForgedPushError):
        push(signed(PAYLOAD, secret=""), replace(APP, client_secret=""))


def test_through_the_sandbox_no_question_leaves_for_facebook() -> None:
    there = facebook.through("http://127.0.0.1:9000")
    app = there.app("id", "secret", {})
    assert app.facts[oauth2.TOKEN].startswith("http://127.0.0.1:9000/dialects/facebook/graph/")
    assert app.facts[oauth2.AUTHORIZE].startswith("http://127.0.0.1:9000/dialects/facebook/www/")


@pytest.mark.parametrize(
    ("code", "subcode", "kind", "fields"),
    [
        (368, 1404082, NotPublished, {"about_the_post": True}),
        (368, 1390008, NotPublished, {"again": True, "about_the_post": False}),
        (4, 2207051, NotPublished, {"again": False, "about_the_post": True}),
        (368, 1346003, NotPublished, {"about_the_post": True}),
        (368, 4854002, NotPublished, {"about_the_post": False, "again": False}),
        (100, 1363047, PublishUnclear, {}),
    ],
)
def test_r77_a_subcode_tells_a_bad_post_from_a_bad_moment(
    code: int, subcode: int, kind: type, fields: dict[str, bool]
) -> None:
    error = {"error": {"code": code, "error_subcode": subcode, "message": "no"}}
    outcome = publish(ScriptedHttp({"publish the post": answer(400, error)}))
    assert isinstance(outcome, kind)
    assert {name: getattr(outcome, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("code", "message", "result"),
    [
        (1, "Error validating client secret.", AppTest.REFUSED),
        (101, "Error validating application.", AppTest.REFUSED),
        (1, "An unknown error occurred", AppTest.UNCLEAR),
        (4, "Application request limit reached", AppTest.UNCLEAR),
    ],
)
def test_a_wrong_secret_is_told_from_trouble_although_the_number_is_the_same(
    code: int, message: str, result: AppTest
) -> None:
    said = answer(400, {"error": {"code": code, "message": message}})
    http = ScriptedHttp({"check our registration": said})
    assert http.run(facebook.test_app(http, APP))[0] is result


def test_giving_back_is_tried_again_when_facebook_only_asks_to_wait() -> None:
    """R38: a limit comes with status 400, too."""
    limit = answer(400, {"error": {"code": 4, "message": "Application request limit reached"}})
    gone = answer(400, {"error": {"code": 190, "error_subcode": 458, "message": "not authorized"}})
    for said, fails in ((limit, True), (gone, False)):
        http = ScriptedHttp({"give the permission back": said})
        talk = facebook.revoke(http, SAMPLE.app, SAMPLE.credential)
        if fails:
            with pytest.raises(PlatformError):
                http.run(talk)
        else:
            http.run(talk)
