"""X and LinkedIn: what each is asked in its own way."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from dashboard.domain.capabilities import Capability
from dashboard.domain.checks import NeedsRefresh, Works
from dashboard.domain.publishing import NotPublished, Outgoing, Picture, Published, PublishUnclear
from dashboard.platforms.linkedin import LinkedIn
from dashboard.platforms.protocol import AppTest
from dashboard.platforms.x import X
from tests.fakes import START, ScriptedHttp
from tests.platforms.samples import REDIRECT, SAMPLES, answer

x, linkedin = X(), LinkedIn()
PICTURE = Picture(data=b"\x89PNG", media_type="image/png", alt="Bread")


def post(**more: Any) -> Outgoing:
    return Outgoing(key="k", at=START, **{"text": "Fresh bread", **more})


def publish(platform: Any, key: str, http: ScriptedHttp, outgoing: Outgoing) -> Any:
    sample = SAMPLES[key]
    return http.run(
        platform.publish(http, sample.app, sample.credential, sample.identity, outgoing)
    )


def test_x_log_in_proves_itself_by_pkce_and_asks_for_renewal() -> None:
    app = x.app("id", "secret", {})
    start = x.start(app, redirect_uri=REDIRECT, state="s", typed={}, choose_person=False)
    query = {name: values[0] for name, values in parse_qs(urlsplit(start.url).query).items()}
    assert query["code_challenge_method"] == "S256"
    assert "offline.access" in query["scope"].split()


def test_x_is_told_id_and_secret_in_the_header_only() -> None:
    http = ScriptedHttp({"renew the permission": answer(503, text="")})
    app = x.app("id", "hush", {})
    http.run(x.refresh(http, app, SAMPLES["x"].credential, now=START))
    (ask,) = http.asked
    assert ask.headers["Authorization"].startswith("Basic ")
    assert "client_secret" not in (ask.form or {})


@pytest.mark.parametrize(
    ("status", "error", "result"),
    [
        (400, "invalid_request", AppTest.WORKS),
        (401, "unauthorized_client", AppTest.REFUSED),
        (503, "", AppTest.UNCLEAR),
    ],
)
def test_x_app_is_tested_without_a_person(status: int, error: str, result: AppTest) -> None:
    http = ScriptedHttp({"renew the permission": answer(status, {"error": error})})
    assert http.run(x.test_app(http, x.app("id", "hush", {})))[0] is result


def test_x_picture_is_handed_over_and_described_first_and_then_named() -> None:
    http = ScriptedHttp(
        {
            "hand over the picture": answer(200, {"data": {"id": "55"}}),
            "say what the picture shows": answer(200, {"data": {"id": "55"}}),
            "publish the post": answer(201, {"data": {"id": "77"}}),
        }
    )
    outcome = publish(x, "x", http, post(picture=PICTURE, link="https://example.org/"))
    assert outcome == Published(remote_id="77", url="https://x.com/bakeryjansen/status/77")
    assert http.asked[1].json == {"id": "55", "metadata": {"alt_text": {"text": "Bread"}}}
    assert http.asked[2].json == {
        "text": "Fresh bread\n\nhttps://example.org/",
        "media": {"media_ids": ["55"]},
    }


@pytest.mark.parametrize(
    ("status", "detail", "about_the_post"),
    [
        (403, "You are not allowed to create a Tweet with duplicate content.", True),
        (403, "You are not permitted to perform this action.", False),
        (402, "Your account has no credits", False),
    ],
)
def test_x_refusal_of_a_post_is_read_by_its_words(
    status: int, detail: str, about_the_post: bool
) -> None:
    http = ScriptedHttp({"publish the post": answer(status, {"title": "F", "detail": detail})})
    outcome = publish(x, "x", http, post())
    assert isinstance(outcome, NotPublished)
    assert outcome.about_the_post is about_the_post


def test_linkedin_organisations_are_picked_and_members_too() -> None:
    acls = [
        {"organization": "urn:li:organization:1", "role": "ADMINISTRATOR", "state": "APPROVED"},
        {"organization": "urn:li:organization:2", "role": "ANALYST", "state": "APPROVED"},
        {"organization": "urn:li:organization:3", "role": "ADMINISTRATOR", "state": "REVOKED"},
    ]
    http = ScriptedHttp(
        {
            "read who gave the permission": answer(200, {"sub": "abc", "name": "Anna J."}),
            "read the roles": answer(200, {"elements": acls}),
            "read the names of the pages": answer(
                200, {"results": {"1": {"localizedName": "Bakery", "vanityName": "bakery"}}}
            ),
        }
    )
    sample = SAMPLES["linkedin"]
    subject, found = http.run(linkedin.identities(http, sample.app, sample.credential))
    assert subject.name == "Anna J."
    assert [one.remote_id for one in found] == ["urn:li:organization:1", "urn:li:person:abc"]
    assert [one.name for one in found] == ["Bakery", "Anna J."]


def test_linkedin_pages_are_offered_by_number_where_their_names_are_not_told() -> None:
    role = {"organization": "urn:li:organization:1", "role": "ADMINISTRATOR", "state": "APPROVED"}
    http = ScriptedHttp(
        {
            "read who gave the permission": answer(200, {"sub": "abc", "name": "Anna J."}),
            "read the roles": answer(200, {"elements": [role]}),
            "read the names of the pages": answer(403, {"serviceErrorCode": 100}),
        }
    )
    sample = SAMPLES["linkedin"]
    _, found = http.run(linkedin.identities(http, sample.app, sample.credential))
    assert [one.name for one in found] == ["Organisation 1", "Anna J."]


def test_linkedin_member_can_publish_and_reading_is_not_called_missing() -> None:
    sample = SAMPLES["linkedin"]
    member = replace(sample.identity, remote_id="urn:li:person:abc")
    http = ScriptedHttp({"read the profile": answer(200, {"sub": "abc"})})
    found = http.run(linkedin.check(http, sample.app, sample.credential, member))
    assert isinstance(found, Works)
    assert found.missing == ()
    narrow = replace(sample.credential, scopes=frozenset({"openid"}))
    http = ScriptedHttp({"read the profile": answer(200, {"sub": "abc"})})
    found = http.run(linkedin.check(http, sample.app, narrow, member))
    assert [item.capability for item in found.missing] == [Capability.PUBLISH]


def test_linkedin_role_that_may_only_write_lacks_the_reading() -> None:
    role = {"organization": "urn:li:organization:5515715", "role": "RECRUITING_POSTER"}
    http = ScriptedHttp({"read the roles": answer(200, {"elements": [role]})})
    sample = SAMPLES["linkedin"]
    found = http.run(linkedin.check(http, sample.app, sample.credential, sample.identity))
    assert isinstance(found, Works)
    assert {item.capability for item in found.missing} == {
        Capability.MONITOR_MENTIONS,
        Capability.READ_PUBLICATIONS,
    }


def test_linkedin_no_access_is_the_permission_that_was_not_given() -> None:
    sample = SAMPLES["linkedin"]
    narrow = replace(sample.credential, scopes=sample.credential.scopes - {"rw_organization_admin"})
    said = {"message": "Not enough permissions", "serviceErrorCode": 100, "status": 403}
    http = ScriptedHttp({"read the roles": answer(403, said)})
    found = http.run(linkedin.check(http, sample.app, narrow, sample.identity))
    assert isinstance(found, Works)
    assert {item.what for item in found.missing} == {"rw_organization_admin"}


def test_linkedin_roles_beyond_the_first_page_are_no_lost_roles() -> None:
    many = [
        {"organization": f"urn:li:organization:{number}", "role": "ADMINISTRATOR"}
        for number in range(100)
    ]
    mine = {"organization": "urn:li:organization:5515715", "role": "ADMINISTRATOR"}

    class Pages(ScriptedHttp):
        async def send(self, ask: Any) -> Any:
            further = "start=100" in ask.url
            self.answers = {
                "read the roles": answer(200, {"elements": [mine] if further else many})
            }
            return await super().send(ask)

    http, sample = Pages(), SAMPLES["linkedin"]
    found = http.run(linkedin.check(http, sample.app, sample.credential, sample.identity))
    assert isinstance(found, Works)
    assert found.missing == ()
    assert len(http.asked) == 2


def test_linkedin_partner_s_token_is_renewed_before_anybody_is_accused() -> None:
    sample = SAMPLES["linkedin"]
    partner = replace(sample.credential, refresh="hush-refresh")
    error = {"serviceErrorCode": 65602, "status": 401, "message": "expired"}
    http = ScriptedHttp({"read the roles": answer(401, error)})
    found = http.run(linkedin.check(http, sample.app, partner, sample.identity))
    assert isinstance(found, NeedsRefresh)


def test_linkedin_post_is_named_by_a_header_and_its_marks_are_escaped() -> None:
    made = answer(201, text="", headers={"x-restli-id": "urn:li:share:9"})
    http = ScriptedHttp({"publish the post": made})
    outcome = publish(linkedin, "linkedin", http, post(text="Bread (rye) @ #1"))
    assert outcome == Published(
        remote_id="urn:li:share:9", url="https://www.linkedin.com/feed/update/urn:li:share:9/"
    )
    assert http.asked[0].json["commentary"] == "Bread \\(rye\\) \\@ \\#1"


def test_linkedin_yes_without_the_header_is_not_understood() -> None:
    http = ScriptedHttp({"publish the post": answer(201, text="")})
    assert isinstance(publish(linkedin, "linkedin", http, post()), PublishUnclear)


def test_r32_linkedin_s_upload_host_gets_the_picture_and_no_secret() -> None:
    value = {"image": "urn:li:image:5", "uploadUrl": "https://upload.example/put?sig=1"}
    http = ScriptedHttp(
        {
            "ask where to put the picture": answer(200, {"value": value}),
            "hand over the picture": answer(201, {}),
            "publish the post": answer(201, text="", headers={"x-restli-id": "urn:li:share:9"}),
        }
    )
    assert isinstance(publish(linkedin, "linkedin", http, post(picture=PICTURE)), Published)
    upload = http.asked[1]
    assert upload.raw == PICTURE.data
    assert not any("hush" in value for value in upload.headers.values())
    assert http.asked[2].json["content"]["media"]["altText"] == "Bread"
