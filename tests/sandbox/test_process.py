"""The real process on a real line: it prints its address, cuts lines, and stops at once."""

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

CUT = (http.client.RemoteDisconnected, ConnectionResetError)


@dataclass
class Running:
    process: subprocess.Popen
    port: int

    def send(self, method: str, path: str, form: dict | None = None, token: str = ""):
        """The status and the body; raises what a client of a broken line gets to see."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
        headers |= {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        try:
            line.request(method, path, urlencode(form) if form else None, headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()

    def state(self) -> dict:
        return json.loads(self.send("GET", "/control/state.json")[1])

    def link(self) -> dict:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        said = {"person": "anna", "client_id": "linkkeeper", "accounts": "bakeryjansen"}
        body = json.dumps({**said, "scopes": "profile posts:read posts:write"})
        line.request("POST", "/control/grants", body, {"Content-Type": "application/json"})
        try:
            return json.loads(line.getresponse().read())
        finally:
            line.close()


def start(folder, *more: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "dashboard.sandbox", "--data-dir", str(folder), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def running(tmp_path) -> Iterator[Running]:
    process = start(tmp_path, "--port", "0", "--seed")
    said = process.stdout.readline()
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", said).group(1))
    yield Running(process=process, port=port)
    if process.poll() is None:
        process.kill()
    process.communicate()


def test_line_is_really_cut_after_the_work_was_done(running):
    """R35, R77: the refresh and the post happen, their answers never arrive."""
    pair = running.link()
    secret = {"client_id": "linkkeeper", "client_secret": "sandbox-only-not-a-secret"}
    running.send("POST", "/control/faults", {"kind": "drop_after", "count": "2"})
    account = next(one for one in running.state()["accounts"] if one["handle"] == "bakeryjansen")

    form = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"], **secret}
    with pytest.raises(CUT):
        running.send("POST", "/oauth/token", form)
    path = f"/api/accounts/{account['id']}/posts"
    with pytest.raises(CUT):
        running.send("POST", path, {"text": "Did it arrive?"}, pair["access_token"])

    assert running.state()["grants"][0]["refreshes"] == 1
    _, page = running.send(
        "GET", f"/api/accounts/{account['id']}/posts", None, pair["access_token"]
    )
    assert json.loads(page)["items"][0]["text"] == "Did it arrive?"


def test_hanging_platform_does_nothing_and_then_cuts_the_line(running):
    pair = running.link()
    running.send("POST", "/control/faults", {"kind": "hang", "seconds": "0.3", "count": "1"})
    begin = time.monotonic()
    with pytest.raises(CUT):
        running.send("GET", "/api/me", None, pair["access_token"])
    assert time.monotonic() - begin >= 0.3
    assert running.send("GET", "/api/me", None, pair["access_token"])[0] == 200


def test_stops_at_once_even_while_it_hangs(running):
    running.send("POST", "/control/faults", {"kind": "hang", "seconds": "60"})
    waiting = socket.create_connection(("127.0.0.1", running.port))
    waiting.sendall(b"GET /api/me HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    _until(lambda: running.state()["faults"])
    begin = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=5) == 0
    assert time.monotonic() - begin < 2
    waiting.close()
    assert running.process.stderr.read() == ""


def test_slow_answers_do_not_hold_up_others(running):
    pair = running.link()
    running.send("POST", "/control/faults", {"kind": "slow", "seconds": "0.8", "count": "1"})
    slow = threading.Thread(
        target=running.send, args=("GET", "/api/me", None, pair["access_token"])
    )
    slow.start()
    _until(lambda: not running.state()["faults"])
    begin = time.monotonic()
    assert running.send("GET", "/api/me", None, pair["access_token"])[0] == 200
    assert time.monotonic() - begin < 0.7
    slow.join()


def test_taken_port_gets_one_clear_sentence(running, tmp_path):
    second = start(tmp_path / "other", "--port", str(running.port))
    _, said = second.communicate(timeout=20)
    assert second.returncode == 1
    assert said == f"Sandbox cannot listen at 127.0.0.1:{running.port}: address already in use.\n"


def _until(true, patience: float = 10.0) -> None:
    end = time.monotonic() + patience
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
