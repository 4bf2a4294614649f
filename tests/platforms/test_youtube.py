"""YouTube, and the log-in and the pushed events that Google's platforms share."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from dashboard.domain.capabilities import Capability
from dashboard.domain.checks import Works
from dashboard.domain.errors import PlatformError
from dashboard.domain.pushes import Delivery, ForgedPushError, PushReason
from dashboard.domain.wire import Answer, NoAnswerError
from dashboard.platforms.protocol import AppTest, Publishes
from dashboard.platforms.youtube import YouTube
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import GOOGLE, REDIRECT, SAMPLES, answer

youtube = YouTube()
SAMPLE = SAMPLES["youtube"]
APP = youtube.app("client-1", "hush-secret", {})
KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig", "alg": "RS256"})
ISSUER = "https://accounts.google.com"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
PUBLISHED = {
    "read where the keys are": answer(
        200, {"issuer": f"{ISSUER}/", "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs"}
    ),
    "read the keys": answer(200, {"keys": [KEY.as_dict(private=False)]}),
}


def event(**changed: Any) -> dict[str, Any]:
    subject = {"subject_type": "iss-sub", "iss": f"{ISSUER}/", "sub": "7375626A656374"}
    claims = {
        "iss": f"{ISSUER}/",
        "aud": "client-1",
        "iat": int(START.timestamp()),
        "jti": "756E69717565206964656E746966696572",
        "events": {f"{RISC}account-disabled": {"subject": subject, "reason": "hijacking"}},
    }
    return {**claims, **changed}


def signed(claims: dict[str, Any], key: Any = KEY, kid: str = "k1") -> str:
    return jwt.encode({"alg": "RS256", "kid": kid, "typ": "secevent+jwt"}, claims, key)


def push(
    token: str, http: ScriptedHttp | None = None, by: YouTube | None = None, at: Any = START
) -> Any:
    """Read a message with `by`, which remembers keys, or with one that knows none yet."""
    http = http or ScriptedHttp(dict(PUBLISHED))
    delivery = Delivery(method="POST", headers={}, query={}, body=token.encode())
    return http.run((by or YouTube()).read_push(http, APP, delivery, now=at))


def segment(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_log_in_asks_for_a_renewable_consent_each_time() -> None:
    for another, prompt in ((False, "consent"), (True, "select_account consent")):
        start = youtube.start(
            APP, redirect_uri=REDIRECT, state="s", typed={}, choose_person=another
        )
        query = {name: values[0] for name, values in parse_qs(urlsplit(start.url).query).items()}
        assert query["access_type"] == "offline"
        assert query["prompt"] == prompt
        assert query["code_challenge_method"] == "S256"


def test_a_partial_consent_names_what_was_unticked() -> None:
    narrow = replace(SAMPLE.credential, scopes=frozenset({f"{GOOGLE}youtube.readonly"}))
    body = {"kind": "youtube#channelListResponse", "items": [{"id": "UCx1"}]}
    http = ScriptedHttp({"read the channel": answer(200, body)})
    found = http.run(youtube.check(http, None, narrow, SAMPLE.identity))
    assert [item.capability for item in found.missing] == [Capability.MONITOR_MENTIONS]


def test_access_for_a_limited_time_is_told_as_the_day_to_renew_by() -> None:
    tokens = {
        "access_token": "ya29.x",
        "refresh_token": "1//x",
        "expires_in": 3599,
        "refresh_token_expires_in": 604_800,
        "scope": f"{GOOGLE}youtube.readonly openid",
        "token_type": "Bearer",
    }
    channel = {"id": "UCx1", "snippet": {"title": "Bakery", "customUrl": "@bakery"}}
    http = ScriptedHttp(
        {
            "exchange the code": answer(200, tokens),
            "read who gave the permission": answer(200, {"sub": "777", "email": "a@example.org"}),
            "list the channels": answer(
                200, {"kind": "youtube#channelListResponse", "items": [channel]}
            ),
            "read the channel": answer(
                200, {"kind": "youtube#channelListResponse", "items": [channel]}
            ),
        }
    )
    talk = youtube.finish(http, APP, code="c", verifier="v", redirect_uri=REDIRECT, now=START)
    granted = http.run(talk)
    assert granted.subject.remote_id == "777"
    assert [(one.remote_id, one.handle) for one in granted.identities] == [("UCx1", "@bakery")]
    found = http.run(youtube.check(http, APP, granted.credential, SAMPLE.identity))
    assert isinstance(found, Works)
    assert found.renew_by == START + timedelta(days=7)


@pytest.mark.parametrize(
    ("status", "error", "result"),
    [
        (400, "invalid_grant", AppTest.WORKS),
        (401, "invalid_client", AppTest.REFUSED),
        (401, "deleted_client", AppTest.REFUSED),
        (503, "invalid_client", AppTest.UNCLEAR),
    ],
)
def test_our_registration_is_tested_without_a_person(
    status: int, error: str, result: AppTest
) -> None:
    http = ScriptedHttp({"renew the permission": answer(status, {"error": error})})
    assert http.run(youtube.test_app(http, APP))[0] is result


def test_videos_come_from_the_playlist_of_uploads_page_by_page() -> None:
    lists = {"relatedPlaylists": {"uploads": "UUx1"}}
    channel = {"id": "UCx1", "contentDetails": lists}
    video = {
        "snippet": {"title": "Bread", "description": "How we bake it."},
        "contentDetails": {"videoId": "v1", "videoPublishedAt": "2026-11-20T08:00:00Z"},
    }
    page = {"kind": "youtube#playlistItemListResponse", "items": [video], "nextPageToken": "p2"}
    http = ScriptedHttp(
        {
            "read the channel": answer(
                200, {"kind": "youtube#channelListResponse", "items": [channel]}
            ),
            "list the posts": answer(200, page),
        }
    )
    found, following = http.run(
        youtube.posts(http, SAMPLE.credential, SAMPLE.identity, cursor="p1")
    )
    assert [(one.text, one.url) for one in found] == [
        ("Bread\n\nHow we bake it.", "https://www.youtube.com/watch?v=v1")
    ]
    assert following == "p2"
    assert "playlistId=UUx1" in http.asked[1].url
    assert "pageToken=p1" in http.asked[1].url


def test_comments_of_others_are_mentions_and_own_ones_are_not() -> None:
    def thread(number: int, author: str) -> dict[str, Any]:
        comment = {
            "videoId": "v1",
            "textDisplay": "Lovely",
            "authorDisplayName": "@kim",
            "authorChannelId": {"value": author},
            "publishedAt": "2026-11-20T08:00:00Z",
        }
        return {"snippet": {"topLevelComment": {"id": f"c{number}", "snippet": comment}}}

    body = {
        "kind": "youtube#commentThreadListResponse",
        "items": [thread(1, "UCkim"), thread(2, "UCx1")],
    }
    http = ScriptedHttp({"list the comments": answer(200, body)})
    found, following = http.run(
        youtube.mentions(http, APP, SAMPLE.credential, SAMPLE.identity, cursor="")
    )
    assert [one.remote_id for one in found] == ["c1"]
    assert found[0].url == "https://www.youtube.com/watch?v=v1&lc=c1"
    assert following == ""


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (401, "authError", "refresh_due"),
        (403, "quotaExceeded", "silent"),
        (403, "accessNotConfigured", "app_problem"),
        (403, "commentsDisabled", "refused"),
    ],
)
def test_a_list_that_cannot_be_had_says_why(status: int, reason: str, kind: str) -> None:
    error = {"error": {"code": status, "errors": [{"reason": reason}], "message": "No."}}
    http = ScriptedHttp({"list the comments": answer(status, error)})
    with pytest.raises(PlatformError) as raised:
        http.run(youtube.mentions(http, APP, SAMPLE.credential, SAMPLE.identity, cursor=""))
    assert raised.value.kind == kind


def test_publishing_is_not_offered() -> None:
    assert not isinstance(youtube, Publishes)
    assert Capability.PUBLISH not in youtube.about.wants


def test_a_signed_event_is_a_hint_about_its_person() -> None:
    told = push(signed(event()))
    (hint,) = told.hints
    assert told.status == 202
    assert hint.subjects == frozenset({"7375626A656374"})
    assert hint.what == "account-disabled hijacking"
    assert hint.reason is PushReason.HIJACKED
    assert hint.id == event()["jti"]


def test_the_test_message_and_events_about_one_token_concern_nobody() -> None:
    subject = {"subject_type": "oauth_token", "token_type": "refresh_token", "token": "hash"}
    for name in ("verification", "token-revoked"):
        (hint,) = push(signed(event(events={f"{RISC}{name}": {"subject": subject}}))).hints
        assert hint.subjects == frozenset()
        assert hint.what == name
        assert hint.reason is None, "nothing is over"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("sessions-revoked", PushReason.LOGGED_OUT),
        ("account-purged", PushReason.ACCOUNT_DELETED),
        ("account-credential-change-required", PushReason.CHANGE_WANTED),
        ("account-disabled", PushReason.ACCOUNT_DISABLED),
        ("account-enabled", None),
    ],
)
def test_events_tell_why_a_permission_is_over(name: str, meant: PushReason | None) -> None:
    (hint,) = push(signed(event(events={f"{RISC}{name}": {"subject": {}}}))).hints
    assert hint.reason is meant


def test_r46_any_changed_bit_makes_an_event_forged() -> None:
    sent = signed(event())
    for place in range(0, len(sent), 11):
        changed = sent[:place] + chr(ord(sent[place]) ^ 1) + sent[place + 1 :]
        with pytest.raises(ForgedPushError):
            push(changed)


@pytest.mark.parametrize(
    "claims",
    [
        event(aud="somebody-else"),
        event(aud=[]),
        event(iss="https://accounts.example/"),
        event(jti=""),
        event(iat=int((START - timedelta(days=8)).timestamp())),
        event(iat=int((START + timedelta(hours=1)).timestamp())),
        event(iat="now"),
    ],
)
def test_r46_r47_events_for_others_by_others_and_old_ones_are_refused(
    claims: dict[str, Any],
) -> None:
    with pytest.raises(ForgedPushError):
        push(signed(claims))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "..",
        f"{segment({'alg': 'none'})}.{segment(event())}.x",
        f"{segment({'alg': 'none'})}.{segment(event())}.",
        f"{segment({'alg': 'HS256', 'kid': 'k1'})}.{segment(event())}.c2ln",
        f"{segment({'alg': 'RS256', 'x': 'a' * 20_000})}.{segment(event())}.c2ln",
        f"{segment({'alg': 'RS256'})}.{segment(event(fill='a' * 20_000))}.c2ln",
    ],
)
def test_r46_other_algorithms_and_huge_tokens_are_refused_before_any_question(token: str) -> None:
    http = ScriptedHttp(dict(PUBLISHED))
    with pytest.raises(ForgedPushError):
        push(token, http)
    assert http.asked == []


def test_r46_a_key_that_google_does_not_publish_signs_nothing() -> None:
    other = RSAKey.generate_key(2048, {"kid": "k1"})
    with pytest.raises(ForgedPushError):
        push(signed(event(), other))


@pytest.mark.parametrize(
    ("header", "held"),
    [
        ("public, max-age=7200, must-revalidate", timedelta(hours=2)),
        ("max-age=1", timedelta(minutes=5)),
        ("max-age=9999999", timedelta(days=1)),
        ("no-store", timedelta(hours=1)),
        ("", timedelta(hours=1)),
    ],
)
def test_keys_are_kept_as_long_as_google_says_within_reason(header: str, held: timedelta) -> None:
    of_keys = PUBLISHED["read the keys"]
    keys = Answer(status=200, headers={"cache-control": header}, body=of_keys.body)
    http, by = ScriptedHttp({**PUBLISHED, "read the keys": keys}), YouTube()
    late = int((START + held).timestamp())
    for at in (START, START + held - timedelta(seconds=1)):
        push(signed(event()), http, by, at)
    assert len(http.asked) == 2
    push(signed(event(iat=late)), http, by, START + held)
    assert len(http.asked) == 4


def test_a_new_key_of_google_is_fetched_but_forgeries_make_it_ask_once_a_minute() -> None:
    http, by = ScriptedHttp(dict(PUBLISHED)), YouTube()
    push(signed(event()), http, by)
    newer = RSAKey.generate_key(2048, {"kid": "k2", "use": "sig", "alg": "RS256"})
    token = signed(event(), newer, "k2")
    for seconds in (1, 2, 59):
        with pytest.raises(ForgedPushError):
            push(token, http, by, START + timedelta(seconds=seconds))
    assert len(http.asked) == 2
    both = {"keys": [KEY.as_dict(private=False), newer.as_dict(private=False)]}
    http.answers["read the keys"] = answer(200, both)
    assert push(token, http, by, START + timedelta(seconds=60)).hints
    assert len(http.asked) == 4


@pytest.mark.parametrize(
    "name",
    [
        "sessions-revoked", "account-disabled", "account-enabled", "account-purged",
        "account-credential-change-required", "tokens-revoked",
    ],
)  # fmt: skip
def test_every_event_about_a_person_makes_linkkeeper_look(name: str) -> None:
    subject = event()["events"][f"{RISC}account-disabled"]["subject"]
    (hint,) = push(signed(event(events={f"{RISC}{name}": {"subject": subject}}))).hints
    assert hint.what == name
    assert hint.subjects


@pytest.mark.parametrize(
    "changed",
    [
        {"read where the keys are": answer(503, text="")},
        {
            "read where the keys are": answer(
                200, {"issuer": ISSUER, "jwks_uri": "https://keys.example/certs"}
            )
        },
        {"read the keys": answer(200, {"keys": []})},
        {"read the keys": answer(200, {"keys": 5})},
        {"read the keys": answer(200, {})},
    ],
)
def test_keys_that_cannot_be_had_leave_the_event_to_be_sent_again(changed: Any) -> None:
    with pytest.raises(NoAnswerError):
        push(signed(event()), ScriptedHttp({**PUBLISHED, **changed}))
