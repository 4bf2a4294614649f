"""What the frame around every page shows: who is signed in, what needs them, whether checks run."""

from collections.abc import Iterator
from typing import Any

from flask import Flask, g

from dashboard.services.banners import Banner, banners
from dashboard.web.current import request_id, tools, viewer_or_none


def add_frame(app: Flask) -> None:
    """Give the templates of `app` what base.html needs."""
    app.context_processor(_frame)


class _Banners:
    """Asked for only by pages that show them: what a page polls for does not pay for them."""

    def __iter__(self) -> Iterator[Banner]:
        viewer = None if "failing" in g else viewer_or_none()
        return iter(banners(tools(), viewer) if viewer else ())


def _frame() -> dict[str, Any]:
    return {
        "viewer": None if "failing" in g else viewer_or_none(),
        "banners": _Banners(),
        "needs_you": 0,
        "checks": None,
        "request_id": request_id(),
    }
