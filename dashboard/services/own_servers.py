"""Log-ins at the server of an account, for platforms where every account brings its own.

We are registered nowhere. What servers need to know about us stands in a document at our public
address, with the public halves of our keys; the key itself is kept sealed like any registration.
"""

import secrets
from collections.abc import Mapping
from uuid import UUID, uuid4

from dashboard.db.apps import apps_of_client, insert_app
from dashboard.db.attempts import insert_attempt
from dashboard.domain.accounts import Account
from dashboard.domain.credentials import App
from dashboard.domain.errors import NotFoundError, PlatformError
from dashboard.domain.team import Viewer
from dashboard.domain.wire import NoAnswerError
from dashboard.platforms.protocol import About, Granted, OwnLogIn, SignsInAtOwnServer
from dashboard.services.log_ins import (
    Begun,
    Browser,
    about_of,
    harmless,
    new_attempt,
    sealed_verifier,
    silent,
    state_hash,
)
from dashboard.services.pacing import for_person
from dashboard.services.ports import Tools
from dashboard.services.registrations import redirect_address

WAY = "own_log_in"
"""The field of a form that says that the log-in of the account's own server is wanted."""


def is_possible(tools: Tools, key: str) -> bool:
    """Whether servers could read about this installation; False for platforms without this way."""
    platform: object = tools.platforms.get(key)
    return isinstance(platform, SignsInAtOwnServer) and bool(_client_id(tools, platform))


def usual_way(tools: Tools, about: About) -> About | OwnLogIn:
    """Which way in people are told of first: the platform's own log-in where there is one."""
    own = about.own_log_in
    return own if own is not None and is_possible(tools, about.key) else about


def address(tools: Tools, key: str) -> str:
    """Where servers read about this installation; "" where there is nothing to be read."""
    platform: object = tools.platforms.get(key)
    if not isinstance(platform, SignsInAtOwnServer):
        return ""
    known_as = _client_id(tools, platform)
    return known_as if known_as.startswith(f"{tools.settings.base_url}/") else ""


def set_out(  # the whole situation of a log-in
    tools: Tools,
    viewer: Viewer,
    browser: Browser,
    platform: SignsInAtOwnServer,
    typed: Mapping[str, str],
    account: Account | None,
) -> Begun:
    """Find the server and prepare the log-in there.

    Raises InvalidInputError at the field, PlatformError.
    """
    key = about_of(platform).key
    app_id, app = _our_client(tools, platform)
    state = secrets.token_urlsafe(32)
    remote_id = account.identity.remote_id if account else ""
    try:
        start = tools.http.run(
            platform.set_out(
                for_person(tools, key, typed=True), app, typed, state=state, remote_id=remote_id
            )
        )
    except NoAnswerError as silence:
        raise silent(key, silence) from silence
    attempt = new_attempt(tools, viewer, browser, key, account)
    attempt.state_hash = state_hash(state)
    attempt.app_id, attempt.redirect_uri = app_id, redirect_address(tools, key)
    attempt.typed = harmless(platform, typed)
    attempt.verifier = sealed_verifier(tools, attempt, start.verifier)
    with tools.database.writing() as unit:
        insert_attempt(unit, attempt)
    return Begun(attempt_id=attempt.id, url=start.url)


def arrive(
    tools: Tools, platform: SignsInAtOwnServer, app: App, answer: Mapping[str, str], verifier: str
) -> Granted:
    """Take the answer of the server; raises PlatformError."""
    http = for_person(tools, about_of(platform).key, typed=True)
    try:
        return tools.http.run(
            platform.arrive(
                http,
                app,
                code=answer["code"],
                issuer=answer.get("iss", ""),
                verifier=verifier,
                now=tools.now(),
            )
        )
    except NoAnswerError as silence:
        raise silent(about_of(platform).key, silence) from silence


def document(tools: Tools, key: str) -> Mapping[str, object]:
    """What servers read about us; raises NotFoundError before the first log-in has begun."""
    platform: object = tools.platforms.get(key)
    if not isinstance(platform, SignsInAtOwnServer):
        raise NotFoundError("document")
    apps = [app for _, app in _known(tools, platform) if app.client_secret]
    if not apps:
        raise NotFoundError("document")
    return platform.document(apps, tools.settings.base_url)


def _our_client(tools: Tools, platform: SignsInAtOwnServer) -> tuple[UUID, App]:
    """The newest registration under our present address, a fresh one at the first log-in."""
    known = _known(tools, platform)
    if known:
        return known[0]
    key, client_id = about_of(platform).key, _client_id(tools, platform)
    if not client_id:
        raise PlatformError(key, "no_public_address", "servers could not read about Linkkeeper")
    app_id, app = uuid4(), platform.new_client(client_id, redirect_address(tools, key))
    with tools.database.writing() as unit:
        insert_app(unit, tools.cipher, app_id=app_id, platform=key, app=app, now=tools.now())
    return app_id, app


def _known(tools: Tools, platform: SignsInAtOwnServer) -> list[tuple[UUID, App]]:
    client_id = _client_id(tools, platform)
    if not client_id:
        return []
    with tools.database.reading() as session:
        return apps_of_client(
            session, tools.cipher, platform=about_of(platform).key, client_id=client_id
        )


def _client_id(tools: Tools, platform: SignsInAtOwnServer) -> str:
    key = about_of(platform).key
    return platform.client_id(tools.settings.base_url, redirect_address(tools, key))
