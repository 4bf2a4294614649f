"""Linkkeeper's Bluesky through its dialect, which checks every proof by itself."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc import jwt

from dashboard.domain.capabilities import Capability
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, NeedsRefresh, NoAnswer, Refused, Works
from dashboard.domain.credentials import Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import Outgoing, Picture, Published
from dashboard.domain.wire import Answer, Ask
from dashboard.platforms import available
from dashboard.platforms.atproto_log_in.proofs import new_key, opened
from dashboard.platforms.bluesky.own_log_in import FIELD
from dashboard.platforms.protocol import (
    Granted,
    Refreshed,
    RefreshRefused,
    RefreshUnclear,
)
from tests.fakes import ScriptedHttp
from tests.sandbox.driving import Driver, Watch, copied, open_app

BASE = "http://127.0.0.1:9999"
OURS = "http://127.0.0.1:8000"
BACK = f"{OURS}/link/back/bluesky"
EVERY = ("posts:read", "posts:write", "mentions:read", "messages:read")
BAKERY, CLUB = "bakeryjansen.bsky.example", "fcwaterhoven.bsky.example"
PICTURE = Picture(data=b"\x89PNG", media_type="image/png", alt="Bread", url="")


class InProcess(ScriptedHttp):
    """Asks the Sandbox itself, without a network; `spoil` may change a question on its way."""

    client: FlaskClient
    spoil: Callable[[Ask], Ask] | None = None

    async def send(self, ask: Ask) -> Answer:
        ask = self.spoil(ask) if self.spoil else ask
        self.asked.append(ask)
        parts = urlsplit(ask.url)
        body: dict[str, Any] = {"data": ask.raw if ask.raw is not None else ask.form}
        if ask.json is not None:
            body = {"json": ask.json}
        address = f"{parts.path}?{parts.query}" if parts.query else parts.path
        said = self.client.open(
            address, base_url=BASE, method=ask.method, headers=dict(ask.headers), **body
        )
        names = {name.lower(): value for name, value in said.headers.items()}
        return Answer(status=said.status_code, headers=names, body=said.data)


@dataclass
class Linked:
    """The bakery's account, linked as a person would have done it."""

    world: Driver
    watch: Watch
    platform: Any
    app: Any
    http: InProcess
    granted: Granted

    @property
    def credential(self) -> Credential:
        return self.granted.credential

    @property
    def identity(self) -> Any:
        return self.granted.identities[0]

    def ask(self, talk: Any) -> Any:
        return self.http.run(talk)

    def check(self, credential: Credential | None = None) -> Any:
        credential = credential or self.credential
        return self.ask(self.platform.check(self.http, self.app, credential, self.identity))

    def refresh(self, credential: Credential | None = None) -> Any:
        credential = credential or self.credential
        return self.ask(self.platform.refresh(self.http, self.app, credential, now=self.watch.at))

    def press(self, action: str, **fields: str) -> None:
        answer = self.world.press(action, handle="bluesky_bakeryjansen", **fields)
        assert answer.status_code == 200, answer.text

    def spoil(self, change: Callable[[Ask], Ask]) -> None:
        self.http.spoil = change


@dataclass
class Town:
    """The Sandbox with its dialects, and our Bluesky that speaks through it."""

    world: Driver
    watch: Watch
    platform: Any
    app: Any
    http: InProcess

    def set_out(self, name: str = BAKERY, **more: Any) -> Any:
        talk = self.platform.set_out(
            self.http, self.app, {FIELD: name}, state="s" * 43, **{"remote_id": "", **more}
        )
        return self.http.run(talk)

    def allow(self, start: Any, person: str, granted: tuple[str, ...] = EVERY) -> dict[str, str]:
        """Log in there and say yes; what the browser brings back."""
        self.world.log_in(person)
        parts = urlsplit(start.url)
        page = self.world.client.get(f"{parts.path}?{parts.query}")
        assert "Linkkeeper asks for your permission" in page.text
        form = dict(parse_qs(parts.query)) | {"decision": ["allow"], "granted": list(granted)}
        ids = [one["id"] for one in self.world.state()["accounts"] if one["network"] == "bluesky"]
        form["account"] = [one for one in ids if f'value="{one}"' in page.text]
        back = self.world.client.post(parts.path, data=form)
        return {name: values[0] for name, values in parse_qs(urlsplit(back.location).query).items()}

    def arrive(self, start: Any, said: dict[str, str]) -> Granted:
        granted: Granted = self.http.run(
            self.platform.arrive(
                self.http,
                self.app,
                code=said["code"],
                issuer=said["iss"],
                verifier=start.verifier,
                now=self.watch.at,
            )
        )
        return granted

    def link(self, granted: tuple[str, ...] = EVERY) -> Linked:
        start = self.set_out()
        came = self.arrive(start, self.allow(start, "anna", granted))
        return Linked(self.world, self.watch, self.platform, self.app, self.http, came)


