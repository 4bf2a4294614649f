"""What the frame around every page says: how many accounts need the viewer, whether checks run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dashboard.db.screens.frame import FrameScreen, Outage, frame_screen
from dashboard.domain import places
from dashboard.domain.incidents import IncidentKind, Place
from dashboard.domain.team import Viewer
from dashboard.services.banners import Banner, banners
from dashboard.services.ports import Tools

_BEAT_WITHIN = timedelta(seconds=90)
_WORDS = {
    IncidentKind.SILENT: ("does not answer", "do not relink yet"),
    IncidentKind.REFUSED: ("refuses many people at once", "do not relink yet"),
    IncidentKind.LIMITED: (
        "takes permissions from many people at once",
        "ask nobody to grant anything yet",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Whether the checker itself is alive, and when it last checked an account of the viewer's."""

    alive: bool
    ran_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around the page; `checks` is None while there is nothing to check.

    `hints` say by place why nobody should relink there now; `offline`: nor anywhere else.
    """

    needs_you: int
    banners: tuple[Banner, ...]
    checks: Checks | None
    hints: Mapping[Place, str] = field(default_factory=dict)
    offline: bool = False

    def why_not_relink(self, platform: str, server: str) -> str:
        """Why nobody should relink there now; empty when there is no reason."""
        if self.offline:
            return "Linkkeeper reaches nobody right now: wait until it does."
        return self.hints.get(Place(platform=platform, server=server), "")


def frame_for(tools: Tools, viewer: Viewer) -> Frame:
    """Return what concerns this viewer now."""
    now = tools.now()
    with tools.database.reading() as session:
        screen = frame_screen(session, viewer)
    return Frame(
        needs_you=screen.needs_you,
        banners=(*_outages(tools, screen), *banners(tools, viewer), *_waiting(screen)),
        checks=_checks(screen, now),
        hints={one.place: _hint(tools, one) for one in screen.outages},
        offline=screen.offline_since is not None,
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


def _outages(tools: Tools, screen: FrameScreen) -> tuple[Banner, ...]:
    if screen.offline_since is not None:
        text = (
            f"Linkkeeper itself has reached nobody since {screen.offline_since:%H:%M} UTC. Look at "
            "the network of its server: no account is to blame, do not relink."
        )
        return (Banner(kind="problem", text=text),)
    return tuple(Banner(kind="note", text=_told(tools, outage)) for outage in screen.outages)


def _told(tools: Tools, outage: Outage) -> str:
    name = _name(tools, outage.place)
    since = f"since {outage.since:%H:%M} UTC"
    caught = f" {_counted(outage.accounts)} caught in it." if outage.accounts else ""
    if outage.ours:
        return (
            f"{name} refuses Linkkeeper's own registration {since}.{caught} An administrator has "
            "to act first: do not relink."
        )
    what, wait = _WORDS[outage.kind]
    return f"{name} {what} {since}.{caught} Probably {name}, not you: {wait}."


def _hint(tools: Tools, outage: Outage) -> str:
    name = _name(tools, outage.place)
    if outage.ours:
        return f"{name} refuses Linkkeeper itself right now: wait for an administrator."
    return f"{name} has trouble right now: wait until it is over."


def _counted(accounts: int) -> str:
    return "1 account is" if accounts == 1 else f"{accounts} accounts are"


def _name(tools: Tools, place: Place) -> str:
    platform = tools.platforms.get(place.platform)
    label = platform.about.label if platform else place.platform
    host = place.server.partition("://")[2]
    return f"{host} ({label})" if host else label
