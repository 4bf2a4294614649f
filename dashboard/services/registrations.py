"""Our registrations with platforms where an administrator makes them by hand.

What stands in the environment goes before what was typed. Either is kept as a row of `apps`: grants
name the registration they were given to, and keep it when another one takes its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID, uuid4

from dashboard.db.apps import (
    clear_app_problems,
    hang_on_platform,
    insert_app,
    newest_app,
    note_app_problem,
    prefer_app,
    problem_of,
    replace_secret,
    retire_apps,
)
from dashboard.db.audit import add_audit
from dashboard.db.pushes import latest_push
from dashboard.domain.checks import Evidence
from dashboard.domain.credentials import App
from dashboard.domain.errors import InvalidInputError, NotAllowedError, NotFoundError, PlatformError
from dashboard.domain.team import Actor, Right, Viewer
from dashboard.domain.wire import NoAnswerError
from dashboard.platforms.protocol import (
    About,
    AppGuide,
    AppTest,
    NeedsApp,
    Platform,
    ReceivesPushes,
)
from dashboard.services.pacing import for_person
from dashboard.services.ports import Tools

_LONGEST = 500
_CHARACTERS = "Copy it again: there is a blank or another odd character in it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """How one platform is set up; the secret is never in here.

    `pushes` is the address to register for what the platform tells by itself, "" where it tells
    nothing or nobody outside can reach us.
    """

    about: About
    guide: AppGuide | None  # None: nothing to set up by hand
    is_set_up: bool
    from_environment: bool = False
    client_id: str = ""
    options: Mapping[str, str] | None = None
    redirect: str = ""
    pushes: str = ""
    receives_pushes: bool = False
    told_at: datetime | None = None  # when the platform last told something
    problem: str = ""
    problem_since: datetime | None = None
    accounts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What "Test this app" found."""

    result: AppTest
    evidence: Evidence


def registrations(tools: Tools, viewer: Viewer) -> list[Registration]:
    """All platforms of this installation, in the order in which people see them."""
    return [registration(tools, viewer, key) for key in tools.platforms]


def registration(tools: Tools, viewer: Viewer, key: str) -> Registration:
    """One platform. Raises NotFoundError, NotAllowedError for who is no administrator."""
    _only_administrators(viewer)
    platform = _platform(tools, key)
    with tools.database.reading() as session:
        accounts = hang_on_platform(session, key)
    if not isinstance(platform, NeedsApp):
        return _without_guide(tools, key, _about(platform), accounts)
    found = app_in_use(tools, key)
    with tools.database.reading() as session:
        problem, since = problem_of(session, found[0]) if found else ("", None)
        told_at = latest_push(session, key)
    receives = isinstance(platform, ReceivesPushes)
    public = tools.settings.secure
    return Registration(
        about=_about(platform),
        guide=platform.guide,
        is_set_up=found is not None,
        from_environment=bool(_typed_in_environment(tools, key)),
        client_id=found[1].client_id if found else "",
        options={} if found is None else found[1].facts,
        redirect=redirect_address(tools, key),
        receives_pushes=receives,
        pushes=f"{tools.settings.base_url}/push/{key}" if receives and public else "",
        told_at=told_at,
        problem=problem,
        problem_since=since,
        accounts=accounts,
    )


def _without_guide(tools: Tools, key: str, about: About, accounts: int) -> Registration:
    """A platform where nothing is set up by hand; servers may refuse us nevertheless."""
    with tools.database.reading() as session:
        kept = newest_app(session, tools.cipher, platform=key, server="")
        problem, since = problem_of(session, kept[0]) if kept else ("", None)
    return Registration(
        about=about,
        guide=None,
        is_set_up=True,
        problem=problem,
        problem_since=since,
        accounts=accounts,
    )


def app_in_use(tools: Tools, key: str) -> tuple[UUID, App] | None:
    """The registration that new log-ins go to; None while the platform is not set up.

    Raises InvalidInputError for what stands in the environment.
    """
    platform = _platform(tools, key)
    if not isinstance(platform, NeedsApp):
        return None
    typed = _typed_in_environment(tools, key)
    if typed:
        return _keep(tools, platform, key, typed)
    with tools.database.reading() as session:
        kept = newest_app(session, tools.cipher, platform=key, server="")
    return None if kept is None else (kept[0], _fresh(platform, kept[1]))


def needed_app(tools: Tools, key: str) -> tuple[UUID, App]:
    """Like `app_in_use`; raises PlatformError "not_set_up" for people who want to link."""
    found = app_in_use(tools, key)
    if found is None:
        why = "no administrator has entered Linkkeeper's registration with this platform"
        raise PlatformError(key, "not_set_up", why)
    return found


def is_offered(tools: Tools, key: str) -> bool:
    """Whether accounts of this platform can be linked now."""
    platform = _platform(tools, key)
    return not isinstance(platform, NeedsApp) or app_in_use(tools, key) is not None