@pytest.fixture
def town(tmp_path: Path, many_towns: Path, watch: Watch) -> Town:
    app = open_app(copied(many_towns, tmp_path), watch, with_dialects=True)
    world, http = Driver(client=app.test_client()), InProcess()
    http.client = world.client
    platform: Any = available(BASE, dialects=True, clock=watch)["bluesky"]
    known_as = platform.client_id(OURS, BACK)
    return Town(world, watch, platform, platform.new_client(known_as, BACK), http)


@pytest.fixture
def linked(town: Town) -> Linked:
    return town.link()


def test_an_account_is_found_by_its_name_linked_and_works(linked: Linked) -> None:
    assert linked.identity.handle == f"@{BAKERY}"
    assert linked.identity.name == "Bakery Jansen on Bluesky"
    assert linked.credential.scopes == {
        "atproto",
        "transition:generic",
        "transition:chat.bsky",
    }
    found = linked.check()
    assert found == Works(renew_by=linked.watch.at + timedelta(days=14))


def test_servers_give_their_number_first_and_each_question_is_then_asked_once(
    linked: Linked,
) -> None:
    linked.http.asked.clear()
    linked.check()
    linked.check()
    assert [ask.call for ask in linked.http.asked] == ["read the session"] * 2
    linked.watch.forward(minutes=7)
    linked.check()
    assert len(linked.http.asked) == 4, "the number was too old, and is asked for once"
    assert isinstance(linked.check(), Works)


def test_r30_what_was_not_allowed_is_named(town: Town) -> None:
    found = town.link(("posts:read", "posts:write", "mentions:read")).check()
    assert isinstance(found, Works)
    assert {(item.capability, item.label) for item in found.missing} == {
        (Capability.READ_MESSAGES, "read direct messages")
    }


def test_an_old_access_token_is_renewed_and_the_new_one_works(linked: Linked) -> None:
    linked.watch.forward(hours=2)
    assert isinstance(linked.check(), NeedsRefresh)
    renewed = linked.refresh()
    assert isinstance(renewed, Refreshed)
    assert renewed.credential.refresh != linked.credential.refresh
    assert renewed.credential.extra == linked.credential.extra
    assert isinstance(linked.check(renewed.credential), Works)


def test_a_refresh_token_that_comes_back_ends_the_consent(linked: Linked) -> None:
    renewed = linked.refresh()
    replayed = linked.refresh()
    assert isinstance(replayed, RefreshRefused)
    assert replayed.cause is Cause.TOKEN_REFUSED
    assert "replayed" in replayed.evidence.text
    assert isinstance(linked.check(renewed.credential), NeedsRefresh)


def test_r35_a_renewal_whose_answer_is_lost_is_unclear(linked: Linked) -> None:
    linked.world.disturb("503", calls="token")
    lost = linked.refresh()
    assert isinstance(lost, RefreshUnclear)
    assert lost.may_have_happened


@pytest.mark.parametrize(
    ("action", "cause"),
    [
        ("suspend", Cause.ACCOUNT_SUSPENDED),
        ("deactivate", Cause.ACCOUNT_DEACTIVATED),
        ("delete", Cause.ACCOUNT_GONE),
    ],
)
def test_what_became_of_the_account_is_told_apart(
    linked: Linked, action: str, cause: Cause
) -> None:
    linked.press(action)
    found = linked.check()
    assert isinstance(found, Blocked)
    assert found.cause is cause


@pytest.mark.parametrize("action", ["remove-app", "change-password", "log-out"])
def test_a_consent_that_was_taken_away_is_refused_and_no_reason_made_up(
    linked: Linked, action: str
) -> None:
    linked.press(action)
    assert isinstance(linked.check(), NeedsRefresh)
    refused = linked.refresh()
    assert isinstance(refused, RefreshRefused)
    assert refused.cause is Cause.TOKEN_REFUSED


def test_a_consent_of_a_suspended_account_is_over_for_that_reason(linked: Linked) -> None:
    linked.press("remove-app")
    linked.press("suspend")
    refused = linked.refresh()
    assert isinstance(refused, RefreshRefused)
    assert refused.cause is Cause.ACCOUNT_SUSPENDED


def test_a_wish_to_wait_is_kept(linked: Linked) -> None:
    linked.world.disturb("429", calls="read", seconds="90")
    found = linked.check()
    assert isinstance(found, NoAnswer)
    assert found.cause is Cause.RATE_LIMITED


def test_posts_and_mentions_are_listed(linked: Linked) -> None:
    posts, _ = linked.ask(
        linked.platform.posts(linked.http, linked.credential, linked.identity, cursor="")
    )
    assert posts
    assert all(post.url.startswith("https://bsky.app/profile/did:plc:") for post in posts)
    mentions, _ = linked.ask(
        linked.platform.mentions(
            linked.http, linked.app, linked.credential, linked.identity, cursor=""
        )
    )
    assert mentions


