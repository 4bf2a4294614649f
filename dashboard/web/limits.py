"""How often something may be tried where a secret can be guessed (R6).

Counted before anything is computed, in this order, and a refused try counts no further: so whoever
hammers at one account from one place shuts out only himself. Counts are shared through Redis; while
that is away each process counts for itself, never not at all. Nothing is locked for good.
"""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, TypeVar

from flask import Flask, Response, request
from flask_limiter import Limiter

from dashboard.domain.addresses import folded
from dashboard.runtime import Runtime
from dashboard.web.current import client_ip, viewer_or_none
from dashboard.web.devices import is_known_device

View = TypeVar("View", bound=Callable[..., Any])

_ACCOUNT_FROM_NETWORK = "10 per 5 minutes"
_NETWORK = "60 per 5 minutes"
_ACCOUNT = "30 per 15 minutes"  # but for devices on which that account has signed in before
_EVERYBODY = "600 per 5 minutes"
_IPV6_SITE = 64  # bits: whoever has one address there has them all


@dataclass(frozen=True, slots=True, kw_only=True)
class Guessable:
    """What can be guessed at an endpoint: the password of one account, or some other secret."""

    of_account: bool


def limited(*, of_account: bool = True) -> Callable[[View], View]:
    """Limit how often the view takes a form.

    The account is that of who is signed in, else the one in the form's field "email".
    """

    def declare(view: View) -> View:
        view.guessable = Guessable(of_account=of_account)  # type: ignore[attr-defined]  # see below
        return view

    return declare


def limit_views(app: Flask, runtime: Runtime) -> None:
    """Put the limits on the views of `app` that declare them; call when all are there."""
    limiter = _limiter(app, runtime)
    for endpoint, view in app.view_functions.items():
        guessable = getattr(view, "guessable", None)
        if guessable is not None:
            app.view_functions[endpoint] = _wrapped(limiter, view, guessable)
    app.after_request(lambda response: _say_when(limiter, response))


def _limiter(app: Flask, runtime: Runtime) -> Limiter:
    # Of the URL only the scheme matters: the connections are those of the runtime.
    shared: Any = (
        {} if runtime.redis is None else {"connection_pool": runtime.redis.connection_pool}
    )
    return Limiter(
        _network,
        app=app,
        storage_uri="memory://" if runtime.redis is None else "redis://",
        storage_options=shared,
        strategy="moving-window",
        in_memory_fallback_enabled=True,
        key_prefix="linkkeeper:limit",
    )


def _wrapped(
    limiter: Limiter, view: Callable[..., Any], guessable: Guessable
) -> Callable[..., Any]:
    """Flask-Limiter counts what was put on first first."""

    def put(
        limit: str, key: Callable[[], str], *, unless: Callable[[], bool] | None = None
    ) -> None:
        nonlocal view
        view = limiter.limit(limit, key_func=key, methods=["POST"], exempt_when=unless)(view)

    if guessable.of_account:
        put(_ACCOUNT_FROM_NETWORK, lambda: f"{_account()} {_network()}")
    put(_NETWORK, _network)
    if guessable.of_account:
        put(_ACCOUNT, _account, unless=lambda: is_known_device(_email()))
    put(_EVERYBODY, lambda: "everybody")
    return view


def _email() -> str:
    viewer = viewer_or_none()
    return viewer.email if viewer else request.form.get("email", "")


def _account() -> str:
    return "account:" + hashlib.sha256(folded(_email()).encode()).hexdigest()[:32]


def _network() -> str:
    try:
        address = ip_address(client_ip())
    except ValueError:
        return "network:unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return f"network:{address.ipv4_mapped}"
        return f"network:{ip_network((address, _IPV6_SITE), strict=False)}"
    return f"network:{address}"


def _say_when(limiter: Limiter, response: Response) -> Response:
    limit = limiter.current_limit
    if limit is not None and limit.breached:
        response.headers["Retry-After"] = str(max(1, math.ceil(limit.reset_at - time.time())))
    return response
