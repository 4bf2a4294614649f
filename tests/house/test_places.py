"""Mails and banners lead to pages that exist."""

from uuid import uuid4

from werkzeug.exceptions import NotFound

from dashboard.domain import places


def test_every_place_is_a_page(app) -> None:
    account_id = uuid4()
    adapter = app.url_map.bind("127.0.0.1:8000")
    missing = []
    named = (places.account, places.relink, places.stop_mails)
    for place in (*places.ALL, *(of(account_id) for of in named)):
        try:
            adapter.match(place, method="GET")
        except NotFound:
            missing.append(place)
    assert missing == []
