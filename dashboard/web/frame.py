"""What the frame around every page shows: who is signed in, what needs them, whether checks run."""

from typing import Any

from flask import Flask, g

from dashboard.services.framing import Frame, frame_for
from dashboard.web.current import request_id, tools, viewer_or_none
from dashboard.web.htmx import wants_part

_NOTHING = Frame(needs_you=0, banners=(), checks=None)


def add_frame(app: Flask) -> None:
    """Give the templates of `app` what base.html needs."""
    app.context_processor(_frame)


def _frame() -> dict[str, Any]:
    viewer = None if "failing" in g else viewer_or_none()
    # What a page polls for has no frame and does not pay for one.
    frame = frame_for(tools(), viewer) if viewer and not wants_part() else _NOTHING
    return {
        "viewer": viewer,
        "banners": frame.banners,
        "needs_you": frame.needs_you,
        "checks": frame.checks,
        "request_id": request_id(),
    }
