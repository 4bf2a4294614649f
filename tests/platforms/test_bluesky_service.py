"""Linkkeeper against a Bluesky service on loopback, over real HTTP."""

from collections.abc import Iterator

import pytest

from dashboard.adapters.http import HttpClient
from dashboard.domain.capabilities import Capability
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, NeedsRefresh, NoAnswer, Works
from dashboard.domain.credentials import Credential
from dashboard.domain.errors import InvalidInputError, PlatformError
from dashboard.domain.wire import NoAnswerError
from dashboard.platforms.bluesky import Bluesky
from dashboard.platforms.protocol import Granted, Refreshed, RefreshRefused, RefreshUnclear
from tests.doubles.pds import Pds
from tests.fakes import START

bluesky = Bluesky()
REFRESH = "com.atproto.server.refreshSession"


@pytest.fixture
def pds() -> Iterator[Pds]:
    with Pds() as pds:
        yield pds


@pytest.fixture
def client(pds: Pds) -> Iterator[HttpClient]:
    client = HttpClient(user_agent="test", allow_private_hosts=frozenset({pds.place}))
    yield client
    client.close()


def typed(pds: Pds, password: str = "priv-priv-priv-priv", **more: str) -> dict[str, str]:
    return {"service": pds.origin, "handle": "@Bakery.bsky.example ", "password": password} | more


def link(pds: Pds, client: HttpClient, password: str = "priv-priv-priv-priv") -> Granted:
    return client.run(bluesky.sign_in(client, typed(pds, password), now=START))


def ask(client: HttpClient, granted: Granted, credential: Credential | None = None) -> object:
    (own,) = granted.identities
    return client.run(bluesky.check(client, None, credential or granted.credential, own))


def renew(client: HttpClient, credential: Credential) -> object:
    return client.run(bluesky.refresh(client, None, credential, now=START))


def test_an_account_is_linked_by_app_password_and_works(pds: Pds, client: HttpClient) -> None:
    granted = link(pds, client)
    (identity,) = granted.identities
    assert identity.remote_id == pds.person.did
    assert identity.name == "Bakery Jansen"
    assert identity.handle == "@bakery.bsky.example"
    assert granted.credential.extra == {
        "service": pds.origin,
        "pds": pds.origin,
        "did": pds.person.did,
    }
    assert granted.credential.expires_at is not None
    assert granted.credential.refresh_expires_at is not None
    assert ask(client, granted) == Works()
    assert pds.logins == 1, "a check never logs in"


def test_r30_an_app_password_without_messages_is_named_as_a_limit(
    pds: Pds, client: HttpClient
) -> None:
    outcome = ask(client, link(pds, client, "abcd-efgh-ijkl-mnop"))
    assert isinstance(outcome, Works)
    (missing,) = outcome.missing
    assert missing.capability is Capability.READ_MESSAGES
    assert missing.label == "read direct messages"
    assert missing.grant_url.startswith("https://bsky.app/")


def test_the_main_password_is_refused_and_its_session_ended(pds: Pds, client: HttpClient) -> None:
    with pytest.raises(InvalidInputError) as raised:
        link(pds, client, pds.person.password)
    assert raised.value.field == "password"
    assert "main password" in raised.value.why
    assert pds.asked[-1] == "com.atproto.server.deleteSession"


def test_a_wrong_app_password_is_said_at_its_field(pds: Pds, client: HttpClient) -> None:
    with pytest.raises(InvalidInputError) as raised:
        link(pds, client, "wron-gwro-ngwr-ongw")
    assert raised.value.field == "password"


def test_a_code_by_e_mail_means_the_main_password(pds: Pds, client: HttpClient) -> None:
    body = {"error": "AuthFactorTokenRequired", "message": "A sign in code has been sent"}
    pds.fail(status=401, body=body)
    with pytest.raises(InvalidInputError) as raised:
        link(pds, client)
    assert "app password" in raised.value.why


def test_r36_an_outage_at_the_log_in_accuses_no_password(pds: Pds, client: HttpClient) -> None:
    pds.fail(status=502, text="<html>Bad Gateway</html>")
    with pytest.raises(PlatformError) as raised:
        link(pds, client)
    assert raised.value.kind == "silent"


