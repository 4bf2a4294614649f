"""Our own Valkey: reachable by our user only, forgets nothing silently, starts wherever it is."""

import os
import stat
from pathlib import Path

import pytest

from dashboard.adapters import redis, valkey
from dashboard.settings import Settings


def make_server(folder: Path, name: str, version: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho 'Server v={version} sha=0'\n")
    path.chmod(0o755)


def test_it_listens_on_a_socket_of_our_user_only(tmp_path: Path) -> None:
    with valkey.running(tmp_path / "v") as server:
        client = redis.connect(server.url)
        settings = client.config_get("port", "unixsocketperm", "maxmemory-policy", "appendonly")
        client.close()

        assert settings == {
            "port": "0",
            "unixsocketperm": "700",
            "maxmemory-policy": "noeviction",
            "appendonly": "yes",
        }
        assert stat.S_IMODE(server.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((server.folder / "valkey.conf").stat().st_mode) == 0o600


def test_what_it_was_told_outlives_a_kill(tmp_path: Path) -> None:
    """R63."""
    with valkey.running(tmp_path) as server:
        client = redis.connect(server.url)
        client.set("told", "yes")
        client.waitaof(1, 0, 2000)
        client.close()
    with valkey.running(tmp_path) as server:
        client = redis.connect(server.url)
        assert client.get("told") == b"yes"
        client.close()


def test_a_long_path_of_the_data_folder_does_no_harm(tmp_path: Path) -> None:
    """A socket's path must stay below 108 bytes."""
    folder = tmp_path / ("long" * 20) / "with space"
    with valkey.running(folder) as server:
        assert len(os.fsencode(server.socket)) < 104
        redis.check(server.url)
    server.socket.parent.rmdir()


def test_a_folder_for_the_socket_that_others_can_enter_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 25)
    short = valkey.prepare(folder).socket.parent
    short.chmod(0o755)

    with pytest.raises(valkey.CannotServeError, match="belongs to somebody else"):
        valkey.prepare(folder)
    short.rmdir()


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        ({"valkey-server": "8.1.0", "redis-server": "7.2.0"}, "valkey-server"),
        ({"valkey-server": "6.9.0", "redis-server": "7.0.15"}, "redis-server"),
        ({"redis-server": "6.2.6"}, None),
        ({}, None),
    ],
)
def test_a_recent_server_on_the_path_goes_before_the_wheels(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    installed: dict[str, str],
    expected: str | None,
) -> None:
    for name, version in installed.items():
        make_server(tmp_path, name, version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")

    found = valkey.find_server()

    assert (found.parent == tmp_path) == (expected is not None)
    assert found.name == (expected or "valkey-server")


def test_an_address_in_the_settings_goes_before_our_own_server(tmp_path: Path) -> None:
    folder = {"LINKKEEPER_DATA_DIR": str(tmp_path)}
    own = valkey.address_of(Settings.from_env(folder))
    other = valkey.address_of(Settings.from_env(folder | {"REDIS_URL": "redis://cache:6379"}))

    assert own == f"unix://{tmp_path}/valkey/valkey.sock"
    assert other == "redis://cache:6379"


def test_an_address_where_nobody_answers_is_told_without_its_password() -> None:
    with pytest.raises(redis.UnreachableError) as caught:
        redis.check("redis://:canary@127.0.0.1:1/0")

    assert "Connection refused" in caught.value.why
    assert "canary" not in caught.value.why
