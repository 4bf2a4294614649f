"""Our registration with a Mastodon server, made by itself at the first log-in and kept per server.

What a server says about itself is believed only as far as it stays on its own origin (R27).

Source: docs.joinmastodon.org, methods/apps, methods/oauth and api/oauth-scopes.
"""

from collections.abc import Mapping
from http import HTTPStatus

from dashboard.domain.credentials import App
from dashboard.domain.errors import InvalidInputError, PlatformError
from dashboard.domain.wire import Ask, Http, NoAnswerError, Silence
from dashboard.platforms import oauth2
from dashboard.platforms.answers import Reply, secrets_of, send
from dashboard.platforms.servers import ask_typed, host_of
from dashboard.platforms.values import Body, token_of

FIELD = "server"
SCOPES = ("profile", "read:statuses", "read:notifications", "write:statuses")
"""The least that our capabilities need, in the names of Mastodon 4.3 and later."""

_ACCOUNTS = "read:accounts"  # what servers before 4.3 have instead of `profile`
_WANTED = "wanted"  # the fact that tells a registration for other scopes apart
_CLIENT_NAME = "Linkkeeper"
_LONGEST_ID = 500
_NO_DISCOVERY = frozenset({Silence.REDIRECTED, Silence.TOO_LARGE, Silence.BROKEN_OFF})
_ENDPOINTS = {
    oauth2.AUTHORIZE: "/oauth/authorize",
    oauth2.TOKEN: "/oauth/token",
    oauth2.REVOKE: "/oauth/revoke",
}
_ISS_PROMISED = "authorization_response_iss_parameter_supported"  # RFC 9207


async def registration(http: Http, app: App | None, origin: str, redirect_uri: str) -> App | None:
    """Return `app` if it still serves, else None; without one, a new registration.

    Raises InvalidInputError at the field when no Mastodon server answers there, PlatformError,
    NoAnswerError.
    """
    if app is not None:
        return app if await _serves(http, app, redirect_uri) else None
    facts, supported = await _discover(http, origin)
    scopes = scopes_for(supported)
    facts = {**facts, oauth2.REDIRECT: redirect_uri, _WANTED: " ".join(SCOPES)}
    return await _register(http, origin, scopes, facts)


def scopes_for(supported: frozenset[str] | None) -> tuple[str, ...]:
    """The scopes to ask for; None when the server does not tell, then those since 2.4.3 do.

    A scope that a server does not know fails the whole registration, so the wider
    one stands in; what neither covers is left out and found missing later.
    """
    if supported is None:
        return (_ACCOUNTS, *SCOPES[1:])
    chosen: list[str] = []
    for wanted in SCOPES:
        narrow = _ACCOUNTS if wanted == "profile" else wanted
        offers = (wanted, narrow, narrow.partition(":")[0])
        chosen += [next((offer for offer in offers if offer in supported), "")]
    return tuple(dict.fromkeys(filter(None, chosen)))


async def _serves(http: Http, app: App, redirect_uri: str) -> bool:
    """Whether the registration fits and the server still knows it.

    Servers before 4.3 cleared away apps without tokens; asking for an app token both finds that
    out (`invalid_client`) and prevents it.
    """
    asked = (app.facts.get(oauth2.REDIRECT), app.facts.get(_WANTED))
    if asked != (redirect_uri, " ".join(SCOPES)) or oauth2.TOKEN not in app.facts:
        return False
    reply = await send(http, oauth2.registration_ask(app), secrets_of(None, app))
    return reply.text("error") != "invalid_client"


async def _discover(http: Http, origin: str) -> tuple[dict[str, str], frozenset[str] | None]:
    """Endpoints and scopes as the server tells them (4.3 and later, else 404)."""
    usual = {name: origin + path for name, path in _ENDPOINTS.items()}
    ask = Ask(
        call="read what the server offers",
        method="GET",
        url=f"{origin}/.well-known/oauth-authorization-server",
        headers={"Accept": "application/json"},
        max_bytes=65_536,
    )
    try:
        reply = await ask_typed(http, ask, field=FIELD, passing=_NO_DISCOVERY)
    except NoAnswerError as error:
        if error.silence in _NO_DISCOVERY:
            return usual, None
        raise
    told = reply.body if reply.status == HTTPStatus.OK else None
    if told is None or not _is_its_own(told, origin):
        return usual, None
    facts = {name: reply.text(name, 500) for name in _ENDPOINTS}
    facts["issuer"] = reply.text("issuer", 500)
    if told.get(_ISS_PROMISED) is True:
        facts[_ISS_PROMISED] = "true"
    methods = told.get("code_challenge_methods_supported")
    if isinstance(methods, list) and "S256" not in methods:
        facts[oauth2.PKCE] = "no"
    return facts, _names(told.get("scopes_supported"))


async def _register(
    http: Http, origin: str, scopes: tuple[str, ...], facts: Mapping[str, str]
) -> App:
    ask = Ask(
        call="register at the server",
        method="POST",
        url=f"{origin}/api/v1/apps",
        headers={"Accept": "application/json"},
        form={
            "client_name": _CLIENT_NAME,
            "redirect_uris": facts[oauth2.REDIRECT],
            "scopes": " ".join(scopes),
        },
    )
    reply = await ask_typed(http, ask, field=FIELD)
    body = reply.body or {}
    client_id, secret = token_of(body.get("client_id")), token_of(body.get("client_secret"))
    if not client_id or not secret or len(client_id) > _LONGEST_ID:
        raise _no_registration(reply, origin)
    return App(client_id=client_id, client_secret=secret, server=origin, scopes=scopes, facts=facts)


def _no_registration(reply: Reply, origin: str) -> Exception:
    if reply.silence():
        return reply.failure("mastodon")
    if reply.body and "error" in reply.body and reply.status in {400, 403, 422}:
        return PlatformError("mastodon", "refused", reply.evidence().text)
    why = (
        f"No Mastodon server answers at {host_of(origin)}. "
        "Type the address that your browser shows when you are logged in there."
    )
    return InvalidInputError(FIELD, why)


def _is_its_own(told: Body, origin: str) -> bool:
    """Whether issuer and all endpoints stand on the origin that was asked."""
    issuer = told.get("issuer")
    if not isinstance(issuer, str) or issuer.removesuffix("/") != origin:
        return False
    return all(
        isinstance(url := told.get(name), str) and url.startswith(f"{origin}/")
        for name in _ENDPOINTS
    )


def _names(value: object) -> frozenset[str] | None:
    if not isinstance(value, list):
        return None
    return frozenset(name for name in value if isinstance(name, str)) or None
