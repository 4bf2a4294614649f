"""Publish > Calendar: what went out and what will, by month, week or list, and how to load it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.db.screens.calendar import (
    CalendarFilter,
    Entry,
    account_ids,
    accounts_of_calendar,
    entries,
    latest_runs,
    publication,
)
from dashboard.domain.calendar import PublicationState
from dashboard.domain.errors import NotFoundError
from dashboard.domain.spans import Span, View, span, zone
from dashboard.domain.team import Right
from dashboard.services import syncing
from dashboard.web.access import does_not_keep_awake, needs, signed_in
from dashboard.web.current import tools, viewer
from dashboard.web.htmx import page, redirect_to

bp = Blueprint("calendar", __name__, url_prefix="/publish/calendar")

_RUNS_SHOWN_FOR = timedelta(hours=1)


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """The calendar, as the address bar asks for it."""
    wanted, shown = _filter(), _span()
    with tools().database.reading() as session:
        found = entries(session, viewer(), wanted, starts_at=shown.starts_at, ends_at=shown.ends_at)
        accounts = accounts_of_calendar(session, viewer(), chosen=wanted.account)
    return page(
        "calendar/index.html",
        span=shown,
        views=tuple(View),
        wanted=wanted,
        days=_by_day(found),
        count=len(found),
        accounts=accounts,
        platforms=tools().platforms,
        today=tools().now().astimezone(zone(viewer().time_zone)).date(),
        time_zone=zone(viewer().time_zone),
        states=tuple(PublicationState),
        url_of=_url_of(wanted, shown),
        **_runs(wanted),
    )


@bp.get("/synchronisations")
@signed_in
@does_not_keep_awake
def synchronisations() -> ResponseReturnValue:
    """What the page asks while a synchronisation is under way."""
    wanted = _filter()
    return page("calendar/_runs.html", wanted=wanted, platforms=tools().platforms, **_runs(wanted))


@bp.post("/synchronise")
@needs(Right.PUBLISH)
def synchronise() -> ResponseReturnValue:
    """Load what was posted at the platform, for one account or all of the viewer's."""
    chosen = _uuid(request.form.get("account", ""))
    if chosen is not None:
        accounts = [chosen]
    else:
        with tools().database.reading() as session:
            accounts = account_ids(session, viewer())
    syncing.ask(tools(), viewer(), accounts)
    return redirect_to(url_for("calendar.index", account=chosen))


@bp.get("/<uuid:publication_id>")
@signed_in
def show(publication_id: UUID) -> ResponseReturnValue:
    """One publication: text, time and link."""
    with tools().database.reading() as session:
        found = publication(session, viewer(), publication_id)
    if found is None:
        raise NotFoundError("publication")
    return page("calendar/show.html", post=found, platforms=tools().platforms)


def _filter() -> CalendarFilter:
    """Read the address bar; what is not known there is ignored."""
    known = {state.value for state in PublicationState}
    states = [value for value in request.args.getlist("status") if value in known]
    return CalendarFilter(
        account=_uuid(request.args.get("account", "")),
        platform=request.args.get("platform", ""),
        states=tuple(PublicationState(value) for value in states),
    )


def _span() -> Span:
    view = request.args.get("view", "")
    try:
        on = date.fromisoformat(request.args.get("on", ""))
        known = span(View(view) if view in set(View) else View.MONTH, on, viewer().time_zone)
    except (ValueError, OverflowError):
        on = tools().now().astimezone(zone(viewer().time_zone)).date()
        known = span(View(view) if view in set(View) else View.MONTH, on, viewer().time_zone)
    return known


def _by_day(found: list[Entry]) -> dict[date, list[Entry]]:
    here = zone(viewer().time_zone)
    days: dict[date, list[Entry]] = {}
    for entry in found:
        days.setdefault(entry.at.astimezone(here).date(), []).append(entry)
    return days


def _runs(wanted: CalendarFilter) -> dict[str, Any]:
    since = tools().now() - _RUNS_SHOWN_FOR
    with tools().database.reading() as session:
        runs = latest_runs(session, viewer(), since=since, account=wanted.account)
    return {"runs": runs, "under_way": any(run.is_under_way for run in runs)}


def _url_of(wanted: CalendarFilter, shown: Span) -> Any:
    def url_of(**changed: Any) -> str:
        query: dict[str, Any] = {
            "view": shown.view.value,
            "on": shown.on.isoformat(),
            "account": wanted.account,
            "platform": wanted.platform or None,
            "status": [state.value for state in wanted.states],
            **changed,
        }
        return url_for("calendar.index", **query)

    return url_of


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
