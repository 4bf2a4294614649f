"""Linkkeeper against the Sandbox itself, over real HTTP on loopback: what each button comes to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.domain.capabilities import Capability, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, NeedsRefresh, NoAnswer, Refused, Works
from dashboard.domain.credentials import App
from dashboard.domain.wire import NoAnswerError
from dashboard.platforms.protocol import Granted, Refreshed, RefreshRefused, RefreshUnclear
from tests.town import PAGE, Town, running_town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with running_town(tmp_path) as town:
        yield town


@pytest.fixture
def app(town: Town) -> App:
    return town.register()


@pytest.fixture
def granted(town: Town, app: App) -> Granted:
    return town.link(app)


def test_a_page_is_linked_and_works(town: Town, app: App, granted: Granted) -> None:
    assert [identity.remote_id for identity in granted.identities] == [PAGE]
    assert granted.identities[0].avatar_url.startswith("http://127.0.0.1:")
    assert granted.credential.expires_at is not None
    assert granted.credential.scopes == set(app.scopes)
    assert town.check(granted) == Works()


def test_one_log_in_brings_several_pages(town: Town, app: App) -> None:
    state = town.app.test_client().get("/control/state.json").json
    mine = [page["id"] for page in state["accounts"]][:2]
    granted = town.link(app, *mine)
    reached = {identity.remote_id for identity in granted.identities}
    assert reached <= set(mine)
    assert reached


def test_an_old_access_token_is_renewed_once_and_works(
    town: Town, app: App, granted: Granted
) -> None:
    town.press("expire-access")
    assert isinstance(town.check(granted), NeedsRefresh)
    outcome = town.refresh(app, granted.credential)
    assert isinstance(outcome, Refreshed)
    assert outcome.credential.refresh != granted.credential.refresh
    assert town.check(granted, outcome.credential) == Works()


@pytest.mark.parametrize(
    ("button", "cause"),
    [
        ("change-password", Cause.PASSWORD_CHANGED),
        ("too-many-logins", Cause.TOO_MANY_LOGINS),
        ("log-out", Cause.LOGGED_OUT),
        ("remove-app", Cause.APP_REMOVED),
    ],
)
def test_each_end_of_a_link_is_found_with_its_cause(
    town: Town, app: App, granted: Granted, button: str, cause: Cause
) -> None:
    town.press(button)
    outcome = town.check(granted)
    assert isinstance(outcome, Refused)
    assert (outcome.cause, outcome.certain) == (cause, True)
    refused = town.refresh(app, granted.credential)
    assert isinstance(refused, RefreshRefused)
    assert refused.cause is cause


def test_a_permission_that_ran_out_shows_at_the_refresh(
    town: Town, app: App, granted: Granted
) -> None:
    town.press("end-grant")
    assert isinstance(town.check(granted), NeedsRefresh)
    refused = town.refresh(app, granted.credential)
    assert isinstance(refused, RefreshRefused)
    assert refused.cause is Cause.TOKEN_RAN_OUT


@pytest.mark.parametrize(
    ("button", "cause"),
    [
        ("suspend", Cause.ACCOUNT_SUSPENDED),
        ("ask-security-check", Cause.SECURITY_CHECK),
        ("deactivate", Cause.ACCOUNT_DEACTIVATED),
        ("delete", Cause.ACCOUNT_GONE),
    ],
)
def test_what_the_owner_must_act_on_blocks_and_heals(
    town: Town, granted: Granted, button: str, cause: Cause
) -> None:
    town.press(button)
    outcome = town.check(granted)
    assert isinstance(outcome, Blocked)
    assert outcome.cause is cause
    town.press("heal")
    assert town.check(granted) == Works()


def test_a_withdrawn_permission_is_named(town: Town, granted: Granted) -> None:
    town.press("withdraw", scope="posts:write")
    (missing,) = town.check(granted).missing
    assert (missing.capability, missing.kind) == (Capability.PUBLISH, MissingKind.PERMISSION)
    assert missing.what == "posts:write"


def test_what_was_not_ticked_is_named_at_once(town: Town, app: App) -> None:
    granted = town.link(app, granted="profile posts:read")
    missing = {item.what for item in town.check(granted).missing}
    assert missing == {"posts:write", "mentions:read", "messages:read"}


def test_a_lost_role_is_told_apart_from_a_dead_link(town: Town, granted: Granted) -> None:
    town.press("take-role")
    outcome = town.check(granted)
    assert isinstance(outcome, Works)
    assert {item.kind for item in outcome.missing} == {MissingKind.ROLE}


def test_a_date_for_the_renewal_is_passed_on(town: Town, granted: Granted) -> None:
    town.press("renew-by", days="9")
    assert town.check(granted).renew_by is not None


@pytest.mark.parametrize("kind", ["500", "503", "429", "html", "truncate"])
def test_r36_a_disturbed_platform_accuses_nobody(
    town: Town, app: App, granted: Granted, kind: str
) -> None:
    town.disturb(kind, seconds="7")
    assert isinstance(town.check(granted), NoAnswer)
    assert isinstance(town.refresh(app, granted.credential), RefreshUnclear)


@pytest.mark.parametrize("kind", ["drop_after", "redirect"])
def test_r36_a_cut_line_accuses_nobody(town: Town, app: App, granted: Granted, kind: str) -> None:
    town.disturb(kind)
    with pytest.raises(NoAnswerError):
        town.check(granted)
    assert isinstance(town.refresh(app, granted.credential), RefreshUnclear)


def test_r35_a_lost_renewal_of_a_strict_platform_ends_as_lost_answer(
    town: Town, app: App, granted: Granted
) -> None:
    town.disturb("drop_after", calls="token", count="1")
    lost = town.refresh(app, granted.credential)
    assert isinstance(lost, RefreshUnclear)
    assert lost.may_have_happened
    again = town.refresh(app, granted.credential)
    assert isinstance(again, RefreshRefused)
    assert again.cause is Cause.ANSWER_LOST


def test_a_wrong_secret_is_our_own_problem_and_not_the_links(
    town: Town, app: App, granted: Granted
) -> None:
    town.app.test_client().post(f"/control/apps/{app.client_id}/change-secret")
    outcome = town.refresh(app, granted.credential)
    assert isinstance(outcome, RefreshUnclear)
    assert outcome.app_problem
    assert town.check(granted) == Works()


def test_posts_are_listed_to_the_end(town: Town, granted: Granted) -> None:
    seen: list[str] = []
    cursor, pages = "", 0
    while cursor or not pages:
        found, cursor = town.http.run(
            town.platform.posts(town.http, granted.credential, granted.identities[0], cursor=cursor)
        )
        seen += [post.remote_id for post in found]
        pages += 1
    assert len(seen) == len(set(seen)) > 0


def test_r38_giving_back_ends_the_permission(town: Town, app: App, granted: Granted) -> None:
    town.http.run(town.platform.revoke(town.http, app, granted.credential))
    outcome = town.check(granted)
    assert isinstance(outcome, Refused)
    assert outcome.cause is Cause.LOGGED_OUT
