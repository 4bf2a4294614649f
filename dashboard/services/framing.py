"""What the frame around every page says: how many accounts need the viewer, whether checks run."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.db.screens.frame import FrameScreen, SilentPlace, frame_screen
from dashboard.domain import places
from dashboard.domain.team import Viewer
from dashboard.services.banners import Banner, banners
from dashboard.services.ports import Tools

_BEAT_WITHIN = timedelta(seconds=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Whether the checker itself is alive, and when it last checked an account of the viewer's."""

    alive: bool
    ran_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around the page; `checks` is None while there is nothing to check."""

    needs_you: int
    banners: tuple[Banner, ...]
    checks: Checks | None


def frame_for(tools: Tools, viewer: Viewer) -> Frame:
    """Return what concerns this viewer now."""
    now = tools.now()
    with tools.database.reading() as session:
        screen = frame_screen(session, viewer)
    return Frame(
        needs_you=screen.needs_you,
        banners=(*_silence(tools, screen), *banners(tools, viewer), *_waiting(screen)),
        checks=_checks(screen, now),
    )


def _checks(screen: FrameScreen, now: datetime) -> Checks | None:
    if not screen.any_accounts:
        return None
    alive = all(
        kind in screen.beats and now - screen.beats[kind] <= _BEAT_WITHIN
        for kind in ("worker", "scheduler")
    )
    return Checks(alive=alive, ran_at=screen.checked_at)


def _waiting(screen: FrameScreen) -> tuple[Banner, ...]:
    if not screen.needs_you:
        return ()
    one = screen.needs_you == 1
    text = "1 account needs you." if one else f"{screen.needs_you} accounts need you."
    return (Banner(kind="problem", text=text, link_url=places.ACCOUNTS, link_label="Look at them"),)


def _silence(tools: Tools, screen: FrameScreen) -> tuple[Banner, ...]:
    if screen.offline_since is not None:
        text = (
            f"Linkkeeper itself has reached nobody since {screen.offline_since:%H:%M} UTC. Look at "
            "the network of its server: no account is to blame, do not relink."
        )
        return (Banner(kind="problem", text=text),)
    return tuple(
        Banner(
            kind="note",
            text=f"{_name(tools, place)} does not answer since {place.since:%H:%M} UTC. "
            f"Probably {_name(tools, place)}, not you: do not relink yet.",
        )
        for place in screen.silent
    )


def _name(tools: Tools, place: SilentPlace) -> str:
    platform = tools.platforms.get(place.platform)
    label = platform.about.label if platform else place.platform
    host = place.server.partition("://")[2]
    return f"{host} ({label})" if host else label
