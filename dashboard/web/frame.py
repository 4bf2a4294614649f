"""What the frame around every page shows: who is signed in, what needs them, whether checks run."""

from typing import Any, cast

from flask import Flask, g

from dashboard.services.framing import Frame, frame_for
from dashboard.web.current import request_id, tools, viewer_or_none
from dashboard.web.htmx import wants_part

_NOTHING = Frame(needs_you=0, banners=(), checks=None)


def add_frame(app: Flask) -> None:
    """Give the templates of `app` what base.html needs."""
    app.context_processor(_context)
    app.jinja_env.globals["outage_hint"] = outage_hint


def current_frame() -> Frame:
    """What the frame shows to who is asking, read once per request."""
    viewer = viewer_or_none()
    if viewer is None:
        return _NOTHING
    if "frame" not in g:
        g.frame = frame_for(tools(), viewer)
    return cast("Frame", g.frame)


def outage_hint(platform: str, server: str) -> str:
    """Why nobody should relink an account there now; empty when there is no reason."""
    return current_frame().why_not_relink(platform, server)


def frame_now() -> dict[str, Any]:
    """The frame for a fragment that brings it along (`_parts/frame_now.html`)."""
    frame = current_frame()
    return {"banners": frame.banners, "needs_you": frame.needs_you, "checks": frame.checks}


def _context() -> dict[str, Any]:
    failing = "failing" in g
    # What a page polls for has no frame and does not pay for one.
    frame = _NOTHING if failing or wants_part() else current_frame()
    return {
        "viewer": None if failing else viewer_or_none(),
        "banners": frame.banners,
        "needs_you": frame.needs_you,
        "checks": frame.checks,
        "request_id": request_id(),
    }
