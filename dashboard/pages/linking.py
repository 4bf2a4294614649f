"""Adding an account: platform, its conditions, its own log-in, which accounts, for which roles."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.errors import InvalidInputError, NotFoundError, PlatformError
from dashboard.domain.team import Right
from dashboard.services import linking, own_servers, picking, relinking
from dashboard.services.log_ins import Browser
from dashboard.services.registrations import is_offered
from dashboard.web.access import does_not_keep_awake, needs, public
from dashboard.web.current import actor, tools, viewer
from dashboard.web.htmx import leave_for, page, redirect_to
from dashboard.web.sessions import browser_session

bp = Blueprint("linking", __name__)


def browser() -> Browser:
    """Return the browser session that a log-in is bound to (R25)."""
    found = browser_session().browser
    if found is None:  # the policy lets only people in who are signed in
        raise NotFoundError("session")
    return Browser(session_hash=found.stored.id_hash)


@bp.get("/settings/accounts/add/<platform>")
@needs(Right.LINK)
def conditions(platform: str) -> ResponseReturnValue:
    """What the platform wants, in plain words, before anybody is sent there."""
    about = linking.platform_named(tools(), platform).about
    if not is_offered(tools(), platform):
        return page("linking/not_set_up.html", about=about)
    return page(
        "linking/conditions.html",
        about=about,
        typed={},
        errors={},
        own_log_in=own_servers.is_possible(tools(), platform),
    )


@bp.post("/settings/accounts/add/<platform>")
@needs(Right.LINK)
def begin(platform: str) -> ResponseReturnValue:
    """Go to the platform, or sign in here where it works by app password."""
    about = linking.platform_named(tools(), platform).about
    try:
        begun = linking.begin(tools(), viewer(), browser(), platform, request.form)
    except InvalidInputError as error:
        return page(
            "linking/conditions.html",
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            about=about,
            typed=request.form,
            errors={error.field: error.why},
            own_log_in=own_servers.is_possible(tools(), platform),
        )
    except PlatformError as error:
        return trouble(error, platform, url_for("linking.conditions", platform=platform))
    if begun.url:
        return leave_for(begun.url, where=about.label)
    return redirect_to(url_for("linking.choose", attempt_id=begun.attempt_id))


@bp.get("/link/back/<door>")
@needs(Right.LINK)
def come_back(door: str) -> ResponseReturnValue:
    """Where platforms send the browser back to; leads on at once, so the code leaves the bar."""
    return _come_back(UUID(door) if _is_uuid(door) else door)


def _come_back(door: UUID | str) -> ResponseReturnValue:
    try:
        came = linking.come_back(tools(), viewer(), browser(), door, request.args)
    except linking.InVainError as error:
        return trouble(error, error.platform, _begin_again(error))
    except PlatformError as error:
        return trouble(error, error.platform, url_for("accounts.index"))
    if came.account_id is None:
        return redirect_to(url_for("linking.choose", attempt_id=came.attempt_id))
    relinking.settle(tools(), viewer(), browser(), actor(), came.attempt_id)
    return redirect_to(
        url_for("relink.outcome", account_id=came.account_id, attempt_id=came.attempt_id)
    )


@bp.get("/link/<platform>/client-metadata.json")
@public
@does_not_keep_awake
def document(platform: str) -> ResponseReturnValue:
    """What the servers of a platform read about us; holds public halves of keys only."""
    return jsonify(own_servers.document(tools(), platform))


@bp.get("/link/<uuid:attempt_id>/choose")
@needs(Right.LINK)
def choose(attempt_id: UUID) -> ResponseReturnValue:
    """The accounts that the log-in reaches, and the roles that may use them."""
    return _choose(attempt_id, {})


@bp.post("/link/<uuid:attempt_id>/choose")
@needs(Right.LINK)
def link(attempt_id: UUID) -> ResponseReturnValue:
    """Link what was chosen."""
    roles = [UUID(value) for value in request.form.getlist("role") if _is_uuid(value)]
    try:
        picked = picking.pick(
            tools(),
            viewer(),
            browser(),
            actor(),
            attempt_id,
            remote_ids=request.form.getlist("account"),
            role_ids=roles,
        )
    except InvalidInputError as error:
        return _choose(attempt_id, {error.field: error.why})
    for name in picked.refused:
        flash(
            f"{name} was not linked: its first read did not work. Try again in a while.", "problem"
        )
    if picked.not_allowed:
        flash(f"Linked, but not allowed: {', '.join(picked.not_allowed)}.", "note")
    if len(picked.linked) == 1 and picked.not_allowed:
        return redirect_to(url_for("accounts.show", account_id=picked.linked[0]))
    if len(picked.linked) == 1:
        return redirect_to(url_for("accounts.show", account_id=picked.linked[0]), say="Linked.")
    said = f"{len(picked.linked)} accounts linked." if picked.linked else None
    return redirect_to(url_for("accounts.index"), say=said)


def trouble(error: PlatformError, platform: str, again: str) -> ResponseReturnValue:
    """Say what happened at the platform and what to do; nothing was changed."""
    known = tools().platforms.get(platform)
    where = known.about.label if known else "the platform"
    return page(
        "linking/trouble.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        error=error,
        where=where,
        again=again,
    )


def _begin_again(error: linking.InVainError) -> str:
    """The page from which the person set out: of this account's relink, or of the platform."""
    if error.account_id is not None:
        return url_for("relink.start", account_id=error.account_id)
    return url_for("linking.conditions", platform=error.platform)


def _choose(attempt_id: UUID, errors: dict[str, str]) -> ResponseReturnValue:
    offer = picking.offer(tools(), viewer(), browser(), attempt_id)
    return page(
        "linking/choose.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        offer=offer,
        about=linking.platform_named(tools(), offer.platform).about,
        roles=picking.roles_on_offer(tools()),
        chosen=request.form.getlist("account"),
        chosen_roles=request.form.getlist("role") or [str(viewer().role_id)],
        errors=errors,
    )


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
