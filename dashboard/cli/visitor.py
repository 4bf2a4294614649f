"""A sample person in front of the Sandbox's pages, as `./manage demo` links its accounts."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from dashboard.cli.trouble import Trouble

_UP_WITHIN = 20.0  # seconds


class SandboxVisitor:
    """Only ever talks to our own Sandbox."""

    def __init__(self, url: str) -> None:
        self._place = urlsplit(url).netloc
        self._cookie = ""

    def wait(self) -> None:
        """Until it answers; raises Trouble."""
        give_up = monotonic() + _UP_WITHIN
        while True:
            try:
                self.state()
            except OSError:
                if monotonic() > give_up:
                    raise Trouble("The Sandbox does not answer.") from None
                sleep(0.05)
            else:
                return

    def state(self) -> dict[str, Any]:
        """People, accounts and who looks after them."""
        _, body = self._ask("GET", "/control/state.json", "")
        found: dict[str, Any] = json.loads(body)
        return found

    def log_in(self, email: str, password: str) -> None:
        self.post("/login", {"email": email, "password": password})

    def allow(self, url: str, account_ids: list[str], permissions: list[str]) -> str:
        """Say yes for some accounts where an app asks at `url`; returns where it leads back."""
        asked = urlsplit(url)
        form = [
            *parse_qsl(asked.query),
            *(("granted", permission) for permission in permissions),
            *(("account", account_id) for account_id in account_ids),
            ("decision", "allow"),
        ]
        location, _ = self._ask("POST", asked.path, urlencode(form))
        return location

    def post(self, path: str, form: Mapping[str, str]) -> None:
        """Press a button."""
        self._ask("POST", path, urlencode(form))

    def _ask(self, method: str, path: str, body: str) -> tuple[str, str]:
        """Where the answer leads, and what it says."""
        connection = HTTPConnection(self._place, timeout=10)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self._cookie}
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 400:  # noqa: PLR2004 - every kind of refusal
            raise Trouble(f"The Sandbox answered {answer.status} to {method} {path}.")
        cookie = answer.getheader("Set-Cookie", "").partition(";")[0]
        self._cookie = cookie or self._cookie
        return answer.getheader("Location", ""), text
