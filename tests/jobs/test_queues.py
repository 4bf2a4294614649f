"""Redis carries hints and nothing else: whoever writes to it can at most delay work (R62)."""

import json
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from dashboard.adapters.redis import connect
from jobs.queues import JOBS, QUEUES, HintJob, RedisJobs
from jobs.serving import HintWorker, Stop, Work
from tests.jobs import attacks

KEY = b"k" * 32


class Ran(list[tuple[str, ...]]):
    def __call__(self, job: str, ids: tuple[str, ...]) -> None:
        self.append((job, *ids))


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    client = connect(redis_url)
    yield client
    client.close()


@pytest.fixture
def ran() -> Ran:
    return Ran()


@pytest.fixture(autouse=True)
def _clean_attacks() -> None:
    attacks.MODULES.clear()


def work_off(redis: Redis, ran: Ran, *, key: bytes = KEY, queues: tuple[str, ...] = QUEUES) -> None:
    """Let a worker take everything that waits."""
    work = Work(run=ran, alone=lambda: None)
    HintWorker(queues, redis=redis, key=key, work=work, stop=Stop()).work(burst=True)


def test_a_hint_reaches_the_worker_with_its_ids(redis: Redis, ran: Ran) -> None:
    assert RedisJobs(redis, KEY).hint("upkeep", "one", "two")

    work_off(redis, ran)

    assert ran == [("upkeep", "one", "two")]


def test_nothing_of_a_done_hint_stays_in_redis(redis: Redis, ran: Ran) -> None:
    RedisJobs(redis, KEY).hint("upkeep")
    work_off(redis, ran)

    assert [key for key in redis.keys("*") if b":job:" in key or b"waiting" in key] == []


def test_the_same_hint_waits_only_once(redis: Redis, ran: Ran) -> None:
    jobs = RedisJobs(redis, KEY)
    for _ in range(3):
        assert jobs.hint("upkeep", "a")
    jobs.hint("upkeep", "b")

    work_off(redis, ran)

    assert sorted(ran) == [("upkeep", "a"), ("upkeep", "b")]


def test_a_hint_that_comes_while_its_job_runs_is_not_lost(redis: Redis) -> None:
    jobs = RedisJobs(redis, KEY)
    ran = Ran()

    def run(job: str, ids: tuple[str, ...]) -> None:
        if not ran:
            jobs.hint(job, *ids)
        ran(job, ids)

    jobs.hint("upkeep")
    work_off(redis, run)  # type: ignore[arg-type]

    assert ran == [("upkeep",), ("upkeep",)]


def test_a_job_that_is_not_on_the_list_cannot_be_hinted(redis: Redis) -> None:
    assert not RedisJobs(redis, KEY).hint("os.system", "id")
    assert redis.keys("*") == []


def test_each_job_names_a_function_and_a_queue_that_exist() -> None:
    from jobs.process import function_of

    assert {spec.queue for spec in JOBS.values()} <= set(QUEUES)
    assert all(callable(function_of(spec)) for spec in JOBS.values())


def test_a_check_does_not_wait_behind_calendars(redis: Redis, ran: Ran) -> None:
    jobs = RedisJobs(redis, KEY)
    for job in (("sync_account", "one"), ("sync_account", "two"), ("check_due",)):
        jobs.hint(*job)
    work_off(redis, ran, queues=("quick", "checks"))
    assert ran == [("check_due",)]


def test_an_unsigned_call_does_not_run(redis: Redis, ran: Ran, tmp_path: Path) -> None:
    mark = tmp_path / "owned"
    for data in (
        attacks.plain(attacks.call_of(mark)),
        zlib.compress(attacks.plain(attacks.call_of(mark))),
    ):
        attacks.plant(redis, data)
        work_off(redis, ran)

    assert not mark.exists()
    assert ran == []


def test_a_call_signed_with_another_key_does_not_run(
    redis: Redis, ran: Ran, tmp_path: Path
) -> None:
    mark = tmp_path / "owned"
    attacks.plant(redis, attacks.signed(attacks.call_of(mark), b"another key"))
    attacks.plant(redis, attacks.signed(["upkeep", None, [], {}], b"another key"))
    work_off(redis, ran)

    assert not mark.exists()
    assert ran == []


@pytest.mark.parametrize(
    "call",
    [
        ["os.system", None, ["true"], {}],
        ["jobs.upkeep.tidy", None, [], {}],
        ["upkeep", "instance", [], {}],
        ["upkeep", None, [], {"key": "word"}],
        ["upkeep", None, [{"not": "an id"}], {}],
        ["upkeep", None, ["x" * 201], {}],
        ["upkeep", None, [7], {}],
        [["upkeep"], None, [], {}],
        ["upkeep"],
        "upkeep",
        None,
    ],
)
def test_even_signed_only_names_on_the_list_with_ids_run(redis: Redis, ran: Ran, call: Any) -> None:
    attacks.plant(redis, attacks.signed(call, KEY))
    work_off(redis, ran)

    assert ran == []


