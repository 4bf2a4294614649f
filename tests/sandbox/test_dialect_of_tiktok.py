"""TikTok's dialect, asked by Linkkeeper's own adapter."""

from dashboard.domain.checks import Works
from dashboard.domain.publishing import Published, PublishUnclear
from tests.sandbox.linked import Link


def test_what_was_unticked_is_named(link: Link) -> None:
    found = link("tiktok", ("posts:read",)).check()
    assert [item.what for item in found.missing] == ["video.publish"]


def test_a_permission_to_publish_that_is_withdrawn_later_is_found_by_the_check(link: Link) -> None:
    linked = link("tiktok")
    linked.press("withdraw", scope="posts:write")
    found = linked.check()
    assert isinstance(found, Works)
    assert [(item.what, item.capability) for item in found.missing] == [
        ("video.publish", "publish")
    ]


def test_r77_a_post_is_worked_on_for_a_while_and_then_has_its_id(link: Link) -> None:
    linked = link("tiktok")
    outcome = linked.publish()
    assert isinstance(outcome, PublishUnclear)
    linked.watch.forward(seconds=10)
    talk = linked.platform.fate(linked.http, linked.app, linked.granted.credential, outcome.trace)
    told = linked.ask(talk)
    assert isinstance(told, Published)
    listed = {post.remote_id: post.text for post in linked.posts()[0]}
    assert listed[told.remote_id] == "Written in Linkkeeper"
