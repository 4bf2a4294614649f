"""The renewal page: what a person must renew in the next 90 days, by log-in, overdue first."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from dashboard.db.screens.renewals import renewals_screen
from dashboard.web.access import signed_in
from dashboard.web.current import tools, viewer
from dashboard.web.htmx import page

bp = Blueprint("renewals", __name__)


@bp.get("/renewals")
@signed_in
def index() -> ResponseReturnValue:
    """One button per log-in: its accounts are renewed together."""
    with tools().database.reading() as session:
        screen = renewals_screen(session, viewer(), now=tools().now())
    most = max((week.count for week in screen.weeks), default=0)
    return page("renewals/index.html", screen=screen, most=most, platforms=tools().platforms)