@pytest.mark.parametrize("field", ["success", "failure", "stopped"])
def test_callbacks_in_the_hash_are_not_called(redis: Redis, ran: Ran, field: str) -> None:
    for key in (KEY, b"so that it fails"):
        attacks.plant(
            redis,
            attacks.signed(["upkeep", None, [], {}], key),
            **{f"{field}_callback_name": "tests.jobs.attacks.callback"},
        )
        work_off(redis, ran)

    assert attacks.MODULES == []
    assert ran == [("upkeep",)]


def test_webhooks_in_the_hash_are_not_asked(redis: Redis, ran: Ran) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        for key, status in ((KEY, "finished"), (b"so that it fails", "failed")):
            hook = {"url": url, "job_status": status, "method": "POST", "timeout": 1}
            attacks.plant(
                redis,
                attacks.signed(["upkeep", None, [], {}], key),
                webhooks=json.dumps([hook]),
            )
            work_off(redis, ran)

        with pytest.raises(TimeoutError):
            server.accept()


def test_what_the_hash_says_about_more_work_is_not_read(redis: Redis, ran: Ran) -> None:
    attacks.plant(
        redis,
        attacks.signed(["upkeep", None, [], {}], KEY),
        retries_left="9",
        repeats_left="9",
        repeat_intervals="[0]",
        dependency_ids='["other"]',
        group_id="group",
        rate_limit_key="slot",
        rate_limit_concurrency="1",
        meta=b"\x80\x04.",
        result=b"\x80\x04.",
    )
    job = HintJob.fetch("planted", connection=redis, serializer=None)

    assert (job.retries_left, job.repeats_left, job.group_id, job.rate_limit_key) == (None,) * 4
    assert (job._dependency_ids, job.meta, job.webhooks) == ([], {}, [])
    work_off(redis, ran)
    assert ran == [("upkeep",)]


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        (b"", {}),
        (b"not zlib", {}),
        (zlib.compress(b"0" * 50_000_000), {}),
        (zlib.compress(b"x"), {"status": "no such status"}),
        (zlib.compress(b"x"), {"created_at": "yesterday"}),
        (zlib.compress(b"x"), {"origin": "another:queue"}),
    ],
)
def test_rubbish_does_not_stop_the_worker(
    redis: Redis, ran: Ran, data: bytes, fields: dict[str, str]
) -> None:
    attacks.plant(redis, data, **fields)
    RedisJobs(redis, KEY).hint("upkeep")

    work_off(redis, ran)

    assert ran == [("upkeep",)]


def test_nothing_in_redis_is_a_pickle(redis: Redis, ran: Ran) -> None:
    jobs = RedisJobs(redis, KEY)
    jobs.hint("upkeep", "a")
    work_off(redis, ran)
    jobs.hint("upkeep", "b")

    values = [redis.dump(key) for key in redis.keys("*")]

    assert values
    assert not any(b"\x80\x04" in value or b"\x80\x05" in value for value in values)


def test_without_redis_a_hint_is_refused_at_once(tmp_path: Path) -> None:
    jobs = RedisJobs(connect(f"unix://{tmp_path}/nobody.sock"), KEY)

    assert not jobs.hint("upkeep")


def test_a_silent_redis_costs_a_second_once_and_then_nothing() -> None:
    """R64, F10."""
    with socket.create_server(("127.0.0.1", 0)) as blackhole:
        jobs = RedisJobs(connect(f"redis://127.0.0.1:{blackhole.getsockname()[1]}"), KEY)

        began = time.monotonic()
        assert not jobs.hint("upkeep")
        first = time.monotonic() - began
        assert not jobs.hint("upkeep")
        second = time.monotonic() - began - first

    assert first < 1.1
    assert second < 0.05


def test_a_full_redis_refuses_and_nobody_falls(redis: Redis) -> None:
    """F11."""
    redis.config_set("maxmemory", 1)
    try:
        assert not RedisJobs(redis, KEY).hint("upkeep")
    finally:
        redis.config_set("maxmemory", "256mb")


def test_hints_from_many_threads_all_arrive(redis: Redis, ran: Ran) -> None:
    jobs = RedisJobs(redis, KEY)
    threads = [
        threading.Thread(target=jobs.hint, args=("upkeep", str(number))) for number in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    work_off(redis, ran)

    assert len(ran) == 40


def test_our_own_code_names_no_pickle() -> None:
    root = Path(__file__).resolve().parents[2]
    sources = [*root.glob("dashboard/**/*.py"), *root.glob("jobs/**/*.py"), root / "manage"]

    assert [path for path in sources if "pickle" in path.read_text(encoding="utf-8")] == []
