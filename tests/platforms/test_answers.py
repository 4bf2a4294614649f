"""What platforms say reaches people as evidence without secrets, and makes us wait sanely."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from dashboard.domain.causes import Cause
from dashboard.platforms.answers import read, retry_after
from tests.platforms.samples import ACCESS_JWT, answer

DATE = "Tue, 24 Nov 2026 10:00:00 GMT"
SECRET = "hush/very+secret=token"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "9e99"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 400}, 86_400),
        ({"retry-after": "86401"}, 86_400),
        ({"retry-after": "\u0667"}, None),
        ({}, None),
        ({"retry-after": "Tue, 24 Nov 2026 10:02:00 GMT", "date": DATE}, 120),
        ({"retry-after": "Tue, 24 Nov 2026 09:00:00 GMT", "date": DATE}, None),
        ({"retry-after": "Tue, 24 Nov 2126 10:00:00 GMT", "date": DATE}, 86_400),
        ({"retry-after": "Tue, 24 Nov 2026 10:02:00 GMT"}, None),
        ({"retry-after": "Tue, 99 Nov 2026 10:02:00 GMT", "date": DATE}, None),
        ({"x-ratelimit-reset": "2026-11-24T10:05:00.123Z", "date": DATE}, 300.123),
        ({"ratelimit-reset": "1795514460", "date": DATE}, 60),
        ({"x-rate-limit-reset": "1795514460", "date": DATE}, 60),
        ({"x-rate-limit-reset": "1795514340", "date": DATE}, None),
        ({"x-rate-limit-reset": "1795514460"}, None),
        ({"x-ratelimit-reset": "587"}, 587),
        ({"x-ratelimit-reset": "12.4"}, 13),
        ({"x-ratelimit-reset": "0"}, None),
        ({"x-ratelimit-reset": "1.2.3", "date": DATE}, None),
        ({"ratelimit-reset": "9" * 30, "date": DATE}, None),
    ],
)
def test_r45_the_wait_is_what_was_asked_within_a_day(
    headers: dict[str, str], seconds: float | None
) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after(headers) == expected


@pytest.mark.parametrize(
    "said",
    [
        f"The token {SECRET} is bad",
        SECRET,
        f"{'x' * 290} {SECRET}",
        quote(SECRET, safe=""),
        "\u200b".join(SECRET),
    ],
)
@pytest.mark.parametrize("field", ["error", "message", "error_description"])
def test_r32_a_secret_that_is_echoed_is_hidden(said: str, field: str) -> None:
    evidence = read("ask", answer(401, {field: said}), (SECRET,)).evidence(code=said)
    shown = evidence.text + evidence.code
    assert SECRET[:12] not in shown, "not even half of it"
    assert quote(SECRET, safe="") not in shown


def test_r32_what_looks_like_a_token_is_hidden_even_if_it_is_not_ours() -> None:
    said = f"Authorization: Bearer abcdef123456, or {ACCESS_JWT}!"
    text = read("ask", answer(401, {"message": said})).evidence().text
    assert text == "Authorization: Bearer [hidden], or [hidden]!"


def test_evidence_is_short_and_on_one_line() -> None:
    said = "Sorry!\r\n" + "\x1b[31m" + "no " * 500
    text = read("ask", answer(400, {"message": said})).evidence().text
    assert len(text) <= 300
    assert text.startswith("Sorry! [31mno no")


def test_html_is_not_shown_but_said() -> None:
    evidence = read("ask", answer(502, text="<script>alert(1)</script>")).evidence()
    assert evidence.text == "The answer is not in the agreed form (JSON)."
    assert evidence.status == 502


@pytest.mark.parametrize("status", [200, 201, 400, 401, 403, 404, 410, 422])
def test_an_answer_that_may_speak_of_the_token_is_no_silence(status: int) -> None:
    assert read("ask", answer(status, {})).silence() is None


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (429, Cause.RATE_LIMITED),
        (408, Cause.PLATFORM_DOWN),
        (500, Cause.PLATFORM_DOWN),
        (302, Cause.PLATFORM_DOWN),
        (100, Cause.PLATFORM_DOWN),
    ],
)
def test_r36_other_statuses_speak_of_the_platform_only(status: int, cause: Cause) -> None:
    silence = read("ask", answer(status, {"error": "invalid_grant"})).silence()
    assert silence is not None
    assert silence.cause is cause
    assert silence.evidence.ruled_out == ("The platform did not say that the link is invalid.",)