def save(
    tools: Tools,
    viewer: Viewer,
    actor: Actor,
    key: str,
    *,
    client_id: str,
    client_secret: str,
    options: Mapping[str, str],
) -> None:
    """Keep what an administrator typed; an empty secret keeps the one that is there.

    Another id makes another registration: accounts linked before keep theirs until a relink. Raises
    InvalidInputError at the field, NotAllowedError, NotFoundError.
    """
    _only_administrators(viewer)
    platform = _platform(tools, key)
    if not isinstance(platform, NeedsApp) or _typed_in_environment(tools, key):
        raise NotAllowedError("This platform is set up in the environment, not here.")
    typed = {
        **options,
        "client_id": client_id.strip(),
        "client_secret": client_secret.strip() or _kept_secret(tools, key, client_id.strip()),
    }
    app_id, _ = _keep(tools, platform, key, typed)
    with tools.database.writing() as unit:
        prefer_app(unit, app_id, now=tools.now())
        add_audit(
            unit, at=tools.now(), actor=actor, action="set up a platform", target=f"platform {key}"
        )


def take_out(tools: Tools, viewer: Viewer, actor: Actor, key: str) -> None:
    """Stop to use what was entered: nobody can link or relink there until it is entered again.

    Accounts that are linked already go on working as long as their links last. Raises
    NotAllowedError, NotFoundError when there is nothing to take out.
    """
    _only_administrators(viewer)
    if _typed_in_environment(tools, key):
        raise NotAllowedError("This platform is set up in the environment, not here.")
    if not isinstance(_platform(tools, key), NeedsApp):
        raise NotFoundError("registration")
    now = tools.now()
    with tools.database.writing() as unit:
        if not retire_apps(unit, key, now=now):
            raise NotFoundError("registration")
        add_audit(unit, at=now, actor=actor, action="took a platform out", target=f"platform {key}")


def try_app(tools: Tools, viewer: Viewer, actor: Actor, key: str) -> Tried:
    """Ask the platform whether our registration counts; nobody logs in for that.

    What it says for certain is kept: a problem begins or ends with it.
    """
    _only_administrators(viewer)
    platform = _platform(tools, key)
    app_id, app = needed_app(tools, key)
    if not isinstance(platform, NeedsApp):  # needed_app has raised already
        raise NotFoundError("platform")
    try:
        result, evidence = tools.http.run(
            platform.test_app(for_person(tools, key, app.server), app)
        )
    except NoAnswerError as silence:
        evidence = Evidence(call=silence.call, code=silence.silence.value)
        result = AppTest.UNCLEAR
    with tools.database.writing() as unit:
        if result is AppTest.WORKS:
            clear_app_problems(unit, [app_id])
        elif result is AppTest.REFUSED:
            said = evidence.text or evidence.code or "It was refused."
            note_app_problem(unit, app_id, said, now=tools.now())
        action = f"tested a platform: {result.value}"
        add_audit(unit, at=tools.now(), actor=actor, action=action, target=f"platform {key}")
    return Tried(result=result, evidence=evidence)


def redirect_address(tools: Tools, key: str) -> str:
    """Where a platform with one registration sends people back to (R27, R29)."""
    return f"{tools.settings.base_url}/link/back/{key}"


def _keep(
    tools: Tools,
    platform: NeedsApp,
    key: str,
    typed: Mapping[str, str],
) -> tuple[UUID, App]:
    app = _checked(platform, typed)
    kept = _kept(tools, key, app.client_id)
    if kept is not None:
        if kept[1] != app:
            with tools.database.writing() as unit:
                replace_secret(unit, tools.cipher, kept[0], app)
        return kept[0], app
    app_id = uuid4()
    with tools.database.writing() as unit:
        insert_app(unit, tools.cipher, app_id=app_id, platform=key, app=app, now=tools.now())
    return app_id, app


def _kept(tools: Tools, key: str, client_id: str) -> tuple[UUID, App] | None:
    with tools.database.reading() as session:
        return newest_app(session, tools.cipher, platform=key, server="", client_id=client_id)


def _kept_secret(tools: Tools, key: str, client_id: str) -> str:
    kept = _kept(tools, key, client_id) if client_id else None
    return "" if kept is None else kept[1].client_secret


def _checked(platform: NeedsApp, typed: Mapping[str, str]) -> App:
    client_id, secret = typed.get("client_id", ""), typed.get("client_secret", "")
    for name, value in (("client_id", client_id), ("client_secret", secret)):
        if not value:
            raise InvalidInputError(name, "Copy it from the platform's page.")
        if len(value) > _LONGEST or not all("!" <= letter <= "~" for letter in value):
            raise InvalidInputError(name, _CHARACTERS)
    options = {
        field.name: typed.get(field.name, "").strip() or field.default
        for field in platform.guide.options
    }
    return platform.app(client_id, secret, options)


def _fresh(platform: NeedsApp, kept: App) -> App:
    """Addresses and permissions as this version wants them, whatever was stored with the secret."""
    options = {field.name: kept.facts.get(field.name, "") for field in platform.guide.options}
    made = platform.app(kept.client_id, kept.client_secret, options)
    return replace(made, server=kept.server)


def _typed_in_environment(tools: Tools, key: str) -> Mapping[str, str]:
    return tools.settings.apps.get(key, {})


def _platform(tools: Tools, key: str) -> object:
    platform = tools.platforms.get(key)
    if platform is None:
        raise NotFoundError("platform")
    return platform


def _about(platform: object) -> About:
    if not isinstance(platform, Platform):
        raise NotFoundError("platform")
    return platform.about


def _only_administrators(viewer: Viewer) -> None:
    if not viewer.may(Right.MANAGE_USERS):
        raise NotAllowedError("Only administrators set platforms up.")
