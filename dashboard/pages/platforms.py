"""Settings > Platforms, for administrators: how Linkkeeper is registered with each platform."""

from http import HTTPStatus

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.errors import InvalidInputError
from dashboard.domain.team import Right
from dashboard.services import own_servers, quotas, registrations
from dashboard.services.registrations import Tried
from dashboard.web.access import needs
from dashboard.web.current import actor, tools, viewer
from dashboard.web.htmx import page, redirect_to

bp = Blueprint("platforms", __name__, url_prefix="/settings/platforms")


@bp.get("")
@needs(Right.MANAGE_USERS)
def index() -> ResponseReturnValue:
    """All platforms: set up, not yet, or in trouble."""
    return page("platforms/index.html", found=registrations.registrations(tools(), viewer()))


@bp.get("/<key>")
@needs(Right.MANAGE_USERS)
def show(key: str) -> ResponseReturnValue:
    """One platform: the guide, the addresses to register, and what it gave us."""
    return _show(key)


@bp.post("/<key>")
@needs(Right.MANAGE_USERS)
def save(key: str) -> ResponseReturnValue:
    """Keep what was typed; the secret is never shown again."""
    options = {
        name: value
        for name, value in request.form.items()
        if name not in {"client_id", "client_secret", "csrf_token"}
    }
    try:
        registrations.save(
            tools(),
            viewer(),
            actor(),
            key,
            client_id=request.form.get("client_id", ""),
            client_secret=request.form.get("client_secret", ""),
            options=options,
        )
    except InvalidInputError as error:
        return _show(key, errors={error.field: error.why})
    return redirect_to(url_for(".show", key=key), say="Saved. Test it now.")


@bp.post("/<key>/test")
@needs(Right.MANAGE_USERS)
def test(key: str) -> ResponseReturnValue:
    """Ask the platform whether the registration counts."""
    return _show(key, tried=registrations.try_app(tools(), viewer(), actor(), key))


@bp.post("/<key>/remove")
@needs(Right.MANAGE_USERS)
def remove(key: str) -> ResponseReturnValue:
    """Stop to use what was entered; the page has said what hangs on it."""
    registrations.take_out(tools(), viewer(), actor(), key)
    return redirect_to(url_for(".show", key=key), say="The registration is not used any more.")


@bp.post("/<key>/per-day")
@needs(Right.MANAGE_USERS)
def per_day(key: str) -> ResponseReturnValue:
    """Keep how much of it may be read in a day."""
    try:
        quotas.set_limit(tools(), viewer(), actor(), key, request.form.get("per_day", ""))
    except InvalidInputError as error:
        return _show(key, errors={error.field: error.why})
    return redirect_to(f"{url_for('.show', key=key)}#per-day", say="Saved. It counts from now on.")


def _show(
    key: str, *, errors: dict[str, str] | None = None, tried: Tried | None = None
) -> ResponseReturnValue:
    return page(
        "platforms/show.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK,
        one=registrations.registration(tools(), viewer(), key),
        own_log_in=own_servers.is_possible(tools(), key),
        document=own_servers.address(tools(), key),
        typed=request.form,
        errors=errors or {},
        tried=tried,
        day=quotas.quota_now(tools(), key),
        secure=tools().settings.secure,
    )
