"""Relinking in place: before you go, and what came of it. It is never worse than before."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.db.screens.account import account_screen
from dashboard.domain.errors import InvalidInputError, NotFoundError, PlatformError
from dashboard.domain.team import Right
from dashboard.pages.linking import browser, trouble
from dashboard.services import linking, own_servers, relinking
from dashboard.web.access import needs
from dashboard.web.current import actor, tools, viewer
from dashboard.web.htmx import leave_for, page, redirect_to

bp = Blueprint("relink", __name__, url_prefix="/settings/accounts/<uuid:account_id>/relink")


@bp.get("")
@needs(Right.LINK)
def start(account_id: UUID) -> ResponseReturnValue:
    """Which log-in is needed, what to leave ticked, and one big button."""
    return _start(account_id, {}, HTTPStatus.OK)


@bp.post("")
@needs(Right.LINK)
def go(account_id: UUID) -> ResponseReturnValue:
    """Go to the platform's own log-in, or sign in here where it works by app password."""
    other = request.form.get("other_person") == "1"
    try:
        begun = linking.begin(
            tools(),
            viewer(),
            browser(),
            "",
            request.form,
            account_id=account_id,
            choose_person=other,
        )
    except InvalidInputError as error:
        return _start(account_id, {error.field: error.why}, HTTPStatus.UNPROCESSABLE_ENTITY)
    except PlatformError as error:
        return trouble(error, error.platform, url_for("relink.start", account_id=account_id))
    if begun.url:
        return leave_for(begun.url, where=_label(account_id))
    relinking.settle(tools(), viewer(), browser(), actor(), begun.attempt_id)
    return redirect_to(
        url_for("relink.outcome", account_id=account_id, attempt_id=begun.attempt_id)
    )


@bp.get("/<uuid:attempt_id>")
@needs(Right.LINK)
def outcome(account_id: UUID, attempt_id: UUID) -> ResponseReturnValue:
    """What came of it: healed, another identity, a permission less, or not proven."""
    settlement = relinking.look_back(tools(), viewer(), browser(), attempt_id)
    if settlement.account.id != account_id:
        raise NotFoundError("log-in under way")
    about = linking.platform_named(tools(), settlement.account.platform).about
    return page("relink/outcome.html", settlement=settlement, about=about)


def _start(account_id: UUID, errors: dict[str, str], status: int) -> ResponseReturnValue:
    with tools().database.reading() as session:
        screen = account_screen(session, viewer(), account_id)
    if screen is None:
        raise NotFoundError("account")
    return page(
        "relink/start.html",
        status=status,
        account=screen,
        about=linking.platform_named(tools(), screen.platform).about,
        typed=request.form,
        errors=errors,
        own_log_in=own_servers.is_possible(tools(), screen.platform),
    )


def _label(account_id: UUID) -> str:
    with tools().database.reading() as session:
        screen = account_screen(session, viewer(), account_id)
    return linking.platform_named(tools(), screen.platform).about.label if screen else ""
