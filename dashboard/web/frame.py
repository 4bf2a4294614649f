"""What the frame around every page shows: who is signed in, what needs them, whether checks run."""

from typing import Any

from flask import Flask, g

from dashboard.web.current import request_id, viewer_or_none


def add_frame(app: Flask) -> None:
    """Give the templates of `app` what base.html needs."""
    app.context_processor(_frame)


def _frame() -> dict[str, Any]:
    return {
        "viewer": None if "failing" in g else viewer_or_none(),
        "banners": [],
        "needs_you": 0,
        "checks": None,
        "request_id": request_id(),
    }
