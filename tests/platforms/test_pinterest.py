"""Pinterest: id and secret in a header, renewal without end, Pins on boards."""

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import NotPublished, Outgoing, Picture, Published
from dashboard.platforms.pinterest import Pinterest
from dashboard.platforms.protocol import AppTest, ListsMentions, Refreshed, Revokes
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import REDIRECT, SAMPLES, answer

pinterest = Pinterest()
SAMPLE = SAMPLES["pinterest"]
APP = pinterest.app("app-1", "hush-secret", {})
PICTURE = Picture(data=b"\x89PNG", media_type="image/png", alt="Bread")
BOARDS = answer(200, {"items": [{"id": "5", "name": "Cakes"}, {"id": "6", "name": "Our Bread"}]})


def publish(http: ScriptedHttp, **more: Any) -> Any:
    fields = {"text": "Fresh", "title": "Bread", "target": "our bread", "picture": PICTURE, **more}
    post = Outgoing(key="k", at=START, **fields)
    return http.run(pinterest.publish(http, APP, SAMPLE.credential, SAMPLE.identity, post))


def test_the_log_in_names_permissions_with_commas_and_proves_itself_by_a_header() -> None:
    start = pinterest.start(APP, redirect_uri=REDIRECT, state="s", typed={}, choose_person=False)
    query = {name: values[0] for name, values in parse_qs(urlsplit(start.url).query).items()}
    assert "pins:write" in query["scope"].split(",")
    tokens = {"access_token": "pina_1", "refresh_token": "pinr_1", "expires_in": 2_592_000}
    tokens |= {"scope": "pins:read user_accounts:read", "token_type": "bearer"}
    http = ScriptedHttp(
        {
            "exchange the code": answer(200, tokens),
            "read who gave the permission": answer(200, {"id": "77", "username": "bakery"}),
        }
    )
    talk = pinterest.finish(http, APP, code="c", verifier="v", redirect_uri=REDIRECT, now=START)
    granted = http.run(talk)
    assert granted.identities[0].url == "https://www.pinterest.com/bakery/"
    (ask, _) = http.asked
    assert ask.headers["Authorization"].startswith("Basic ")
    assert (ask.form or {})["continuous_refresh"] == "true"
    assert "client_secret" not in (ask.form or {})


def test_each_renewal_brings_another_refresh_token_with_its_own_end() -> None:
    body = {"access_token": "pina_2", "refresh_token": "pinr_2", "token_type": "bearer"}
    body |= {"expires_in": 2_592_000, "refresh_token_expires_in": 5_184_000}
    http = ScriptedHttp({"renew the permission": answer(200, body)})
    done = http.run(pinterest.refresh(http, APP, SAMPLE.credential, now=START))
    assert isinstance(done, Refreshed)
    assert done.credential.refresh == "pinr_2"
    assert done.credential.refresh_expires_at == START + timedelta(days=60)


def test_pins_come_by_bookmark() -> None:
    pin = {"id": "9", "title": "Bread", "description": "Fresh", "created_at": "2026-11-20T08:00:00"}
    body = {"items": [pin, {"id": "no number"}], "bookmark": "b2"}
    http = ScriptedHttp({"list the posts": answer(200, body)})
    found, following = http.run(
        pinterest.posts(http, SAMPLE.credential, SAMPLE.identity, cursor="b1")
    )
    assert [(one.text, one.url) for one in found] == [
        ("Bread\n\nFresh", "https://www.pinterest.com/pin/9/")
    ]
    assert following == "b2"
    assert "bookmark=b1" in http.asked[0].url


@pytest.mark.parametrize(
    ("status", "code", "kind"), [(401, 2, "refresh_due"), (401, 29, "refused"), (429, 8, "silent")]
)
def test_a_list_that_cannot_be_had_says_why(status: int, code: int, kind: str) -> None:
    http = ScriptedHttp({"list the posts": answer(status, {"code": code, "message": "No."})})
    with pytest.raises(PlatformError) as raised:
        http.run(pinterest.posts(http, SAMPLE.credential, SAMPLE.identity, cursor=""))
    assert raised.value.kind == kind


def test_a_pin_goes_to_the_board_of_that_name_with_its_picture() -> None:
    http = ScriptedHttp({"list the boards": BOARDS, "publish the post": answer(201, {"id": "9"})})
    outcome = publish(http, link="https://example.org/")
    assert outcome == Published(remote_id="9", url="https://www.pinterest.com/pin/9/")
    assert http.asked[1].json == {
        "board_id": "6",
        "title": "Bread",
        "description": "Fresh",
        "alt_text": "Bread",
        "link": "https://example.org/",
        "media_source": {
            "source_type": "image_base64",
            "content_type": "image/png",
            "data": base64.b64encode(PICTURE.data).decode(),
        },
    }


@pytest.mark.parametrize("more", [{"target": "Nobody's board"}, {"picture": None}])
def test_a_pin_without_its_board_or_picture_is_not_sent(more: dict[str, Any]) -> None:
    http = ScriptedHttp({"list the boards": BOARDS})
    outcome = publish(http, **more)
    assert isinstance(outcome, NotPublished)
    assert outcome.about_the_post
    assert "publish the post" not in [ask.call for ask in http.asked]


@pytest.mark.parametrize(
    ("status", "body", "result"),
    [
        (401, {"code": 283, "message": "The authorization grant is invalid"}, AppTest.WORKS),
        (401, {"code": 2, "message": "Authentication failed."}, AppTest.UNCLEAR),
        (401, {"error": "invalid_client"}, AppTest.REFUSED),
        (503, {"code": 283}, AppTest.UNCLEAR),
    ],
)
def test_our_registration_is_tested_without_a_person(
    status: int, body: dict[str, Any], result: AppTest
) -> None:
    http = ScriptedHttp({"renew the permission": answer(status, body)})
    assert http.run(pinterest.test_app(http, APP))[0] is result


@pytest.mark.parametrize(
    ("access", "refresh", "told"),
    [
        (30, 60, False),  # renewed after 30 days, which brings another 60
        (30, 44, True),  # the platform has set a last day
        (20, 10, True),
        (None, 60, True),
        (30, None, False),
    ],
)
def test_a_last_day_is_told_only_when_our_renewals_do_not_move_it(
    access: int | None, refresh: int | None, told: bool
) -> None:
    ends = [None if days is None else START + timedelta(days=days) for days in (access, refresh)]
    credential = replace(SAMPLE.credential, expires_at=ends[0], refresh_expires_at=ends[1])
    body = {"id": SAMPLE.identity.remote_id}
    http = ScriptedHttp({"read the account": answer(200, body)})
    found = http.run(pinterest.check(http, APP, credential, SAMPLE.identity))
    assert found.renew_by == (ends[1] if told else None)


def test_there_are_no_mentions_and_nothing_to_give_back() -> None:
    assert not isinstance(pinterest, ListsMentions)
    assert not isinstance(pinterest, Revokes)
