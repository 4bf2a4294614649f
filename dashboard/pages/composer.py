"""Publish > New post: write once, for one or several accounts; and what people do with a post."""

from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.db.outgoing import picture_going_out
from dashboard.domain.errors import InvalidInputError
from dashboard.domain.posting import LARGEST_PICTURE
from dashboard.domain.publishing import Outgoing, Picture
from dashboard.domain.spans import zone
from dashboard.domain.team import Right
from dashboard.services import planning
from dashboard.web.access import needs, public
from dashboard.web.current import actor, tools, viewer
from dashboard.web.htmx import page, redirect_to, wants_part
from dashboard.web.security import takes_files

bp = Blueprint("composer", __name__)

_LONGEST_TEXT = 10_000


@bp.get("/publish/new")
@needs(Right.PUBLISH)
def new() -> ResponseReturnValue:
    """An empty post, with the account of the address bar ticked."""
    return _form({}, chosen=request.args.getlist("account"))


@bp.post("/publish/new")
@takes_files(LARGEST_PICTURE + 256 * 1024)
@needs(Right.PUBLISH)
def plan() -> ResponseReturnValue:
    """Take the post over; what is wrong is said at its field and nothing is lost."""
    chosen = request.form.getlist("account")
    accounts = [UUID(value) for value in chosen if _is_uuid(value)]
    try:
        at = _planned_for()
        made = planning.plan(tools(), viewer(), actor(), accounts, _post(), at=at)
    except InvalidInputError as error:
        return _form({error.field: error.why}, chosen=chosen)
    if len(made) == 1:
        say = "Planned." if at else "On its way."
        return redirect_to(url_for("calendar.show", publication_id=made[0]), say=say)
    say = f"{len(made)} posts planned." if at else f"{len(made)} posts are on their way."
    return redirect_to(url_for("calendar.index"), say=say)


@bp.post("/publish/new/length")
@takes_files(LARGEST_PICTURE + 256 * 1024)
@needs(Right.PUBLISH)
def length() -> ResponseReturnValue:
    """How long the post is for each ticked account: by itself while people type, or on demand.

    Without JavaScript the whole form comes back as it was typed, but for a picture.
    """
    context = _context({}, request.form.getlist("account"))
    if wants_part():
        return page("composer/_lengths.html", **context)
    return page("composer/new.html", **context | {"counted": True})


@bp.post("/publish/calendar/<uuid:publication_id>/publish")
@needs(Right.PUBLISH)
def publish_now(publication_id: UUID) -> ResponseReturnValue:
    """Let it go out now."""
    planning.publish_now(tools(), viewer(), actor(), publication_id)
    return _back(publication_id, "On its way.")


@bp.post("/publish/calendar/<uuid:publication_id>/there")
@needs(Right.PUBLISH)
def stands_there(publication_id: UUID) -> ResponseReturnValue:
    """A person has seen it at the platform."""
    planning.stands_there(tools(), viewer(), actor(), publication_id)
    return _back(publication_id, "Noted: it was published.")


@bp.post("/publish/calendar/<uuid:publication_id>/withdraw")
@needs(Right.PUBLISH)
def withdraw(publication_id: UUID) -> ResponseReturnValue:
    """Take it from the calendar before it went out."""
    planning.withdraw(tools(), viewer(), actor(), publication_id)
    return redirect_to(url_for("calendar.index"), say="Withdrawn: it will not go out.")


@bp.get("/picture/<uuid:public_key>")
@public
def picture(public_key: UUID) -> ResponseReturnValue:
    """Where platforms fetch a picture, by an address nobody can guess, while its post goes out."""
    with tools().database.reading() as session:
        found = picture_going_out(session, public_key)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    data, media_type = found
    answer = Response(data, mimetype=media_type)
    answer.headers["Content-Disposition"] = "inline; filename=picture"
    return answer


def _form(errors: dict[str, str], *, chosen: list[str]) -> ResponseReturnValue:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    return page("composer/new.html", status=status, **_context(errors, chosen))


def _context(errors: dict[str, str], chosen: list[str]) -> dict[str, Any]:
    choices = planning.choices(tools(), viewer())
    ticked = [choice for choice in choices if str(choice.account.id) in chosen]
    typed = _typed()
    return {
        "choices": choices,
        "lengths": planning.lengths(ticked, typed) if len(typed.text) <= _LONGEST_TEXT else [],
        "platforms": tools().platforms,
        "typed": request.form,
        "chosen": chosen,
        "errors": errors,
        "counted": False,
        "time_zone": viewer().time_zone,
    }


def _post() -> Outgoing:
    typed = _typed()
    if len(typed.text) > _LONGEST_TEXT or "\0" in typed.text:
        raise InvalidInputError("text", f"A text may have at most {_LONGEST_TEXT} characters.")
    return replace(
        typed,
        picture=_picture(),
        title=" ".join(request.form.get("title", "").split())[:300],
        target=" ".join(request.form.get("target", "").split())[:200],
    )


def _typed() -> Outgoing:
    """The words and the link as they stand in the form, whatever they are."""
    return Outgoing(
        key="",
        at=tools().now(),
        text=request.form.get("text", "").replace("\r\n", "\n").strip(),
        link=request.form.get("link", "").strip(),
    )


def _picture() -> Picture | None:
    sent = request.files.get("picture")
    if not sent or not (data := sent.read()):
        return None
    alt = " ".join(request.form.get("alt", "").split())[:1_500]
    return Picture(data=data, media_type=sent.mimetype, alt=alt)


def _planned_for() -> datetime | None:
    """When it is to go out, typed in the viewer's own time zone; None for now."""
    if request.form.get("when") != "later":
        return None
    try:
        typed = datetime.fromisoformat(request.form.get("at", ""))
        return typed.replace(tzinfo=zone(viewer().time_zone))
    except (ValueError, OverflowError):
        raise InvalidInputError("at", "Choose a day and a time.") from None


def _back(publication_id: UUID, say: str) -> ResponseReturnValue:
    return redirect_to(url_for("calendar.show", publication_id=publication_id), say=say)


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
