"""Removing an account: the better ways first, then the loss in numbers, then the way back."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.db.screens.removed import removed_accounts
from dashboard.domain.errors import InvalidInputError
from dashboard.domain.team import Right
from dashboard.services import removal
from dashboard.services.linking import platform_named
from dashboard.web.access import needs
from dashboard.web.current import actor, tools, viewer
from dashboard.web.htmx import page, redirect_to

bp = Blueprint("removal", __name__, url_prefix="/settings/accounts")


@bp.get("/<uuid:account_id>/remove")
@needs(Right.REMOVE)
def confirm(account_id: UUID) -> ResponseReturnValue:
    """What would be lost, in numbers, and what would be better."""
    return _confirm(account_id, "", HTTPStatus.OK)


@bp.post("/<uuid:account_id>/remove")
@needs(Right.REMOVE)
def remove(account_id: UUID) -> ResponseReturnValue:
    """Take the account out of sight; it can be brought back for 30 days."""
    try:
        removal.remove(tools(), viewer(), actor(), account_id, request.form.get("name", ""))
    except InvalidInputError as error:
        return _confirm(account_id, error.why, HTTPStatus.UNPROCESSABLE_ENTITY)
    return redirect_to(url_for("removal.removed"), say="Removed. You can undo it below.")


@bp.get("/removed")
@needs(Right.REMOVE)
def removed() -> ResponseReturnValue:
    """What was removed and can still be brought back, with the day on which it goes for good."""
    with tools().database.reading() as session:
        accounts = removed_accounts(session, viewer())
    return page("removal/removed.html", accounts=accounts, platforms=tools().platforms)


@bp.post("/<uuid:account_id>/restore")
@needs(Right.REMOVE)
def restore(account_id: UUID) -> ResponseReturnValue:
    """Bring it back with its publications; its access is to be relinked."""
    removal.restore(tools(), viewer(), actor(), account_id)
    return redirect_to(
        url_for("accounts.show", account_id=account_id),
        say="It is back with its publications. Relink it to let messages come in again.",
    )


def _confirm(account_id: UUID, error: str, status: int) -> ResponseReturnValue:
    account, loss = removal.loss(tools(), viewer(), account_id)
    return page(
        "removal/confirm.html",
        status=status,
        account=account,
        loss=loss,
        about=platform_named(tools(), account.platform).about,
        until=tools().now() + removal.UNDO_FOR,
        error=error,
        typed=request.form.get("name", ""),
    )
