"""Linking and relinking: to the platform and back, in two phases.

Nothing that works is touched before the new credential belongs to the same account (R28) and has
been proven by a real read. Log-ins under way are rows, single-use and bound to the browser session
(R25); a callback that does not fit changes nothing and asks nobody.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from dashboard.db.accounts import find_account
from dashboard.db.apps import find_app, insert_app, newest_app
from dashboard.db.attempts import (
    Attempt,
    Phase,
    delete_old_attempts,
    find_by_state,
    insert_attempt,
    move_attempt,
)
from dashboard.domain.accounts import Account
from dashboard.domain.credentials import App
from dashboard.domain.errors import NotAllowedError, NotFoundError, PlatformError
from dashboard.domain.team import Right, Viewer
from dashboard.domain.wire import NoAnswerError
from dashboard.platforms.protocol import (
    Granted,
    NeedsApp,
    Platform,
    SignsInAtOwnServer,
    SignsInAtPlatform,
    SignsInByPassword,
)
from dashboard.services import own_servers
from dashboard.services.grants import pack_granted
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
from dashboard.services.registrations import needed_app, redirect_address


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A log-in that came back; `account_id` is set when it was for a relink."""

    attempt_id: UUID
    account_id: UUID | None


class InVainError(PlatformError):
    """A log-in that came back without success; with `account_id` it was for a relink."""

    def __init__(self, error: PlatformError, account_id: UUID | None) -> None:
        super().__init__(error.platform, error.kind, error.why)
        self.account_id = account_id


def begin(
    tools: Tools,
    viewer: Viewer,
    browser: Browser,
    platform_key: str,
    typed: Mapping[str, str],
    *,
    account_id: UUID | None = None,
    choose_person: bool = False,
) -> Begun:
    """Start to link (or with `account_id` to relink) an account.

    Raises NotAllowedError without the right to link, NotFoundError, InvalidInputError for what was
    typed, PlatformError when the platform refuses or is silent.
    """
    account = _account_to_relink(tools, viewer, account_id)
    platform = platform_named(tools, account.platform if account else platform_key)
    if isinstance(platform, SignsInAtOwnServer) and typed.get(own_servers.WAY):
        return own_servers.set_out(tools, viewer, browser, platform, typed, account)
    if isinstance(platform, SignsInByPassword):
        return _sign_in_here(tools, viewer, browser, platform, typed, account)
    if isinstance(platform, SignsInAtPlatform):
        return _send_away(tools, viewer, browser, platform, typed, account, choose_person)
    raise NotFoundError("way to link this platform")


def come_back(
    tools: Tools, viewer: Viewer, browser: Browser, door: UUID | str, answer: Mapping[str, str]
) -> Returned:
    """Take the platform's answer; the attempt then waits for `settle` or for a choice.

    `door` is where it came in: the id of a registration, or the key of a platform that has one
    registration for all. Raises InVainError: "denied" when the person said no, "silent" or
    "refused" when the exchange failed; a bare PlatformError, "stale", when the answer does not fit
    a log-in that this browser has under way.
    """
    attempt = _use_up(tools, viewer, browser, door, answer.get("state", ""))
    platform = platform_named(tools, attempt.platform)
    try:
        granted = _exchange(tools, platform, attempt, answer)
    except PlatformError as error:
        _fail(tools, attempt, error.kind)
        raise InVainError(error, attempt.account_id) from error
    _keep_result(tools, attempt.id, Phase.RETURNED, granted)
    return Returned(attempt_id=attempt.id, account_id=attempt.account_id)


def platform_named(tools: Tools, key: str) -> Platform:
    """Raises NotFoundError for a platform that this installation does not speak."""
    platform = tools.platforms.get(key)
    if platform is None:
        raise NotFoundError("platform")
    return platform


