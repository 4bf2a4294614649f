"""Google Business Profile: locations behind accounts, reviews, posts."""

from dataclasses import replace
from typing import Any

import pytest

from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import NotPublished, Outgoing, Picture, Published, PublishUnclear
from dashboard.platforms.google_business import GoogleBusiness
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import REDIRECT, SAMPLES, answer

business = GoogleBusiness()
SAMPLE = SAMPLES["google_business"]
APP = business.app("client-1", "hush-secret", {})
PICTURE = Picture(data=b"\x89PNG", media_type="image/png", url="https://l.example/picture/1")
POSTS = "https://mybusiness.googleapis.com/v4/accounts/11/locations/22/localPosts"


def publish(http: ScriptedHttp, credential: Any = SAMPLE.credential, **more: Any) -> Any:
    post = Outgoing(key="k", at=START, **{"text": "Fresh bread", **more})
    return http.run(business.publish(http, APP, credential, SAMPLE.identity, post))


def test_locations_of_all_accounts_can_be_picked_and_the_account_is_kept() -> None:
    tokens = {"access_token": "a", "refresh_token": "r", "expires_in": 3599, "token_type": "Bearer"}
    first = {"accounts": [{"name": "accounts/11"}], "nextPageToken": "p2"}
    second = {"accounts": [{"name": "accounts/12"}, {"name": "../evil/1"}]}
    places = {
        "locations": [
            {
                "name": "locations/22",
                "title": "Bakery",
                "metadata": {"mapsUri": "https://maps.google.com/?cid=1"},
            },
            {"name": "locations/../../1", "title": "x"},
        ]
    }
    http = ScriptedHttp(
        {
            "exchange the code": answer(200, tokens),
            "read who gave the permission": answer(200, {"sub": "777", "email": "a@example.org"}),
            "list the accounts": [answer(200, first), answer(200, second)],
            "list the locations": [answer(200, places), answer(200, {})],
        }
    )
    talk = business.finish(http, APP, code="c", verifier="v", redirect_uri=REDIRECT, now=START)
    granted = http.run(talk)
    (found,) = granted.identities
    assert (found.remote_id, found.name) == ("locations/22", "Bakery")
    assert found.url == "https://maps.google.com/?cid=1"
    assert granted.credential.extra == {"account:locations/22": "accounts/11"}


def test_reviews_are_mentions_with_their_stars() -> None:
    review = {
        "reviewId": "r1",
        "reviewer": {"displayName": "Kim"},
        "starRating": "FOUR",
        "comment": "Good bread",
        "createTime": "2026-11-20T08:00:00Z",
    }
    silent = {"reviewId": "r2", "starRating": "ONE", "createTime": "2026-11-19T08:00:00Z"}
    body = {"reviews": [review, silent, {"comment": "no id"}], "nextPageToken": "p2"}
    http = ScriptedHttp({"list the reviews": answer(200, body)})
    found, following = http.run(
        business.mentions(http, APP, SAMPLE.credential, SAMPLE.identity, cursor="")
    )
    assert [one.text for one in found] == ["4 of 5 stars\n\nGood bread", "1 of 5 stars"]
    assert following == "p2"


def test_a_location_without_posts_has_none_and_is_no_trouble() -> None:
    http = ScriptedHttp({"list the posts": answer(200, {})})
    talk = business.posts(http, SAMPLE.credential, SAMPLE.identity, cursor="")
    assert http.run(talk) == ([], "")


def test_a_quota_of_nothing_is_ours() -> None:
    detail = {"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit_value": "0"}}
    error = {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [detail]}}
    http = ScriptedHttp({"list the posts": answer(429, error)})
    with pytest.raises(PlatformError) as raised:
        http.run(business.posts(http, SAMPLE.credential, SAMPLE.identity, cursor=""))
    assert raised.value.kind == "app_problem"


def test_text_link_and_picture_go_out_in_one_question() -> None:
    made = {
        "name": "accounts/11/locations/22/localPosts/99",
        "state": "LIVE",
        "searchUrl": "https://local.google.com/place?id=1",
    }
    http = ScriptedHttp({"publish the post": answer(200, made)})
    outcome = publish(http, link="https://example.org/", picture=PICTURE)
    assert outcome == Published(remote_id="99", url="https://local.google.com/place?id=1")
    (ask,) = http.asked
    assert ask.url == POSTS
    assert ask.json == {
        "topicType": "STANDARD",
        "summary": "Fresh bread",
        "callToAction": {"actionType": "LEARN_MORE", "url": "https://example.org/"},
        "media": [{"mediaFormat": "PHOTO", "sourceUrl": PICTURE.url}],
    }


def _error(status: int, word: str, reason: str = "") -> Any:
    details = [{"reason": reason}] if reason else []
    return answer(status, {"error": {"code": status, "status": word, "details": details}})


@pytest.mark.parametrize(
    ("said", "about_the_post", "again"),
    [
        (answer(200, {"name": "a/1", "state": "REJECTED"}), True, False),
        (_error(400, "INVALID_ARGUMENT"), True, False),
        (_error(403, "PERMISSION_DENIED"), False, False),
        (_error(403, "PERMISSION_DENIED", "SERVICE_DISABLED"), False, False),
        (_error(429, "RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED"), False, True),
    ],
)
def test_a_refused_post_says_whether_it_is_about_the_post(
    said: Any, about_the_post: bool, again: bool
) -> None:
    outcome = publish(ScriptedHttp({"publish the post": said}))
    assert isinstance(outcome, NotPublished)
    assert (outcome.about_the_post, outcome.again) == (about_the_post, again)


def test_r77_an_outage_after_the_question_leaves_the_fate_open() -> None:
    outcome = publish(ScriptedHttp({"publish the post": _error(503, "UNAVAILABLE")}))
    assert isinstance(outcome, PublishUnclear)


def test_without_the_account_of_a_location_nothing_is_asked() -> None:
    http = ScriptedHttp()
    outcome = publish(http, replace(SAMPLE.credential, extra={}))
    assert isinstance(outcome, NotPublished)
    assert http.asked == []
