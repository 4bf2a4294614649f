"""What everybody can see: the accounts, their posts, comments under them, and pictures."""

from http import HTTPStatus

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from dashboard.sandbox import accounts, avatars, content
from dashboard.sandbox.content import IncomingKind, Span, UnknownPositionError
from dashboard.sandbox.model import Account, AccountStatus
from dashboard.sandbox.web import here, page

bp = Blueprint("public", __name__)
_PICTURES_LAST = "public, max-age=3600"
_HIDDEN = frozenset({AccountStatus.GONE, AccountStatus.SUSPENDED, AccountStatus.DEACTIVATED})


@bp.get("/")
def start() -> AnyResponse:
    """The control panel is what people come here for."""
    return redirect(url_for("control.overview"))


@bp.get("/explore")
def explore() -> Response:
    """All accounts that can be seen."""
    with here().store.reading() as db:
        seen = [of for of in accounts.accounts(db) if of.status not in _HIDDEN]
    return page("explore.html", accounts=seen)


@bp.get("/@<handle>")
def profile(handle: str) -> Response:
    """An account and what it has posted."""
    account = _account(handle)
    if account.status in _HIDDEN:
        return page("hidden.html", status=HTTPStatus.FORBIDDEN, account=account)
    span = Span(limit=20, before=request.args.get("before"))
    try:
        with here().store.reading() as db:
            items, following = content.posts(db, account.id, span)
    except UnknownPositionError as error:
        raise NotFound from error
    return page("profile.html", account=account, posts=items, following=following)


@bp.get("/@<handle>/posts/<post_id>")
def post(handle: str, post_id: str) -> Response:
    """One post, with its comments."""
    account = _account(handle)
    if account.status in _HIDDEN:
        return page("hidden.html", status=HTTPStatus.FORBIDDEN, account=account)
    with here().store.reading() as db:
        found = content.find_post(db, post_id)
        comments = content.comments_on(db, post_id)
    if found is None or found.account_id != account.id:
        raise NotFound
    return page("post.html", account=account, post=found, comments=comments)


@bp.get("/mentions/<incoming_id>")
def mention(incoming_id: str) -> Response:
    """One comment or mention by itself."""
    with here().store.reading() as db:
        found = content.find_incoming(db, incoming_id)
        account = accounts.find_account(db, found.account_id) if found else None
    if found is None or account is None or found.kind is IncomingKind.MESSAGE:
        raise NotFound
    return page("mention.html", account=account, mention=found)


@bp.get("/avatars/<name>.svg")
def avatar(name: str) -> Response:
    """The picture of a person or an account."""
    with here().store.reading() as db:
        person = accounts.find_person(db, name)
        account = accounts.find_account(db, name)
    if person is not None:
        picture = avatars.face(person.id, person.name)
    elif account is not None:
        picture = avatars.badge(account.id, account.name)
    else:
        raise NotFound
    response = Response(picture, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = _PICTURES_LAST
    return response


@bp.route("/elsewhere", methods=["GET", "POST"])
def elsewhere() -> Response:
    """Where the fault "another host" leads: the journal shows who followed, and with what."""
    return page("error.html", title="You were sent here by mistake", why="There is nothing here.")


def _account(handle: str) -> Account:
    with here().store.reading() as db:
        account = accounts.find_account(db, handle)
    if account is None or account.handle != handle or account.status is AccountStatus.GONE:
        raise NotFound
    return account
