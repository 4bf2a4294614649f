"""A person in front of the pages while their installation is killed: signs in, relinks, posts."""

import re
import urllib.error
import urllib.request
from html import unescape
from http.client import HTTPException
from http.cookiejar import CookieJar
from urllib.parse import urlencode

from dashboard.cli.visitor import SandboxVisitor

_TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')
_LEADS_TO = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


class NotNowError(Exception):
    """It did not answer, or not as it does on a good day: a person tries again later."""


class Person:
    """One browser. Everything raises NotNowError when Linkkeeper is not there to answer."""

    def __init__(self, address: str, email: str, password: str) -> None:
        self._address = address
        self._login = {"email": email, "password": password}
        self._browser = urllib.request.build_opener()
        self.forget()

    def forget(self) -> None:
        """Begin with no cookies, as on another day."""
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._browser = urllib.request.build_opener(cookies)

    def sign_in(self) -> None:
        page, where = self._get("/sign-in")
        if where.endswith("/sign-in"):
            self._post("/sign-in", page, **self._login)

    def relink(
        self, account_id: object, keeper: SandboxVisitor, remote_id: str, permissions: list[str]
    ) -> str:
        """Relink through the platform's own pages; the page that says what came of it."""
        place = f"/settings/accounts/{account_id}/relink"
        page, _ = self._get(place)
        left = _LEADS_TO.search(self._post(place, page)[0])
        if left is None:
            raise NotNowError
        return self._get(keeper.allow(unescape(left.group(1)), [remote_id], permissions))[0]

    def plan(self, account_ids: list[str], text: str, *, at: str = "") -> str:
        """Write a post for several accounts, now or at that minute; where the answer led."""
        page, _ = self._get("/publish/new")
        when = "later" if at else "now"
        return self._post("/publish/new", page, account=account_ids, text=text, when=when, at=at)[1]

    def change_role(self, role_id: object, **fields: object) -> str:
        """Save a role's form with these fields; where the answer led."""
        place = f"/settings/roles/{role_id}"
        page, _ = self._get(place)
        version = re.search(r'name="version"[^>]* value="(\d+)"', page)
        if version is None:
            raise NotNowError
        return self._post(place, page, version=version.group(1), **fields)[1]

    def look(self, path: str) -> str:
        return self._get(path)[0]

    def _get(self, path: str) -> tuple[str, str]:
        return self._open(urllib.request.Request(self._url(path)))

    def _post(self, path: str, page: str, **fields: object) -> tuple[str, str]:
        token = _TOKEN.search(page)
        if token is None:
            raise NotNowError
        form = urlencode({"csrf_token": token.group(1), **fields}, doseq=True).encode()
        return self._open(urllib.request.Request(self._url(path), form, {"Origin": self._address}))

    def _open(self, request: urllib.request.Request) -> tuple[str, str]:
        try:
            with self._browser.open(request, timeout=30) as answer:
                return answer.read().decode(), answer.url
        except (urllib.error.URLError, OSError, HTTPException) as error:
            raise NotNowError(str(error)) from error

    def _url(self, path: str) -> str:
        return path if path.startswith("http") else f"{self._address}{path}"
