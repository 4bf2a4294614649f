"""Where platforms tell by themselves that somebody took a permission away; for machines only."""

import logging
from http import HTTPStatus

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from dashboard.domain.errors import NotFoundError
from dashboard.domain.pushes import Delivery, ForgedPushError
from dashboard.domain.wire import NoAnswerError
from dashboard.services import deauthorising
from dashboard.web.access import does_not_keep_awake, public
from dashboard.web.current import tools
from dashboard.web.htmx import page
from dashboard.web.limits import limited
from dashboard.web.security import from_machines

bp = Blueprint("push", __name__)

log = logging.getLogger(__name__)


@bp.route("/push/<key>", methods=["GET", "POST"])
@public
@does_not_keep_awake
@limited(of_account=False)
@from_machines
def receive(key: str) -> ResponseReturnValue:
    """Verify and answer at once; the work is done by the next round of checks (R48)."""
    delivery = Delivery(
        method=request.method,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(request.args.items()),
        body=request.get_data(cache=False),
    )
    try:
        answer = deauthorising.receive(tools(), key, delivery)
    except NotFoundError:
        return Response(status=HTTPStatus.NOT_FOUND)
    except ForgedPushError:
        return Response(status=HTTPStatus.FORBIDDEN)
    except NoAnswerError as silence:
        log.warning("a push could not be verified now", extra={"why": silence.silence.value})
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    return Response(answer.body, status=answer.status, mimetype=answer.media_type)


@bp.get("/push/<key>/<code>")
@public
@does_not_keep_awake
@limited(of_account=False)
def receipt(key: str, code: str) -> ResponseReturnValue:
    """What a person finds who follows the address in the platform's list of deletion requests."""
    at = deauthorising.receipt(tools(), key, code)
    about = tools().platforms[key].about
    return page("push/receipt.html", at=at, about=about, code=code)
