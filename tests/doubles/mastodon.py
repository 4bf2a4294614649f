"""A Mastodon server that we did not write: PyPI's `mastodon-mock`, on loopback.

Added are only a person who says yes at its consent page, and ways to take tokens back.
`python -m tests.doubles.mastodon --port 3000` runs it as a process; `POST /_double` with
`{"act": "revoke"}` steers it, and its own `POST /api/v1/_mock/faults` lets it answer wrongly.
"""

import argparse
import contextlib
import html
import http.client
import json
import re
import threading
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import uvicorn
from fastapi import Request
from mastodon_mock.app import create_app
from mastodon_mock.config import (
    DatabaseConfig,
    MastodonMockConfig,
    SeedAccount,
    SeedConfig,
    SeedStatus,
    ServerConfig,
)
from mastodon_mock.db.models import Account, OAuthApp, OAuthToken

USERNAME = "bakery"
OTHER = "florist"


class MastodonDouble:
    """`with MastodonDouble() as server` serves on a free port of loopback."""

    def __init__(self, *, port: int = 0) -> None:
        self.config = MastodonMockConfig(
            database=DatabaseConfig(path=":memory:"),
            server=ServerConfig(port=port),
            seed=SeedConfig(
                accounts=[
                    SeedAccount(username=USERNAME, display_name="Bakery Jansen"),
                    SeedAccount(username=OTHER, display_name="Florist Peters"),
                ],
                statuses=[
                    SeedStatus(account=USERNAME, text="Fresh bread from seven o'clock."),
                    SeedStatus(account=USERNAME, text="Only for you", visibility="direct"),
                    SeedStatus(account=USERNAME, text="Cinnamon buns <today> & tomorrow."),
                ],
            ),
        )
        self.app = create_app(self.config)
        self.app.add_api_route("/_double", self._steer, methods=["POST"])
        settings = uvicorn.Config(
            self.app, host="127.0.0.1", port=port, log_level="warning", ws="none", lifespan="on"
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    # what a test does to it

    def revoke(self, username: str = USERNAME) -> None:
        """Take back all tokens of a person; the server then does not know them any more."""
        with self.app.state.session_factory() as session:
            account = session.query(Account).filter(Account.username == username).one()
            session.query(OAuthToken).filter(OAuthToken.account_id == account.id).delete()
            session.commit()

    def disable(self, username: str = USERNAME) -> None:
        """Close a person's log-in, as a moderator does."""
        with self.app.state.session_factory() as session:
            account = session.query(Account).filter(Account.username == username).one()
            account.disabled = True
            session.commit()

    def forget_apps(self) -> None:
        """Clear registrations away, as servers before 4.3 did with unused ones."""
        with self.app.state.session_factory() as session:
            session.query(OAuthToken).delete()
            session.query(OAuthApp).delete()
            session.commit()

    def fail(self, path: str, **effect: Any) -> None:
        """Answer wrongly under `path`: `status=`, `body=`, `headers=`, or type="malformed"."""
        count = effect.pop("count", None)
        effect.setdefault("type", "status")
        rule = {"match": {"path": path}, "effect": effect, "count": count}
        self._ask("POST", "/api/v1/_mock/faults", json.dumps(rule), "application/json")

    def profile(self, username: str = USERNAME) -> dict[str, Any]:
        """What anybody may read of a person."""
        text, _ = self._ask("GET", f"/api/v1/accounts/lookup?acct={username}")
        return dict(json.loads(text))

    def forget_faults(self) -> None:
        self._ask("DELETE", "/api/v1/_mock/faults")

    def consent(self, url: str, username: str = USERNAME) -> str:
        """Be the person at the server: open the consent page, choose, return where it leads."""
        parts = urlsplit(url)
        page, _ = self._ask("GET", f"{parts.path}?{parts.query}")
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        typed = {name: html.unescape(value) for name, value in hidden.items()}
        assert f'value="{username}"' in page, "the person is on the page"
        chosen = urlencode(typed | {"username": username})
        form = "application/x-www-form-urlencoded"
        return self._ask("POST", "/oauth/authorize", chosen, form)[1]

    # serving

    @property
    def origin(self) -> str:
        return f"http://{self.place}"

    @property
    def place(self) -> str:
        """As the allow-list of the outbound client wants it."""
        host, port = self._server.servers[0].sockets[0].getsockname()
        return f"{host}:{port}"

    def start(self) -> Self:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the server did not start"
            self._thread.join(0.01)
        return self

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(5)

    def wait(self) -> None:
        self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _steer(self, request: Request) -> dict[str, Any]:
        said = await request.json()
        act = {"revoke": self.revoke, "disable": self.disable, "forget_apps": self.forget_apps}
        act[said.pop("act")](**said)
        return {}

    def _ask(
        self, method: str, path: str, body: str | None = None, kind: str = ""
    ) -> tuple[str, str]:
        """The text of the answer, and where it leads if it leads anywhere."""
        with contextlib.closing(http.client.HTTPConnection(self.place, timeout=10)) as connection:
            connection.request(method, path, body, {"Content-Type": kind} if kind else {})
            answer = connection.getresponse()
            text = answer.read().decode()
        assert answer.status < 400, f"{method} {path}: {answer.status} {text[:200]}"
        return text, answer.headers.get("location", "")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    with MastodonDouble(port=arguments.parse_args().port) as server:
        print(server.origin, flush=True)  # noqa: T201  whoever starts it reads where it is
        server.wait()


if __name__ == "__main__":
    main()