def redirect_uri(tools: Tools, app_id: UUID, key: str = "") -> str:
    """One address per registration (R27), from the configured address only (R29).

    Registrations made by hand have the platform's key in it: it must be known before they are made.
    """
    if isinstance(_capable(tools, key), NeedsApp):
        return redirect_address(tools, key)
    return f"{tools.settings.base_url}/link/back/{app_id}"


def _capable(tools: Tools, key: str) -> object:
    return tools.platforms.get(key)


def forget_old_attempts(tools: Tools) -> None:
    """Drop log-ins that nobody finished, with what they brought."""
    with tools.database.writing() as unit:
        delete_old_attempts(unit, tools.now())


def _account_to_relink(tools: Tools, viewer: Viewer, account_id: UUID | None) -> Account | None:
    account = None
    if account_id is not None:
        with tools.database.reading() as session:
            account = find_account(session, viewer, account_id)
        if account is None:
            raise NotFoundError("account")
    if not viewer.may(Right.LINK):
        raise NotAllowedError("Your role may not link or relink accounts.")
    return account


def _sign_in_here(  # the whole situation of a log-in
    tools: Tools,
    viewer: Viewer,
    browser: Browser,
    platform: SignsInByPassword,
    typed: Mapping[str, str],
    account: Account | None,
) -> Begun:
    key = about_of(platform).key
    try:
        http = for_person(tools, key, typed=True)
        granted = tools.http.run(platform.sign_in(http, typed, now=tools.now()))
    except NoAnswerError as silence:
        raise silent(key, silence) from silence
    attempt = new_attempt(tools, viewer, browser, key, account)
    attempt.typed = harmless(platform, typed)
    with tools.database.writing() as unit:
        insert_attempt(unit, attempt)
        unit.flush()
        move_attempt(unit, attempt.id, old=Phase.STARTED, new=Phase.RETURNED)
    _keep_result(tools, attempt.id, Phase.RETURNED, granted)
    return Begun(attempt_id=attempt.id)


def _send_away(  # the whole situation of a log-in
    tools: Tools,
    viewer: Viewer,
    browser: Browser,
    platform: SignsInAtPlatform,
    typed: Mapping[str, str],
    account: Account | None,
    choose_person: bool,  # noqa: FBT001
) -> Begun:
    key = about_of(platform).key
    server = account.server if account else platform.server(typed)
    app_id, app = _registration(tools, platform, key, server, typed)
    state = secrets.token_urlsafe(32)
    attempt = new_attempt(tools, viewer, browser, key, account)
    address = redirect_uri(tools, app_id, key)
    start = platform.start(
        app,
        redirect_uri=address,
        state=state,
        typed=typed,
        choose_person=choose_person,
    )
    attempt.state_hash = state_hash(state)
    attempt.server, attempt.app_id = app.server, app_id
    attempt.redirect_uri = address
    attempt.typed = harmless(platform, typed)
    attempt.verifier = sealed_verifier(tools, attempt, start.verifier)
    with tools.database.writing() as unit:
        insert_attempt(unit, attempt)
    return Begun(attempt_id=attempt.id, url=start.url)


def _registration(
    tools: Tools, platform: SignsInAtPlatform, key: str, server: str, typed: Mapping[str, str]
) -> tuple[UUID, App]:
    """Ours with that server: the newest kept one, or a fresh one where the server takes them."""
    if isinstance(platform, NeedsApp):
        app_id, app = needed_app(tools, key)
        ready = _prepared(tools, platform, key, app, typed, redirect_address(tools, key))
        return app_id, ready or app
    asked = {**typed, "server": server} if server else typed
    with tools.database.reading() as session:
        kept = newest_app(session, tools.cipher, platform=key, server=server)
    if kept is not None:
        app_id, app = kept
        serving = _prepared(tools, platform, key, app, asked, redirect_uri(tools, app_id))
        if serving is not None:
            return app_id, serving
    app_id = uuid4()  # a new registration has an address of its own
    fresh = _prepared(tools, platform, key, None, asked, redirect_uri(tools, app_id))
    if fresh is None:
        raise PlatformError(key, "app_problem", "there is no registration with this platform")
    with tools.database.writing() as unit:
        insert_app(unit, tools.cipher, app_id=app_id, platform=key, app=fresh, now=tools.now())
    return app_id, fresh


