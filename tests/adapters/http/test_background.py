"""The loop behind the client outlives interrupted callers, survives forks, and stops quickly."""

import asyncio
import os
import signal
import threading
import time
from threading import Event, Thread

import pytest

from dashboard.adapters.http.background import BackgroundLoop, ClosedError, OwnThreadError


@pytest.fixture
def loop():
    background = BackgroundLoop()
    yield background
    background.close()


async def value(found):
    return found


@pytest.fixture(autouse=True)
def ctrl_c_interrupts():
    """A test run in the background ignores Ctrl-C; these tests are about what it does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_once(begun):
    """Press Ctrl-C while the main thread waits for work that has begun."""

    def press():
        begun.wait(5)
        time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    Thread(target=press).start()


async def set_after(seconds, event):
    await asyncio.sleep(seconds)
    event.set()


def test_result_and_error_come_back_to_the_caller(loop):
    async def fail():
        raise LookupError

    assert loop.run(value(7)) == 7
    with pytest.raises(LookupError):
        loop.run(fail())


def test_many_threads_share_one_loop_thread(loop):
    names = []

    async def name():
        return threading.current_thread().name

    threads = [Thread(target=lambda: names.append(loop.run(name()))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert names == ["outbound"] * 10


def test_running_on_its_own_thread_is_refused_instead_of_waiting_for_ever(loop):
    async def nested():
        loop.run(value(1))

    with pytest.raises(OwnThreadError):
        loop.run(nested())


def test_work_goes_on_when_its_caller_is_interrupted(loop):
    """R34: neither Ctrl-C nor a job's time-out loses the answer to a refresh."""
    begun, finished = Event(), Event()

    async def work():
        begun.set()
        await set_after(0.1, finished)

    interrupt_once(begun)
    with pytest.raises(KeyboardInterrupt):
        loop.run(work())
    assert not finished.is_set()
    assert finished.wait(5)


def test_work_that_fails_after_its_caller_left_is_logged(loop, caplog):
    begun, released = Event(), Event()

    async def work():
        begun.set()
        await asyncio.to_thread(released.wait, 5)
        raise LookupError

    interrupt_once(begun)
    with pytest.raises(KeyboardInterrupt):
        loop.run(work())
    released.set()
    loop.run(asyncio.sleep(0.05))
    assert [record.error for record in caplog.records] == ["LookupError"]


def test_close_stops_waiting_work_within_a_second():
    loop = BackgroundLoop()
    ended = []

    def wait():
        with pytest.raises(ClosedError):
            loop.run(asyncio.sleep(60))
        ended.append(True)

    thread = Thread(target=wait)
    thread.start()
    while loop._running is None:
        time.sleep(0.01)
    began = time.monotonic()
    loop.close()
    thread.join(1)
    assert ended == [True]
    assert time.monotonic() - began < 1


def test_close_waits_for_what_must_run_to_its_end():
    """R34, R66."""
    loop = BackgroundLoop()
    begun, finished = Event(), Event()

    async def refresh():
        begun.set()
        await set_after(0.3, finished)
        await loop.visit(value(1))

    def work():
        with pytest.raises(ClosedError):
            loop.run(loop.to_the_end(refresh()))

    thread = Thread(target=work)
    thread.start()
    begun.wait(5)
    loop.close(patience=0.1)
    assert finished.is_set()
    thread.join(5)


def test_cancelling_does_not_reach_what_must_run_to_its_end(loop):
    finished = Event()

    async def batch():
        async with asyncio.timeout(0.05):
            await loop.to_the_end(set_after(0.2, finished))

    with pytest.raises(TimeoutError):
        loop.run(batch())
    assert not finished.is_set()
    assert finished.wait(5)


def test_closed_loop_runs_nothing_and_closing_twice_is_fine():
    loop = BackgroundLoop()
    loop.run(value(1))
    loop.close()
    loop.close()
    with pytest.raises(ClosedError):
        loop.run(value(1))


def test_loop_that_never_ran_closes_without_starting():
    loop = BackgroundLoop()
    loop.close()
    assert loop._running is None


def test_farewell_is_spoken_on_the_loop_before_it_stops():
    loop = BackgroundLoop()
    loop.run(value(1))
    said = []

    async def farewell():
        said.append(threading.current_thread().name)

    loop.close(farewell)
    assert said == ["outbound"]


def test_child_of_a_fork_starts_a_loop_of_its_own(loop):
    loop.run(value(1))
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, str(loop.run(value(42))).encode())
        os._exit(0)
    os.close(writing)
    assert os.read(reading, 10) == b"42"
    os.close(reading)
    os.waitpid(child, 0)
    assert loop.run(value(2)) == 2


def test_child_that_was_forked_while_the_lock_was_held_does_not_hang(loop):
    loop.run(value(1))
    reading, writing = os.pipe()
    with loop._lock:
        child = os.fork()
        if child == 0:
            os.write(writing, str(loop.run(value(42))).encode())
            os._exit(0)
    os.close(writing)
    assert os.read(reading, 10) == b"42"
    os.close(reading)
    os.waitpid(child, 0)
