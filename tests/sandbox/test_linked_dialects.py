"""What is done in a dialect is found by Linkkeeper's own adapter: what holds for all of them.

What is special to one of them stands in the file of that dialect.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from dashboard.domain.capabilities import MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import AppProblem, Blocked, NeedsRefresh, NoAnswer, Works
from dashboard.domain.publishing import Published
from dashboard.platforms.protocol import AppTest, ListsMentions, Refreshed, RefreshRefused, Revokes
from tests.sandbox.linked import EVERY, Link, log_in

KEYS = ("youtube", "google_business", "tiktok", "pinterest", "x")
each = pytest.mark.parametrize("key", KEYS)


@each
def test_a_fresh_link_works_renews_and_is_worth_nothing_once_removed(link: Link, key: str) -> None:
    linked = link(key)
    found = linked.check()
    assert isinstance(found, Works), found
    assert found.missing == ()
    linked.watch.at += timedelta(days=31)
    assert isinstance(linked.check(), NeedsRefresh), "the access token is old"
    renewed = linked.refresh()
    assert isinstance(renewed, Refreshed)
    assert isinstance(linked.check(renewed.credential), Works)
    linked.press("remove-app")
    assert isinstance(linked.check(renewed.credential), NeedsRefresh)
    assert isinstance(linked.refresh(), RefreshRefused)


@each
def test_our_registration_is_known_and_a_wrong_secret_is_ours(link: Link, key: str) -> None:
    linked = link(key)
    assert linked.ask(linked.platform.test_app(linked.http, linked.app))[0] is AppTest.WORKS
    wrong = replace(linked.app, client_secret="wrong")
    assert linked.ask(linked.platform.test_app(linked.http, wrong))[0] is AppTest.REFUSED
    assert linked.refresh(client_secret="wrong").app_problem


@pytest.mark.parametrize(
    ("key", "action", "missing"),
    [
        ("youtube", "take-role", "channels.list"),
        ("google_business", "take-role", "PERMISSION_DENIED"),
        ("pinterest", "take-role", "29"),
    ],
)
def test_a_lost_role_is_missing_and_no_dead_link(
    link: Link, key: str, action: str, missing: str
) -> None:
    linked = link(key)
    linked.press(action)
    found = linked.check()
    assert isinstance(found, Works)
    assert {item.what for item in found.missing} == {missing}


@pytest.mark.parametrize(
    ("key", "action", "cause"),
    [
        ("youtube", "suspend", Cause.ACCOUNT_SUSPENDED),
        ("youtube", "deactivate", Cause.ACCOUNT_GONE),
        ("tiktok", "suspend", Cause.ACCOUNT_SUSPENDED),
        ("x", "suspend", Cause.ACCOUNT_SUSPENDED),
        ("x", "take-role", Cause.SHUT_OUT),
        ("pinterest", "suspend", Cause.ACCOUNT_SUSPENDED),
        ("pinterest", "ask-security-check", Cause.SECURITY_CHECK),
    ],
)
def test_a_closed_account_is_blocked(link: Link, key: str, action: str, cause: Cause) -> None:
    linked = link(key)
    linked.press(action)
    found = linked.check()
    assert isinstance(found, Blocked)
    assert found.cause is cause


@each
def test_limits_and_outages_accuse_nobody(link: Link, key: str) -> None:
    linked = link(key)
    for kind, cause in (("429", Cause.RATE_LIMITED), ("503", Cause.PLATFORM_DOWN)):
        linked.world.disturb(kind, calls="all", seconds="60")
        found = linked.check()
        assert isinstance(found, NoAnswer)
        assert found.cause is cause
        linked.watch.forward(minutes=2)


@each
def test_posts_and_mentions_are_read_page_by_page_to_the_end(link: Link, key: str) -> None:
    linked = link(key)
    linked.press("post", text="Fresh bread today")
    texts, cursor = [], ""
    for _ in range(30):
        found, cursor = linked.posts(cursor)
        texts += [post.text for post in found]
        if not cursor:
            break
    assert not cursor
    assert "Fresh bread today" in texts[0]
    assert len(texts) > 1
    if isinstance(linked.platform, ListsMentions):
        linked.press("mention", text="Lovely bread")
        given, of = linked.granted.credential, linked.identity
        talk = linked.platform.mentions(linked.http, linked.app, given, of, cursor="")
        assert "Lovely bread" in linked.ask(talk)[0][0].text


@pytest.mark.parametrize("key", ["google_business", "pinterest", "x"])
def test_a_post_goes_out_once_and_is_listed(link: Link, key: str) -> None:
    linked = link(key)
    assert isinstance(linked.publish(), Published)
    assert "Written in Linkkeeper" in linked.posts()[0][0].text


@each
def test_a_permission_given_back_is_over(link: Link, key: str) -> None:
    linked = link(key)
    if not isinstance(linked.platform, Revokes):
        assert key == "pinterest", "only people can take it away there"
        return
    talk = linked.platform.revoke(linked.http, linked.app, linked.granted.credential)
    linked.ask(talk)
    assert isinstance(linked.check(), NeedsRefresh)
    assert isinstance(linked.refresh(), RefreshRefused)


@pytest.mark.parametrize("key", ["facebook", "instagram_page"])
def test_meta_tells_until_when_a_person_need_not_confirm(link: Link, key: str) -> None:
    linked = link(key)
    assert linked.check().renew_by == linked.watch.at + timedelta(days=90)
    linked.press("shorten-consents", days="5")
    renewed = log_in(linked.world, key, EVERY)
    assert linked.check(renewed.credential).renew_by == linked.watch.at + timedelta(days=5)
    linked.press("shorten-consents")
    renewed = log_in(linked.world, key, EVERY)
    assert linked.check(renewed.credential).renew_by == linked.watch.at + timedelta(days=90)


@pytest.mark.parametrize("key", ["instagram", "instagram_page", "pinterest"])
def test_a_personal_account_is_of_the_wrong_type(link: Link, key: str) -> None:
    linked = link(key)
    linked.press("make-personal")
    found = linked.check()
    assert isinstance(found, Works)
    assert {item.kind for item in found.missing} == {MissingKind.ACCOUNT_TYPE}
    linked.press("make-professional")
    assert not linked.check().missing


@pytest.mark.parametrize("key", ["facebook", "instagram", "threads", "linkedin", "x", "youtube"])
def test_an_app_that_is_refused_is_no_fault_of_the_link(link: Link, key: str) -> None:
    linked = link(key)
    linked.world.disturb("refuse_app")
    assert isinstance(linked.check(), AppProblem)
