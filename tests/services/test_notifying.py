"""From events to deliveries: together, once, and only what still matters."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from dashboard.db.tables import DeliveryRow, EventRow, NoticeRow, PreferenceRow, RoleAccountRow
from dashboard.domain.causes import Cause
from dashboard.domain.faults import planned
from dashboard.domain.notices import NoticeKind
from dashboard.domain.states import LinkState
from dashboard.services.notifying import gather
from dashboard.services.ports import Tools
from tests.factories import make_account, make_role, make_user
from tests.fakes import START, FrozenClock, RecordingJobs
from tests.services.happenings import change_settings, happen, rows

pytestmark = pytest.mark.many_rounds

HEALTHY, EXPIRED, LIMITED = LinkState.HEALTHY, LinkState.EXPIRED, LinkState.LIMITED
UNREACHABLE = LinkState.UNREACHABLE


def told_kinds(tools: Tools) -> list[str]:
    return sorted(row.kind for row in rows(tools, NoticeRow))


@pytest.fixture
def anna(tools: Tools) -> UUID:
    return make_user(tools.database, role_id=make_role(tools.database), name="Anna")


@pytest.fixture
def account(tools: Tools) -> UUID:
    return make_account(tools.database)


def test_the_first_event_waits_for_others(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(seconds=2)
    waiting = gather(tools)
    assert (waiting.deliveries, waiting.ripe_in) == (0, timedelta(seconds=3))
    clock.advance(seconds=3)
    assert gather(tools).deliveries == 1


def test_accounts_that_break_together_come_in_one_delivery(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    for name in ("Bakery", "Garage", "Florist"):
        happen(tools, make_account(tools.database, name=name), HEALTHY, EXPIRED)
        clock.advance(seconds=1)
    clock.advance(seconds=5)
    assert gather(tools).deliveries == 1
    assert told_kinds(tools) == ["link_broken"]


def test_what_healed_while_it_waited_alarms_nobody(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    """R55"""
    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(seconds=1)
    happen(tools, account, EXPIRED, HEALTHY)
    clock.advance(seconds=5)
    assert gather(tools).deliveries == 0
    assert told_kinds(tools) == []
    assert all(event.told for event in rows(tools, EventRow))


def test_each_kind_is_a_notice_of_its_own(tools: Tools, anna: UUID, clock: FrozenClock) -> None:
    happen(tools, make_account(tools.database), HEALTHY, EXPIRED)
    happen(tools, make_account(tools.database), HEALTHY, LIMITED)
    clock.advance(seconds=5)
    assert gather(tools).deliveries == 2
    assert told_kinds(tools) == ["link_broken", "link_limited"]


def test_a_user_gets_no_delivery_about_accounts_out_of_his_reach(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    """R58"""
    narrow = make_role(tools.database, name="Narrow", all_accounts=False)
    ben = make_user(tools.database, role_id=narrow, name="Ben")
    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(seconds=5)
    gather(tools)
    assert [row.user_id for row in rows(tools, DeliveryRow)] == [anna]
    other = make_account(tools.database)
    with tools.database.writing() as unit:
        unit.add(RoleAccountRow(role_id=narrow, account_id=other))
    happen(tools, other, HEALTHY, EXPIRED)
    clock.advance(seconds=5)
    gather(tools)
    assert sorted(row.user_id for row in rows(tools, DeliveryRow)) == sorted([anna, anna, ben])


def test_an_unticked_box_means_no_delivery(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    with tools.database.writing() as unit:
        unit.add(
            PreferenceRow(
                user_id=anna,
                kind=NoticeKind.LINK_BROKEN.value,
                wanted=False,
                changed_at=START,
            )
        )
    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(seconds=5)
    assert gather(tools).deliveries == 0


def test_a_story_is_closed_once_and_not_again(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    for old, new in ((HEALTHY, EXPIRED), (EXPIRED, HEALTHY)):
        happen(tools, account, old, new)
        clock.advance(minutes=1)
        gather(tools)
    happen(tools, account, HEALTHY, LinkState.PAUSED)
    happen(tools, account, LinkState.PAUSED, LinkState.NEW)
    happen(tools, account, LinkState.NEW, HEALTHY)
    clock.advance(minutes=1)
    gather(tools)
    assert told_kinds(tools) == ["link_broken", "link_recovered"]


def test_a_story_is_closed_also_when_the_link_was_paused_meanwhile(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(minutes=1)
    gather(tools)
    happen(tools, account, EXPIRED, LinkState.PAUSED)
    clock.advance(minutes=1)
    gather(tools)
    happen(tools, account, LinkState.PAUSED, HEALTHY)
    clock.advance(minutes=1)
    gather(tools)
    assert told_kinds(tools) == ["link_broken", "link_recovered"]


def test_trouble_for_the_same_cause_right_after_is_not_told_again(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    happen(tools, account, HEALTHY, EXPIRED, cause=Cause.PASSWORD_CHANGED)
    clock.advance(minutes=1)
    gather(tools)
    happen(tools, account, EXPIRED, HEALTHY)
    happen(tools, account, HEALTHY, EXPIRED, cause=Cause.PASSWORD_CHANGED)
    clock.advance(minutes=1)
    assert gather(tools).deliveries == 0


def test_a_second_gathering_finds_nothing(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(seconds=5)
    gather(tools)
    again = gather(tools)
    assert (again.deliveries, again.ripe_in) == (0, None)


def test_the_senders_are_woken_after_the_commit(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock, jobs: RecordingJobs
) -> None:
    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(seconds=5)
    gather(tools)
    assert jobs.hints == [("send_mails",)]


def test_a_lost_hint_changes_nothing(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock, jobs: RecordingJobs
) -> None:
    jobs.away = True
    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(seconds=5)
    assert gather(tools).deliveries == 1


def test_eight_workers_at_once_tell_each_event_once(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    """R52, R53: whoever is slower finds nothing left."""
    one_log_in = uuid4()
    accounts = [make_account(tools.database, grant_id=one_log_in) for _ in range(20)]
    for account_id in accounts:
        happen(tools, account_id, HEALTHY, EXPIRED)
    clock.advance(seconds=5)
    with ThreadPoolExecutor(8) as pool:
        made = [found.deliveries for found in pool.map(gather, [tools] * 8)]
    assert sum(made) == 1
    assert len(rows(tools, NoticeRow)) == 1
    assert all(event.notice_id is not None for event in rows(tools, EventRow))


@pytest.mark.parametrize(
    "place", ["gather.before_claim", "gather.before_commit", "gather.after_commit"]
)
def test_a_crash_anywhere_leaves_the_event_untold_or_its_delivery_there(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock, place: str
) -> None:
    """R52: never "event told, no delivery", nor the reverse; the next run completes it."""
    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(seconds=5)

    def crash(name: str) -> None:
        if name == place:
            raise KeyboardInterrupt

    with planned(crash), pytest.raises(KeyboardInterrupt):
        gather(tools)
    (event,) = rows(tools, EventRow)
    assert event.told is (len(rows(tools, DeliveryRow)) == 1)
    gather(tools)
    assert len(rows(tools, DeliveryRow)) == 1


def test_a_message_id_does_not_depend_on_who_made_it(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    """R53: derived from notice, user and channel alone."""
    from dashboard.services.notifying import message_id

    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(seconds=5)
    gather(tools)
    (row,) = rows(tools, DeliveryRow)
    assert row.message_id == message_id(tools, row.notice_id, row.user_id)
    assert row.message_id.endswith("@localhost>")
    odd = replace(tools, settings=replace(tools.settings, mail_from="A <a@b_c>"))
    assert message_id(odd, row.notice_id, anna).endswith("@linkkeeper.invalid>")


def test_boxes_ticked_in_a_row_are_told_in_one_mail(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    change_settings(tools, anna, None, "One: on -> off")
    clock.advance(seconds=20)
    change_settings(tools, anna, None, "Two: on -> off")
    assert gather(tools).deliveries == 0
    clock.advance(seconds=40)
    assert gather(tools).deliveries == 1


def test_a_box_that_was_ticked_back_is_not_told(
    tools: Tools, anna: UUID, clock: FrozenClock
) -> None:
    change_settings(tools, anna, None, "One: on -> off")
    change_settings(tools, anna, None, "One: off -> on")
    clock.advance(minutes=1)
    assert gather(tools).deliveries == 0


def test_a_person_who_was_switched_off_is_not_told_of_settings(
    tools: Tools, clock: FrozenClock
) -> None:
    gone = make_user(tools.database, role_id=make_role(tools.database), active=False)
    change_settings(tools, gone, None, "One: on -> off")
    clock.advance(minutes=1)
    assert gather(tools).deliveries == 0


def alternate(tools: Tools, account: UUID, clock: FrozenClock, *, minutes: int) -> None:
    """Broken, works, broken, works: a change each minute."""
    for minute in range(minutes):
        old, new = (HEALTHY, EXPIRED) if minute % 2 == 0 else (EXPIRED, HEALTHY)
        happen(tools, account, old, new)
        clock.advance(seconds=6)
        gather(tools)
        clock.advance(seconds=54)


def test_r60_a_link_that_flaps_for_a_day_is_told_three_times(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    alternate(tools, account, clock, minutes=120)
    assert told_kinds(tools) == ["link_broken", "link_flapping", "link_recovered"]
    assert len(rows(tools, DeliveryRow)) == 3


def test_r60_once_it_was_steady_for_an_hour_it_is_told_as_usual(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    alternate(tools, account, clock, minutes=6)
    clock.advance(hours=1)
    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(seconds=6)
    gather(tools)
    assert told_kinds(tools).count("link_broken") == 2


def test_r60_the_next_day_begins_anew(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    for _ in range(3):
        alternate(tools, account, clock, minutes=2)
        clock.advance(hours=25)
    assert "link_flapping" not in told_kinds(tools)


def test_r60_a_missing_permission_does_not_flap(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    alternate(tools, account, clock, minutes=6)
    happen(tools, account, HEALTHY, LIMITED)
    clock.advance(seconds=6)
    gather(tools)
    assert "link_limited" in told_kinds(tools)


def test_r60_a_refusal_is_told_after_a_flapping_link_was_said_to_work(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    """Or the last word about a broken link would be that it works."""
    alternate(tools, account, clock, minutes=5)
    assert "link_flapping" in told_kinds(tools)
    clock.advance(hours=2)
    happen(tools, account, EXPIRED, HEALTHY)
    clock.advance(seconds=6)
    gather(tools)
    assert told_kinds(tools).count("link_recovered") == 2
    clock.advance(minutes=10)
    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(seconds=6)
    gather(tools)
    assert told_kinds(tools).count("link_broken") == 2


def test_r60_a_refusal_that_stays_is_told_although_the_link_was_flapping(
    tools: Tools, anna: UUID, account: UUID, clock: FrozenClock
) -> None:
    for old, new in ((HEALTHY, UNREACHABLE), (UNREACHABLE, HEALTHY)) * 2:
        happen(tools, account, old, new)
        clock.advance(seconds=6)
        gather(tools)
        clock.advance(minutes=5)
    assert told_kinds(tools).count("link_flapping") == 1
    happen(tools, account, HEALTHY, EXPIRED)
    clock.advance(seconds=6)
    gather(tools)
    assert told_kinds(tools).count("link_broken") == 2
