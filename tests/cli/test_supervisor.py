"""The supervisor with small parts: restarts, gives up in time, hears what parts say, stops all."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.cli.part import Part, executed, forked
from dashboard.cli.supervisor import Supervisor
from dashboard.cli.trouble import Trouble
from tests.cli.running import is_alive


class Heard(list[tuple[str, str]]):
    def __call__(self, name: str, line: str) -> None:
        self.append((name, line))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def told() -> Heard:
    return Heard()


@pytest.fixture
def supervisor(tmp_path: Path, heard: Heard, told: Heard) -> Iterator[Supervisor]:
    with Supervisor(
        log_dir=tmp_path, environ=dict(os.environ), keep=(), hear=heard, tell=told
    ) as supervisor:
        yield supervisor


def shell(name: str, script: str) -> Part:
    return Part(name=name, start=executed("/bin/sh", "-c", script))


def test_what_a_part_says_is_heard_and_kept(
    supervisor: Supervisor, heard: Heard, tmp_path: Path
) -> None:
    supervisor.start(shell("talker", "echo one; echo two >&2; printf three; exec sleep 60"))

    assert supervisor.watch(lambda: len(heard) == 2, seconds=10)
    assert heard == [("talker", "one"), ("talker", "two")]
    assert (tmp_path / "talker.log").read_text() == "one\ntwo\n"


def test_a_part_says_when_it_is_ready(supervisor: Supervisor, heard: Heard) -> None:
    part = shell("p", "echo ready; exec sleep 60")
    supervisor.start(part)

    assert supervisor.watch(lambda: part.ready, seconds=10)
    assert heard == []


def test_a_part_that_dies_is_started_again(supervisor: Supervisor, told: Heard) -> None:
    part = shell("p", "echo ready; exec sleep 60")
    supervisor.start(part)
    assert supervisor.watch(lambda: part.ready, seconds=10)
    first = part.process
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)

    assert supervisor.watch(
        lambda: part.process is not first and part.is_running, seconds=10, look_every=0.05
    )
    assert told == [("p", "ended unexpectedly (signal SIGKILL) and is started again")]


class Ended:
    """A part that ended a while ago; its number was given to another process since."""

    returncode = -9

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int:
        return self.returncode

    def wait(self) -> int:
        return self.returncode


def test_the_number_of_a_dead_part_may_be_a_strangers_by_now() -> None:
    with subprocess.Popen(["/bin/sleep", "60"], start_new_session=True) as stranger:
        part = shell("p", "")
        part.process = Ended(stranger.pid)
        part.kill()
        time.sleep(0.1)
        assert stranger.poll() is None, "a stranger was killed"
        stranger.kill()


def test_a_part_that_cannot_live_is_given_up_with_its_last_words(supervisor: Supervisor) -> None:
    supervisor.start(shell("p", "echo 'no such module'; exit 3"))

    with pytest.raises(Trouble, match=r"(?s)p ends as soon as .*exit code 3.*no such module"):
        supervisor.watch(lambda: False, seconds=10)


def test_stopping_is_asked_for_by_a_signal(supervisor: Supervisor) -> None:
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()

    assert not supervisor.watch(lambda: False, seconds=10)
    assert supervisor.stop_requested


def test_leaving_stops_all_parts_and_their_children(tmp_path: Path, heard: Heard) -> None:
    with Supervisor(
        log_dir=tmp_path, environ=dict(os.environ), keep=(), hear=heard, tell=heard
    ) as supervisor:
        stubborn = shell("stubborn", "trap '' TERM; sleep 60 & echo $!; wait; wait; wait")
        supervisor.start(stubborn)
        assert supervisor.watch(lambda: bool(heard), seconds=10)
        grandchild = int(heard[0][1])
        began = time.monotonic()

    assert time.monotonic() - began < 5
    assert not is_alive(grandchild)
    assert not stubborn.is_running


def test_a_forked_part_has_its_own_standard_output_and_no_handlers_of_ours(
    supervisor: Supervisor, heard: Heard
) -> None:
    def child() -> int:
        print("hello from the fork", flush=True)  # noqa: T201 - what a part does
        print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, flush=True)  # noqa: T201
        time.sleep(60)
        return 0

    supervisor.start(Part(name="f", start=forked("f", child)))

    assert supervisor.watch(lambda: len(heard) == 2, seconds=10)
    assert [line for _, line in heard] == ["hello from the fork", "True"]


def test_a_fork_that_raises_says_where(supervisor: Supervisor) -> None:
    def child() -> int:
        message = "the cause"
        raise ValueError(message)

    supervisor.start(Part(name="f", start=forked("f", child)))

    with pytest.raises(Trouble, match=r"(?s)exit code 1.*ValueError: the cause"):
        supervisor.watch(lambda: False, seconds=10)
