"""The first page: what needs the viewer today, and one friendly sentence when nothing does."""

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.db.screens.accounts import changed_since
from dashboard.db.screens.overview import OverviewScreen, overview_screen
from dashboard.web.access import does_not_keep_awake, signed_in
from dashboard.web.current import tools, viewer
from dashboard.web.frame import frame_now
from dashboard.web.htmx import no_change, page
from dashboard.web.numbers import whole_number

bp = Blueprint("overview", __name__)


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    return page("overview/index.html", "overview_now", **_context())


@bp.get("/overview/changes")
@signed_in
@does_not_keep_awake
def changes() -> ResponseReturnValue:
    """What the page asks by itself: nothing changed, or the page as it is now."""
    since = whole_number(request.args.get("since"))
    with tools().database.reading() as session:
        if not changed_since(session, viewer(), since):
            return no_change()
    return page("overview/index.html", "overview_now", **_context())


def _context() -> dict[str, Any]:
    with tools().database.reading() as session:
        screen = overview_screen(session, viewer(), now=tools().now())
    return {
        "screen": screen,
        "steps": _steps(screen) if viewer().is_administrator else [],
        "platforms": tools().platforms,
        **frame_now(),
    }


def _steps(screen: OverviewScreen) -> list[dict[str, Any]]:
    """What is left of the first run; each step can wait."""
    has_mail = tools().settings.mail_server is not None
    steps = [
        {
            "label": "Set up mail",
            "hint": "Until then nobody is told when a link breaks.",
            "done": has_mail,
            "url": url_for("general.mail"),
        },
        {
            "label": "Link the first account",
            "hint": "Mastodon and Bluesky need nothing but your log-in there.",
            "done": screen.set_up.accounts > 0,
            "url": url_for("accounts.add"),
        },
        {
            "label": "Add the people you work with",
            "hint": "Their role says which accounts they see and what they may do.",
            "done": screen.set_up.users > 1,
            "url": url_for("users.add"),
        },
    ]
    return [] if all(step["done"] for step in steps) else steps
