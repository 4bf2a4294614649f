"""What goes wrong, at random, between real processes: each act names itself for the report."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
from redis.exceptions import RedisError

from dashboard.adapters.redis import connect
from tests.adapters.mail_sink import Sink
from tests.cli.running import ROOT, Installation
from tests.town import Town

FAULTS = (
    {"kind": "drop_after", "calls": "token", "count": "1"},
    {"kind": "truncate", "calls": "token", "count": "1"},
    {"kind": "500", "calls": "all", "count": "6"},
    {"kind": "429", "calls": "read", "seconds": "2", "count": "4"},
    {"kind": "hang", "calls": "all", "seconds": "3", "count": "3"},
    {"kind": "html", "calls": "all", "count": "4"},
    {"kind": "drop_after", "calls": "write", "count": "1"},
    {"kind": "500", "calls": "write", "count": "1"},
)
ENDINGS = ("change-password", "remove-app")


@dataclass
class SecondScheduler:
    """Any number of schedulers may run (R67): one more, on the same database and Valkey."""

    environ: dict[str, str]
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def keep_going(self) -> None:
        """Start it, again if it was killed."""
        if self._process is None or self._process.poll() is not None:
            command = [sys.executable, "-m", "jobs.schedule"]
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=os.environ | self.environ, stderr=subprocess.DEVNULL
            )

    def pids(self) -> list[int]:
        return [self._process.pid] if self._process and self._process.poll() is None else []

    def end(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            self._process.wait(timeout=60)


@dataclass
class Nemesis:
    """Acts every 1 to 5 seconds on an installation and all that is around it."""

    installation: Installation
    town: Town
    sink: Sink
    database_url: str
    chance: random.Random
    handles: list[str]
    second: "SecondScheduler"

    def rage(self, seconds: float, between: Callable[[], None]) -> list[str]:
        """Act until the time is over, with the work of people in `between`; what was done."""
        done = []
        until = time.monotonic() + seconds
        acts = (
            self.kill,
            self.kill,
            self.kill_valkey,
            self.terminate,
            self.freeze,
            self.flush,
            self.lock,
            self.disturb,
            self.disturb,
            self.platform_is_down,
            self.trouble_an_account,
            self.mail_fails,
        )
        while time.monotonic() < until:
            done.append(self.chance.choice(acts)())
            self.second.keep_going()
            between()
            time.sleep(self.chance.uniform(1, 5))
        return done

    def kill(self) -> str:
        return self._signal(signal.SIGKILL)

    def kill_valkey(self) -> str:
        for pid in self.installation.parts().get("valkey-server", []):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return "valkey-server got SIGKILL"

    def terminate(self) -> str:
        return self._signal(signal.SIGTERM)

    def freeze(self) -> str:
        """A process that stands still for a while is nastier than a dead one."""
        name, pid = self._someone()
        try:
            os.kill(pid, signal.SIGSTOP)
            time.sleep(self.chance.uniform(1, 6))
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            return f"{name} was gone"
        return f"{name} stood still"

    def flush(self) -> str:
        server = connect(f"unix://{self.installation.folder}/valkey/valkey.sock")
        try:
            server.flushall()
        except RedisError as error:
            return f"nothing to flush: {type(error).__name__}"
        finally:
            server.close()
        return "all hints lost"

    def lock(self) -> str:
        """SQLite is held by somebody else; PostgreSQL cuts off whoever is connected."""
        if not self.database_url.startswith("sqlite"):
            with psycopg.connect(self.database_url.replace("+psycopg", "")) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            return "all connections cut"
        database = sqlite3.connect(
            self.database_url.removeprefix("sqlite:///"), timeout=10, isolation_level=None
        )
        try:
            database.execute("BEGIN IMMEDIATE")
            time.sleep(self.chance.uniform(0.5, 4))
            database.execute("ROLLBACK")
        finally:
            database.close()
        return "database held"

    def disturb(self) -> str:
        fault = dict(self.chance.choice(FAULTS))
        self.town.disturb(**fault)
        return f"platform: {fault['kind']}"

    def platform_is_down(self) -> str:
        """For so long that patience with it ends; what goes on meanwhile goes on."""
        self.town.disturb(kind="500")
        threading.Timer(self.chance.uniform(30, 50), self.town.calm).start()
        return "platform down"

    def trouble_an_account(self) -> str:
        handle, action = self.chance.choice(self.handles), self.chance.choice(ENDINGS)
        self.town.app.test_client().post(
            f"/control/accounts/{handle}/{action}", json={}, headers={"Accept": "application/json"}
        )
        return f"{handle}: {action}"

    def mail_fails(self) -> str:
        self.sink.on_data = "451 later"
        threading.Timer(self.chance.uniform(1, 8), self._mail_works).start()
        return "mail refused for a while"

    def _mail_works(self) -> None:
        self.sink.on_data = None

    def _signal(self, number: signal.Signals) -> str:
        name, pid = self._someone()
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return f"{name} was gone"
        return f"{name} got {number.name}"

    def _someone(self) -> tuple[str, int]:
        parts = [
            (name, pid)
            for name, pids in sorted(self.installation.parts().items())
            for pid in pids
            if name.startswith("lk-") or name == "valkey-server"
        ]
        parts += [("second scheduler", pid) for pid in self.second.pids()]
        return self.chance.choice(parts) if parts else ("nobody", 2**22 + 1)
