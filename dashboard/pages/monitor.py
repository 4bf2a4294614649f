"""Media Monitor: what others say about the accounts of the viewer's role."""

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from dashboard.db.mentions import mentions_for
from dashboard.db.screens.calendar import accounts_of_calendar
from dashboard.platforms.protocol import ListsMentions
from dashboard.web.access import signed_in
from dashboard.web.current import tools, viewer
from dashboard.web.htmx import page

bp = Blueprint("monitor", __name__, url_prefix="/monitor")

_PAGE = 50


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """Mentions, comments, replies and reviews, the newest first."""
    account, before = _uuid(request.args.get("account", "")), _instant()
    with tools().database.reading() as session:
        found = mentions_for(session, viewer(), account=account, before=before, limit=_PAGE + 1)
        accounts = accounts_of_calendar(session, viewer(), chosen=account)
    known: dict[str, object] = dict(tools().platforms)
    without = sorted(
        tools().platforms[key].about.label
        for key in accounts.platforms
        if key in known and not isinstance(known[key], ListsMentions)
    )
    return page(
        "monitor/index.html",
        mentions=found[:_PAGE],
        older=found[_PAGE - 1].at if len(found) > _PAGE else None,
        before=before,
        account=account,
        accounts=accounts,
        without=without,
        platforms=tools().platforms,
    )


def _instant() -> datetime | None:
    try:
        return datetime.fromisoformat(request.args.get("before", "")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
