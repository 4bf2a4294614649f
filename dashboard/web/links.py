"""Single-use links (R2, R8): the secret leaves the address bar before anything is shown.

It moves into a cookie, so that neither the browser's history, nor a page's `Referer`, nor somebody
who looks over a shoulder gets it. Opening a link reads and writes nothing.
"""

from flask import Response, request

from dashboard.web.current import tools
from dashboard.web.htmx import redirect_to

_LASTS = 3_600  # seconds


def take_along(secret: str, url: str) -> Response:
    """Go on to `url`, where `taken_along` knows the secret."""
    response = redirect_to(url)
    response.set_cookie(
        _name(), secret, max_age=_LASTS, path="/", secure=_secure(), httponly=True, samesite="Lax"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def taken_along() -> str:
    """The secret of the link that was opened last, or ""."""
    return request.cookies.get(_name(), "")


def put_away(response: Response) -> Response:
    """The link was used: forget its secret."""
    response.delete_cookie(_name(), path="/", secure=_secure(), httponly=True, samesite="Lax")
    return response


def _secure() -> bool:
    return tools().settings.secure


def _name() -> str:
    return "__Host-linkkeeper-link" if _secure() else "linkkeeper-link"
