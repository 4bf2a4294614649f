"""The dialects of YouTube and Google Business Profile, asked by Linkkeeper's own adapters."""

import pytest

from dashboard.domain.causes import Cause
from dashboard.domain.checks import Works
from dashboard.domain.errors import PlatformError
from dashboard.platforms.protocol import RefreshRefused
from tests.sandbox.linked import Link


def test_what_was_unticked_at_youtube_is_named(link: Link) -> None:
    found = link("youtube", ("posts:read",)).check()
    assert [item.what.rpartition("/")[2] for item in found.missing] == ["youtube.force-ssl"]


def test_without_the_one_permission_for_a_business_the_log_in_says_so(link: Link) -> None:
    with pytest.raises(PlatformError) as raised:
        link("google_business", ("posts:write",))
    assert raised.value.kind == "not_allowed"


def test_the_one_permission_withdrawn_later_is_missing_and_no_lost_role(link: Link) -> None:
    linked = link("google_business")
    linked.press("withdraw", scope="posts:read")
    found = linked.check()
    assert isinstance(found, Works)
    assert {item.label for item in found.missing} == {"see and manage the business"}


@pytest.mark.parametrize("key", ["youtube", "google_business"])
@pytest.mark.parametrize(
    ("action", "cause"),
    [("log-out", Cause.LOGGED_OUT), ("end-grant", Cause.TOKEN_REFUSED)],
)
def test_only_a_workspace_that_wants_a_new_log_in_says_why(
    link: Link, key: str, action: str, cause: Cause
) -> None:
    linked = link(key)
    linked.press(action)
    refused = linked.refresh()
    assert isinstance(refused, RefreshRefused)
    assert refused.cause is cause
