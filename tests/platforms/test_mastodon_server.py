"""Linkkeeper against a Mastodon server that we did not write, over real HTTP on loopback."""

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.adapters.http import HttpClient
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, NoAnswer, Refused, Works
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import InvalidInputError, PlatformError
from dashboard.domain.links import Identity
from dashboard.platforms.mastodon import Mastodon
from dashboard.platforms.protocol import Granted
from tests.doubles.mastodon import OTHER, MastodonDouble
from tests.fakes import START

BACK = "http://127.0.0.1:8000/link/back/7"
VERIFY = "/api/v1/accounts/verify_credentials"
mastodon = Mastodon()


@pytest.fixture(scope="module")
def server() -> Iterator[MastodonDouble]:
    with MastodonDouble() as server:
        yield server


@pytest.fixture(scope="module")
def client(server: MastodonDouble) -> Iterator[HttpClient]:
    client = HttpClient(user_agent="test", allow_private_hosts=frozenset({server.place}))
    yield client
    client.close()


@pytest.fixture(autouse=True)
def honest(server: MastodonDouble) -> Iterator[None]:
    yield
    server.forget_faults()


def register(server: MastodonDouble, client: HttpClient, app: App | None = None) -> App | None:
    return client.run(mastodon.prepare(client, app, {"server": server.origin}, BACK))


def link(server: MastodonDouble, client: HttpClient, username: str = "bakery") -> Granted:
    app = register(server, client)
    start = mastodon.start(app, redirect_uri=BACK, state="s1", typed={}, choose_person=False)
    back = parse_qs(urlsplit(server.consent(start.url, username)).query)
    assert back["state"] == ["s1"]
    talk = mastodon.finish(
        client, app, code=back["code"][0], verifier=start.verifier, redirect_uri=BACK, now=START
    )
    return client.run(talk)


def ask(client: HttpClient, granted: Granted, identity: Identity | None = None) -> object:
    (own,) = granted.identities
    return client.run(mastodon.check(client, None, granted.credential, identity or own))


def test_an_account_is_linked_and_works(server: MastodonDouble, client: HttpClient) -> None:
    granted = link(server, client)
    (identity,) = granted.identities
    assert identity.remote_id.endswith(f"@{server.place}")
    assert identity.handle == f"@bakery@{server.place}"
    assert granted.subject.name == "Bakery Jansen"
    assert granted.credential.extra == {"server": server.origin}
    assert granted.credential.expires_at is None
    assert ask(client, granted) == Works()


def test_two_people_of_one_server_are_two_identities(
    server: MastodonDouble, client: HttpClient
) -> None:
    """R28: what tells them apart is stable and belongs to the server."""
    bakery, florist = link(server, client), link(server, client, OTHER)
    assert bakery.identities[0].remote_id != florist.identities[0].remote_id
    outcome = ask(client, bakery, florist.identities[0])
    assert isinstance(outcome, NoAnswer), "a token of somebody else proves nothing"


def test_its_posts_are_listed_as_plain_text_without_private_ones(
    server: MastodonDouble, client: HttpClient
) -> None:
    granted = link(server, client)
    (identity,) = granted.identities
    posts, following = client.run(mastodon.posts(client, granted.credential, identity, cursor=""))
    assert [post.text for post in posts] == [
        "Cinnamon buns <today> & tomorrow.",
        "Fresh bread from seven o'clock.",
    ]
    assert all(post.url and post.published_at.tzinfo for post in posts)
    rest, end = client.run(mastodon.posts(client, granted.credential, identity, cursor=following))
    assert (rest, end) == ([], "")


def test_a_token_that_was_taken_back_is_refused(server: MastodonDouble, client: HttpClient) -> None:
    granted = link(server, client, OTHER)
    server.revoke(OTHER)
    outcome = ask(client, granted)
    assert isinstance(outcome, Refused)
    assert outcome.cause is Cause.TOKEN_REFUSED
    assert outcome.certain


def test_r38_giving_the_permission_back_ends_the_token(
    server: MastodonDouble, client: HttpClient
) -> None:
    granted = link(server, client, OTHER)
    app = register(server, client)
    client.run(mastodon.revoke(client, app, granted.credential))
    assert isinstance(ask(client, granted), Refused)


def test_a_closed_log_in_blocks_and_does_not_accuse(
    server: MastodonDouble, client: HttpClient
) -> None:
    granted = link(server, client)
    server.fail(VERIFY, status=403, body={"error": "Your login is currently disabled"})
    outcome = ask(client, granted)
    assert isinstance(outcome, Blocked)
    assert outcome.cause is Cause.ACCOUNT_SUSPENDED


@pytest.mark.parametrize(
    ("effect", "cause"),
    [
        ({"type": "status", "status": 503}, Cause.PLATFORM_DOWN),
        ({"type": "ratelimit"}, Cause.RATE_LIMITED),
        ({"type": "malformed"}, Cause.PLATFORM_DOWN),
    ],
)
def test_r36_trouble_of_the_server_is_no_refusal(
    server: MastodonDouble, client: HttpClient, effect: dict[str, object], cause: Cause
) -> None:
    granted = link(server, client)
    server.fail(VERIFY, **effect)
    outcome = ask(client, granted)
    assert isinstance(outcome, NoAnswer)
    assert outcome.cause is cause
    server.forget_faults()
    assert ask(client, granted) == Works(), "and afterwards the same token works"


def test_a_registration_is_used_again_until_the_server_forgets_it(
    server: MastodonDouble, client: HttpClient
) -> None:
    app = register(server, client)
    assert register(server, client, app) is app
    server.fail(
        "/oauth/token",
        status=401,
        body={"error": "invalid_client", "error_description": "unknown client"},
        count=1,
    )
    assert register(server, client, app) is None
    assert register(server, client).client_id != app.client_id


def test_a_wrong_code_changes_nothing_and_is_said(
    server: MastodonDouble, client: HttpClient
) -> None:
    app = register(server, client)
    with pytest.raises(PlatformError) as raised:
        client.run(
            mastodon.finish(
                client, app, code="forged", verifier="v" * 43, redirect_uri=BACK, now=START
            )
        )
    assert raised.value.kind == "refused"


def test_r40_a_server_on_a_private_address_is_refused_at_the_field(
    server: MastodonDouble, client: HttpClient
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        client.run(mastodon.prepare(client, None, {"server": "https://127.0.0.1"}, BACK))
    assert raised.value.field == "server"


def test_r32_a_token_is_sent_only_to_the_server_that_gave_it(
    server: MastodonDouble, client: HttpClient
) -> None:
    granted = link(server, client)
    elsewhere = replace(granted.credential, extra={"server": "https://127.0.0.1:1"})
    app = register(server, client)
    client.run(mastodon.revoke(client, app, elsewhere))
    assert ask(client, granted) == Works(), "nothing was revoked at another server's word"
    assert isinstance(elsewhere, Credential)