def _prepared(  # what the platform is asked with
    tools: Tools,
    platform: SignsInAtPlatform,
    key: str,
    app: App | None,
    typed: Mapping[str, str],
    address: str,
) -> App | None:
    try:
        http = for_person(tools, key, platform.server(typed), typed=True)
        return tools.http.run(platform.prepare(http, app, typed, address))
    except NoAnswerError as silence:
        raise silent(key, silence) from silence


def _use_up(
    tools: Tools, viewer: Viewer, browser: Browser, door: UUID | str, state: str
) -> Attempt:
    """Find the attempt and use its state up, before anything is asked of the platform (R25)."""
    stale = PlatformError("", "stale", "no such log-in is under way in this browser")
    if not state:
        raise stale
    with tools.database.writing() as unit:
        attempt = find_by_state(unit, state_hash(state))
        if attempt is None:
            raise stale
        fits = (
            attempt.session_hash == browser.session_hash
            and attempt.user_id == viewer.user_id
            and door in (attempt.app_id, attempt.platform)
            and attempt.redirect_uri.endswith(f"/{door}")
            and attempt.expires_at > tools.now()
            and move_attempt(unit, attempt.id, old=Phase.STARTED, new=Phase.RETURNED)
        )
        if not fits:
            raise stale
    return attempt


def _exchange(
    tools: Tools, platform: Platform, attempt: Attempt, answer: Mapping[str, str]
) -> Granted:
    key = attempt.platform
    if answer.get("error"):
        denied = answer["error"] == "access_denied"
        why = "the log-in was cancelled at the platform" if denied else "the platform refused"
        raise PlatformError(key, "denied" if denied else "refused", why)
    if not answer.get("code") or attempt.app_id is None:
        raise PlatformError(key, "odd_answer", "the platform sent no code")
    with tools.database.reading() as session:
        app = find_app(session, tools.cipher, attempt.app_id)
    verifier = tools.cipher.open(
        attempt.verifier, table="attempts", row=str(attempt.id), column="verifier"
    ).decode()
    if app is not None and isinstance(platform, SignsInAtOwnServer):
        return own_servers.arrive(tools, platform, app, answer, verifier)
    if app is None or not isinstance(platform, SignsInAtPlatform):
        raise PlatformError(key, "stale", "the registration is gone")
    _check_issuer(key, app, answer.get("iss"))
    try:
        return tools.http.run(
            platform.finish(
                for_person(tools, key, attempt.server),
                app,
                code=answer["code"],
                verifier=verifier,
                redirect_uri=attempt.redirect_uri,
                now=tools.now(),
            )
        )
    except NoAnswerError as silence:
        raise silent(key, silence) from silence


def _check_issuer(key: str, app: App, issuer: str | None) -> None:
    """A server that says who it is must be the one we sent the person to (RFC 9207, R27)."""
    expected = app.facts.get("issuer", "")
    must = app.facts.get("authorization_response_iss_parameter_supported") == "true"
    wrong = (issuer is not None and expected and issuer != expected) or (must and issuer is None)
    if wrong:
        raise PlatformError(key, "odd_answer", "the answer came from another server than asked")


def _keep_result(tools: Tools, attempt_id: UUID, phase: Phase, granted: Granted) -> None:
    sealed = tools.cipher.seal(
        pack_granted(granted), table="attempts", row=str(attempt_id), column="result"
    )
    with tools.database.writing() as unit:
        move_attempt(unit, attempt_id, old=phase, new=Phase.PICKING, result=sealed)


def _fail(tools: Tools, attempt: Attempt, kind: str) -> None:
    with tools.database.writing() as unit:
        move_attempt(unit, attempt.id, old=Phase.RETURNED, new=Phase.FAILED, outcome={"kind": kind})
