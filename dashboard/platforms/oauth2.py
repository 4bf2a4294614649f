"""OAuth 2 as knowledge, once for all platforms: questions are built, answers are read.

Nothing here sends by itself or keeps anything; Authlib writes the protocol's own forms. An answer
of a token endpoint accuses a token only with the protocol's own words: `invalid_grant` (RFC 6749,
5.2). Everything that a proxy, an outage or a bug can say is no answer (R36).
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import parse_qsl

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7009 import prepare_revoke_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from dashboard.domain.causes import Cause
from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.wire import Ask, Http, NoAnswerError
from dashboard.platforms.answers import Reply, secrets_of, send
from dashboard.platforms.protocol import (
    AppTest,
    Refreshed,
    RefreshOutcome,
    RefreshRefused,
    RefreshUnclear,
    Start,
)
from dashboard.platforms.values import Body, span_of, token_of

AUTHORIZE = "authorization_endpoint"
TOKEN = "token_endpoint"  # noqa: S105  the name of an address
REVOKE = "revocation_endpoint"
REDIRECT = "redirect_uri"
PKCE = "pkce"
SEPARATOR = "scope_separator"
CLIENT_ID_NAME = "client_id_name"
CLIENT_AUTH = "client_auth"
CONTINUOUS = "continuous_refresh"
"""Keys of `App.facts`. PKCE is "no" where a server knows another method only (R26). The last four
are for platforms that bend the protocol: "," between permissions, "client_key" for the id, "basic"
for id and secret in a header (RFC 6749, 2.3.1), "true" to ask for renewal without end."""

_VERIFIER_BYTES = 64  # 86 letters; RFC 7636 wants 43 to 128
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # for answers whose tokens nobody keeps
_REFRESH_DEADLINE = 75.0  # seconds: an abandoned refresh may lose the new token (R34)
_REFUSALS = frozenset({"invalid_grant"})
# `unauthorized_client` says that this app may not ask in this way: nothing about the person's yes.
_APP_PROBLEMS = frozenset(
    {"invalid_client", "unauthorized_client", "unsupported_grant_type", "deleted_client"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a token endpoint gave; "" and None where it said nothing."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    scopes: frozenset[str]
    expires_at: datetime | None
    refresh_expires_at: datetime | None

    def credential(
        self, *, old: Credential | None = None, extra: Mapping[str, str] | None = None
    ) -> Credential:
        """As we keep it; what was not given anew stays as in `old`."""
        kept = old or Credential(access="")
        return Credential(
            access=self.access,
            refresh=self.refresh or kept.refresh,
            scopes=self.scopes or kept.scopes,
            expires_at=self.expires_at,
            refresh_expires_at=self.refresh_expires_at
            or (None if self.refresh else kept.refresh_expires_at),
            extra=kept.extra if extra is None else extra,
        )


class Fault(StrEnum):
    """What it means that no tokens came."""

    UNCLEAR = "unclear"
    REFUSED = "refused"
    OURS = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenFault:
    """No tokens came. `body` is what the platform said, for those who know more of its words."""

    fault: Fault
    evidence: Evidence
    body: Body = field(repr=False)


def start(app: App, *, redirect_uri: str, state: str, extra: Mapping[str, str]) -> Start:
    """Where to send the browser for the authorization code, with PKCE S256 (RFC 7636)."""
    verifier = secrets.token_urlsafe(_VERIFIER_BYTES)
    url = prepare_grant_uri(
        app.facts[AUTHORIZE],
        client_id=app.client_id,
        response_type="code",
        redirect_uri=redirect_uri,
        scope=app.facts.get(SEPARATOR, " ").join(app.scopes),
        state=state,
        **_challenge(app, verifier),
        **extra,
    )
    name = app.facts.get(CLIENT_ID_NAME, "client_id")
    return Start(url=str(url).replace("client_id=", f"{name}=", 1), verifier=verifier)


def code_ask(app: App, *, code: str, verifier: str, redirect_uri: str) -> Ask:
    """Exchange the code (RFC 6749, 4.1.3)."""
    proof = {"code_verifier": verifier} if _uses_pkce(app) else {}
    if CONTINUOUS in app.facts:
        proof[CONTINUOUS] = app.facts[CONTINUOUS]
    body = prepare_token_request(
        "authorization_code", redirect_uri=redirect_uri, code=code, **proof
    )
    return _as_client(app, "exchange the code", app.facts[TOKEN], body)


def refresh_ask(app: App, refresh: str) -> Ask:
    """Renew (RFC 6749, 6)."""
    body = prepare_token_request("refresh_token", refresh_token=refresh)
    return _as_client(
        app, "renew the permission", app.facts[TOKEN], body, deadline=_REFRESH_DEADLINE
    )


def registration_ask(app: App) -> Ask:
    """Find out whether our registration still counts (RFC 6749, 4.4)."""
    body = prepare_token_request("client_credentials")
    return _as_client(app, "check our registration", app.facts[TOKEN], body)


def revoke_ask(app: App, token: str) -> Ask:
    """Give a token back (RFC 7009)."""
    body, _ = prepare_revoke_token_request(token)
    return _as_client(app, "give the permission back", app.facts[REVOKE], body)


def read_tokens(
    reply: Reply, *, asked: tuple[str, ...] = (), now: datetime, kind: str = "bearer"
) -> Tokens | TokenFault:
    """Read the answer of a token endpoint; without a usable access token there are no tokens.

    Scopes that the answer does not name are those that were `asked` (RFC 6749, 5.1). A token of
    another `kind` than the one we can use is none.
    """
    body = reply.body or {}
    code = reply.text("error", 80)
    access = token_of(body.get("access_token"))
    told = reply.text("token_type", 20).lower() or "bearer"
    if reply.silence() or reply.body is None:
        return _fault(reply, Fault.UNCLEAR, code)
    if code in _REFUSALS:
        return _fault(reply, Fault.REFUSED, code)
    if code in _APP_PROBLEMS:
        return _fault(reply, Fault.OURS, code)
    if reply.status != HTTPStatus.OK or not access or told != kind:
        return _fault(reply, Fault.UNCLEAR, code)
    life = span_of(body.get("expires_in"))
    refresh_life = span_of(body.get("refresh_expires_in") or body.get("refresh_token_expires_in"))
    return Tokens(
        access=access,
        refresh=token_of(body.get("refresh_token")),
        scopes=_scopes(body.get("scope")) or frozenset(asked),
        expires_at=now + life if life else None,
        refresh_expires_at=now + refresh_life if refresh_life else None,
    )


async def test_by_renewal(
    http: Http,
    app: App,
    *,
    lets_in: Collection[str] = (),  # noqa: PT028  it tests an app, not us
    also_refused: Callable[[Body], bool] = lambda _: False,  # noqa: PT028  as above
) -> tuple[AppTest, Evidence]:
    """Renew with a made-up token: only who is let in hears that the token is worth nothing.

    `lets_in` are further error codes that only those hear, `also_refused` knows other words for it.
    """
    ask = refresh_ask(app, "linkkeeper-asks-whether-it-is-known")
    reply = await send(http, ask, secrets_of(None, app))
    told = read_tokens(reply, now=_ANY_TIME)
    code = reply.text("error", 80)
    if not reply.silence() and (code in lets_in or also_refused(reply.body or {})):
        return AppTest.WORKS, reply.evidence(code=code)
    if isinstance(told, TokenFault) and told.fault is not Fault.UNCLEAR:
        known = told.fault is Fault.REFUSED
        return (AppTest.WORKS if known else AppTest.REFUSED), reply.evidence(code=code)
    return AppTest.UNCLEAR, reply.evidence(code=code)


async def exchange(
    http: Http,
    platform: str,
    app: App,
    *,
    code: str,
    verifier: str,
    redirect_uri: str,
    now: datetime,
) -> Tokens:
    """Exchange the code; raises PlatformError or NoAnswerError."""
    ask = code_ask(app, code=code, verifier=verifier, redirect_uri=redirect_uri)
    reply = await send(http, ask, (*secrets_of(None, app), code, verifier))
    tokens = read_tokens(reply, asked=app.scopes, now=now)
    if isinstance(tokens, Tokens):
        return tokens
    if tokens.fault is Fault.UNCLEAR:
        raise reply.failure(platform)
    kind = "refused" if tokens.fault is Fault.REFUSED else "app_problem"
    raise PlatformError(platform, kind, tokens.evidence.text or tokens.evidence.code)


async def refresh(
    http: Http,
    app: App | None,
    credential: Credential,
    *,
    now: datetime,
    cause_of: Callable[[Body], Cause] = lambda _: Cause.TOKEN_REFUSED,
    also_refused: Callable[[Body], bool] = lambda _: False,
    also_ours: Callable[[Body], bool] = lambda _: False,
) -> RefreshOutcome:
    """Renew once; never raises for silence.

    `cause_of` reads why a refusal was given. `also_refused` knows one in a platform's own words,
    `also_ours` that our registration is not accepted.
    """
    if app is None:
        gone = Evidence(call="renew the permission", text="Our registration there is gone.")
        return RefreshUnclear(evidence=gone, may_have_happened=False, app_problem=True)
    ask = refresh_ask(app, credential.refresh)
    try:
        reply = await send(http, ask, secrets_of(credential, app))
    except NoAnswerError as error:
        return unanswered(error)
    tokens = read_tokens(reply, now=now)
    if isinstance(tokens, Tokens):
        return Refreshed(credential=tokens.credential(old=credential))
    speaks = reply.silence() is None
    if tokens.fault is Fault.REFUSED or (speaks and also_refused(tokens.body)):
        return RefreshRefused(cause=cause_of(tokens.body), evidence=tokens.evidence)
    return RefreshUnclear(
        evidence=tokens.evidence,
        # Who does not know us renews nothing, even where that is said with status 200 (TikTok).
        may_have_happened=tokens.fault is not Fault.OURS and may_have_happened(reply.status),
        app_problem=tokens.fault is Fault.OURS or (speaks and also_ours(tokens.body)),
    )


async def give_back(
    http: Http, platform: str, app: App | None, credential: Credential, token: str
) -> None:
    """Tell the platform that a token is needed no more (R38).

    Raises PlatformError for an answer that is worth another try, NoAnswerError.
    """
    if app is None:
        return
    reply = await send(http, revoke_ask(app, token), secrets_of(credential, app))
    if reply.silence():
        raise reply.failure(platform)


def unanswered(error: NoAnswerError) -> RefreshUnclear:
    """What silence means for a refresh."""
    return RefreshUnclear(
        evidence=Evidence(call=error.call, code=error.silence.value),
        may_have_happened=error.may_have_arrived,
    )


def may_have_happened(status: int) -> bool:
    """Whether a refresh answered like this may have used up the old token (R35)."""
    refused = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    return not refused or status == HTTPStatus.REQUEST_TIMEOUT


def _challenge(app: App, verifier: str) -> dict[str, str]:
    if not _uses_pkce(app):
        return {}
    return {
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }


def _uses_pkce(app: App) -> bool:
    return app.facts.get(PKCE) != "no"


def _as_client(app: App, call: str, url: str, body: str, *, deadline: float = 20.0) -> Ask:
    """Our id and secret go into the form, unlike a header it takes every letter; or as asked."""
    method = "client_secret_post" if app.client_secret else "none"
    if app.client_secret and app.facts.get(CLIENT_AUTH) == "basic":
        method = "client_secret_basic"
    _, headers, body = ClientAuth(app.client_id, app.client_secret, method).prepare(
        "POST", url, {"Accept": "application/json"}, body
    )
    form = dict(parse_qsl(body, keep_blank_values=True))
    name = app.facts.get(CLIENT_ID_NAME, "client_id")
    if "client_id" in form and name != "client_id":
        form[name] = form.pop("client_id")
    return Ask(call=call, method="POST", url=url, headers=headers, form=form, deadline=deadline)


def _scopes(value: object) -> frozenset[str]:
    """The granted scopes: by the protocol with spaces, from some with commas, or as a list."""
    names = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(names, list):
        return frozenset()
    return frozenset(name for name in names[:100] if isinstance(name, str) and token_of(name))


def _fault(reply: Reply, fault: Fault, code: str) -> TokenFault:
    return TokenFault(fault=fault, evidence=reply.evidence(code=code), body=reply.body or {})
