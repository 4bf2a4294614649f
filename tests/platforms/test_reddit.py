"""Reddit: what it is asked in its own way, and how its refusals inside a 200 are read."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.domain.publishing import NotPublished, Outgoing, Published, PublishUnclear
from dashboard.platforms.protocol import AppTest
from dashboard.platforms.reddit import Reddit
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import REDIRECT, SAMPLES, answer

reddit = Reddit()
SAMPLE = SAMPLES["reddit"]


def publish(http: ScriptedHttp, **more: Any) -> Any:
    said = {"text": "Fresh bread", "title": "News", "target": "r/bread", **more}
    post = Outgoing(key="k", at=START, **said)
    return http.run(reddit.publish(http, SAMPLE.app, SAMPLE.credential, SAMPLE.identity, post))


def taken(*errors: list[str]) -> ScriptedHttp:
    data = {"name": "t3_abc", "url": "https://www.reddit.com/r/bread/comments/abc/news/"}
    return ScriptedHttp(
        {"publish the post": answer(200, {"json": {"errors": list(errors), "data": data}})}
    )


def listed(call: str, *items: dict[str, Any], after: str | None = None) -> ScriptedHttp:
    children = [{"kind": "t3", "data": item} for item in items]
    return ScriptedHttp({call: answer(200, {"data": {"children": children, "after": after}})})


def test_log_in_asks_for_a_permission_that_can_be_renewed_and_knows_no_pkce() -> None:
    app = reddit.app("id", "secret", {})
    start = reddit.start(app, redirect_uri=REDIRECT, state="s", typed={}, choose_person=True)
    query = parse_qs(urlsplit(start.url).query)
    assert query["duration"] == ["permanent"]
    assert "code_challenge" not in query


def test_post_names_its_subreddit_and_carries_its_link_below_the_words() -> None:
    http = taken()
    assert publish(http, link="https://bakery.example/") == Published(
        remote_id="t3_abc", url="https://www.reddit.com/r/bread/comments/abc/news/"
    )
    form = http.asked[0].form
    assert form["sr"] == "bread"
    assert form["kind"] == "self"
    assert form["text"] == "Fresh bread\n\nhttps://bakery.example/"


def test_link_without_words_of_its_own_is_a_link_post() -> None:
    http = taken()
    publish(http, text="News", link="https://bakery.example/")
    assert http.asked[0].form["kind"] == "link"
    assert http.asked[0].form["url"] == "https://bakery.example/"


@pytest.mark.parametrize(
    ("code", "about_the_post", "again"),
    [
        ("SUBREDDIT_NOEXIST", True, False),
        ("SUBREDDIT_NOTALLOWED", True, False),
        ("SUBMIT_VALIDATION_FLAIR_REQUIRED", True, False),
        ("USER_REQUIRED", False, False),
        ("RATELIMIT", False, True),
    ],
)
def test_refusal_inside_a_200_is_no_publication(code: str, about_the_post, again) -> None:
    outcome = publish(taken([code, "no", "sr"]))
    assert isinstance(outcome, NotPublished)
    assert (outcome.about_the_post, outcome.again) == (about_the_post, again)
    assert outcome.evidence.code == code


def test_rule_of_a_subreddit_is_passed_on_in_the_words_of_reddit() -> None:
    outcome = publish(taken(["NO_LINKS", "this community doesn't allow links", "url"]))
    assert isinstance(outcome, NotPublished)
    assert outcome.evidence.text == "this community doesn't allow links"


@pytest.mark.parametrize(
    ("headers", "about_the_post"),
    [
        ({}, True),
        ({"www-authenticate": 'Bearer realm="reddit", error="insufficient_scope"'}, False),
    ],
)
def test_closed_subreddit_is_about_the_post_and_a_missing_permission_is_not(
    headers: dict[str, str], about_the_post: bool
) -> None:
    said = answer(403, {"message": "Forbidden", "error": 403}, headers=headers)
    outcome = publish(ScriptedHttp({"publish the post": said}))
    assert isinstance(outcome, NotPublished)
    assert outcome.about_the_post is about_the_post


def test_yes_that_names_no_post_is_not_understood() -> None:
    http = ScriptedHttp({"publish the post": answer(200, {"json": {"errors": [], "data": {}}})})
    assert isinstance(publish(http), PublishUnclear)


def test_posts_are_read_page_by_page_with_titles() -> None:
    post = {"name": "t3_a", "title": "T", "selftext": "B", "permalink": "/r/a/", "created_utc": 9.0}
    http = listed("list the posts", post, {"name": "odd"}, after="t3_a")
    found, following = http.run(
        reddit.posts(http, SAMPLE.credential, SAMPLE.identity, cursor="t3_z")
    )
    assert [(one.remote_id, one.text) for one in found] == [("t3_a", "T\n\nB")]
    assert following == "t3_a"
    assert "after=t3_z" in http.asked[0].url


def test_private_messages_are_not_taken_for_mentions() -> None:
    comment = {
        "name": "t1_c",
        "author": "sam",
        "body": "Nice",
        "context": "/r/a/c/",
        "created_utc": 9,
    }
    message = {**comment, "name": "t4_m"}
    http = listed("list the mentions", comment, message)
    found, _ = http.run(
        reddit.mentions(http, SAMPLE.app, SAMPLE.credential, SAMPLE.identity, cursor="")
    )
    assert [(one.remote_id, one.author, one.text) for one in found] == [("t1_c", "sam", "Nice")]


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, {"access_token": "t", "token_type": "bearer"}, AppTest.WORKS),
        (401, {"message": "Unauthorized", "error": 401}, AppTest.REFUSED),
        (503, {}, AppTest.UNCLEAR),
    ],
)
def test_registration_is_tried_without_any_person(status, body, expected) -> None:
    http = ScriptedHttp({"check our registration": answer(status, body)})
    result, _ = http.run(reddit.test_app(http, SAMPLE.app))
    assert result is expected