def test_an_old_access_token_is_renewed_and_works_again(pds: Pds, client: HttpClient) -> None:
    granted = link(pds, client)
    pds.expire_access()
    assert isinstance(ask(client, granted), NeedsRefresh)
    outcome = renew(client, granted.credential)
    assert isinstance(outcome, Refreshed)
    assert outcome.credential.refresh != granted.credential.refresh
    assert outcome.credential.extra == granted.credential.extra
    assert ask(client, granted, outcome.credential) == Works()


def test_a_deleted_app_password_shows_at_the_next_refresh(pds: Pds, client: HttpClient) -> None:
    granted = link(pds, client)
    pds.delete_app_passwords()
    assert ask(client, granted) == Works(), "access tokens are not looked up"
    pds.expire_access()
    assert isinstance(ask(client, granted), NeedsRefresh)
    outcome = renew(client, granted.credential)
    assert isinstance(outcome, RefreshRefused)
    assert outcome.cause is Cause.TOKEN_REFUSED


def test_r35_a_lost_answer_is_unclear_and_the_old_token_yields_the_same_session(
    pds: Pds, client: HttpClient
) -> None:
    granted = link(pds, client)
    pds.fail(method=REFRESH, status=502, text="", after=True)
    lost = renew(client, granted.credential)
    assert isinstance(lost, RefreshUnclear)
    assert lost.may_have_happened
    again = renew(client, granted.credential)
    assert isinstance(again, Refreshed)


@pytest.mark.parametrize(
    ("act", "cause"),
    [
        ("deactivate", Cause.ACCOUNT_DEACTIVATED),
        ("take_down", Cause.ACCOUNT_SUSPENDED),
        ("delete", Cause.ACCOUNT_GONE),
    ],
)
def test_what_became_of_the_account_is_told_apart(
    pds: Pds, client: HttpClient, act: str, cause: Cause
) -> None:
    granted = link(pds, client)
    getattr(pds, act)()
    outcome = ask(client, granted)
    assert isinstance(outcome, Blocked)
    assert outcome.cause is cause


def test_an_account_that_is_switched_on_again_works_again(pds: Pds, client: HttpClient) -> None:
    granted = link(pds, client)
    pds.deactivate()
    pds.activate()
    assert ask(client, granted) == Works()


def test_posts_come_page_by_page_to_the_end(pds: Pds, client: HttpClient) -> None:
    for day in range(1, 121):
        pds.post(f"Bread {day}", at=f"2026-0{1 + day // 31}-{1 + day % 28:02}T07:00:00Z")
    granted = link(pds, client)
    (identity,) = granted.identities
    seen: list[str] = []
    cursor, pages = "", 0
    while cursor or not pages:
        posts, cursor = client.run(
            bluesky.posts(client, granted.credential, identity, cursor=cursor)
        )
        seen += [post.remote_id for post in posts]
        pages += 1
    assert (pages, len(set(seen))) == (2, 122)


def test_posts_with_an_old_token_ask_for_a_refresh(pds: Pds, client: HttpClient) -> None:
    granted = link(pds, client)
    pds.expire_access()
    with pytest.raises(PlatformError) as raised:
        client.run(bluesky.posts(client, granted.credential, granted.identities[0], cursor=""))
    assert raised.value.kind == "refresh_due"


def test_r38_unlinking_ends_the_session(pds: Pds, client: HttpClient) -> None:
    granted = link(pds, client)
    client.run(bluesky.revoke(client, None, granted.credential))
    assert isinstance(renew(client, granted.credential), RefreshRefused)


def test_a_service_that_is_gone_is_silence(pds: Pds, client: HttpClient) -> None:
    granted = link(pds, client)
    pds.stop()
    with pytest.raises(NoAnswerError):
        ask(client, granted)
    outcome = renew(client, granted.credential)
    assert isinstance(outcome, RefreshUnclear)
    assert not outcome.may_have_happened


def test_r45_the_wait_that_the_service_asks_for_is_kept(pds: Pds, client: HttpClient) -> None:
    granted = link(pds, client)
    body = {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
    pds.fail(status=429, body=body, headers={"Retry-After": "90"})
    outcome = ask(client, granted)
    assert isinstance(outcome, NoAnswer)
    assert outcome.retry_after is not None
    assert outcome.retry_after.total_seconds() == 90
