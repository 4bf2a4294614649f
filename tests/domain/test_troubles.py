"""The past troubles of a link, read off its changes of state."""

from datetime import timedelta

import pytest

from dashboard.domain.causes import Cause
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.states import LinkState
from dashboard.domain.troubles import NOBODY_YET, Medians, Told, Trouble, Untold, medians, troubles
from tests.fakes import START

HEALTHY, EXPIRED, SILENT = LinkState.HEALTHY, LinkState.EXPIRED, LinkState.UNREACHABLE


def change(old, new, hours, *, cause=None, since=None) -> LinkStateChanged:
    at = START + timedelta(hours=hours)
    return LinkStateChanged(at=at, old=old, new=new, cause=cause, troubled_since=since)


def test_a_trouble_lasts_from_the_first_failed_check_to_the_relink() -> None:
    first = START - timedelta(minutes=20)
    [one] = troubles(
        [
            (
                change(HEALTHY, EXPIRED, 0, cause=Cause.PASSWORD_CHANGED, since=first),
                "",
                NOBODY_YET,
            ),
            (change(EXPIRED, HEALTHY, 2), "Ada", NOBODY_YET),
        ]
    )
    assert (one.state, one.cause, one.relinked_by) == (EXPIRED, Cause.PASSWORD_CHANGED, "Ada")
    assert one.lasted == timedelta(hours=2, minutes=20)


def test_silence_that_turned_out_to_be_a_refusal_is_one_trouble() -> None:
    [one] = troubles(
        [
            (change(HEALTHY, SILENT, 0, cause=Cause.NO_ANSWER), "", NOBODY_YET),
            (change(SILENT, EXPIRED, 1, cause=Cause.TOKEN_REFUSED), "", NOBODY_YET),
        ]
    )
    assert (one.state, one.cause, one.ended_at) == (EXPIRED, Cause.TOKEN_REFUSED, None)
    assert one.began_at == START
    assert one.lasted is None


def test_the_latest_trouble_stands_first_and_what_only_began_before_is_left_out() -> None:
    found = troubles(
        [
            (change(EXPIRED, HEALTHY, 0), "", NOBODY_YET),
            (change(HEALTHY, EXPIRED, 1, cause=Cause.APP_REMOVED), "", NOBODY_YET),
            (change(EXPIRED, HEALTHY, 2), "", NOBODY_YET),
            (change(HEALTHY, SILENT, 3, cause=Cause.NO_ANSWER), "", NOBODY_YET),
            (change(SILENT, HEALTHY, 4), "", NOBODY_YET),
        ]
    )
    assert [one.cause for one in found] == [Cause.NO_ANSWER, Cause.APP_REMOVED]


def test_times_run_from_the_first_failed_check() -> None:
    first = START - timedelta(minutes=20)
    told = START + timedelta(minutes=1)
    [one] = troubles(
        [
            (change(HEALTHY, SILENT, 0, cause=Cause.NO_ANSWER, since=first), "", Told(at=told)),
            (
                change(SILENT, EXPIRED, 1, cause=Cause.TOKEN_REFUSED),
                "",
                Told(at=told + timedelta(hours=1)),
            ),
            (change(EXPIRED, HEALTHY, 2), "Ada", NOBODY_YET),
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
            told=NOBODY_YET if told is None else Told(at=START + timedelta(minutes=told)),
            ended_at=START + timedelta(hours=hours),
            relinked_by=who,
        )

    found = medians([trouble(1, 1, "Ada"), trouble(3, 9, ""), trouble(None, 3, "Ben")])
    assert (found.noticed, found.relinked) == (timedelta(minutes=2), timedelta(hours=2))
    assert medians([]) == Medians(noticed=None, relinked=None)


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (Told(why=Untold.TOO_SHORT), Told(at=START), Told(at=START)),
        (Told(at=START), Told(why=Untold.QUIET), Told(at=START)),
        (Told(why=Untold.OURS), Told(why=Untold.QUIET), Told(why=Untold.OURS)),
    ],
)
def test_a_trouble_was_told_when_one_of_its_changes_was(first, second, counts) -> None:
    [one] = troubles(
        [(change(HEALTHY, SILENT, 0), "", first), (change(SILENT, EXPIRED, 1), "", second)]
    )
    assert one.told == counts


def test_what_was_told_of_a_whole_platform_is_no_time_to_notice() -> None:
    told = Told(at=START - timedelta(minutes=5), with_place=True)
    [one] = troubles([(change(HEALTHY, SILENT, 0), "", told)])
    assert one.noticed is None
