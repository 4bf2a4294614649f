"""Instagram through a Facebook Page: what the log-in reaches and with which token it is asked."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.domain.capabilities import MissingKind
from dashboard.domain.checks import Works
from dashboard.domain.publishing import Outgoing, Picture, Published
from dashboard.platforms import oauth2
from dashboard.platforms.instagram import Instagram
from dashboard.platforms.instagram_page import InstagramPage
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import REDIRECT, SAMPLES, answer

instagram_page = InstagramPage()
SAMPLE = SAMPLES["instagram_page"]
APP = instagram_page.app("1234567891", "hush-instagram-page-app-secret", {})
BAKERY = {
    "id": "1",
    "name": "The bakery's Page",
    "access_token": "page-one",
    "instagram_business_account": {"id": "17842", "username": "bakery", "name": "Bakery Jansen"},
}
MUSEUM = {
    "id": "2",
    "name": "The museum's Page",
    "access_token": "page-two",
    "instagram_business_account": {"id": "17843", "username": "museum"},
}


def log_in(*pages: dict[str, Any]) -> Any:
    granted = [{"permission": "instagram_basic", "status": "granted"}]
    http = ScriptedHttp(
        {
            "exchange the code": answer(200, {"access_token": "short"}),
            "get the long-lived token": answer(200, {"access_token": "long"}),
            "read who gave the permission": answer(
                200, {"id": "777", "name": "Anna J.", "permissions": {"data": granted}}
            ),
            "list the Pages": answer(200, {"data": list(pages)}),
            "look into the permission": answer(200, {"data": {}}),
        }
    )
    talk = instagram_page.finish(
        http, APP, code="c0de", verifier="", redirect_uri=REDIRECT, now=START
    )
    return http.run(talk)


def asked(call: str, said: Any, talk: Any) -> Any:
    http = ScriptedHttp({call: said, "list the posts that name the account": said})
    http.run(talk(http))
    return http.asked[0]


def test_one_log_in_at_facebook_reaches_the_accounts_of_all_pages() -> None:
    granted = log_in(BAKERY, MUSEUM, {"id": "3", "name": "A Page alone", "access_token": "x"})
    assert [(one.remote_id, one.name) for one in granted.identities] == [
        ("17842", "Bakery Jansen"),
        ("17843", "museum"),
    ]
    assert granted.subject.name == "Anna J."


def test_each_account_keeps_its_page_and_the_token_of_its_page() -> None:
    extra = log_in(BAKERY, MUSEUM).credential.extra
    assert (extra["page:17843"], extra["of:17843"]) == ("page-two", "2")


@pytest.mark.parametrize(
    "odd",
    [
        {**BAKERY, "instagram_business_account": None},
        {**BAKERY, "instagram_business_account": {"id": "../me"}},
        {**BAKERY, "id": 7},
    ],
)
def test_r78_a_page_whose_account_cannot_be_read_is_none(odd: dict[str, Any]) -> None:
    assert log_in(odd).identities == ()


def test_the_account_is_asked_at_facebook_with_the_token_of_its_page() -> None:
    ask = asked(
        "read the account",
        answer(400, {"error": {"code": 190}}),
        lambda http: instagram_page.check(http, SAMPLE.app, SAMPLE.credential, SAMPLE.identity),
    )
    assert ask.url.startswith("https://graph.facebook.com/v26.0/17842?")
    assert ask.headers["Authorization"] == "Bearer hush-instagram-page-token"


def test_posts_and_comments_are_those_of_the_account_not_of_the_person() -> None:
    nothing = answer(200, {"data": []})
    asks = (
        asked(
            "list the posts",
            nothing,
            lambda http: instagram_page.posts(http, SAMPLE.credential, SAMPLE.identity, cursor=""),
        ),
        asked(
            "list the comments",
            nothing,
            lambda http: instagram_page.mentions(
                http, SAMPLE.app, SAMPLE.credential, SAMPLE.identity, cursor=""
            ),
        ),
    )
    for ask in asks:
        assert "/17842/media?" in ask.url
        assert ask.headers["Authorization"] == "Bearer hush-instagram-page-token"


def test_every_step_of_publishing_uses_the_token_of_the_page() -> None:
    http = ScriptedHttp(
        {
            "prepare the post": answer(200, {"id": "c1"}),
            "ask for the picture": answer(200, {"status_code": "FINISHED"}),
            "publish the post": answer(200, {"id": "m1"}),
        }
    )
    picture = Picture(data=b"", media_type="image/jpeg", url="https://l.example/p/1")
    post = Outgoing(key="k", text="Fresh bread", at=START, picture=picture)
    talk = instagram_page.publish(http, SAMPLE.app, SAMPLE.credential, SAMPLE.identity, post)
    assert http.run(talk) == Published(remote_id="m1")
    used = {ask.headers["Authorization"] for ask in http.asked}
    assert used == {"Bearer hush-instagram-page-token"}


def test_a_lost_connection_to_the_page_is_named_and_is_no_lost_role() -> None:
    """The person may do everything: what is missing is between the Page and the account."""
    http = ScriptedHttp(
        {
            "read the account": answer(200, {"id": "17842"}),
            "read the permissions": answer(
                200,
                {
                    "id": "777",
                    "permissions": {
                        "data": [
                            {"permission": name, "status": "granted"}
                            for name in SAMPLE.credential.scopes
                        ]
                    },
                    "accounts": {"data": [{"id": "10158", "tasks": ["MANAGE"]}]},
                },
            ),
        }
    )
    talk = instagram_page.check(http, SAMPLE.app, SAMPLE.credential, SAMPLE.identity)
    outcome = http.run(talk)
    assert isinstance(outcome, Works)
    assert {item.kind for item in outcome.missing} == {MissingKind.PERMISSION}
    assert "connection" in outcome.missing[0].label


def test_the_two_log_ins_of_instagram_never_ask_at_each_other_s_address() -> None:
    """A token of the one is refused by the other as if it were dead."""
    other = Instagram()
    assert not set(instagram_page.hosts.values()) & set(other.hosts.values())
    assert instagram_page.about.key != other.about.key


def test_it_asks_for_no_more_than_instagram_s_permissions_and_the_pages() -> None:
    start = instagram_page.start(
        APP, redirect_uri=REDIRECT, state="s", typed={}, choose_person=False
    )
    query = parse_qs(urlsplit(start.url).query)
    assert "pages_manage_posts" not in query["scope"][0]
    assert set(query["scope"][0].split(",")) == set(SAMPLE.credential.scopes)


def test_through_the_sandbox_no_question_leaves_for_facebook() -> None:
    app = instagram_page.through("http://127.0.0.1:9000").app("id", "secret", {})  # type: ignore[attr-defined]  # the same platform
    assert app.facts[oauth2.TOKEN].startswith(
        "http://127.0.0.1:9000/dialects/instagram_page/graph/"
    )
