"""The team's report: reliability, causes, how fast it was told and mended, and its CSV."""

import csv
import io
from datetime import timedelta

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from dashboard.db.incidents import Incident, seen_incidents, seen_log_ins
from dashboard.db.screens.report import ReportScreen, report_screen
from dashboard.domain.causes import CAUSE_TEXTS, LACKS
from dashboard.web.access import signed_in
from dashboard.web.current import tools, viewer
from dashboard.web.htmx import page

bp = Blueprint("report", __name__)

_OUTAGES = timedelta(days=90)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@bp.get("/report")
@signed_in
def index() -> ResponseReturnValue:
    return page(
        "report/index.html",
        screen=_screen(),
        incidents=_incidents(),
        platforms=tools().platforms,
        lacks=LACKS,
    )


@bp.get("/report.csv")
@signed_in
def download() -> ResponseReturnValue:
    """The same figures for a spreadsheet, one per line."""
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in _rows(_screen()))
    return Response(
        text.getvalue(),
        mimetype="text/csv",
        headers={"Content-Disposition": "attachment; filename=linkkeeper-report.csv"},
    )


def _screen() -> ReportScreen:
    with tools().database.reading() as session:
        return report_screen(session, viewer(), now=tools().now())


def _incidents() -> list[Incident]:
    """Of platforms, of our network and of log-ins, the newest first."""
    since = tools().now() - _OUTAGES
    with tools().database.reading() as session:
        found = seen_incidents(session, viewer(), since) + seen_log_ins(session, viewer(), since)
    return sorted(found, key=lambda one: one.began_at, reverse=True)


def _rows(screen: ReportScreen) -> list[tuple[str, str, str]]:
    rows = [("figure", "of", "value")]
    for line in screen.platforms:
        rows.append(("accounts", line.platform, str(line.accounts)))
        rows.append(("share working in 30 days", line.platform, _share(line.month)))
        rows.append(("share working in 90 days", line.platform, _share(line.quarter)))
    rows += [
        ("times in 90 days", CAUSE_TEXTS[line.cause].title, str(line.times))
        for line in screen.causes
    ]
    rows.append(("median seconds to notice", "", _seconds(screen.noticed)))
    rows.append(("median seconds to relink", "", _seconds(screen.relinked)))
    rows += [
        ("accounts on one log-in", f"{line.person} ({line.platform})", str(line.accounts))
        for line in screen.people
    ]
    return rows


def _share(part: float | None) -> str:
    return "" if part is None else f"{part:.5f}"


def _seconds(length: timedelta | None) -> str:
    return "" if length is None else f"{length.total_seconds():.0f}"


def _harmless(cell: str) -> str:
    """A name from a platform must not be a formula in a spreadsheet."""
    return f"'{cell}" if cell.startswith(_FORMULAS) else cell
