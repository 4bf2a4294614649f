"""The first page: what needs the viewer today, and one friendly sentence when nothing does."""

from typing import Any

from flask import Blueprint, Response, url_for

from dashboard.db.screens.overview import OverviewScreen, overview_screen
from dashboard.web.access import signed_in
from dashboard.web.current import tools, viewer
from dashboard.web.htmx import page

bp = Blueprint("overview", __name__)


@bp.get("/")
@signed_in
def index() -> Response:
    with tools().database.reading() as session:
        screen = overview_screen(session, viewer(), now=tools().now())
    return page(
        "overview/index.html",
        screen=screen,
        steps=_steps(screen) if viewer().is_administrator else [],
        platforms=tools().platforms,
    )


def _steps(screen: OverviewScreen) -> list[dict[str, Any]]:
    """What is left of the first run; each step can wait."""
    steps = [
        (
            "Set up mail, so that people are told",
            tools().settings.mail_server is not None,
            "general.mail",
        ),
        ("Link the first account", screen.set_up.accounts > 0, "accounts.add"),
        ("Add the people you work with", screen.set_up.users > 1, "users.add"),
    ]
    if all(done for _, done, _ in steps):
        return []
    return [
        {"label": label, "done": done, "url": url_for(endpoint)} for label, done, endpoint in steps
    ]
