"""Which accounts have signed in on this device before (R6).

A signed cookie, worth nothing by itself: it only keeps somebody who guesses elsewhere from shutting
the owner of the account out.
"""

import hashlib
from typing import cast

from flask import Flask, Response, current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer

from dashboard.domain.addresses import folded
from dashboard.runtime import Runtime

_MOST = 5  # accounts on one device
_LASTS = 180 * 24 * 3_600  # seconds
_EXTENSION = "linkkeeper-devices"


class Devices:
    """Reads and writes the cookie."""

    def __init__(self, runtime: Runtime) -> None:
        self._secure = runtime.tools.settings.secure
        self._name = "__Host-linkkeeper-device" if self._secure else "linkkeeper-device"
        self._signer = URLSafeSerializer(runtime.secret_key, salt="device")

    def known(self) -> list[str]:
        try:
            return list(self._signer.loads(request.cookies.get(self._name, "")))
        except BadSignature:
            return []

    def write(self, response: Response) -> Response:
        email = g.pop("signed_in_on_device", None)
        if email is not None:
            mark = _mark(email)
            marks = [mark, *(known for known in self.known() if known != mark)][:_MOST]
            value = self._signer.dumps(marks)
            response.set_cookie(
                self._name,
                value,
                max_age=_LASTS,
                path="/",
                secure=self._secure,
                httponly=True,
                samesite="Lax",
            )
        return response


def add_devices(app: Flask, runtime: Runtime) -> None:
    devices = Devices(runtime)
    app.extensions[_EXTENSION] = devices
    app.after_request(devices.write)


def is_known_device(email: str) -> bool:
    """Whether the account has signed in on this device before."""
    devices = cast("Devices", current_app.extensions[_EXTENSION])
    return _mark(email) in devices.known()


def remember_device(email: str) -> None:
    """The account has just signed in on this device."""
    g.signed_in_on_device = email


def _mark(email: str) -> str:
    return hashlib.sha256(folded(email).encode()).hexdigest()[:32]
