"""X: what its webhook tells, and how the address proves to be ours (R46-R48)."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest

from dashboard.domain.capabilities import Capability
from dashboard.domain.checks import Works
from dashboard.domain.pushes import Delivery, ForgedPushError
from dashboard.platforms.x import X
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import SAMPLES, answer

x = X()
SECRET = "hush-client-secret"
APP = x.app("client", SECRET, {})
REVOKED = json.dumps(
    {
        "data": {
            "event_uuid": "5934540941047412905",
            "filter": {},
            "event_type": "oauth.revoke",
            "payload": {
                "date_time": "2026-11-24T09:59:05+00:00",
                "user_id": "783214",
                "app_id": "29820954",
            },
        }
    }
).encode()


def signature(message: bytes, secret: str = SECRET) -> str:
    made = hmac.new(secret.encode(), message, hashlib.sha256).digest()
    return "sha256=" + base64.b64encode(made).decode()


def push(body: bytes, signed: str | None = None, *, app: Any = APP, header: str = "-oauth2") -> Any:
    name = f"x-twitter-webhooks-signature{header}"
    headers = {name: signature(body) if signed is None else signed}
    delivery = Delivery(method="POST", headers=headers, query={}, body=body)
    http = ScriptedHttp()
    return http.run(x.read_push(http, app, delivery, now=START))


def challenge(token: str, *, app: Any = APP) -> Any:
    delivery = Delivery(method="GET", headers={}, query={"crc_token": token}, body=b"")
    http = ScriptedHttp()
    return http.run(x.read_push(http, app, delivery, now=START))


def test_r48_a_removed_app_is_a_hint_to_look_at_that_account() -> None:
    (hint,) = push(REVOKED).hints
    assert (hint.id, hint.what) == ("5934540941047412905", "oauth.revoke")
    assert hint.reason == "app_removed"
    assert hint.subjects == hint.accounts == frozenset({"783214"})


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b'{"data": {"event_type": "post.create", "payload": {"user_id": "783214"}}}',
        b'{"data": {"event_type": "oauth.revoke", "payload": {"user_id": 783214}}}',
        b'{"data": {"event_type": "oauth.revoke"}}',
    ],
)
def test_other_events_are_taken_and_mean_nothing(body: bytes) -> None:
    assert push(body).hints == ()
    assert push(body).status == 200


def test_r46_any_changed_bit_makes_a_push_forged() -> None:
    signed = signature(REVOKED)
    for place in range(len(REVOKED)):
        changed = REVOKED[:place] + bytes([REVOKED[place] ^ 1]) + REVOKED[place + 1 :]
        with pytest.raises(ForgedPushError):
            push(changed, signed)
    for place in range(len(signed)):
        with pytest.raises(ForgedPushError):
            push(REVOKED, signed[:place] + chr(ord(signed[place]) ^ 1) + signed[place + 1 :])


@pytest.mark.parametrize(
    ("body", "signed"),
    [
        (REVOKED, ""),
        (REVOKED, "sha256="),
        (REVOKED, "sha1=" + signature(REVOKED)[7:]),
        (REVOKED, signature(REVOKED, "other")),
        (b"\xff", None),
        (b"x" * 70_000, None),
    ],
)
def test_r46_unsigned_unreadable_and_huge_pushes_are_refused(
    body: bytes, signed: str | None
) -> None:
    with pytest.raises(ForgedPushError):
        push(body, signed)


def test_r46_the_header_of_older_apps_proves_nothing() -> None:
    with pytest.raises(ForgedPushError):
        push(REVOKED, header="")


def test_r46_an_app_without_a_secret_believes_nobody() -> None:
    nobody = replace(APP, client_secret="")
    with pytest.raises(ForgedPushError):
        push(REVOKED, signature(REVOKED, ""), app=nobody)
    with pytest.raises(ForgedPushError):
        challenge("abc", app=nobody)


def test_r46_the_challenge_is_answered_with_our_secret() -> None:
    told = challenge("MTQ4NzM2-a_b=")
    assert json.loads(told.body) == {"response_token": signature(b"MTQ4NzM2-a_b=")}
    assert (told.status, told.media_type, told.hints) == (200, "application/json", ())


@pytest.mark.parametrize("token", ["", "a" * 201, REVOKED.decode(), "{}", "[]", "a b", "\u0661"])
def test_r46_nobody_gets_a_call_signed_by_way_of_the_challenge(token: str) -> None:
    with pytest.raises(ForgedPushError):
        challenge(token)


@pytest.mark.parametrize("scope", ["users.read", "tweet.read"])
def test_forbidden_without_the_permission_to_see_the_account_is_that_permission(scope: str) -> None:
    sample = SAMPLES["x"]
    credential = replace(sample.credential, scopes=sample.credential.scopes - {scope})
    said = {"title": "Forbidden", "detail": "No.", "type": "about:blank", "status": 403}
    http = ScriptedHttp({"read the profile": answer(403, said)})
    found = http.run(x.check(http, sample.app, credential, sample.identity))
    assert isinstance(found, Works)
    assert {item.what for item in found.missing} == {scope}
    assert {item.capability for item in found.missing} == set(Capability)
