"""X's dialect, asked by Linkkeeper's own adapter."""

from dataclasses import replace

import pytest

from dashboard.domain.checks import NeedsRefresh
from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import NotPublished, Published
from dashboard.platforms.protocol import Refreshed, RefreshRefused
from dashboard.sandbox.content import write_post
from tests.sandbox.linked import Link


def test_x_refuses_the_same_words_twice_and_that_is_about_the_post(link: Link) -> None:
    linked = link("x")
    said = [linked.publish("Fresh bread", picture=None) for _ in range(2)]
    assert isinstance(said[0], Published)
    assert isinstance(said[1], NotPublished)
    assert said[1].about_the_post


def test_x_refuses_a_refresh_token_the_second_time_and_ends_the_permission(link: Link) -> None:
    linked = link("x")
    renewed = linked.refresh()
    assert isinstance(renewed, Refreshed)
    assert isinstance(linked.refresh(), RefreshRefused)
    assert isinstance(linked.check(renewed.credential), NeedsRefresh)


def test_x_lists_page_after_page_and_nothing_twice(link: Link) -> None:
    linked = link("x")
    sandbox = linked.world.client.application.extensions["sandbox"]
    with sandbox.store.changing() as db:
        for number in range(101):
            write_post(db, linked.identity.remote_id, f"Bread number {number}", linked.watch.at)
    first, cursor = linked.posts()
    second, _ = linked.posts(cursor)
    assert len(first) == 100
    assert second
    assert not {post.remote_id for post in first} & {post.remote_id for post in second}


def test_x_tells_nothing_about_an_account_that_was_not_linked(link: Link) -> None:
    linked = link("x")
    other = next(
        one["id"] for one in linked.world.state()["accounts"] if one["handle"] == "x_fcwaterhoven"
    )
    with pytest.raises(PlatformError):
        linked.posts(identity=replace(linked.identity, remote_id=other))
