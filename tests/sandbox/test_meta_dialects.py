"""Linkkeeper's own Facebook, Instagram and Threads, asked through the dialects of the Sandbox.

What a person or Meta does there must be found here in the right words; no answer is made up.
"""

from datetime import timedelta

import pytest

from dashboard.domain.capabilities import Capability, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import AppProblem, Blocked, NoAnswer, Refused, Works
from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import NotPublished, Published
from dashboard.platforms.protocol import AppTest, Refreshed
from tests.sandbox.linked import Link

KEYS = ("facebook", "instagram", "instagram_page", "threads")
PAGES = ("facebook", "instagram_page")
OWN = ("instagram", "threads")
ONE_OF_EACH = ("facebook", "threads")
ALIKE = ("instagram", "instagram_page")
"""Of each log-in one, and those whose dialect is made of the same code."""
each = pytest.mark.parametrize("key", KEYS)


@each
def test_a_fresh_link_works_with_everything_and_its_journal_holds_no_token(
    link: Link, key: str
) -> None:
    """R32: what was asked is kept there, with what is not."""
    linked = link(key)
    outcome = linked.check()
    assert isinstance(outcome, Works)
    assert not outcome.missing
    assert linked.granted.credential.access not in str(linked.world.state()["requests"])


@pytest.mark.parametrize("key", PAGES)
def test_one_log_in_reaches_several_accounts(link: Link, key: str) -> None:
    assert len(link(key).granted.identities) > 1


DEAD = {
    "end-grant": Cause.TOKEN_RAN_OUT,
    "change-password": Cause.PASSWORD_CHANGED,
    "remove-app": Cause.APP_REMOVED,
    "log-out": Cause.TOKEN_REFUSED,
    "too-many-logins": Cause.TOKEN_REFUSED,
}


@pytest.mark.parametrize(
    ("key", "action"),
    [
        *((key, action) for key in ONE_OF_EACH for action in DEAD),
        *((k, "remove-app") for k in ALIKE),
    ],
)
def test_a_dead_link_is_refused_with_its_cause(link: Link, key: str, action: str) -> None:
    linked = link(key)
    linked.press(action)
    outcome = linked.check()
    assert isinstance(outcome, Refused)
    if key == "threads" and action == "remove-app":
        assert (outcome.cause, outcome.certain) == (Cause.TOKEN_REFUSED, False), "code 100 only"
    else:
        assert (outcome.cause, outcome.certain) == (DEAD[action], True)


@each
def test_a_blocked_account_works_again_when_its_owner_has_acted(link: Link, key: str) -> None:
    linked = link(key)
    for action, undo, cause in (
        ("suspend", "lift", Cause.ACCOUNT_SUSPENDED),
        ("ask-security-check", "confirm-security-check", Cause.SECURITY_CHECK),
    ):
        linked.press(action)
        outcome = linked.check()
        assert isinstance(outcome, Blocked)
        assert outcome.cause is cause
        linked.press(undo)
        assert isinstance(linked.check(), Works)


@each
def test_a_lost_role_is_a_lost_role_and_not_a_dead_link(link: Link, key: str) -> None:
    linked = link(key)
    linked.press("take-role", person="anna")
    outcome = linked.check()
    assert isinstance(outcome, Works)
    assert {item.kind for item in outcome.missing} == {MissingKind.ROLE}
    linked.press("give-role", person="anna")
    assert linked.check().missing == ()


@each
def test_what_was_not_ticked_is_named(link: Link, key: str) -> None:
    linked = link(key, granted=("posts:read", "mentions:read", "messages:read"))
    outcome = linked.check()
    assert isinstance(outcome, Works)
    assert {item.capability for item in outcome.missing} == {Capability.PUBLISH}
    assert isinstance(linked.publish(), NotPublished)


@pytest.mark.parametrize("key", PAGES)
def test_a_permission_that_is_withdrawn_later_is_named(link: Link, key: str) -> None:
    linked = link(key)
    linked.press("withdraw", scope="posts:write")
    assert {item.capability for item in linked.check().missing} == {Capability.PUBLISH}


@pytest.mark.parametrize("key", ONE_OF_EACH)
def test_r36_a_limit_or_an_outage_accuses_nobody(link: Link, key: str) -> None:
    linked = link(key)
    for kind in ("429", "503", "500", "html"):
        linked.world.disturb(kind, calls="all", seconds="120")
        outcome = linked.check()
        assert isinstance(outcome, NoAnswer)
        limited = kind == "429"
        assert outcome.cause is (Cause.RATE_LIMITED if limited else Cause.PLATFORM_DOWN)
        assert outcome.retry_after == (timedelta(seconds=120) if limited else None)


@each
def test_what_is_published_there_is_listed_here(link: Link, key: str) -> None:
    linked = link(key)
    outcome = linked.publish("Rye bread on Friday")
    assert isinstance(outcome, Published)
    assert any("Rye bread on Friday" in post.text for post in linked.posts()[0])


@each
def test_comments_and_mentions_are_listed(link: Link, key: str) -> None:
    linked = link(key)
    linked.press("mention", text="The best rye of the town")
    credential = linked.granted.credential
    talk = linked.platform.mentions(linked.http, linked.app, credential, linked.identity, cursor="")
    found, _ = linked.ask(talk)
    if key != "instagram":  # its own log-in lists comments only
        assert "The best rye of the town" in {one.text for one in found}
    assert found
    assert all(one.author and one.text for one in found)


@pytest.mark.parametrize("key", OWN)
def test_a_token_renews_itself_and_the_renewed_one_works(link: Link, key: str) -> None:
    linked = link(key)
    renewed = linked.refresh()
    assert isinstance(renewed, Refreshed)
    assert isinstance(linked.check(renewed.credential), Works)


@pytest.mark.parametrize("key", PAGES)
def test_giving_back_ends_the_permission_there(link: Link, key: str) -> None:
    linked = link(key)
    linked.ask(linked.platform.revoke(linked.http, linked.app, linked.granted.credential))
    assert isinstance(linked.check(), Refused)


@pytest.mark.parametrize("key", ["facebook", "instagram_page", "threads"])
def test_a_registration_is_tested_without_a_person(link: Link, key: str) -> None:
    linked = link(key)
    assert linked.ask(linked.platform.test_app(linked.http, linked.app))[0] is AppTest.WORKS
    wrong = linked.platform.app(f"linkkeeper-{key}", "another secret", {})
    assert linked.ask(linked.platform.test_app(linked.http, wrong))[0] is AppTest.REFUSED


@each
def test_a_wrong_secret_is_our_problem_and_is_told_at_the_log_in(link: Link, key: str) -> None:
    linked = link(key)
    wrong = linked.platform.app(f"linkkeeper-{key}", "another secret", {})
    talk = linked.platform.finish(
        linked.http, wrong, code="c", verifier="", redirect_uri="r", now=linked.watch.at
    )
    with pytest.raises(PlatformError) as caught:
        linked.ask(talk)
    assert caught.value.kind == "app_problem"
    assert not isinstance(linked.check(), AppProblem)
