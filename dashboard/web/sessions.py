"""What a browser is recognised by (R3-R5).

Signed in: the cookie holds a random secret, all else is in the database. Visitor: the little that
must be remembered (the form token, a message) travels in a signed cookie of its own and gives no
rights, so that reading the sign-in page writes nothing. Both are session cookies of the browser.
"""

import logging
from typing import Any, cast

from flask import Flask, Request, Response, request, session
from flask.sessions import SessionInterface, SessionMixin, session_json_serializer
from flask_login import LoginManager, UserMixin
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import CallbackDict

from dashboard.domain.errors import StorageError
from dashboard.domain.team import Viewer
from dashboard.runtime import Runtime
from dashboard.services import sessions as browsers
from dashboard.services.sessions import Browser, Place
from dashboard.web.access import keeps_awake
from dashboard.web.current import client_ip, tools

log = logging.getLogger(__name__)


class BrowserSession(CallbackDict[str, Any], SessionMixin):
    """What Flask calls the session; `browser` is None for a visitor."""

    browser: Browser | None = None
    secret: str = ""  # of the cookie, as sent by the browser
    fresh_secret: str = ""  # for the cookie, after signing in
    ended = False

    def __init__(self, data: dict[str, Any], secret: str) -> None:
        super().__init__(data, on_update=_note_change)
        self.secret = secret
        self.modified = False

    def belongs_to(self, browser: Browser) -> None:
        """The browser was recognised: what it remembers is in the database, not in a cookie."""
        self.browser = browser
        self.clear()
        self.update(browser.stored.data)
        self.modified = False


class SignedIn(UserMixin):
    """What Flask-Login knows as the current user."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer

    def get_id(self) -> str:
        return str(self.viewer.user_id)


class BrowserSessions(SessionInterface):
    """Reads and writes the two cookies; the database is asked later, where errors have a page."""

    def __init__(self, runtime: Runtime) -> None:
        # Without https a browser refuses the prefix, and `Secure` would keep the cookie away.
        self.secure = runtime.tools.settings.secure
        self.name = "__Host-linkkeeper" if self.secure else "linkkeeper"
        self.visitor_name = f"{self.name}-visitor"
        self._signer = URLSafeSerializer(
            runtime.secret_key, salt="visitor", serializer=session_json_serializer
        )

    def open_session(self, app: Flask, request: Request) -> BrowserSession:  # noqa: ARG002
        return BrowserSession(self._visitor_data(request), request.cookies.get(self.name, ""))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002
        browser_session = cast("BrowserSession", session)
        if browser_session.fresh_secret:
            self._begin(browser_session)
            self._set(response, self.name, browser_session.fresh_secret)
            self._drop(response, self.visitor_name)
        elif browser_session.ended:
            self._drop(response, self.name)
        elif browser_session.browser is not None:
            self._keep(browser_session, browser_session.browser)
            return
        if browser_session.modified and not browser_session.fresh_secret:
            sealed = self._signer.dumps(dict(browser_session))
            self._set(response, self.visitor_name, sealed)

    def _visitor_data(self, request: Request) -> dict[str, Any]:
        try:
            return dict(self._signer.loads(request.cookies.get(self.visitor_name, "")))
        except BadSignature:
            return {}

    def _begin(self, browser_session: BrowserSession) -> None:
        """Take along what was said while signing in, and nothing from before."""
        if not browser_session:
            return
        browser = browsers.recognise(tools(), browser_session.fresh_secret)
        if browser is not None:
            browsers.remember(tools(), browser, {**browser.stored.data, **browser_session})

    def _keep(self, browser_session: BrowserSession, browser: Browser) -> None:
        try:
            if browser_session.modified:
                reads = request.method in {"GET", "HEAD"}
                browsers.remember(tools(), browser, browser_session, in_passing=reads)
            if keeps_awake(request.endpoint):
                browsers.keep_awake(tools(), browser)
        except StorageError as error:
            # The answer is ready and pages can still be read (R70): this can wait.
            log.warning("session not kept", extra={"trouble": error.trouble.value})

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(
            name, value, path="/", secure=self.secure, httponly=True, samesite="Lax"
        )

    def _drop(self, response: Response, name: str) -> None:
        response.delete_cookie(name, path="/", secure=self.secure, httponly=True, samesite="Lax")


def add_sessions(app: Flask, runtime: Runtime) -> None:
    """Let `app` recognise browsers, and Flask-Login know who is asking."""
    app.secret_key = runtime.secret_key
    app.session_interface = BrowserSessions(runtime)
    manager = LoginManager(app)
    # Bound to nothing that changes by itself: people move between networks.
    app.config["SESSION_PROTECTION"] = None
    manager.request_loader(_current)
    app.before_request(_recognise)


def browser_session() -> BrowserSession:
    return cast("BrowserSession", session._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001  # behind the proxy


def signed_in_as(secret: str) -> None:
    """From the next request on this browser holds `secret`; what it held before is forgotten."""
    found = browser_session()
    if found.browser is not None:
        browsers.forget(tools(), found.browser)
    found.clear()
    found.browser = None
    found.fresh_secret = secret


def signed_out() -> None:
    """From now on this browser is a visitor's."""
    found = browser_session()
    found.clear()
    found.browser = None
    found.ended = True


def place() -> Place:
    """Where the request comes from, for the list of sessions."""
    return Place(ip=client_ip(), user_agent=request.user_agent.string)


def _note_change(changed: CallbackDict[str, Any]) -> None:
    cast("BrowserSession", changed).modified = True


def _recognise() -> None:
    found = browser_session()
    if found.secret and (browser := browsers.recognise(tools(), found.secret)) is not None:
        found.belongs_to(browser)


def _current(_request: Request) -> SignedIn | None:
    browser = browser_session().browser
    return None if browser is None else SignedIn(browser.viewer)