def test_a_text_with_link_and_picture_is_published_once_and_found_again(linked: Linked) -> None:
    post = Outgoing(
        key="1f0c",
        text="Fresh bread",
        at=linked.watch.at,
        link="https://example.org/bread",
        picture=PICTURE,
    )
    done = linked.ask(
        linked.platform.publish(linked.http, linked.app, linked.credential, linked.identity, post)
    )
    assert isinstance(done, Published)
    posts, _ = linked.ask(
        linked.platform.posts(linked.http, linked.credential, linked.identity, cursor="")
    )
    assert posts[0].remote_id == done.remote_id
    assert posts[0].text == "Fresh bread\n\nhttps://example.org/bread"


def test_r38_a_consent_is_given_back(linked: Linked) -> None:
    linked.ask(linked.platform.revoke(linked.http, linked.app, linked.credential))
    assert isinstance(linked.check(), NeedsRefresh)
    assert isinstance(linked.refresh(), RefreshRefused)


def test_r28_at_a_relink_another_person_brings_another_account(town: Town, linked: Linked) -> None:
    start = town.set_out("", remote_id=linked.identity.remote_id)
    came = town.arrive(start, town.allow(start, "ben"))
    assert came.identities[0].handle == f"@{CLUB}"


def test_r28_another_person_than_the_one_named_is_refused(town: Town) -> None:
    start = town.set_out()
    with pytest.raises(PlatformError) as raised:
        town.arrive(start, town.allow(start, "ben"))
    assert raised.value.kind == "other_account"
    grants = [one for one in town.world.state()["grants"] if not one["ended_at"]]
    assert not [one for one in grants if one["client_id"] == "linkkeeper-bluesky"]


# What the dialect refuses: our own proofs, spoilt


def with_claims(key: str, **changes: Any) -> Callable[[Ask], Ask]:
    """Sign the proof of each question anew, with other claims."""

    def change(ask: Ask) -> Ask:
        if "DPoP" not in ask.headers:
            return ask
        header, claims, _ = ask.headers["DPoP"].split(".")
        signer = opened(key)
        told = {**_part(claims), **changes}
        told = {name: value for name, value in told.items() if value is not None}
        head = {**_part(header), "jwk": signer.as_dict(private=False)}
        proof = jwt.encode(head, told, signer, algorithms=["ES256"])
        return replace(ask, headers={**ask.headers, "DPoP": proof})

    return change


def _part(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {"ath": None},
        {"ath": "x" * 43},
        {"htm": "POST"},
        {"htu": f"{BASE}/elsewhere"},
        {"nonce": None},
        {"nonce": "of another server"},
        {"iat": 1_700_000_000},
        {"jti": None},
    ],
    ids=str,
)
def test_a_spoilt_proof_opens_nothing_and_accuses_nobody(
    linked: Linked, changes: dict[str, Any]
) -> None:
    linked.spoil(with_claims(linked.credential.extra["dpop_key"], **changes))
    assert isinstance(linked.check(), NoAnswer)


def test_another_key_than_that_of_the_consent_opens_nothing(linked: Linked) -> None:
    stolen = replace(linked.credential, extra={**linked.credential.extra, "dpop_key": new_key()})
    assert not isinstance(linked.check(stolen), Works)
    assert isinstance(linked.refresh(stolen), RefreshRefused)


def test_the_same_proof_opens_nothing_twice(linked: Linked) -> None:
    linked.check()
    first = linked.http.asked[-1]
    linked.spoil(lambda _: first)
    assert isinstance(linked.check(), NoAnswer)


def test_a_token_without_a_proof_opens_nothing(linked: Linked) -> None:
    def bare(ask: Ask) -> Ask:
        headers = {name: value for name, value in ask.headers.items() if name != "DPoP"}
        return replace(ask, headers=headers)

    linked.spoil(bare)
    assert not isinstance(linked.check(), Works | Refused)


def test_a_code_is_worth_nothing_to_who_does_not_hold_the_key(town: Town) -> None:
    start = town.set_out()
    said = town.allow(start, "anna")
    stolen = json.loads(start.verifier) | {"key": new_key()}
    with pytest.raises(PlatformError) as raised:
        town.arrive(replace(start, verifier=json.dumps(stolen)), said)
    assert raised.value.kind == "refused"


def test_a_request_must_be_handed_in_before_the_browser_comes(town: Town) -> None:
    town.world.log_in()
    parts = urlsplit(town.set_out().url)
    asked = {
        "client_id": "linkkeeper-bluesky",
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": "atproto",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }
    assert town.world.client.get(parts.path, query_string=asked).status_code == 400
    town.watch.forward(minutes=11)
    assert town.world.client.get(f"{parts.path}?{parts.query}").status_code == 400


def test_a_changed_registration_is_ours_and_accuses_nobody(linked: Linked) -> None:
    linked.world.client.post(
        "/control/apps/linkkeeper-bluesky/change-secret", headers={"Accept": "application/json"}
    )
    refused = linked.refresh()
    assert isinstance(refused, RefreshUnclear)
    assert refused.app_problem
