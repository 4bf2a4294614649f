"""Settings > Accounts: the list with the live state of each link, and one account's own page."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.db.screens.account import AccountScreen, account_screen
from dashboard.db.screens.accounts import AccountsScreen, Filter, accounts_screen, changed_since
from dashboard.domain.capabilities import Capability, Missing
from dashboard.domain.errors import NotFoundError
from dashboard.domain.flapping import unsteady
from dashboard.domain.states import LinkState
from dashboard.domain.team import Right
from dashboard.domain.troubles import medians, troubles
from dashboard.domain.uptime import share_working
from dashboard.services import own_servers, steering, syncing
from dashboard.services.audience import who_is_told
from dashboard.services.offers import on_offer
from dashboard.web.access import does_not_keep_awake, needs, signed_in
from dashboard.web.bars import bars
from dashboard.web.current import actor, tools, viewer
from dashboard.web.frame import frame_now
from dashboard.web.htmx import no_change, page, redirect_to
from dashboard.web.numbers import whole_number

bp = Blueprint("accounts", __name__, url_prefix="/settings/accounts")

_BARS = 30  # days of history in a row of the list
_AT_ONCE = timedelta(minutes=1)  # what is missing so soon was never allowed
_BARS_OF_ONE = 90  # days of history on an account's own page


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """The list; with no account yet, the page is where the first one is added."""
    wanted = _filter()
    with tools().database.reading() as session:
        screen = accounts_screen(session, viewer(), wanted)
    if screen.everything == 0:
        return page("accounts/empty.html", offers=on_offer(tools()))
    return page("accounts/index.html", "account_results", **_list(screen, wanted))


@bp.get("/changes")
@signed_in
@does_not_keep_awake
def changes() -> ResponseReturnValue:
    """What the one poller of the list asks: nothing changed, or the list as it is now."""
    wanted = _filter()
    since = whole_number(request.args.get("since"))
    with tools().database.reading() as session:
        if not changed_since(session, viewer(), since):
            return no_change()
        screen = accounts_screen(session, viewer(), wanted)
    return page("accounts/index.html", "account_results", **_list(screen, wanted))


@bp.get("/add")
@needs(Right.LINK)
def add() -> ResponseReturnValue:
    """Pick a platform."""
    return page("linking/add.html", offers=on_offer(tools()))


@bp.get("/<uuid:account_id>")
@signed_in
def show(account_id: UUID) -> ResponseReturnValue:
    """One account: what is wrong, why, and the one thing to do."""
    return page("accounts/show.html", "account_now", **_one(account_id))


@bp.get("/<uuid:account_id>/changes")
@signed_in
@does_not_keep_awake
def changes_of_one(account_id: UUID) -> ResponseReturnValue:
    """What the poller of an account's page asks."""
    since = whole_number(request.args.get("since"))
    with tools().database.reading() as session:
        if not changed_since(session, viewer(), since):
            return no_change()
    return page("accounts/show.html", "account_now", **_one(account_id))


@bp.post("/<uuid:account_id>/check")
@needs(Right.LINK)
def check_now(account_id: UUID) -> ResponseReturnValue:
    started = steering.check_now(tools(), viewer(), account_id)
    said = "The check is under way." if started else "The check starts as soon as a worker is back."
    return _back(account_id, said)


@bp.post("/<uuid:account_id>/pause")
@needs(Right.LINK)
def pause(account_id: UUID) -> ResponseReturnValue:
    steering.pause(tools(), viewer(), actor(), account_id)
    return _back(account_id, "Paused. Its publications stay; it is not checked until you resume.")


@bp.post("/<uuid:account_id>/resume")
@needs(Right.LINK)
def resume(account_id: UUID) -> ResponseReturnValue:
    steering.resume(tools(), viewer(), actor(), account_id)
    return _back(account_id, "Resumed. The first check is under way.")


@bp.post("/<uuid:account_id>/automatic-sync")
@needs(Right.PUBLISH)
def automatic_sync(account_id: UUID) -> ResponseReturnValue:
    wanted = request.form.get("auto_sync") == "on"
    syncing.switch_automatic(tools(), viewer(), account_id, wanted=wanted)
    return _back(
        account_id,
        "Posts made at the platform are loaded by themselves."
        if wanted
        else "Posts made at the platform are loaded only when somebody asks.",
    )


