"""No secret survives in what is logged, however it is written down (R79)."""

import json
import time
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.adapters.redaction import is_secret_name, redact, redact_parameters

NAMES = [
    "access_token", "refresh_token", "token", "client_secret", "password", "code", "state",
    "code_verifier", "api_key", "X-Api-Key", "app_password", "session", "assertion",
]  # fmt: skip
CANARIES = st.from_regex(r"canary[a-z0-9]{2,20}", fullmatch=True)


@given(st.sampled_from(NAMES), CANARIES)
def test_secret_parameter_is_hidden_in_every_notation(name, canary):
    for text in (
        f"GET https://x.example/cb?a=1&{urlencode({name: canary})}&b=2 failed",
        f"body {urlencode({name: canary})}",
        json.dumps({"a": {name: canary}, "b": 2}),
        str({name: canary}),
        str({name: canary.encode()}),
        f'{{"{name}":"{canary}\\"{canary}"}}',
    ):
        assert canary not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer canary.abc-def",
        "authorization: Basic Y2FuYXJ5OmNhbmFyeQ== canary",
        "{'Authorization': 'DPoP canary123'}",
        "sent with bearer canary12345 today",
        "Cookie: a=canary; b=canary",
        "Set-Cookie: __Host-session=canary; Path=/",
        "postgresql+psycopg://linkkeeper:canary@db.example/linkkeeper",
        "smtp://user%40x:canary@mail.example:587?tls=starttls",
        "redis://:canary@redis.example:6379/0",
        "https://canary@example.org/",
        "password: canary",
        "The refresh token: canary was refused",
        "[SQL: INSERT INTO users VALUES (?)]\n[parameters: ('canary', b'canary]')]\n(Background",
        "app password canx-cana-ry12-3456 was wrong".replace("canx", "cana"),
        "eyJhbGciOiJFUzI1NiJ9canary",
        "/feeds/canarycanarycanary.ics HTTP/1.1",
        "/setup/canary-canary-canary",
        "/health/accounts-canary-canary",
    ],
)
def test_secret_is_hidden_wherever_it_stands(text):
    assert "cana" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "link state changed",
        "state: expired, code: 190",
        "account 550e8400-e29b-41d4-a716-446655440000",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "2026-11-24T10:00:00.123+00:00",
        "https://mastodon.example/api/v1/accounts/verify_credentials?limit=40",
        'File "/srv/dashboard/adapters/http/client.py", line 12, in test_2_very_long_function_name',
        "no password was given",
        "postgresql+psycopg://db.example/linkkeeper",
    ],
)
def test_what_is_no_secret_stays_readable(text):
    assert redact(text) == text


def test_names_that_mean_a_secret():
    assert is_secret_name("client_secret")
    assert is_secret_name("smtp_password")
    assert not is_secret_name("state")
    assert redact_parameters({"state": "x", "limit": 1}) == {"state": "[hidden]", "limit": 1}


@pytest.mark.parametrize(
    "piece", ["a-", "token", "a.b", "'", '"token":"', "x=", "Aa1", "[parameters: "]
)
def test_hostile_text_does_not_make_it_slow(piece):
    began = time.perf_counter()
    redact((piece * 8_000)[:8_000])
    assert time.perf_counter() - began < 0.5
