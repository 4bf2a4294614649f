"""Somebody who drives the sandbox as an app and a person would, with a clock that tests move."""

import base64
import functools
import hashlib
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from dashboard.sandbox.app import build, open_town
from dashboard.sandbox.seed import account_id

REDIRECT = "http://127.0.0.1:8000/oauth/sandbox/callback"
VERIFIER = "v" * 43
ALL_SCOPES = "profile posts:read posts:write mentions:read messages:read"
JSON = {"Accept": "application/json"}
PASSWORDS = {
    "anna": "anna-bakes-bread",
    "ben": "ben-scores-goals",
    "fatima": "fatima-paints-boats",
}


def challenge(verifier: str = VERIFIER) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass
class Watch:
    """A clock that stands still until it is moved."""

    at: datetime = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


class SeededIds(dict[str, str]):
    """The id of a handle, worked out as the seed does."""

    def __missing__(self, handle: str) -> str:
        return account_id(handle)


@dataclass
class Driver:
    """What an app and a person do with the platform, in one browser."""

    client: FlaskClient
    app_id: str = ""
    secret: str = ""
    ids: Mapping[str, str] = field(default_factory=SeededIds)

    def __post_init__(self) -> None:
        answer = self.client.post(
            "/api/apps",
            json={"client_name": "Keeper", "redirect_uris": [REDIRECT], "scopes": ALL_SCOPES},
        ).json
        self.app_id, self.secret = answer["client_id"], answer["client_secret"]

    def state(self) -> dict:
        return self.client.get("/control/state.json").json

    def question(self, **changes: str) -> dict[str, str]:
        """A well-formed request for permission; a change to "" leaves the field out."""
        fields = {
            "response_type": "code",
            "client_id": self.app_id,
            "redirect_uri": REDIRECT,
            "scope": ALL_SCOPES,
            "state": "st&te",
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in fields.items() if value}

    def log_in(self, who: str = "anna") -> TestResponse:
        form = {"email": f"{who}@waterhoven.example", "password": PASSWORDS[who], "next": "/me"}
        answer = self.client.post("/login", data=form)
        assert answer.location == "/me"
        return answer

    def decide(self, *handles: str, granted: str = ALL_SCOPES, **changes: str) -> TestResponse:
        form = {
            "decision": "allow",
            "granted": granted.split(),
            "account": [self.ids[handle] for handle in handles],
            **self.question(**changes),
        }
        return self.client.post("/oauth/authorize", data=form)

    def code(self, *handles: str, granted: str = ALL_SCOPES) -> str:
        self.log_in()
        answer = self.decide(*(handles or ("bakeryjansen",)), granted=granted)
        return parse_qs(urlsplit(answer.location).query)["code"][0]

    def exchange(self, code: str, **changes: str) -> TestResponse:
        return self.token(
            grant_type="authorization_code",
            code=code,
            **{"redirect_uri": REDIRECT, "code_verifier": VERIFIER, **changes},
        )

    def refresh(self, token: str) -> TestResponse:
        return self.token(grant_type="refresh_token", refresh_token=token)

    def token(self, **form: str) -> TestResponse:
        credentials = {"client_id": self.app_id, "client_secret": self.secret}
        return self.client.post("/oauth/token", data={**credentials, **form})

    def link(self, *handles: str, person: str = "anna", scopes: str = ALL_SCOPES) -> dict:
        """A grant without a browser, as sample data gets it."""
        answer = self.client.post(
            "/control/grants",
            json={
                "person": person,
                "client_id": self.app_id,
                "accounts": list(handles or ("bakeryjansen",)),
                "scopes": scopes,
            },
        )
        assert answer.status_code == 200, answer.json
        return answer.json

    def get(self, path: str, token: str) -> TestResponse:
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"})

    def account(self, token: str, rest: str = "", handle: str = "bakeryjansen") -> TestResponse:
        return self.get(f"/api/accounts/{self.ids[handle]}{rest}", token)

    def publish(self, token: str, text: str = "Hello", **headers: str) -> TestResponse:
        return self.client.post(
            f"/api/accounts/{self.ids['bakeryjansen']}/posts",
            json={"text": text},
            headers={"Authorization": f"Bearer {token}", **headers},
        )

    def press(self, action: str, handle: str = "bakeryjansen", **fields: str) -> TestResponse:
        return self.client.post(f"/control/accounts/{handle}/{action}", data=fields, headers=JSON)

    def disturb(self, kind: str, **fields: str) -> TestResponse:
        return self.client.post("/control/faults", data={"kind": kind, **fields}, headers=JSON)

    def settings(self, **fields: str) -> TestResponse:
        return self.client.post("/control/settings", data=fields, headers=JSON)


_built = functools.cache(build)


def open_app(folder: Path, watch: Watch, *, with_dialects: bool = False) -> Flask:
    """The platform on the data of a folder; one application serves all tests, one at a time.

    To build one for each would take longer than most of them.
    """
    app = _built()
    open_town(app, folder, seed=True, with_dialects=with_dialects, clock=watch)
    app.testing = True
    return app


def copied(town: Path, to: Path) -> Path:
    """Copy the database of a town; returns where it is now."""
    with sqlite3.connect(town / "sandbox.sqlite3") as db:
        db.execute("VACUUM INTO ?", (str(to / "sandbox.sqlite3"),))
    return to
