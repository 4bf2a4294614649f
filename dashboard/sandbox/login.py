"""Logging in, and a person's own page: accounts, connected apps, security checks."""

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, Response, flash, redirect, request, session, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from dashboard.sandbox import accounts, apps, grants
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.model import SCOPE_WORDS, AccountStatus, EndCause, Person
from dashboard.sandbox.web import here, now, page

bp = Blueprint("login", __name__)


def current_person() -> Person | None:
    """Who is logged in in this browser; nobody after a change of password."""
    with here().store.reading() as db:
        person = accounts.find_person(db, session.get("person", ""))
    if person is None or session.get("generation") != person.login_generation:
        return None
    return person


@bp.get("/login")
def form() -> Response:
    """The log-in page. The sample people stand beside it, because none of this is real."""
    return _form(who=request.args.get("who"))


@bp.post("/login")
def enter() -> AnyResponse:
    """Log a person in and go on to where he came from."""
    email = request.form.get("email", "").strip()
    with here().store.reading() as db:
        person = accounts.find_person(db, email)
    if person is None or person.password != request.form.get("password"):
        trail().error = "wrong password"
        problem = "This e-mail address and this password do not belong together."
        return _form(typed=email, problem=problem)
    trail().person_id = person.id
    session.clear()
    session["person"], session["generation"] = person.id, person.login_generation
    return redirect(_own_path(request.form.get("next", "")), HTTPStatus.SEE_OTHER)


@bp.post("/logout")
def leave() -> AnyResponse:
    """Log out in this browser; apps are not concerned."""
    session.clear()
    flash("You are logged out.")
    return redirect(url_for("login.form"), HTTPStatus.SEE_OTHER)


@bp.get("/me")
def home() -> AnyResponse:
    """A person's own page."""
    person = current_person()
    if person is None:
        return redirect(url_for("login.form", next=url_for("login.home")))
    with here().store.reading() as db:
        names = {app.client_id: app.name for app in apps.apps(db)}
        live = grants.live(grants.of_person(db, person.id))
        mine = accounts.accounts_of(db, person.id, None)
        by_id = {account.id: account for account in accounts.accounts(db)}
    connected = [
        {
            "client_id": client_id,
            "name": names[client_id],
            "accounts": sorted(
                {by_id[part.account_id].name for grant in theirs for part in grant.accounts}
            ),
            "words": [
                words
                for scope, words in SCOPE_WORDS.items()
                if any(scope in grant.scopes for grant in theirs)
            ],
        }
        for client_id in dict.fromkeys(grant.client_id for grant in live)
        for theirs in [[grant for grant in live if grant.client_id == client_id]]
    ]
    return page("me.html", person=person, mine=mine, connected=connected)


@bp.post("/me/apps/<client_id>/remove")
def remove_app(client_id: str) -> AnyResponse:
    """Take back everything that was allowed to an app."""
    person = current_person()
    if person is None:
        return redirect(url_for("login.form", next=url_for("login.home")))
    with here().store.changing() as db:
        theirs = [
            grant for grant in grants.of_person(db, person.id) if grant.client_id == client_id
        ]
        grants.end(db, grants.live(theirs), EndCause.APP_REMOVED, now())
    flash("The app is removed. It cannot do anything in your name any more.")
    return redirect(url_for("login.home"), HTTPStatus.SEE_OTHER)


@bp.post("/me/accounts/<account_id>/confirm")
def confirm(account_id: str) -> AnyResponse:
    """Pass the security check of an account that the person looks after."""
    person = current_person()
    if person is None:
        return redirect(url_for("login.form", next=url_for("login.home")))
    with here().store.changing() as db:
        account = accounts.find_account(db, account_id)
        if account is None or accounts.role_of(db, person.id, account.id) is None:
            raise NotFound
        if account.status is AccountStatus.SECURITY_CHECK:
            accounts.set_status(db, account.id, AccountStatus.ACTIVE)
    flash(f"Thank you. {account.name} is open again.")
    return redirect(url_for("login.home"), HTTPStatus.SEE_OTHER)


def _form(who: str | None = None, typed: str | None = None, problem: str | None = None) -> Response:
    with here().store.reading() as db:
        everybody = accounts.people(db)
    chosen = next((person for person in everybody if person.id == who), None)
    shown = chosen or next(iter(everybody), None)
    return page(
        "login.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        people=everybody,
        email=typed if typed is not None else shown.email if shown else "",
        password="" if typed is not None or shown is None else shown.password,
        shown=shown,
        next=_own_path(request.values.get("next", "")),
        problem=problem,
    )


def _own_path(wanted: str) -> str:
    """`wanted` if it is a path of this site, else the person's own page."""
    parts = urlsplit(wanted) if wanted.isprintable() else urlsplit("")
    is_path = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    if is_path and not parts.scheme and not parts.netloc and "\\" not in wanted:
        return wanted
    return url_for("login.home")
