"""The Sandbox running on loopback, a person with a browser, and our view of it over real HTTP."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from dashboard.adapters.http import HttpClient
from dashboard.domain.credentials import App, Credential
from dashboard.platforms.protocol import Granted
from dashboard.platforms.sandbox import Sandbox
from dashboard.sandbox.app import create_app
from dashboard.sandbox.seed import account_id
from tests.fakes import START

BACK = "http://127.0.0.1:8000/link/back/7"
PAGE = account_id("bakeryjansen")
JSON = {"Accept": "application/json"}


class Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Say nothing."""


@dataclass
class Town:
    """A running Sandbox, our view of it, and a person with a browser."""

    app: Flask
    server: BaseWSGIServer
    http: HttpClient
    platform: Sandbox

    def press(self, action: str, account: str = PAGE, **fields: str) -> None:
        answer = self.app.test_client().post(
            f"/control/accounts/{account}/{action}", json=fields, headers=JSON
        )
        assert answer.json["ok"], answer.json

    def disturb(self, kind: str, **fields: str) -> None:
        said = {"kind": kind, "calls": "all"} | fields
        assert self.app.test_client().post("/control/faults", json=said, headers=JSON).json["ok"]

    def calm(self) -> None:
        """Switch all disturbances off."""
        self.app.test_client().post("/control/faults/off", headers=JSON)

    def register(self) -> App:
        return self.http.run(self.platform.prepare(self.http, None, {}, BACK))

    def link(self, app: App, *pages: str, granted: str | None = None) -> Granted:
        start = self.platform.start(
            app, redirect_uri=BACK, state="s1", typed={}, choose_person=True
        )
        asked = {name: value[0] for name, value in parse_qs(urlsplit(start.url).query).items()}
        assert asked.pop("prompt") == "login"
        person = self.app.test_client()
        login = {"email": "anna@waterhoven.example", "password": "anna-bakes-bread", "next": "/me"}
        person.post("/login", data=login)
        form = {"decision": "allow", "granted": (granted or asked["scope"]).split()}
        answer = person.post(
            "/oauth/authorize", data=asked | form | {"account": list(pages or (PAGE,))}
        )
        back = parse_qs(urlsplit(answer.location).query)
        assert back["state"] == ["s1"]
        return self.http.run(
            self.platform.finish(
                self.http,
                app,
                code=back["code"][0],
                verifier=start.verifier,
                redirect_uri=BACK,
                now=START,
            )
        )

    def check(self, granted: Granted, credential: Credential | None = None) -> Any:
        return self.http.run(
            self.platform.check(
                self.http, None, credential or granted.credential, granted.identities[0]
            )
        )

    def refresh(self, app: App, credential: Credential) -> Any:
        return self.http.run(self.platform.refresh(self.http, app, credential, now=START))


@contextmanager
def running_town(folder: Path, *, with_dialects: bool = False) -> Iterator[Town]:
    app = create_app(folder, seed=True, with_dialects=with_dialects)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    place = f"127.0.0.1:{server.server_port}"
    client = HttpClient(user_agent="test", allow_private_hosts=frozenset({place}))
    yield Town(app=app, server=server, http=client, platform=Sandbox(address=f"http://{place}"))
    client.close()
    server.shutdown()
    server.server_close()
