"""Reading and writing: pages of posts, mentions, messages; posting once; what everybody can see."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest


def test_posts_come_newest_first_and_page_by_page_without_gap_or_double(driver):
    token = driver.link()["access_token"]
    found, before = [], ""
    while True:
        page = driver.account(token, f"/posts?limit=7{before}").json
        found += page["items"]
        if page["next"] is None:
            break
        assert len(page["items"]) == 7
        before = f"&before={page['next']}"
    times = [item["created_at"] for item in found]
    assert times == sorted(times, reverse=True)
    assert len({item["id"] for item in found}) == len(found) >= 10


def test_posts_made_in_the_same_instant_are_all_listed(driver):
    token = driver.link()["access_token"]
    made = {driver.publish(token, f"Number {number}").json["id"] for number in range(5)}
    first = driver.account(token, "/posts?limit=3").json
    second = driver.account(token, f"/posts?limit=2&before={first['next']}").json
    assert {item["id"] for item in first["items"] + second["items"]} == made


def test_posts_can_be_asked_for_since_an_instant(driver):
    token = driver.link()["access_token"]
    items = driver.account(token, "/posts?limit=40&since=2026-11-01T00:00:00Z").json["items"]
    assert items
    assert all(item["created_at"] >= "2026-11-01" for item in items)


@pytest.mark.parametrize(
    "query",
    [
        "limit=41",
        "limit=0",
        "limit=x",
        f"limit={'9' * 5_000}",
        "before=nothing",
        "since=yesterday",
        "since=0001-01-01T00:00:00%2B14:00",
    ],
)
def test_senseless_positions_are_refused(driver, query):
    token = driver.link()["access_token"]
    assert driver.account(token, f"/posts?{query}").status_code == 400


def test_position_in_another_account_is_refused(driver):
    token = driver.link("bakeryjansen", "cinemalumen")["access_token"]
    foreign = driver.account(token, "/posts", handle="cinemalumen").json["items"][0]["id"]
    assert driver.account(token, f"/posts?before={foreign}").status_code == 400


def test_post_appears_in_the_list_and_on_the_page_it_names(driver):
    made = driver.publish(driver.link()["access_token"], "Fresh <b>bread</b>")
    assert made.status_code == 201
    page = driver.client.get(made.json["url"]).text
    assert "Fresh &lt;b&gt;bread&lt;/b&gt;" in page


@pytest.mark.parametrize("text", ["", "   ", "x" * 2_001])
def test_text_that_is_refused_says_nothing_about_the_token(driver, text):
    token = driver.link()["access_token"]
    assert driver.publish(token, text).json["error"] == "invalid_text"
    assert driver.account(token).status_code == 200


def test_same_key_and_text_make_one_post(driver):
    """R77: a repetition after an unknown outcome does no harm."""
    token = driver.link()["access_token"]
    first = driver.publish(token, "Once", **{"Idempotency-Key": "k1"})
    again = driver.publish(token, "Once", **{"Idempotency-Key": "k1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json


def test_same_key_with_another_text_is_a_conflict(driver):
    token = driver.link()["access_token"]
    driver.publish(token, "One", **{"Idempotency-Key": "k1"})
    assert driver.publish(token, "Two", **{"Idempotency-Key": "k1"}).status_code == 409


def test_key_is_forgotten_after_an_hour(driver, watch):
    driver.settings(access_life="86400")
    token = driver.link()["access_token"]
    first = driver.publish(token, "Once", **{"Idempotency-Key": "k1"})
    watch.forward(hours=1)
    again = driver.publish(token, "Once", **{"Idempotency-Key": "k1"})
    assert first.json["id"] != again.json["id"]


def test_without_key_each_call_makes_a_post(driver):
    token = driver.link()["access_token"]
    assert driver.publish(token).json["id"] != driver.publish(token).json["id"]


def test_of_many_with_one_key_at_once_one_post_comes(app, driver):
    token = driver.link()["access_token"]
    path = f"/api/accounts/{driver.ids['bakeryjansen']}/posts"
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k1"}

    def post(_number: int) -> str:
        return app.test_client().post(path, json={"text": "Once"}, headers=headers).json["id"]

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(post, range(8)))) == 1


def test_mentions_hold_comments_and_mentions_but_no_messages(driver):
    token = driver.link()["access_token"]
    kinds = {item["kind"] for item in driver.account(token, "/mentions?limit=40").json["items"]}
    assert kinds == {"comment", "mention"}


def test_messages_are_private(driver):
    token = driver.link()["access_token"]
    message = driver.account(token, "/messages").json["items"][0]
    assert message["url"] is None
    assert driver.client.get(f"/mentions/{message['id']}").status_code == 404


def test_what_the_panel_writes_arrives_first(driver, watch):
    token = driver.link()["access_token"]
    watch.forward(minutes=1)
    driver.press("post", text="By hand")
    driver.press("mention", text="About you", author="Noor Bakker")
    driver.press("message", text="For you", author="Tom Hendriks")
    newest = [
        driver.account(token, rest).json["items"][0]["text"]
        for rest in ("/posts", "/mentions", "/messages")
    ]
    assert newest == ["By hand", "About you", "For you"]


def test_every_address_that_the_interface_names_leads_somewhere(driver):
    token = driver.link()["access_token"]
    probe = driver.account(token).json
    addresses = [probe["url"], probe["avatar_url"]]
    addresses += [item["url"] for item in driver.account(token, "/posts?limit=3").json["items"]]
    addresses += [item["url"] for item in driver.account(token, "/mentions?limit=9").json["items"]]
    assert [driver.client.get(address).status_code for address in addresses] == [200] * len(
        addresses
    )


@pytest.mark.parametrize(
    ("action", "status"), [("suspend", 403), ("deactivate", 403), ("delete", 404)]
)
def test_troubled_accounts_are_hidden_from_everybody(driver, action, status):
    driver.press(action)
    assert driver.client.get("/@bakeryjansen").status_code == status
    assert "@bakeryjansen" not in driver.client.get("/explore").text


def test_town_has_history_on_both_sides_of_eight_weeks(driver, watch):
    """The reach of a synchronisation must be able to show."""
    border = watch.at - timedelta(weeks=8)
    pair = driver.link("bakeryjansen", "museumwaterhoven", "cinemalumen")
    for handle in ("bakeryjansen", "museumwaterhoven", "cinemalumen"):
        items, before = [], ""
        while before is not None:
            page = driver.account(
                pair["access_token"],
                f"/posts?limit=40&before={before}" if before else "/posts",
                handle=handle,
            ).json
            items, before = items + page["items"], page["next"]
        times = [datetime.fromisoformat(item["created_at"]) for item in items]
        assert min(times) < border < max(times) <= watch.at


def test_town_is_the_same_for_the_same_instant(tmp_path, town, watch):
    from dashboard.sandbox.app import create_app

    create_app(tmp_path / "again", seed=True, clock=watch)
    assert _texts(tmp_path / "again") == _texts(town)


def _texts(folder):
    from dashboard.sandbox.store import Store

    with Store(folder / "sandbox.sqlite3").reading() as db:
        rows = db.execute("SELECT id, text, created_at FROM posts ORDER BY id").fetchall()
    return [tuple(row) for row in rows]


def test_town_has_as_many_accounts_as_wanted(tmp_path, watch):
    from dashboard.sandbox.accounts import accounts
    from dashboard.sandbox.seed import seed
    from dashboard.sandbox.store import Store

    store = Store(tmp_path / "sandbox.sqlite3")
    seed(store, 60, now=watch())
    with store.reading() as db:
        assert len({one.name for one in accounts(db)}) == 60
