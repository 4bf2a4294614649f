"""What stops is said truly: everything, a part, or nothing that is proven."""

import pytest

from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.impact import modules, sentence, stopped
from dashboard.domain.links import LinkHealth
from dashboard.domain.states import LinkState
from tests.fakes import START

NO_PUBLISHING = Missing(
    capability=Capability.PUBLISH, kind=MissingKind.PERMISSION, what="write", label="Create posts"
)


def in_state(state: LinkState, *missing: Missing) -> LinkHealth:
    return LinkHealth(state=state, since=START, missing=missing)


@pytest.mark.parametrize("state", [LinkState.EXPIRED, LinkState.BLOCKED])
def test_a_refused_or_blocked_link_stops_everything_it_is_used_for(state: LinkState) -> None:
    wanted = {Capability.PUBLISH, Capability.READ_MESSAGES}
    assert stopped(in_state(state), wanted) == (Capability.READ_MESSAGES, Capability.PUBLISH)


def test_a_limited_link_stops_what_lacks_a_permission() -> None:
    assert stopped(in_state(LinkState.LIMITED, NO_PUBLISHING), Capability) == (Capability.PUBLISH,)


@pytest.mark.parametrize("state", [LinkState.UNREACHABLE, LinkState.HEALTHY, LinkState.EXPIRING])
def test_what_is_not_proven_stops_nothing(state: LinkState) -> None:
    assert stopped(in_state(state), Capability) == ()


def test_the_sentence_is_one_a_person_would_say() -> None:
    gone = [Capability.READ_MESSAGES, Capability.MONITOR_MENTIONS, Capability.PUBLISH]
    assert sentence(gone) == (
        "No messages come in for Webcare and Media Monitor; posts cannot go out."
    )
    assert modules(gone) == "Webcare, Media Monitor and Publish"
    assert sentence([]) == ""
    assert modules([Capability.PUBLISH]) == "Publish"
