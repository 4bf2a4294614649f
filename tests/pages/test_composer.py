"""Publish > New post, as each person sees it."""

import io
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from dashboard.db.outgoing import claim_publication
from dashboard.db.tables import PictureRow, PublicationRow
from dashboard.domain.publishing import PictureRule, PostRules, Published
from tests.factories import FakePlatform, make_account, make_publication
from tests.fakes import START
from tests.pages.conftest import ORIGIN
from tests.pictures import drawn

NEW = "/publish/new"
JPEG = drawn("JPEG")


class Newsroom(FakePlatform):
    rules = PostRules(longest=30, picture=PictureRule.UPLOADED)

    async def publish(self, http, app, credential, identity, post):
        return Published(remote_id="r1")


@pytest.fixture
def database(sqlite_database):
    """What is tested here does not depend on the kind of database."""
    return sqlite_database


@pytest.fixture
def tools(tools):
    from dataclasses import replace

    return replace(tools, platforms={"fake": Newsroom()})


@pytest.fixture
def account(database):
    return make_account(database)


def rows(database):
    with database.reading() as session:
        return session.exec(select(PublicationRow)).all()


def test_the_form_says_what_each_account_takes(client_for, ada, account) -> None:
    page = client_for(ada).get(NEW).text
    assert "Bakery Jansen" in page
    assert "at most 30 characters" in page


def test_a_post_for_now_is_on_its_way(client_for, ada, account, database, jobs) -> None:
    answer = client_for(ada).post(
        NEW, {"account": str(account), "text": "Hot rolls", "when": "now"}
    )
    (row,) = rows(database)
    assert answer.location.endswith(f"/publish/calendar/{row.id}")
    assert (row.text, row.state, row.at) == ("Hot rolls", "scheduled", START)
    assert ("publish_due",) in jobs.hints


def test_r74_a_time_is_that_of_the_person_s_own_zone(client_for, ada, account, database) -> None:
    with database.writing() as unit:
        from dashboard.db.tables import UserRow

        unit.get_one(UserRow, ada.id).time_zone = "Europe/Amsterdam"
    form = {"account": str(account), "text": "Rolls", "when": "later", "at": "2026-12-01T09:30"}
    client_for(ada).post(NEW, form)
    (row,) = rows(database)
    assert row.at.isoformat() == "2026-12-01T08:30:00+00:00"


def test_what_was_typed_is_not_lost_when_it_does_not_fit(
    client_for, ada, account, database
) -> None:
    form = {"account": str(account), "text": "Rolls " * 10, "link": "https://example.org/"}
    answer = client_for(ada).post(NEW, form)
    assert answer.status_code == 422
    assert "characters too long: 30 are allowed" in answer.text
    assert ("Rolls " * 10).strip() in answer.text
    assert "https://example.org/" in answer.text
    assert rows(database) == []


def test_a_picture_goes_along_and_can_be_fetched_only_while_its_post_goes_out(
    client_for, ada, anon, account, database
) -> None:
    form = {
        "account": str(account),
        "text": "Rolls",
        "picture": (io.BytesIO(JPEG), "rolls.jpg"),
        "alt": "Six rolls",
    }
    client_for(ada).post(NEW, form, content_type="multipart/form-data")
    with database.reading() as session:
        picture = session.exec(select(PictureRow)).one()
    assert (picture.data[:3], picture.media_type) == (b"\xff\xd8\xff", "image/jpeg")
    assert picture.alt == "Six rolls"
    address = f"/picture/{picture.public_key}"
    assert anon.get(address).status_code == 404
    with database.writing() as unit:
        claim_publication(unit, picture.publication_id, owner="w", now=START)
    fetched = anon.get(address)
    assert (fetched.data, fetched.mimetype) == (picture.data, "image/jpeg")


