"""Where the frame can lead: the bar and the profile menu, as far as the pages exist.

What a viewer's role may not see is not offered; whether he may open it is decided by the page.
"""

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, url_for

from dashboard.domain.team import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One entry of a menu; `current` if the page shown belongs to it."""

    label: str
    icon: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class _Place:
    label: str
    icon: str
    endpoint: str
    for_administrators: bool = False


_BAR = (
    _Place("Overview", "overview", "overview.index"),
    _Place("Publish", "calendar", "calendar.index"),
    _Place("Webcare", "message", "webcare.index"),
    _Place("Media Monitor", "radar", "monitor.index"),
    _Place("Renewals", "clock", "renewals.index"),
    _Place("Report", "history", "report.index"),
)
_SETTINGS = (
    _Place("Accounts", "plug", "accounts.index"),
    _Place("Users", "users", "users.index", for_administrators=True),
    _Place("Roles", "role", "roles.index", for_administrators=True),
    _Place("Platforms", "world", "platforms.index", for_administrators=True),
    _Place("General", "sliders", "general.index", for_administrators=True),
)


def nav_items(viewer: Viewer | None) -> list[NavItem]:
    """Return what stands in the bar."""
    return _items(_BAR, viewer)


def settings_items(viewer: Viewer | None) -> list[NavItem]:
    """Return what stands under Settings in the profile menu."""
    return _items(_SETTINGS, viewer)


def url_if_exists(endpoint: str, **values: Any) -> str | None:
    """Return the address of `endpoint`, or None where this installation has no such page."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def add_navigation(app: Flask) -> None:
    """Let the templates of `app` ask where they can lead."""
    app.jinja_env.globals |= {
        "nav_items": nav_items,
        "settings_items": settings_items,
        "url_if_exists": url_if_exists,
    }


def _items(places: tuple[_Place, ...], viewer: Viewer | None) -> list[NavItem]:
    if viewer is None:
        return []
    return [
        NavItem(
            label=place.label,
            icon=place.icon,
            url=url,
            current=place.endpoint.partition(".")[0] == request.blueprint,
        )
        for place in places
        if (viewer.is_administrator or not place.for_administrators)
        and (url := url_if_exists(place.endpoint)) is not None
    ]
