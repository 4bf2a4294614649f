"""Any number of schedulers, one effect (R67); a lost tick is offered again; jumps are noticed."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from dashboard.db.tables import SlotRow
from dashboard.services.ports import Tools
from jobs.queues import JOBS
from jobs.schedule import PERIODIC, Jumps, Periodic, Ticker
from tests.fakes import FrozenClock

MINUTE = (Periodic(job="each_minute", every=timedelta(minutes=1)),)


class Dispatched(list[str]):
    away = False

    def __call__(self, job: str) -> bool:
        if not self.away:
            self.append(job)
        return not self.away


def test_five_schedulers_do_each_slot_of_an_hour_once(tools: Tools, clock: FrozenClock) -> None:
    done: Counter[datetime] = Counter()

    def dispatch(job: str) -> bool:
        done[clock()] += 1
        return True

    schedulers = [Ticker(tools, dispatch, MINUTE) for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        for _ in range(60):
            list(pool.map(Ticker.tick, schedulers))
            clock.advance(minutes=1)

    assert len(done) == 60
    assert set(done.values()) == {1}


def test_a_slot_is_done_once_by_one_scheduler(tools: Tools, clock: FrozenClock) -> None:
    dispatched = Dispatched()
    ticker = Ticker(tools, dispatched, MINUTE)
    for _ in range(3):
        ticker.tick()
        clock.advance(seconds=10)

    assert dispatched == ["each_minute"]


def test_after_a_pause_only_the_present_slot_is_done(tools: Tools, clock: FrozenClock) -> None:
    """R76."""
    dispatched = Dispatched()
    ticker = Ticker(tools, dispatched, MINUTE)
    ticker.tick()
    clock.advance(hours=12)
    ticker.tick()
    ticker.tick()

    assert dispatched == ["each_minute"] * 2


def test_a_tick_that_redis_did_not_take_is_offered_again(tools: Tools, clock: FrozenClock) -> None:
    """R63."""
    dispatched = Dispatched()
    dispatched.away = True
    ticker = Ticker(tools, dispatched, MINUTE)
    ticker.tick()
    dispatched.away = False
    clock.advance(seconds=6)
    ticker.tick()

    assert dispatched == ["each_minute"]


def test_a_tick_given_back_may_be_taken_by_another(tools: Tools, clock: FrozenClock) -> None:
    away, here = Dispatched(), Dispatched()
    away.away = True
    Ticker(tools, away, MINUTE).tick()
    Ticker(tools, here, MINUTE).tick()

    assert here == ["each_minute"]


def test_what_has_nothing_to_do_is_not_passed_on(tools: Tools, clock: FrozenClock) -> None:
    work = [False, True]
    dispatched = Dispatched()
    periodic = (Periodic(job="often", every=timedelta(seconds=2), wanted=lambda _: work.pop(0)),)
    ticker = Ticker(tools, dispatched, periodic)
    ticker.tick()
    assert dispatched == []
    clock.advance(seconds=2)
    ticker.tick()

    assert dispatched == ["often"]


def test_once_a_minute_it_is_done_unasked(tools: Tools, clock: FrozenClock) -> None:
    """What the cheap look overlooks would otherwise wait for ever."""
    dispatched = Dispatched()
    periodic = (Periodic(job="often", every=timedelta(seconds=2), wanted=lambda _: False),)
    ticker = Ticker(tools, dispatched, periodic)
    for _ in range(91):
        ticker.tick()
        clock.advance(seconds=2)

    assert dispatched == ["often"] * 3


def test_where_nothing_is_due_nothing_is_written(tools: Tools, clock: FrozenClock) -> None:
    """Small machines have slow disks."""
    often = tuple(one for one in PERIODIC if one.every < timedelta(seconds=30))
    Ticker(tools, Dispatched(), often).tick()

    with tools.database.reading() as session:
        assert session.execute(select(func.count()).select_from(SlotRow)).scalar_one() == 0


def test_old_slots_do_not_pile_up(tools: Tools, clock: FrozenClock) -> None:
    ticker = Ticker(tools, Dispatched(), MINUTE)
    for _ in range(150):
        ticker.tick()
        clock.advance(minutes=1)

    with tools.database.reading() as session:
        kept = session.execute(select(func.count()).select_from(SlotRow)).scalar_one()
    assert kept == 101


def test_all_periodic_jobs_are_on_the_list_and_at_least_daily() -> None:
    assert {periodic.job for periodic in PERIODIC} <= set(JOBS)
    assert all(timedelta() < periodic.every <= timedelta(days=1) for periodic in PERIODIC)


def test_a_clock_that_jumps_is_noticed() -> None:
    """R75."""
    jumps = Jumps()
    start = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

    assert not jumps.jumped(start, 0)
    assert not jumps.jumped(start + timedelta(seconds=1), 1)
    assert jumps.jumped(start + timedelta(hours=1), 2)
    assert not jumps.jumped(start + timedelta(hours=1, seconds=1), 3)
    assert jumps.jumped(start, 4)
