"""TikTok: its bent OAuth, its pushes, its videos, a picture that it fetches."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.domain.publishing import NotPublished, Outgoing, Picture, Published, PublishUnclear
from dashboard.domain.pushes import Delivery, ForgedPushError, PushReason
from dashboard.platforms.protocol import AppTest, ListsMentions
from dashboard.platforms.tiktok import TikTok
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import REDIRECT, SAMPLES, answer

tiktok = TikTok()
SAMPLE = SAMPLES["tiktok"]
SECRET = "hush-secret"
APP = tiktok.app("key-1", SECRET, {})
OK = {"code": "ok", "message": ""}
PICTURE = Picture(data=b"\xff\xd8", media_type="image/jpeg", url="https://l.example/picture/1")


def yes(data: dict[str, Any]) -> Any:
    return answer(200, {"data": data, "error": OK})


def no(status: int, code: str) -> Any:
    return answer(status, {"data": {}, "error": {"code": code, "message": "No."}})


MAY = yes({"privacy_level_options": ["PUBLIC_TO_EVERYONE", "SELF_ONLY"]})
STARTED = yes({"publish_id": "p_pub_url~1"})


def publish(**answers: Any) -> Any:
    names = {
        "may": "ask what may be posted",
        "post": "publish the post",
        "fate": "ask what became of the post",
    }
    http = ScriptedHttp({names[name]: said for name, said in answers.items()})
    post = Outgoing(key="k", at=START, text="Fresh bread", picture=PICTURE)
    outcome = http.run(tiktok.publish(http, APP, SAMPLE.credential, SAMPLE.identity, post))
    return outcome, http


def test_the_log_in_names_us_by_a_client_key_and_permissions_with_commas() -> None:
    start = tiktok.start(APP, redirect_uri=REDIRECT, state="s", typed={}, choose_person=True)
    query = {name: values[0] for name, values in parse_qs(urlsplit(start.url).query).items()}
    assert query["client_key"] == "key-1"
    assert "client_id" not in query
    assert query["scope"].split(",")[0] == "user.info.basic"
    assert "code_challenge" not in query
    assert query["disable_auto_auth"] == "1"


def test_tokens_live_as_long_as_the_answer_says_and_the_code_is_unescaped() -> None:
    tokens = {
        "access_token": "act.1",
        "refresh_token": "rft.1",
        "expires_in": 7200,
        "refresh_expires_in": 15_552_000,
        "scope": "user.info.basic,video.list",
        "token_type": "Bearer",
    }
    user = {"open_id": "o1", "display_name": "Bakery"}
    http = ScriptedHttp(
        {
            "exchange the code": answer(200, tokens),
            "read who gave the permission": yes({"user": user}),
        }
    )
    talk = tiktok.finish(http, APP, code="a%21b", verifier="v", redirect_uri=REDIRECT, now=START)
    granted = http.run(talk)
    assert granted.credential.expires_at == START + timedelta(hours=2)
    assert granted.credential.refresh_expires_at == START + timedelta(days=180)
    assert granted.credential.scopes == frozenset({"user.info.basic", "video.list"})
    form = http.asked[0].form or {}
    assert (form["client_key"], form["code"]) == ("key-1", "a!b")
    assert "username" not in http.asked[1].url, "only what was granted is asked for"


@pytest.mark.parametrize(
    ("error", "result"),
    [("invalid_grant", AppTest.WORKS), ("invalid_client", AppTest.REFUSED), ("", AppTest.UNCLEAR)],
)
def test_our_registration_is_tested_by_errors_within_a_200(error: str, result: AppTest) -> None:
    http = ScriptedHttp({"renew the permission": answer(200, {"error": error})})
    assert http.run(tiktok.test_app(http, APP))[0] is result


def test_videos_come_page_by_page_and_the_last_page_ends() -> None:
    video = {
        "id": "v1",
        "video_description": "Bread",
        "create_time": int(START.timestamp()),
        "share_url": "https://www.tiktok.com/@b/video/v1",
    }
    for has_more, following in ((True, "1764000000000"), (False, "")):
        page = {"videos": [video], "cursor": 1_764_000_000_000, "has_more": has_more}
        http = ScriptedHttp({"list the posts": yes(page)})
        talk = tiktok.posts(http, SAMPLE.credential, SAMPLE.identity, cursor="1765000000000")
        found, cursor = http.run(talk)
        assert [one.text for one in found] == ["Bread"]
        assert cursor == following
        assert http.asked[0].json == {"max_count": 20, "cursor": 1_765_000_000_000}


def test_there_are_no_mentions() -> None:
    assert not isinstance(tiktok, ListsMentions)


def test_a_picture_is_fetched_by_tiktok_and_its_post_is_named() -> None:
    done = yes({"status": "PUBLISH_COMPLETE", "publicaly_available_post_id": [7301]})
    outcome, http = publish(may=MAY, post=STARTED, fate=done)
    assert outcome == Published(remote_id="7301")
    asked = http.asked[1].json
    assert asked["source_info"]["photo_images"] == [PICTURE.url]
    assert asked["post_info"]["privacy_level"] == "PUBLIC_TO_EVERYONE"


def test_r77_what_tiktok_still_works_on_is_not_called_published() -> None:
    for fate in (yes({"status": "PROCESSING_DOWNLOAD"}), answer(503, text="")):
        outcome, _ = publish(may=MAY, post=STARTED, fate=fate)
        assert isinstance(outcome, PublishUnclear)


@pytest.mark.parametrize(
    ("reason", "about_the_post"),
    [("picture_size_check_failed", True), ("auth_removed", False)],
)
def test_a_failed_post_says_why(reason: str, about_the_post: bool) -> None:
    fate = yes({"status": "FAILED", "fail_reason": reason})
    outcome, _ = publish(may=MAY, post=STARTED, fate=fate)
    assert isinstance(outcome, NotPublished)
    assert outcome.evidence.code == reason
    assert outcome.about_the_post is about_the_post


@pytest.mark.parametrize(
    ("status", "code", "about_the_post", "again"),
    [
        (403, "spam_risk_too_many_posts", False, True),
        (403, "spam_risk_user_banned_from_posting", False, False),
        (403, "unaudited_client_can_only_post_to_private_accounts", False, False),
        (403, "url_ownership_unverified", False, False),
        (403, "privacy_level_option_mismatch", True, False),
        (429, "rate_limit_exceeded", False, True),
    ],
)
def test_a_refused_post_is_read_by_its_code(
    status: int, code: str, about_the_post: bool, again: bool
) -> None:
    outcome, _ = publish(may=MAY, post=no(status, code))
    assert isinstance(outcome, NotPublished)
    assert (outcome.about_the_post, outcome.again) == (about_the_post, again)


def test_before_the_audit_nothing_goes_out_that_nobody_could_see() -> None:
    outcome, http = publish(may=yes({"privacy_level_options": ["SELF_ONLY"]}))
    assert isinstance(outcome, NotPublished)
    assert len(http.asked) == 1


def test_a_post_without_a_picture_that_can_be_fetched_asks_nothing() -> None:
    http = ScriptedHttp()
    for picture in (None, replace(PICTURE, url="")):
        post = Outgoing(key="k", at=START, text="Bread", picture=picture)
        talk = tiktok.publish(http, APP, SAMPLE.credential, SAMPLE.identity, post)
        assert isinstance(http.run(talk), NotPublished)
    assert http.asked == []


def removed(reason: int = 1, **changed: Any) -> bytes:
    said = {
        "client_key": "key-1",
        "event": "authorization.removed",
        "create_time": int(START.timestamp()),
        "user_openid": "o1",
        "content": json.dumps({"reason": reason}),
    }
    return json.dumps({**said, **changed}).encode()


def signature(body: bytes, at: Any = START, secret: str = SECRET) -> str:
    stamp = str(int(at.timestamp()))
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},s={mac}"


def push(body: bytes, signed: str, app: Any = APP) -> Any:
    headers = {"tiktok-signature": signed}
    delivery = Delivery(method="POST", headers=headers, query={}, body=body)
    http = ScriptedHttp()
    return http.run(tiktok.read_push(http, app, delivery, now=START))


@pytest.mark.parametrize(
    ("reason", "meant"),
    [
        (0, PushReason.UNKNOWN),
        (1, PushReason.APP_REMOVED),
        (2, PushReason.ACCOUNT_DELETED),
        (3, PushReason.AGE_CHANGED),
        (4, PushReason.ACCOUNT_BANNED),
        (5, PushReason.ENDED_BY_US),
    ],
)
def test_a_removed_authorisation_is_a_hint_with_its_reason(reason: int, meant: PushReason) -> None:
    body = removed(reason)
    (hint,) = push(body, signature(body)).hints
    assert hint.what == f"authorization.removed {reason}"
    assert hint.reason is meant
    assert hint.subjects == hint.accounts == frozenset({"o1"})
    assert push(body, signature(body, START - timedelta(hours=70))).hints[0].id == hint.id


def test_other_events_are_taken_and_mean_nothing() -> None:
    body = removed(event="post.publish.complete")
    assert push(body, signature(body)).hints == ()


def test_r46_any_changed_bit_makes_a_push_forged() -> None:
    body = removed()
    signed = signature(body)
    for place in range(len(body)):
        changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        with pytest.raises(ForgedPushError):
            push(changed, signed)
    for place in range(2, len(signed)):
        with pytest.raises(ForgedPushError):
            push(body, signed[:place] + chr(ord(signed[place]) ^ 1) + signed[place + 1 :])


@pytest.mark.parametrize(
    ("body", "signed"),
    [
        (removed(), ""),
        (removed(), "t=,s="),
        (removed(), signature(removed(), START - timedelta(hours=74))),
        (removed(), signature(removed(), START + timedelta(hours=1))),
        (removed(), signature(removed(), secret="other")),
        (b"\xff", signature(b"\xff")),
        (removed(client_key="other"), signature(removed(client_key="other"))),
    ],
)
def test_r46_r47_unsigned_old_and_unreadable_pushes_are_refused(body: bytes, signed: str) -> None:
    with pytest.raises(ForgedPushError):
        push(body, signed)


def test_r46_an_app_without_a_secret_believes_nobody() -> None:
    with pytest.raises(ForgedPushError):
        push(removed(), signature(removed(), secret=""), replace(APP, client_secret=""))
