"""A Bluesky service (PDS) on loopback: sessions, posts, and everything that ends a link.

It keeps the rules of github.com/bluesky-social/atproto, packages/pds: access tokens are not looked
up and so outlive a deleted app password; refreshing rotates, and the old token yields the same
successor for a while. `python -m tests.doubles.pds --port 2583` runs it as a process;
`POST /_double` with `{"act": "take_down"}` (or another of `Pds.ACTS`) steers it from outside.
"""

import argparse
import base64
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any, Self

from flask import Flask, Response, jsonify, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

XRPC = "/xrpc/<method>"


@dataclass
class Person:
    """The one account that lives here."""

    did: str = "did:plc:bakery234567"
    handle: str = "bakery.bsky.example"
    name: str = "Bakery Jansen"
    password: str = "main password of anna"
    app_passwords: dict[str, bool] = field(
        default_factory=lambda: {"abcd-efgh-ijkl-mnop": False, "priv-priv-priv-priv": True}
    )
    status: str = ""  # takendown, deactivated, deleted
    posts: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Rotation:
    """A refresh token that was given out."""

    app_password: str
    successor: str = ""
    good_until: float = float("inf")


@dataclass
class Fault:
    """What is answered instead; `after` lets the effect happen first, as a lost answer does."""

    method: str = ""
    status: int = 503
    body: Any = None
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    count: int = 1
    after: bool = False


class XrpcError(Exception):
    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.message = message


