"""Meta's tokens that renew themselves: Instagram (by its own log-in) and Threads.

A short token is exchanged for one of 60 days, and that one for another 60 days while it is valid
and at least a day old. There is no refresh token: the access token stands in its place, and the old
one goes on working until its own end, so nothing is lost with a lost answer.

Sources: developers.facebook.com/docs/threads/get-started/long-lived-tokens and .../documentation/
instagram-platform/instagram-api-with-instagram-login/business-login. Both document the exchange
and the renewal as GET with the token in the address; so they are asked like that.
"""

from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.checks import AppProblem, Blocked, Refused
from dashboard.domain.credentials import App, Credential
from dashboard.domain.wire import Ask, Http, NoAnswerError
from dashboard.platforms import graph, oauth2
from dashboard.platforms.answers import secrets_of, send
from dashboard.platforms.protocol import (
    About,
    Refreshed,
    RefreshOutcome,
    RefreshRefused,
    RefreshUnclear,
)
from dashboard.platforms.values import span_of, token_of

_REFRESH_DEADLINE = 75.0  # seconds (R34)


async def log_in(
    http: Http,
    about: About,
    app: App,
    *,
    code: str,
    redirect_uri: str,
    exchange_url: str,
    grant_type: str,
    now: datetime,
) -> Credential:
    """Exchange the code and then the short token; raises PlatformError or NoAnswerError."""
    # Instagram appends "#_" to the code (from memory); no code ends like that.
    bare = code.removesuffix("#_")
    ask = oauth2.code_ask(app, code=bare, verifier="", redirect_uri=redirect_uri)
    short = await graph.exchange(http, about.key, about, app, ask, now=now)
    query = {
        "grant_type": grant_type,
        "client_secret": app.client_secret,
        "access_token": short.access,
    }
    ask = Ask(
        call="get the long-lived token", method="GET", url=f"{exchange_url}?{urlencode(query)}"
    )
    long = await graph.exchange(http, about.key, about, app, ask, now=now)
    return Credential(
        access=long.access,
        refresh=long.access,
        scopes=short.scopes or frozenset(app.scopes),
        expires_at=long.expires_at,
    )


async def renew(
    http: Http, about: About, credential: Credential, *, url: str, grant_type: str, now: datetime
) -> RefreshOutcome:
    """Ask once for another 60 days; never raises for silence."""
    query = {"grant_type": grant_type, "access_token": credential.refresh}
    ask = Ask(
        call="renew the permission",
        method="GET",
        url=f"{url}?{urlencode(query)}",
        deadline=_REFRESH_DEADLINE,
    )
    try:
        reply = await send(http, ask, secrets_of(credential))
    except NoAnswerError as error:
        return oauth2.unanswered(error)
    body = reply.body or {}
    access, life = token_of(body.get("access_token")), span_of(body.get("expires_in"))
    if reply.status == HTTPStatus.OK and access and life:
        return Refreshed(
            credential=Credential(
                access=access,
                refresh=access,
                scopes=credential.scopes,
                expires_at=now + life,
                extra=credential.extra,
            )
        )
    outcome = graph.meaning(about, reply)
    if isinstance(outcome, Refused | Blocked):
        return RefreshRefused(cause=outcome.cause, evidence=outcome.evidence)
    return RefreshUnclear(
        evidence=reply.evidence(),
        may_have_happened=False,  # the old token goes on working
        app_problem=isinstance(outcome, AppProblem),
    )
