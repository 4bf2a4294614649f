"""Where a person may be sent on to after signing in: only pages of our own (R23)."""

import re

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from dashboard.web.access import keeps_awake, policy_of

_PLAIN = re.compile(r"/(?!/)[A-Za-z0-9._~/%?&=+:,;!*'()-]*")


def safe_next(wanted: str | None) -> str:
    """Return `wanted` if it is one of our own pages behind the sign-in, else the overview."""
    if wanted and _is_own_page(wanted):
        return wanted
    return url_for("overview.index")


def _is_own_page(wanted: str) -> bool:
    if not _PLAIN.fullmatch(wanted):
        return False
    adapter = current_app.url_map.bind(request.host)
    try:
        endpoint, _values = adapter.match(wanted.partition("?")[0], method="GET")
    except (HTTPException, RequestRedirect):
        return False
    policy = policy_of(endpoint)
    return policy is not None and not policy.public and keeps_awake(endpoint)
