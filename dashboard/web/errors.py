"""What went wrong, as a page or a message that says what to do; never bare, never in detail."""

import logging
from http import HTTPStatus

from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from dashboard.domain.errors import (
    ConflictError,
    InvalidInputError,
    LinkkeeperError,
    NotAllowedError,
    NotFoundError,
    PlatformError,
    StorageError,
)
from dashboard.web.access import keeps_awake
from dashboard.web.current import request_id
from dashboard.web.htmx import page, sent_by_htmx, toast

log = logging.getLogger(__name__)

_STATUS: dict[type[LinkkeeperError], HTTPStatus] = {
    NotFoundError: HTTPStatus.NOT_FOUND,
    NotAllowedError: HTTPStatus.FORBIDDEN,
    InvalidInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ConflictError: HTTPStatus.CONFLICT,
    PlatformError: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageError: HTTPStatus.SERVICE_UNAVAILABLE,
}
_PAGES = frozenset({400, 403, 404, 405, 409, 413, 422, 429, 500, 503})
_SAID = {
    HTTPStatus.FORBIDDEN: "Your role does not allow this. Nothing was changed.",
    HTTPStatus.NOT_FOUND: "It is no longer there. Load the page again.",
    HTTPStatus.CONFLICT: "Somebody was faster. Load the page again.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many attempts. Wait a few minutes.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Linkkeeper is not ready. Try again in a minute.",
}


def add_errors(app: Flask) -> None:
    """Let every error of `app` end in an answer for people."""
    app.register_error_handler(LinkkeeperError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _expected(error: LinkkeeperError) -> Response:
    status = _STATUS.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    if isinstance(error, StorageError):
        log.error("the database cannot work", extra={"trouble": error.trouble.value})
        return _answer(status, trouble=error.trouble.value)
    return _answer(status, why=getattr(error, "why", ""))


def _http(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()  # type: ignore[return-value]  # a redirect of the router
    status = HTTPStatus(error.code)
    answer = _answer(status, why=_OUT_OF_DATE if isinstance(error, CSRFError) else "")
    answer.headers.extend(
        (name, value) for name, value in error.get_headers() if name in {"Allow", "Retry-After"}
    )
    return answer


def _unexpected(error: Exception) -> Response:
    log.error("request failed", exc_info=error)
    return _answer(HTTPStatus.INTERNAL_SERVER_ERROR)


def _answer(status: HTTPStatus, *, why: str = "", trouble: str = "") -> Response:
    g.failing = True  # the frame asks the database for nothing more
    if sent_by_htmx():
        return _message(status, why)
    shown = status if status in _PAGES else HTTPStatus.BAD_REQUEST
    return page(
        f"errors/{shown.value}.html",
        status=status,
        why=why,
        trouble=trouble,
        request_id=request_id(),
    )


def _message(status: HTTPStatus, why: str) -> Response:
    """Answer htmx: nothing is swapped in; what a page asks by itself fails silently."""
    response = Response(status=status)
    response.headers["HX-Reswap"] = "none"
    if keeps_awake(request.endpoint):
        toast(response, why or _SAID.get(status, _OTHERWISE), "problem")
    return response


_OUT_OF_DATE = (
    "The page was open for too long, or your browser did not send its cookies. Nothing was changed."
)
_OTHERWISE = "That did not work. Nothing was changed."
