"""Where the boxes under Messages & communication are sent to; the boxes stand on other pages."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue

from dashboard.domain.errors import ConflictError, InvalidInputError
from dashboard.domain.notices import NoticeKind
from dashboard.services.preferences import boxes_for, set_box
from dashboard.web.access import signed_in
from dashboard.web.current import actor, tools, viewer
from dashboard.web.htmx import page, redirect_to, sent_by_htmx
from dashboard.web.numbers import whole_number
from dashboard.web.redirects import safe_next

bp = Blueprint("messages", __name__, url_prefix="/settings/users/<uuid:user_id>/messages")

_CONFLICT = "Somebody else changed this box in the meantime. The page shows what holds now."


@bp.post("")
@signed_in
def save(user_id: UUID) -> ResponseReturnValue:
    """Tick or untick one box of the user in the address, whoever else is named in the form (R16).

    Raises ConflictError without htmx: the browser then shows a page that says so.
    """
    kind = _kind()
    version = whole_number(request.form.get("version"))
    try:
        set_box(
            tools(),
            viewer(),
            actor(),
            user_id,
            kind,
            wanted=kind.value in request.form,
            version=version,
        )
    except ConflictError:
        if not sent_by_htmx():
            raise
        return _conflict()
    if sent_by_htmx():
        box = boxes_for(tools(), viewer(), user_id).box(kind)
        return page("users/_version.html", box=box)
    return redirect_to(_back(), say="Saved.")


def _kind() -> NoticeKind:
    try:
        return NoticeKind(request.form.get("box", ""))
    except ValueError:
        raise InvalidInputError("box", "There is no such box.") from None


def _back() -> str:
    """The page on which the box stood."""
    return safe_next(request.form.get("next")) + "#messages"


def _conflict() -> Response:
    """Let htmx load the page again: what it shows is out of date."""
    flash(_CONFLICT, "problem")
    response = Response(status=HTTPStatus.CONFLICT)
    response.headers["HX-Refresh"] = "true"
    return response