def test_r80_a_body_of_twenty_megabytes_is_refused_at_once(client_for, ada, account) -> None:
    answer = client_for(ada).client.post(
        NEW,
        base_url=ORIGIN,
        data=b"x" * 20_000_000,
        content_type="multipart/form-data; boundary=x",
        headers={"Origin": ORIGIN},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("state", "offered", "not_offered"),
    [
        ("scheduled", "Publish now", "Send it again"),
        ("held", "Publish now", "Send it again"),
        ("missed", "Publish now", "Send it again"),
        ("failed", "Try again now", "Send it again"),
        ("unknown", "It stands there", "Withdraw"),
        ("published", "Facts", "Publish now"),
        ("loaded", "Facts", "Withdraw"),
    ],
)
def test_a_publication_offers_what_can_be_done_in_its_state(
    client_for, ada, account, database, state, offered, not_offered
) -> None:
    made = make_publication(database, account, state=state, at=START + timedelta(hours=1))
    page = client_for(ada).get(f"/publish/calendar/{made}").text
    assert offered in page
    assert not_offered not in page


def test_acts_lead_back_to_the_publication(client_for, ada, account, database) -> None:
    made = make_publication(database, account, state="missed", at=START - timedelta(hours=3))
    browser = client_for(ada)
    browser.post(f"/publish/calendar/{made}/publish")
    assert rows(database)[0].state == "scheduled"
    browser.post(f"/publish/calendar/{made}/withdraw")
    assert rows(database) == []


def test_r14_a_reader_can_neither_write_nor_act(client_for, bob, account, database) -> None:
    made = make_publication(database, account, state="scheduled", at=START + timedelta(hours=1))
    browser = client_for(bob)
    assert browser.get(NEW).status_code == 403
    assert browser.post(NEW, {"account": str(account), "text": "x"}).status_code == 403
    assert browser.post(f"/publish/calendar/{made}/withdraw").status_code == 403
    assert UUID(str(rows(database)[0].id)) == made


LENGTH = f"{NEW}/length"


def test_how_much_room_is_left_is_told_for_each_ticked_account(
    client_for, ada, account, database
) -> None:
    other = make_account(database, remote_id="other", name="Museum")
    form = {"account": str(account), "text": "Rolls\r\nand bread"}
    page = client_for(ada).post(LENGTH, form, htmx=True).text
    assert "15 of 30" in page
    assert "The text fits every ticked account." in page
    assert "Museum" not in page
    both = {"account": [str(account), str(other)], "text": "a" * 31}
    page = client_for(ada).post(LENGTH, both, htmx=True).text
    assert page.count("1 character too many") == 2
    assert "Too long for Bakery Jansen by 1 character, Museum by 1 character." in page
    assert rows(database) == []


def test_without_javascript_the_form_comes_back_as_it_was_typed_with_the_count(
    client_for, ada, account, database
) -> None:
    form = {
        "account": str(account),
        "text": "Rolls",
        "link": "not yet",
        "alt": "Bread",
        "when": "later",
        "at": "2026-12-01T09:30",
    }
    answer = client_for(ada).post(LENGTH, form)
    assert answer.status_code == 200
    for said in ("5 of 30", ">Rolls</textarea>", "not yet", "Bread", "2026-12-01T09:30"):
        assert said in answer.text
    assert "nothing was planned yet" in answer.text
    assert rows(database) == []


def test_the_form_offers_the_count_to_who_has_no_javascript(client_for, ada, account) -> None:
    page = client_for(ada).get(f"{NEW}?account={account}").text
    assert f'<noscript><button type="submit" class="btn btn-plain" formaction="{LENGTH}"' in page
    assert "0 of 30" in page


def test_a_huge_text_is_not_counted(client_for, ada, account) -> None:
    form = {"account": str(account), "text": "a" * 10_001}
    assert "of 30" not in client_for(ada).post(LENGTH, form, htmx=True).text
    assert "may have at most 10000 characters" in client_for(ada).post(NEW, form).text


def test_who_may_not_publish_counts_nothing(client_for, bob) -> None:
    assert client_for(bob).post(LENGTH, {"text": "a"}).status_code == 403
