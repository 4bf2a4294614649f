"""The past troubles of a link, read off its changes of state."""

from datetime import timedelta

from dashboard.domain.causes import Cause
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.states import LinkState
from dashboard.domain.troubles import Medians, Trouble, medians, troubles
from tests.fakes import START

HEALTHY, EXPIRED, SILENT = LinkState.HEALTHY, LinkState.EXPIRED, LinkState.UNREACHABLE


def change(old, new, hours, *, cause=None, since=None) -> LinkStateChanged:
    at = START + timedelta(hours=hours)
    return LinkStateChanged(at=at, old=old, new=new, cause=cause, troubled_since=since)


def test_a_trouble_lasts_from_the_first_failed_check_to_the_relink() -> None:
    first = START - timedelta(minutes=20)
    [one] = troubles(
        [
            (change(HEALTHY, EXPIRED, 0, cause=Cause.PASSWORD_CHANGED, since=first), "", None),
            (change(EXPIRED, HEALTHY, 2), "Ada", None),
        ]
    )
    assert (one.state, one.cause, one.relinked_by) == (EXPIRED, Cause.PASSWORD_CHANGED, "Ada")
    assert one.lasted == timedelta(hours=2, minutes=20)


def test_silence_that_turned_out_to_be_a_refusal_is_one_trouble() -> None:
    [one] = troubles(
        [
            (change(HEALTHY, SILENT, 0, cause=Cause.NO_ANSWER), "", None),
            (change(SILENT, EXPIRED, 1, cause=Cause.TOKEN_REFUSED), "", None),
        ]
    )
    assert (one.state, one.cause, one.ended_at) == (EXPIRED, Cause.TOKEN_REFUSED, None)
    assert one.began_at == START
    assert one.lasted is None


def test_the_latest_trouble_stands_first_and_what_only_began_before_is_left_out() -> None:
    found = troubles(
        [
            (change(EXPIRED, HEALTHY, 0), "", None),
            (change(HEALTHY, EXPIRED, 1, cause=Cause.APP_REMOVED), "", None),
            (change(EXPIRED, HEALTHY, 2), "", None),
            (change(HEALTHY, SILENT, 3, cause=Cause.NO_ANSWER), "", None),
            (change(SILENT, HEALTHY, 4), "", None),
        ]
    )
    assert [one.cause for one in found] == [Cause.NO_ANSWER, Cause.APP_REMOVED]


def test_times_run_from_the_first_failed_check() -> None:
    first = START - timedelta(minutes=20)
    told = START + timedelta(minutes=1)
    [one] = troubles(
        [
            (change(HEALTHY, SILENT, 0, cause=Cause.NO_ANSWER, since=first), "", told),
            (change(SILENT, EXPIRED, 1, cause=Cause.TOKEN_REFUSED), "", told + timedelta(hours=1)),
            (change(EXPIRED, HEALTHY, 2), "Ada", None),
        ]
    )
    assert one.noticed == timedelta(minutes=21), "the first mail counts"
    assert one.relinked == timedelta(hours=2, minutes=20)


def test_medians_leave_out_what_was_not_told_or_healed_by_itself() -> None:
    def trouble(told: int | None, hours: int, who: str) -> Trouble:
        return Trouble(
            state=EXPIRED,
            cause=None,
            began_at=START,
            told_at=None if told is None else START + timedelta(minutes=told),
            ended_at=START + timedelta(hours=hours),
            relinked_by=who,
        )

    found = medians([trouble(1, 1, "Ada"), trouble(3, 9, ""), trouble(None, 3, "Ben")])
    assert (found.noticed, found.relinked) == (timedelta(minutes=2), timedelta(hours=2))
    assert medians([]) == Medians(noticed=None, relinked=None)
