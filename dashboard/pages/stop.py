"""Stopping further mails of a kind, from the mail: by a page, or by one click in a mail program."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response

from dashboard.domain.errors import NotFoundError
from dashboard.services import stopping
from dashboard.web.access import public
from dashboard.web.current import actor, tools
from dashboard.web.htmx import page

bp = Blueprint("stop", __name__, url_prefix="/mail/stop")


@bp.get("/<uuid:delivery_id>")
@public
def ask(delivery_id: UUID) -> Response:
    """Ask first: programs that look through mails open every address in them."""
    try:
        found = stopping.stoppable(tools(), delivery_id)
    except NotFoundError:
        return _too_old()
    return page("stop/ask.html", found=found, delivery_id=delivery_id)


@bp.post("/<uuid:delivery_id>")
@public
def stop(delivery_id: UUID) -> Response:
    """Stop them. Mail programs send this without our form token (RFC 8058)."""
    try:
        found = stopping.stop(tools(), actor(), delivery_id)
    except NotFoundError:
        return _too_old()
    return page("stop/done.html", found=found)


def _too_old() -> Response:
    return page("stop/too_old.html", status=HTTPStatus.NOT_FOUND)
