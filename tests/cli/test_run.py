"""`./manage run`: all of it comes up, stays up and goes down together."""

import os
import signal
import socket
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from dashboard.adapters.redis import connect
from dashboard.adapters.valkey import running
from tests.cli.running import Installation, descendants, is_alive, refused, wait_for


def answers(server: Redis) -> bool:
    try:
        return bool(server.ping())
    except RedisError:
        return False


Start = Callable[..., Installation]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[Installation] = []

    def begin(folder: Path, *arguments: str, **environ: str) -> Installation:
        started.append(Installation(folder, *arguments, **environ))
        return started[-1]

    yield begin
    for installation in started:
        installation.end()


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One that the tests share; each leaves it as it found it."""
    installation = Installation(tmp_path_factory.mktemp("shared") / "var")
    yield installation
    installation.end()


def test_a_fresh_start_tells_the_address_and_a_set_up_link(up: Installation) -> None:
    assert up.status("/") in {200, 302, 404}
    assert f"{up.address}/setup/" in up.said
    assert "nobody is mailed" in up.said


def test_what_it_keeps_is_for_its_user_only(up: Installation) -> None:
    assert stat.S_IMODE((up.folder / "keys.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(up.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((up.folder / "valkey").stat().st_mode) == 0o700


def test_each_part_runs_under_its_own_name(up: Installation) -> None:
    assert set(up.parts()) == {
        "lk-web",
        "lk-worker-1",
        "lk-worker-2",
        "lk-worker-3",
        "lk-scheduler",
        "valkey-server",
    }


def test_strangers_are_not_told_what_answers_them(up: Installation) -> None:
    """R22."""
    port = int(up.address.rpartition(":")[2])
    for request in (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"rubbish\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
            wire.sendall(request)
            answer = b"".join(iter(lambda: wire.recv(65536), b""))
        assert b"gunicorn" not in answer.lower()
        assert b"\r\nServer:" not in answer


@pytest.mark.parametrize("part", ["lk-worker-1", "lk-worker-2", "lk-scheduler", "valkey-server"])
def test_a_part_that_is_killed_comes_back(up: Installation, part: str) -> None:
    """R65."""
    [killed] = up.parts()[part]
    os.kill(killed, signal.SIGKILL)

    assert wait_for(lambda: up.parts().get(part, [killed]) != [killed])


def test_a_valkey_that_cannot_read_its_own_data_starts_empty(up: Installation) -> None:
    """R63."""
    [killed] = up.parts()["valkey-server"]
    data = up.folder / "valkey" / "appendonlydir"
    (data / "appendonly.aof.manifest").write_text("rubbish\n")
    os.kill(killed, signal.SIGKILL)

    server = connect(f"unix://{up.folder}/valkey/valkey.sock")
    wait_for(lambda: up.parts().get("valkey-server", [killed]) != [killed])
    assert wait_for(lambda: data.with_suffix(".unreadable").exists() and answers(server))
    server.close()


def test_the_web_part_comes_back_on_the_same_port(up: Installation) -> None:
    before = set(up.parts()["lk-web"])
    for pid in before:
        os.kill(pid, signal.SIGKILL)

    assert up.status("/") in {200, 302, 404}
    assert not before & set(up.parts()["lk-web"])


def test_a_second_one_on_the_same_folder_is_refused(up: Installation) -> None:
    code, said = refused("run", "--port", "0", LINKKEEPER_DATA_DIR=str(up.folder))

    assert code == 1
    assert f"already running on {up.folder} (process {up.process.pid})" in said


def test_a_taken_port_is_named(up: Installation, tmp_path: Path) -> None:
    port = up.address.rpartition(":")[2]
    code, said = refused("run", "--port", port, LINKKEEPER_DATA_DIR=str(tmp_path / "var"))

    assert code == 1
    assert f"Port {port} on 127.0.0.1 is taken" in said
    assert len(said.splitlines()) == 1


def test_workers_and_scheduler_give_signs_of_life(up: Installation) -> None:
    def kinds() -> set[str]:
        with sqlite3.connect(up.folder / "linkkeeper.sqlite3") as database:
            return {row[0] for row in database.execute("SELECT kind FROM heartbeats")}

    assert wait_for(lambda: kinds() == {"worker", "scheduler"})


def test_it_stops_within_five_seconds_leaves_nothing_and_is_up_again_soon(
    start: Start, tmp_path: Path
) -> None:
    """How soon is measured by `./manage bench`; here only that nothing waits for a time-out."""
    for number in (signal.SIGTERM, signal.SIGINT):
        began = time.monotonic()
        installation = start(tmp_path / "var")
        assert time.monotonic() - began < 20

        parts = descendants(installation.process.pid)
        port = int(installation.address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)):
            took = installation.stop(number)

        assert installation.process.returncode == 0
        assert took < 5
        assert [pid for pid in parts if is_alive(pid)] == []


def test_when_the_parent_is_killed_nothing_is_left_and_it_starts_again(
    start: Start, tmp_path: Path
) -> None:
    first = start(tmp_path / "var")
    parts = descendants(first.process.pid)
    first.process.kill()
    wait_for(lambda: not any(is_alive(pid) for pid in parts), seconds=10)
    second = start(tmp_path / "var")

    assert second.status("/") in {200, 302, 404}


def test_an_own_redis_is_used_when_there_is_one(start: Start, tmp_path: Path) -> None:
    with running(tmp_path / "v") as valkey:
        installation = start(tmp_path / "var", REDIS_URL=valkey.url)

        assert "valkey-server" not in installation.parts()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, said = refused("run", LINKKEEPER_DATA_DIR=str(tmp_path / "file" / "var"))

    assert code == 1
    assert f"The data folder {tmp_path / 'file' / 'var'} cannot be written" in said


def test_an_unreachable_redis_is_named(tmp_path: Path) -> None:
    code, said = refused(
        "run", "--port", "0", LINKKEEPER_DATA_DIR=str(tmp_path), REDIS_URL="redis://:pw@127.0.0.1:1"
    )

    assert code == 1
    assert "REDIS_URL cannot be used" in said
    assert "pw" not in said


def test_a_wrong_database_url_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    url = "postgresql://me:canary@127.0.0.1:1/linkkeeper"
    code, said = refused(
        "run", "--port", "0", LINKKEEPER_DATA_DIR=str(tmp_path / "var"), DATABASE_URL=url
    )

    assert code == 1
    assert "cannot be used: connection failed" in said
    assert "canary" not in said
    assert "Traceback" not in said
    wait_for(lambda: not (tmp_path / "var" / "valkey" / "valkey.sock").exists())


def test_all_faulty_settings_are_told_at_once(tmp_path: Path) -> None:
    code, said = refused(
        "run",
        LINKKEEPER_DATA_DIR=str(tmp_path / "var"),
        LINKKEEPER_SECRET_KEY="changeme",
        LINKKEEPER_CHECK_EVERY="often",
        LINKKEEPER_MAIL_URI="smtp://x",
    )

    assert code == 2
    for name in ("LINKKEEPER_SECRET_KEY", "LINKKEEPER_CHECK_EVERY", "LINKKEEPER_MAIL_URI"):
        assert name in said
    assert not (tmp_path / "var").exists()
