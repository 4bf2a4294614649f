"""What concerns everybody who is signed in, one line each, for the top of every page."""

from dataclasses import dataclass
from typing import Literal

from dashboard.db.general import find_pause
from dashboard.db.screens.mail import count_unread_failures
from dashboard.db.screens.weak_points import WeakPoints, weak_points
from dashboard.domain import places
from dashboard.domain.team import Viewer
from dashboard.services.ports import Tools
from dashboard.services.quotas import used_up
from dashboard.services.safekeeping import salvage_folder

Kind = Literal["info", "note", "problem", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """A sentence, and where to act on it (empty where the viewer cannot)."""

    kind: Kind
    text: str
    link_url: str = ""
    link_label: str = ""


def banners(tools: Tools, viewer: Viewer) -> tuple[Banner, ...]:
    """Return what holds now, the most urgent first; one small read."""
    found = []
    with tools.database.reading() as session:
        pause = find_pause(session)
        failures = count_unread_failures(session) if viewer.is_administrator else None
        weak = weak_points(session) if viewer.is_administrator else None
    if tools.mailer is None:
        found.append(_for(viewer, "note", "Mail is not set up: nobody is being told.", "Set it up"))
    elif pause is not None:
        text = "The mail server does not let Linkkeeper in: nobody is being told."
        found.append(_for(viewer, "problem", text, "See what it says"))
    if failures is not None and failures.mails:
        text = _counted(failures.mails, "mail", "could not be delivered.")
        found.append(_for(viewer, "note", text, "See which"))
    if failures is not None and failures.jobs:
        text = _counted(failures.jobs, "job", "went wrong.")
        found.append(_for(viewer, "note", text, "See which", places.JOBS))
    found += [
        Banner(
            kind="note",
            text=f"What {name} may be asked today is used up: its accounts are checked again from "
            f"{at:%-d %B, %H:%M} UTC, and their states are as old as they say.",
        )
        for name, at in used_up(tools)
    ]
    if weak is not None:
        found += _of_weak_points(tools, viewer, weak)
        found += _of_salvage(len(salvage_folder(tools).grants()))
    return tuple(found)


def _of_weak_points(tools: Tools, viewer: Viewer, weak: WeakPoints) -> list[Banner]:
    """Ours to mend and no link's fault, so only administrators read of it."""
    found = []
    for problem in weak.apps:
        platform = tools.platforms.get(problem.platform)
        name = platform.about.label if platform else problem.platform
        host = problem.server.partition("://")[2]
        text = (
            f"{f'{host} ({name})' if host else name} refuses Linkkeeper's registration since "
            f"{problem.since:%-d %B, %H:%M} UTC. Its links are not accused: do not relink."
        )
        found.append(_for(viewer, "problem", text, "Look at it", places.PLATFORMS))
    if weak.locked:
        text = _counted(weak.locked, "stored permission", "cannot be opened on this server: ")
        found.append(
            Banner(kind="problem", text=text + "put back the key file that belongs to it.")
        )
    return found


def _of_salvage(count: int) -> list[Banner]:
    """R34: nobody should delete these files because they look like rubbish."""
    if not count:
        return []
    rest = "could not be stored: kept sealed in the folder salvage until the database works again."
    return [Banner(kind="problem", text=_counted(count, "renewed permission", rest))]


def _for(viewer: Viewer, kind: Kind, text: str, label: str, place: str = places.MAIL) -> Banner:
    if not viewer.is_administrator:
        return Banner(kind=kind, text=text)
    return Banner(kind=kind, text=text, link_url=place, link_label=label)


def _counted(count: int, noun: str, rest: str) -> str:
    return f"{count} {noun} {rest}" if count == 1 else f"{count} {noun}s {rest}"
