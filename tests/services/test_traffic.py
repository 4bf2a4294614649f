"""What is remembered of hosts is that of all processes, survives a flush, and never stops us."""

import multiprocessing
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.adapters.redis import connect
from dashboard.adapters.shared_hosts import SharedHosts
from dashboard.domain import traffic
from dashboard.domain.budgets import Budget, Priority
from dashboard.domain.traffic import Host, Verdict, seconds
from dashboard.services.traffic import Traffic, decoded, encoded
from tests.fakes import START

TEN = Budget(requests=40, seconds=60, source="test")  # ten of them at once
NOW = seconds(START)


def process(url: str, *, alone: float = 0.25) -> Traffic:
    """What another process has: the same Valkey, a memory of its own."""
    return Traffic(SharedHosts(connect(url)), alone=alone)


def leave(here: Traffic, number: int, *, after: float = 0.0, budget: Budget | None = TEN) -> int:
    """How many renewals are let go."""
    now = START + timedelta(seconds=after)
    found = here.admit({"p": {Priority.REFRESH: number}}, {"p": budget}, now=now)["p"]
    return found.granted.get(Priority.REFRESH, 0)


def verdict(here: Traffic, *, after: float = 0.0) -> Verdict:
    now = START + timedelta(seconds=after)
    return here.admit({"p": {Priority.CHECK: 1}}, {"p": None}, now=now)["p"].verdict


def meet_silence(here: Traffic, times: int) -> None:
    for _ in range(times):
        here.note("p", lambda host: traffic.silent(host, now=NOW, lot=1.0))
    here.exchange(())


def meet_wish(here: Traffic, span: float) -> None:
    here.note("p", lambda h: traffic.asked_to_wait(h, timedelta(seconds=span), None, now=NOW))
    here.exchange(())


def test_two_processes_share_one_budget(redis_url: str) -> None:
    one, other = process(redis_url), process(redis_url)
    assert (leave(one, 6), leave(other, 6), leave(one, 6)) == (6, 4, 0)


def _compete(url: str, start_at: float) -> int:
    here = process(url)
    time.sleep(max(0.0, start_at - time.time()))
    return sum(leave(here, 1) for _ in range(30))


def test_processes_that_compete_get_no_more_than_there_is(redis_url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        got = pool.starmap(_compete, [(redis_url, time.time() + 2.0)] * 2)
    assert sum(got) == 10


def test_threads_that_compete_get_no_more_than_there_is(redis_url: str) -> None:
    processes = [process(redis_url) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        got = list(pool.map(lambda here: sum(leave(here, 1) for _ in range(10)), processes))
    assert sum(got) == 10


def test_silence_met_by_several_processes_adds_up(redis_url: str) -> None:
    """R44: three here and two there are five in a row."""
    one, other = process(redis_url), process(redis_url)
    meet_silence(one, 3)
    meet_silence(other, 2)
    assert [verdict(one), verdict(other)] == [Verdict.SILENT] * 2


def test_of_all_processes_one_tries_a_silent_host(redis_url: str) -> None:
    processes = [process(redis_url) for _ in range(4)]
    meet_silence(processes[0], 5)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda here: verdict(here, after=31.0), processes))
    assert sorted(found) == [Verdict.SILENT] * 3 + [Verdict.TRY]


def test_the_answer_that_one_process_got_opens_the_host_for_all(redis_url: str) -> None:
    one, other = process(redis_url), process(redis_url)
    meet_silence(one, 5)
    assert verdict(other) is Verdict.SILENT
    one.note("p", traffic.heard)
    one.exchange(())
    assert verdict(other) is Verdict.ASK


def test_a_wish_to_wait_stops_the_questions_of_all_processes(redis_url: str) -> None:
    """R45."""
    one, other = process(redis_url), process(redis_url)
    meet_wish(one, 3600)
    assert verdict(other, after=3599) is Verdict.ASKED_TO_WAIT
    assert verdict(other, after=3600) is Verdict.ASK


def test_what_others_met_is_heard_in_the_middle_of_a_round(redis_url: str) -> None:
    one, other = process(redis_url), process(redis_url)
    meet_wish(one, 60)
    other.exchange(["p"])
    assert other.host("p").verdict(NOW + 59) is Verdict.ASKED_TO_WAIT


FORGOTTEN: dict[str, Callable[[Traffic], object]] = {
    "a used-up budget": lambda here: leave(here, 10),
    "a wish to wait": lambda here: meet_wish(here, 60),
}


@pytest.mark.parametrize("which", FORGOTTEN)
def test_a_flush_opens_nothing(redis_url: str, which: str) -> None:
    """R63: whoever knew it tells it again."""
    one, other = process(redis_url), process(redis_url)
    FORGOTTEN[which](one)
    connect(redis_url).flushall()
    assert leave(one, 1) == 0
    assert leave(other, 1) == 0


def test_nonsense_in_valkey_is_as_nothing(redis_url: str) -> None:
    connect(redis_url).set("linkkeeper:host:p", b'{"silences": "many"}')
    assert leave(process(redis_url), 6) == 6


def nobody_there(tmp_path: Path) -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"redis://127.0.0.1:{free.getsockname()[1]}"


def test_without_valkey_each_process_goes_on_with_its_part(tmp_path: Path) -> None:
    """Neither without limit nor at a standstill: four such processes together stay within it."""
    here = process(nobody_there(tmp_path), alone=0.25)
    granted = [leave(here, 10, after=nth) for nth in range(61)]
    assert granted[0] == 2
    assert 6 <= sum(granted) <= 10


def test_without_valkey_silence_and_wishes_are_still_remembered_here(tmp_path: Path) -> None:
    here = process(nobody_there(tmp_path))
    meet_silence(here, 5)
    assert verdict(here) is Verdict.SILENT
    meet_wish(here, 60)
    assert verdict(here, after=59) is Verdict.ASKED_TO_WAIT


class Switched:
    """A Valkey that goes away and comes back."""

    def __init__(self, shared: SharedHosts, gone: SharedHosts) -> None:
        self.shared, self.gone, self.is_away = shared, gone, False

    def read(self, places):
        return (self.gone if self.is_away else self.shared).read(places)

    def swap(self, changes):
        return (self.gone if self.is_away else self.shared).swap(changes)


def test_what_was_used_and_met_meanwhile_counts_when_valkey_is_back(
    redis_url: str, tmp_path: Path
) -> None:
    shared = Switched(SharedHosts(connect(redis_url)), SharedHosts(connect(nobody_there(tmp_path))))
    here, other = Traffic(shared, alone=0.5), process(redis_url)
    leave(other, 1)
    shared.is_away = True
    leave(here, 10)
    meet_wish(here, 60)
    shared.is_away = False
    here.exchange(["p"])
    assert verdict(other, after=59) is Verdict.ASKED_TO_WAIT


def test_a_host_is_the_same_after_it_was_shared() -> None:
    host, _ = traffic.admit(Host(), {Priority.SYNC: 50}, TEN, now=NOW)
    host = traffic.silent(host, now=NOW, lot=0.3)
    assert decoded(encoded(host)) == host


def test_a_host_that_is_well_costs_no_write(redis_url: str) -> None:
    here = process(redis_url)
    leave(here, 500, budget=None)
    here.exchange(["p"])
    assert connect(redis_url).dbsize() == 0
