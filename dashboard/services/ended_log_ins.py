"""Several accounts that hang on one person's log-in and broke, or lack something, for one cause."""

from collections.abc import Collection
from uuid import UUID

from dashboard.db.engine import UnitOfWork
from dashboard.db.incidents import NewIncident, end_incident, open_incident, open_log_in_incidents
from dashboard.db.standing import broken_together, grants_in_trouble, grants_of
from dashboard.domain.causes import LACKS
from dashboard.domain.incidents import IncidentKind
from dashboard.services.ports import Tools


def note_ended_log_ins(tools: Tools, unit: UnitOfWork, troubled: Collection[UUID]) -> None:
    """Open an incident for each log-in on which two of its accounts or more are in trouble now."""
    for broken in broken_together(unit, grants_of(unit, troubled)) if troubled else ():
        new = NewIncident(
            kind=IncidentKind.LOG_IN,
            place=broken.place,
            accounts=broken.accounts,
            cause=broken.cause,
            grant_id=broken.grant_id,
            person=broken.person,
        )
        open_incident(unit, new, now=tools.now())


def end_mended_log_ins(tools: Tools, unit: UnitOfWork) -> None:
    """End those on which no account has that trouble any more: it works, or hangs on another."""
    going_on = open_log_in_incidents(unit)
    grants = [incident.grant_id for incident in going_on if incident.grant_id is not None]
    troubled = grants_in_trouble(unit, grants) if grants else frozenset()
    for incident in going_on:
        if (incident.grant_id, incident.cause in LACKS) not in troubled:
            end_incident(unit, incident.id, now=tools.now())
