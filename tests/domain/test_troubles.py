"""The past troubles of a link, read off its changes of state."""

from datetime import timedelta

from dashboard.domain.causes import Cause
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.states import LinkState
from dashboard.domain.troubles import troubles
from tests.fakes import START

HEALTHY, EXPIRED, SILENT = LinkState.HEALTHY, LinkState.EXPIRED, LinkState.UNREACHABLE


def change(old, new, hours, *, cause=None, since=None) -> LinkStateChanged:
    at = START + timedelta(hours=hours)
    return LinkStateChanged(at=at, old=old, new=new, cause=cause, troubled_since=since)


def test_a_trouble_lasts_from_the_first_failed_check_to_the_relink() -> None:
    first = START - timedelta(minutes=20)
    [one] = troubles(
        [
            (change(HEALTHY, EXPIRED, 0, cause=Cause.PASSWORD_CHANGED, since=first), ""),
            (change(EXPIRED, HEALTHY, 2), "Ada"),
        ]
    )
    assert (one.state, one.cause, one.relinked_by) == (EXPIRED, Cause.PASSWORD_CHANGED, "Ada")
    assert one.lasted == timedelta(hours=2, minutes=20)


def test_silence_that_turned_out_to_be_a_refusal_is_one_trouble() -> None:
    [one] = troubles(
        [
            (change(HEALTHY, SILENT, 0, cause=Cause.NO_ANSWER), ""),
            (change(SILENT, EXPIRED, 1, cause=Cause.TOKEN_REFUSED), ""),
        ]
    )
    assert (one.state, one.cause, one.ended_at) == (EXPIRED, Cause.TOKEN_REFUSED, None)
    assert one.began_at == START
    assert one.lasted is None


def test_the_latest_trouble_stands_first_and_what_only_began_before_is_left_out() -> None:
    found = troubles(
        [
            (change(EXPIRED, HEALTHY, 0), ""),
            (change(HEALTHY, EXPIRED, 1, cause=Cause.APP_REMOVED), ""),
            (change(EXPIRED, HEALTHY, 2), ""),
            (change(HEALTHY, SILENT, 3, cause=Cause.NO_ANSWER), ""),
            (change(SILENT, HEALTHY, 4), ""),
        ]
    )
    assert [one.cause for one in found] == [Cause.NO_ANSWER, Cause.APP_REMOVED]