def _filter() -> Filter:
    """Read the address bar; what is not known there is ignored, a bookmark never breaks."""
    known = {state.value for state in LinkState}
    states = [LinkState(value) for value in request.args.getlist("state") if value in known]
    return Filter(
        states=tuple(states),
        platform=request.args.get("platform", ""),
        search=request.args.get("q", "")[:100],
        page=max(1, whole_number(request.args.get("page"), 1)),
        since=tools().now() - timedelta(days=_BARS + 1),
    )


def _list(screen: AccountsScreen, wanted: Filter) -> dict[str, Any]:
    def url_of(endpoint: str = "accounts.index", **changed: Any) -> str:
        query: dict[str, Any] = {
            "state": [state.value for state in wanted.states],
            "platform": wanted.platform or None,
            "q": wanted.search or None,
            **changed,
        }
        return url_for(endpoint, **query)

    return {
        "screen": screen,
        "wanted": wanted,
        "url_of": url_of,
        "page_url": lambda number: url_of(page=number),
        "platforms": tools().platforms,
        **frame_now(),
        "bars_of": lambda line: bars(line.timeline, days=_BARS, now=tools().now()),
        "unfiltered": not (wanted.states or wanted.platform or wanted.search),
    }


def _one(account_id: UUID) -> dict[str, Any]:
    with tools().database.reading() as session:
        since = tools().now() - timedelta(days=_BARS_OF_ONE + 1)
        screen = account_screen(session, viewer(), account_id, since=since)
    if screen is None:
        raise NotFoundError("account")
    platform = tools().platforms.get(screen.platform)
    wants = platform.about.wants if platform else {}
    past = troubles(
        (entry.change, entry.who, entry.told) for entry in reversed(screen.moments) if entry.change
    )
    return {
        **frame_now(),
        "account": screen,
        "about": platform.about if platform else None,
        "way": own_servers.usual_way(tools(), platform.about) if platform else None,
        "capabilities": _capabilities(screen, frozenset(wants)),
        "told": who_is_told(tools(), viewer(), account_id),
        "bars": bars(screen.timeline, days=_BARS_OF_ONE, now=tools().now()),
        "worked": _worked(screen),
        "troubles": past,
        "medians": medians(past),
        "unsteady": unsteady(screen.timeline.changes, now=tools().now()),
        "platforms": tools().platforms,
    }


def _worked(screen: AccountScreen) -> list[tuple[int, float]]:
    """The share that it worked of the last 30 and 90 days, as far as it was watched."""
    now = tools().now()
    found = []
    for days in (_BARS, _BARS_OF_ONE):
        start = now - timedelta(days=days)
        share = share_working([screen.timeline], start=start, end=now)
        if share is not None:
            found.append((days, share))
    return found


def _capabilities(screen: AccountScreen, wanted: frozenset[Capability]) -> list[dict[str, Any]]:
    """A row each: whether it works, does not, is not known, and what is missing for it."""
    rows = []
    for capability in Capability:
        missing = [item for item in screen.health.missing if item.capability is capability]
        offered = not wanted or capability in wanted
        rows.append(
            {
                "capability": capability,
                "missing": missing,
                "offered": offered,
                "from_the_first": any(_was_never_allowed(screen, item) for item in missing),
            }
        )
    return rows


def _was_never_allowed(screen: AccountScreen, item: Missing) -> bool:
    """Whether it was missing from the link's beginning, which is not to say that it was lost."""
    if item.since is None or item.since - screen.linked_at >= _AT_ONCE:
        return False
    worked = [
        moment.at
        for moment in screen.moments
        if moment.change is not None and moment.change.new is LinkState.HEALTHY
    ]
    return not any(screen.linked_at <= at < item.since for at in worked)


def _back(account_id: UUID, said: str) -> ResponseReturnValue:
    """Return to where the button stood: the list or the account's page."""
    if request.form.get("from") == "list":
        return redirect_to(url_for("accounts.index"), say=said)
    return redirect_to(url_for("accounts.show", account_id=account_id), say=said)
