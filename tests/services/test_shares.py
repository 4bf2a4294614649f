"""All rounds of checks together ask a host no more at once than the administrator set (R44)."""

import asyncio
import multiprocessing
import os
import signal
import time
from dataclasses import replace
from multiprocessing.connection import Connection

import pytest

from dashboard.adapters.redis import connect
from dashboard.adapters.shared_hosts import SharedHosts
from dashboard.domain.checks import Works
from dashboard.domain.shares import LASTS
from dashboard.services.checking import check_due
from dashboard.services.gates import Gate, Gates
from dashboard.services.ports import Tools
from dashboard.services.shares import Shares, decoded
from dashboard.services.traffic import Traffic
from tests.factories import FakePlatform, make_account

TOTAL = 20


def shares(url: str) -> Shares:
    """What another process has."""
    return Shares(SharedHosts(connect(url)), alone=0.25)


def _hold(url: str, who: str, said: Connection) -> None:
    """A round in a process of its own that looks again and again."""
    here = shares(url)
    while True:
        said.send(here.take(who, TOTAL, now=time.time()))
        time.sleep(0.05)


def test_two_processes_share_it_and_what_a_killed_one_held_is_free_later(redis_url: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    ends = [spawn.Pipe(duplex=False) for _ in range(2)]
    rounds = [
        spawn.Process(target=_hold, args=(redis_url, f"round {nth}", said), daemon=True)
        for nth, (_, said) in enumerate(ends)
    ]
    for one in rounds:
        one.start()
    for heard, _ in ends:
        while heard.recv() != TOTAL // 2:  # until the other was seen; a time-out ends the test
            pass
    for one in rounds:
        assert one.pid is not None
        os.kill(one.pid, signal.SIGKILL)
        one.join()
    here, now = shares(redis_url), time.time()
    assert here.take("survivor", TOTAL, now=now) == 1
    assert here.take("survivor", TOTAL, now=now + LASTS + 1) == TOTAL


def test_a_round_that_ended_leaves_its_share_at_once(redis_url: str) -> None:
    one, other = shares(redis_url), shares(redis_url)
    assert one.take("one", TOTAL, now=0.0) == TOTAL
    one.give_back("one")
    assert other.take("other", TOTAL, now=0.1) == TOTAL
    other.give_back("who was never there")
    assert other.take("other", TOTAL, now=0.2) == TOTAL


def test_while_valkey_is_away_each_goes_on_with_a_small_part() -> None:
    here = shares("redis://127.0.0.1:1")
    assert here.take("me", TOTAL, now=0.0) == TOTAL // 4
    assert here.take("me", 1, now=0.0) == 1
    here.give_back("me")


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', '{"a": [1]}', '{"a": ["x", "y"]}'])
def test_what_no_version_of_ours_wrote_is_no_share(text: str) -> None:
    assert decoded(text) == {}


class Slow(FakePlatform):
    """Answers after a while, and counts how many questions it has at once."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way = self.most = 0

    async def check(self, http, app, credential, identity):
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.01)
        self.under_way -= 1
        return Works()


@pytest.mark.parametrize(("others", "most"), [(0, 4), (1, 2), (9, 1)])
def test_a_round_of_checks_asks_no_more_at_once_than_its_share(
    tools: Tools, redis_url: str, others: int, most: int
) -> None:
    platform = Slow()
    shared = SharedHosts(connect(redis_url))
    tools = replace(
        tools,
        platforms={"fake": platform},
        settings=replace(tools.settings, asks_per_host=4),
        traffic=Traffic(shared),
    )
    now = tools.now().timestamp()
    names = [f"other {nth}" for nth in range(others)]
    for who in 2 * [*names, "one that ends"]:
        tools.traffic.shares.take(who, 4, now=now)
    tools.traffic.shares.give_back("one that ends")
    for nth in range(20):
        make_account(tools.database, name=f"Shop {nth}", remote_id=f"shop-{nth}")
    assert check_due(tools) == 20
    assert platform.most == most
    for who in names:
        tools.traffic.shares.give_back(who)
    assert tools.traffic.shares.take("later", 4, now=now) == 4, "the round gave its share back"


def test_a_gate_can_be_made_wider_and_narrower_while_it_is_used() -> None:
    async def story() -> list[int]:
        gates, inside, most = Gates(1), 0, 0

        async def visit() -> None:
            nonlocal inside, most
            async with gates.host("here"), gates.overall:
                inside += 1
                most = max(most, inside)
                await asyncio.sleep(0.001)
                inside -= 1

        async def rush(limit: int) -> int:
            nonlocal most
            visits = [asyncio.ensure_future(visit()) for _ in range(20)]
            await asyncio.sleep(0)
            gates.resize(limit)
            most = 0
            await asyncio.gather(*visits)
            return most

        return [await rush(limit) for limit in (1, 6, 2)]

    assert asyncio.run(story()) == [1, 6, 2]


def test_who_gives_up_waiting_at_a_gate_takes_nobodys_turn() -> None:
    async def story() -> int:
        gate, passed = Gate(1), 0

        async def visit() -> None:
            nonlocal passed
            async with gate:
                await asyncio.sleep(0.001)
                passed += 1

        visits = [asyncio.ensure_future(visit()) for _ in range(6)]
        await asyncio.sleep(0)
        visits[1].cancel()
        visits[0].add_done_callback(lambda _done: visits[2].cancel())  # just as it is let in
        await asyncio.gather(*visits, return_exceptions=True)
        return passed

    assert asyncio.run(story()) == 4