class Pds:
    """The service and its state; `with Pds() as pds` serves it on a free port of loopback."""

    ACTS = (
        "expire_access",
        "delete_app_passwords",
        "new_app_password",
        "change_password",
        "take_down",
        "deactivate",
        "delete",
        "activate",
        "forget_faults",
    )

    def __init__(self, *, port: int = 0, access_life: float = 7200, grace: float = 7200) -> None:
        self.person = Person()
        self.access_life = access_life
        self.grace = grace
        self.faults: list[Fault] = []
        self.asked: list[str] = []  # the methods, in order
        self.logins = 0
        self._port = port
        self._rotations: dict[str, Rotation] = {}
        self._oldest_good = 0.0
        self._lock = threading.RLock()
        self._server: BaseWSGIServer | None = None
        self.post("Fresh bread from seven o'clock.", at="2026-11-20T07:00:00.000Z")
        self.post("Cinnamon buns today.", at="2026-11-22T07:00:00.000Z")

    # what a test does to it

    def expire_access(self) -> None:
        """Every access token given out so far is too old from now on."""
        self._oldest_good = time.time()

    def delete_app_passwords(self) -> None:
        """The sessions end; access tokens live on until they run out, as in reality."""
        self.person.app_passwords.clear()
        self._rotations.clear()

    def change_password(self) -> None:
        self.person.password = secrets.token_hex(8)
        self.delete_app_passwords()

    def new_app_password(self) -> str:
        password = "-".join(secrets.token_hex(2) for _ in range(4))
        self.person.app_passwords[password] = True
        return password

    def take_down(self) -> None:
        self.person.status = "takendown"
        self._rotations.clear()

    def deactivate(self) -> None:
        self.person.status = "deactivated"

    def delete(self) -> None:
        self.person.status = "deleted"
        self._rotations.clear()

    def activate(self) -> None:
        self.person.status = ""

    def fail(self, **fault: Any) -> None:
        """Answer the next `count` questions (to one `method`, or to all) as a `Fault` says."""
        self.faults.append(Fault(**fault))

    def forget_faults(self) -> None:
        self.faults.clear()

    def post(self, text: str, *, at: str) -> str:
        number = f"3k{len(self.person.posts):011d}"
        uri = f"at://{self.person.did}/app.bsky.feed.post/{number}"
        record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": at}
        self.person.posts.insert(0, {"uri": uri, "cid": "bafy", "record": record, "indexedAt": at})
        return uri

    # serving

    @property
    def origin(self) -> str:
        assert self._server is not None, "not started"
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def place(self) -> str:
        """As the allow-list of the outbound client wants it."""
        return self.origin.removeprefix("http://")

    def start(self) -> Self:
        self._server = make_server(
            "127.0.0.1", self._port, self._app(), threaded=True, request_handler=_Quiet
        )
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _app(self) -> Flask:
        app = Flask("pds")
        methods = {
            "com.atproto.server.createSession": ("POST", self._create_session),
            "com.atproto.server.getSession": ("GET", self._get_session),
            "com.atproto.server.refreshSession": ("POST", self._refresh_session),
            "com.atproto.server.deleteSession": ("POST", self._delete_session),
            "com.atproto.sync.getRepoStatus": ("GET", self._repo_status),
            "app.bsky.actor.getProfile": ("GET", self._profile),
            "app.bsky.feed.getAuthorFeed": ("GET", self._feed),
        }

        @app.route(XRPC, methods=["GET", "POST"])
        def xrpc(method: str) -> Response:
            verb, act = methods.get(method, ("", None))
            with self._lock:
                self.asked.append(method)
                fault = self._fault(method)
                if fault and not fault.after:
                    return _faulty(fault)
                if act is None or request.method != verb:
                    return _error(XrpcError(501, "MethodNotImplemented", "Method Not Implemented"))
                try:
                    body = act()
                except XrpcError as error:
                    return _error(error)
            return _faulty(fault) if fault else jsonify(body)

        @app.post("/_double")
        def steer() -> Response:
            said = request.get_json()
            with self._lock:
                if said["act"] == "fail":
                    self.fail(**said.get("with", {}))
                    return jsonify({})
                if said["act"] not in self.ACTS:
                    raise LookupError(said["act"])
                return jsonify({"did": getattr(self, said["act"])()})

        return app

    def _fault(self, method: str) -> Fault | None:
        for fault in self.faults:
            if fault.method in {"", method}:
                fault.count -= 1
                if fault.count <= 0:
                    self.faults.remove(fault)
                return fault
        return None

    # the methods

    def _create_session(self) -> dict[str, Any]:
        self.logins += 1
        said = request.get_json()
        person, typed = self.person, said.get("password")
        names = {person.handle, person.did}
        is_main = typed == person.password
        known = said.get("identifier") in names and (is_main or typed in person.app_passwords)
        if not known or person.status == "deleted":
            raise XrpcError(401, "AuthenticationRequired", "Invalid identifier or password")
        if person.status == "takendown":
            raise XrpcError(401, "AccountTakedown", "Account has been taken down")
        return self._session() | self._pair("" if is_main else typed)

    def _get_session(self) -> dict[str, Any]:
        self._access()
        if self.person.status in {"takendown", "deleted"}:
            raise self._no_user()
        return self._session()

    def _refresh_session(self) -> dict[str, Any]:
        if request.get_data():
            raise XrpcError(
                400, "InvalidRequest", "A request body was provided when none was expected"
            )
        number = self._refresh_number()
        if self.person.status == "deleted":
            raise self._no_user()
        if self.person.status == "takendown":
            raise XrpcError(401, "AccountTakedown", "Account has been taken down")
        rotation = self._rotations.get(number)
        if rotation is None or rotation.good_until <= time.time():
            raise XrpcError(400, "ExpiredToken", "Token has been revoked")
        if not rotation.successor:
            rotation.successor = secrets.token_hex(8)
            rotation.good_until = time.time() + self.grace
        return self._session() | self._pair(rotation.app_password, number=rotation.successor)

    def _delete_session(self) -> dict[str, Any]:
        self._rotations.pop(self._refresh_number(), None)
        return {}

    def _repo_status(self) -> dict[str, Any]:
        if self.person.status == "deleted" or request.args.get("did") != self.person.did:
            raise XrpcError(400, "RepoNotFound", "Could not find repo for DID")
        active = not self.person.status
        return {"did": self.person.did, "active": active} | (
            {} if active else {"status": self.person.status}
        )

    def _profile(self) -> dict[str, Any]:
        self._access()
        picture = "https://cdn.example/a.jpg"
        return {
            "did": self.person.did,
            "handle": self.person.handle,
            "displayName": self.person.name,
            "avatar": picture,
        }

    def _feed(self) -> dict[str, Any]:
        self._access()
        limit, cursor = int(request.args.get("limit", "50")), request.args.get("cursor", "0")
        begin = int(cursor)
        author = {"did": self.person.did, "handle": self.person.handle}
        chosen = self.person.posts[begin : begin + limit]
        feed = [{"post": post | {"author": author}} for post in chosen]
        more = begin + limit < len(self.person.posts)
        return {"feed": feed} | ({"cursor": str(begin + limit)} if more else {})

    # tokens

    def _session(self) -> dict[str, Any]:
        person = self.person
        service = {
            "id": "#atproto_pds",
            "type": "AtprotoPersonalDataServer",
            "serviceEndpoint": self.origin,
        }
        return {
            "did": person.did,
            "handle": person.handle,
            "didDoc": {"id": person.did, "service": [service]},
            "active": not person.status,
        } | ({"status": person.status} if person.status else {})

    def _pair(self, app_password: str, *, number: str = "") -> dict[str, str]:
        number = number or secrets.token_hex(8)
        self._rotations.setdefault(number, Rotation(app_password=app_password))
        now = time.time()
        privileged = self.person.app_passwords.get(app_password, False)
        kind = "appPassPrivileged" if privileged else "appPass" if app_password else "access"
        access = {"scope": f"com.atproto.{kind}", "exp": int(now + self.access_life), "iat": now}
        refresh = {"scope": "com.atproto.refresh", "exp": int(now + 90 * 86_400), "jti": number}
        return {"accessJwt": _jwt("at+jwt", access), "refreshJwt": _jwt("refresh+jwt", refresh)}

    def _access(self) -> None:
        claims = _claims()
        if claims.get("scope") == "com.atproto.refresh":
            raise XrpcError(400, "InvalidToken", "Bad token scope")
        if claims["iat"] < self._oldest_good or claims["exp"] <= time.time():
            raise XrpcError(400, "ExpiredToken", "Token has expired")

    def _refresh_number(self) -> str:
        claims = _claims()
        if claims.get("scope") != "com.atproto.refresh":
            raise XrpcError(400, "InvalidToken", "Bad token scope")
        if claims["exp"] <= time.time():
            raise XrpcError(400, "ExpiredToken", "Token has expired")
        return str(claims["jti"])

    def _no_user(self) -> XrpcError:
        return XrpcError(
            400, "InvalidRequest", f"Could not find user info for account: {self.person.did}"
        )


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Say nothing."""


def _jwt(kind: str, claims: dict[str, Any]) -> str:
    """Unsigned: nobody here attacks the service."""
    parts = ({"typ": kind, "alg": "HS256"}, claims)
    coded = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join((*(part.rstrip("=") for part in coded), "c2ln"))


def _claims() -> dict[str, Any]:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer":
        raise XrpcError(401, "AuthMissing", "Authentication Required")
    try:
        payload = token.split(".")[1]
        claims: dict[str, Any] = json.loads(
            base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        )
    except (ValueError, IndexError):
        raise XrpcError(400, "InvalidToken", "Token could not be verified") from None
    return claims


def _error(error: XrpcError) -> Response:
    response = jsonify({"error": error.error, "message": error.message})
    response.status_code = error.status
    return response


def _faulty(fault: Fault) -> Response:
    response = jsonify(fault.body) if fault.body is not None else Response(fault.text)
    response.status_code = fault.status
    response.headers.update(fault.headers)
    return response


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--access-life", type=float, default=7200)
    given = arguments.parse_args()
    pds = Pds(port=given.port, access_life=given.access_life).start()
    print(pds.origin, flush=True)  # noqa: T201  whoever starts it reads where it is
    threading.Event().wait()


if __name__ == "__main__":
    main()
