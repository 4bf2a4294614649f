"""Instagram and Threads: log-ins in two steps, containers, and refusals read by Graph's numbers."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.domain.checks import Evidence
from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import NotPublished, Outgoing, Picture, Published, PublishUnclear
from dashboard.domain.pushes import Delivery, ForgedPushError
from dashboard.platforms.instagram import Instagram
from dashboard.platforms.protocol import AppTest, Refreshed
from dashboard.platforms.threads import Threads
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import REDIRECT, SAMPLES, answer
from tests.platforms.test_facebook import signed

PLATFORMS: dict[str, Any] = {"instagram": Instagram(), "threads": Threads()}
BOTH = pytest.mark.parametrize("key", PLATFORMS)
PICTURE = Picture(
    data=b"\xff\xd8\xff", media_type="image/jpeg", alt="Bread", url="https://l.example/p/1"
)
POST = Outgoing(key="k", text="Fresh bread", at=START, link="https://example.org/")
READY = answer(200, {"status_code": "FINISHED"})


def refusal(code: int, subcode: int = 0, message: str = "no", **more: Any) -> Any:
    error = {"code": code, "error_subcode": subcode, "message": message, **more}
    return answer(400, {"error": error})


def app_of(key: str) -> Any:
    return PLATFORMS[key].app("id", SAMPLES[key].app.client_secret, {})  # type: ignore[union-attr]  # all have an app


def start_query(key: str, *, choose_person: bool = False) -> tuple[str, dict[str, str]]:
    start = PLATFORMS[key].start(
        app_of(key), redirect_uri=REDIRECT, state="s", typed={}, choose_person=choose_person
    )
    parts = urlsplit(start.url)
    return parts.netloc, {name: values[0] for name, values in parse_qs(parts.query).items()}


def log_in(
    key: str, *, code: str = "c0de", permissions: object = None, looked: Any = None
) -> tuple[Any, ScriptedHttp]:
    short = {"access_token": "short-lived", "user_id": 17841, "permissions": permissions}
    long = {"access_token": "long-lived", "expires_in": 5183944}
    named = {"user_id": "17841", "id": "26789", "username": "bakery", "name": "Bakery Jansen"}
    first = {"data": [short]} if key == "instagram" else short
    http = ScriptedHttp(
        {
            "exchange the code": answer(200, first),
            "get the long-lived token": answer(200, long),
            "read the profile": answer(200, named),
            "look into the permission": looked or answer(400, {"error": {"code": 10}}),
        }
    )
    talk = PLATFORMS[key].finish(
        http, app_of(key), code=code, verifier="", redirect_uri=REDIRECT, now=START
    )
    return http.run(talk), http


def publish(key: str, answers: dict[str, Any], post: Outgoing = POST) -> tuple[Any, ScriptedHttp]:
    http, sample = ScriptedHttp(answers), SAMPLES[key]
    talk = PLATFORMS[key].publish(http, sample.app, sample.credential, sample.identity, post)
    return http.run(talk), http


def test_instagram_s_log_in_is_kept_apart_from_facebook_s() -> None:
    host, query = start_query("instagram", choose_person=True)
    assert host == "www.instagram.com"
    assert (query["enable_fb_login"], query["force_authentication"]) == ("0", "1")
    assert "force_authentication" not in start_query("instagram")[1]


@BOTH
def test_permissions_are_asked_for_with_commas_and_without_pkce(key: str) -> None:
    _, query = start_query(key)
    assert len(query["scope"].split(",")) == 4
    assert "code_challenge" not in query


@BOTH
def test_the_short_token_is_exchanged_and_the_long_one_renews_itself(key: str) -> None:
    granted, _ = log_in(key)
    assert granted.credential.access == granted.credential.refresh == "long-lived"
    assert granted.credential.expires_at is not None
    assert granted.identities[0].remote_id == SAMPLES[key].identity.remote_id


def test_instagram_s_tail_of_the_code_is_cut_off() -> None:
    _, http = log_in("instagram", code="c0de#_")
    assert (http.asked[0].form or {})["code"] == "c0de"


@pytest.mark.parametrize(
    "told", ["instagram_business_basic", ["instagram_business_basic"]], ids=["words", "list"]
)
def test_r30_what_was_unticked_at_instagram_is_not_counted_as_granted(told: object) -> None:
    granted, _ = log_in("instagram", permissions=told)
    assert granted.credential.scopes == frozenset({"instagram_business_basic"})


def test_r30_threads_tells_testers_what_was_unticked_and_others_nothing() -> None:
    told = answer(200, {"data": {"is_valid": True, "scopes": ["threads_basic"]}})
    granted, _ = log_in("threads", looked=told)
    assert granted.credential.scopes == frozenset({"threads_basic"})
    granted, _ = log_in("threads")
    assert granted.credential.scopes == frozenset(PLATFORMS["threads"].scopes)


@BOTH
def test_a_renewal_keeps_what_was_allowed_and_is_its_own_next_renewal(key: str) -> None:
    new = {"access_token": "renewed", "expires_in": 5183944}
    http, sample = ScriptedHttp({"renew the permission": answer(200, new)}), SAMPLES[key]
    outcome = http.run(PLATFORMS[key].refresh(http, None, sample.credential, now=START))
    assert isinstance(outcome, Refreshed)
    assert outcome.credential.access == outcome.credential.refresh == "renewed"
    assert outcome.credential.scopes == sample.credential.scopes


def test_instagram_publishes_once_the_picture_was_fetched() -> None:
    outcome, http = publish(
        "instagram",
        {
            "prepare the post": answer(200, {"id": "c1"}),
            "ask for the picture": READY,
            "publish the post": answer(200, {"id": "m1"}),
        },
        replace(POST, picture=PICTURE),
    )
    assert outcome == Published(remote_id="m1")
    assert http.asked[0].form == {
        "caption": "Fresh bread\n\nhttps://example.org/",
        "image_url": PICTURE.url,
        "alt_text": "Bread",
    }
    assert http.asked[-1].form == {"creation_id": "c1"}


@pytest.mark.parametrize(
    ("status", "fields"),
    [("IN_PROGRESS", (False, True)), ("ERROR", (True, False)), ("EXPIRED", (True, False))],
)
@BOTH
def test_a_picture_that_is_not_there_yet_is_not_published(
    key: str, status: str, fields: tuple[bool, bool]
) -> None:
    outcome, http = publish(
        key,
        {
            "prepare the post": answer(200, {"id": "c1"}),
            "ask for the picture": answer(200, {"status_code": status, "status": status}),
        },
        replace(POST, picture=PICTURE),
    )
    assert isinstance(outcome, NotPublished)
    assert (outcome.about_the_post, outcome.again) == fields
    assert "publish the post" not in {ask.call for ask in http.asked}


def test_threads_shows_a_link_as_a_card_but_below_a_picture_as_words() -> None:
    yes = {
        "prepare the post": answer(200, {"id": "c1"}),
        "publish the post": answer(200, {"id": "t1"}),
    }
    outcome, http = publish("threads", yes)
    assert outcome == Published(remote_id="t1")
    assert (http.asked[0].form or {})["link_attachment"] == "https://example.org/"
    fetched = {"ask for the picture": answer(200, {"status": "FINISHED"})}
    _, http = publish("threads", yes | fetched, replace(POST, picture=PICTURE))
    assert (http.asked[0].form or {})["text"] == "Fresh bread\n\nhttps://example.org/"


@pytest.mark.parametrize(
    ("code", "subcode", "about_the_post", "again"),
    [
        (4, 0, False, True),
        (80002, 0, False, True),
        (2, 0, False, True),
        (-1, 2207001, False, True),
        (9, 2207042, False, True),
        (9004, 2207003, False, True),
        (100, 0, True, False),
        (36003, 0, True, False),
        (190, 463, False, False),
        (10, 0, False, False),
        (25, 2207050, False, False),
    ],
)
@BOTH
def test_a_refused_preparation_is_read_by_number_never_by_its_status(
    key: str, code: int, subcode: int, about_the_post: bool, again: bool
) -> None:
    """Limits come with status 400, too: they are not the fault of the post."""
    outcome, _ = publish(key, {"prepare the post": refusal(code, subcode)})
    assert isinstance(outcome, NotPublished)
    assert (outcome.about_the_post, outcome.again) == (about_the_post, again)


@BOTH
def test_a_personal_account_is_not_the_fault_of_the_post(key: str) -> None:
    said = refusal(100, message="The user is not an Instagram Business")
    outcome, _ = publish(key, {"prepare the post": said})
    assert isinstance(outcome, NotPublished)
    assert not outcome.about_the_post


@BOTH
@pytest.mark.parametrize(("code", "subcode"), [(4, 0), (2, 0), (-1, 2207001)])
def test_r77_too_many_said_of_the_last_step_leaves_the_fate_of_the_post_open(
    key: str, code: int, subcode: int
) -> None:
    outcome, _ = publish(
        key,
        {
            "prepare the post": answer(200, {"id": "c1"}),
            "ask for the picture": READY,
            "publish the post": refusal(code, subcode),
        },
    )
    assert isinstance(outcome, PublishUnclear)


def test_instagram_s_comments_are_its_mentions_and_threads_lists_its_own() -> None:
    comment = {"id": "7", "text": "Loaf", "username": "cees", "timestamp": "2026-11-20T10:00:00Z"}
    below = {"permalink": "https://www.instagram.com/p/1/", "comments": {"data": [comment]}}
    listing = {
        "list the comments": answer(200, {"data": [below]}),
        "list the mentions": answer(200, {"data": [comment]}),
    }
    for key, platform in PLATFORMS.items():
        http, sample = ScriptedHttp(listing), SAMPLES[key]
        talk = platform.mentions(http, sample.app, sample.credential, sample.identity, cursor="")
        (found,), cursor = http.run(talk)
        assert (found.author, found.text, cursor) == ("cees", "Loaf", "")


@BOTH
def test_a_listing_that_meets_the_limit_is_silence_and_a_refusal_speaks(key: str) -> None:
    sample = SAMPLES[key]
    for said, kind in ((refusal(4), "silent"), (refusal(10), "refused")):
        http = ScriptedHttp({"list the posts": said})
        talk = PLATFORMS[key].posts(http, sample.credential, sample.identity, cursor="")
        with pytest.raises(PlatformError) as caught:
            http.run(talk)
        assert caught.value.kind == kind


@BOTH
def test_r46_a_push_is_believed_only_with_the_signature_of_its_own_app(key: str) -> None:
    payload = {"user_id": "17841", "issued_at": int(START.timestamp())}
    app, http = app_of(key), ScriptedHttp()

    def told(secret: str) -> Any:
        body = signed(payload, secret=secret)
        delivery = Delivery(method="POST", headers={}, query={}, body=body)
        return http.run(PLATFORMS[key].read_push(http, app, delivery, now=START))

    assert told(app.client_secret).hints[0].subjects == frozenset({"17841"})
    with pytest.raises(ForgedPushError):
        told("another secret")


def test_instagram_s_app_cannot_be_tested_without_a_person_and_says_so() -> None:
    result, evidence = ScriptedHttp().run(
        PLATFORMS["instagram"].test_app(ScriptedHttp(), app_of("instagram"))
    )
    assert result is AppTest.UNCLEAR
    assert isinstance(evidence, Evidence)
    assert "link an account" in evidence.text
