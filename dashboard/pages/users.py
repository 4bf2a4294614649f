"""Settings > Users: the list, a new user, and one user as an administrator edits them."""

from uuid import UUID

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, EmailField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired

from dashboard.db.screens import team as screens
from dashboard.db.team import UserFacts
from dashboard.domain.errors import ConflictError, InvalidInputError, NotFoundError
from dashboard.domain.team import Right
from dashboard.services import team
from dashboard.services.people import NewUser, invite, invite_by_mail
from dashboard.services.preferences import boxes_for
from dashboard.web.access import needs
from dashboard.web.current import actor, tools, viewer
from dashboard.web.forms import Form
from dashboard.web.htmx import page, redirect_to
from dashboard.web.numbers import whole_number

bp = Blueprint("users", __name__, url_prefix="/settings/users")


class UserForm(Form):
    """User information and rights."""

    name = StringField("Name", validators=[InputRequired("Type the name.")])
    email = EmailField("E-mail", validators=[InputRequired("Type the e-mail address.")])
    role_id = SelectField("Role", validators=[InputRequired("Pick a role.")])


class EditForm(UserForm):
    """The same for a user who is there already."""

    active = BooleanField("May sign in")
    version = HiddenField()


@bp.get("")
@needs(Right.MANAGE_USERS)
def index() -> Response:
    """Everybody with a log-in, and what each is mailed about."""
    with tools().database.reading() as session:
        people = screens.users(session)
    return page("users/index.html", people=people)


@bp.route("/add", methods=["GET", "POST"])
@needs(Right.MANAGE_USERS)
def add() -> ResponseReturnValue:
    """A new user; he chooses his password by a link that is shown once."""
    form = UserForm()
    form.role_id.choices = _roles()
    if form.was_sent():
        try:
            user_id, link = team.create_user(
                tools(),
                viewer(),
                actor(),
                NewUser(
                    email=form.email.data, name=form.name.data, role_id=UUID(form.role_id.data)
                ),
            )
        except InvalidInputError as error:
            form.refuse(error)
        else:
            return _invited(user_id, link) if link else _mailed(user_id)
    return page("users/add.html", form=form, status=form.status)


@bp.route("/<uuid:user_id>", methods=["GET", "POST"])
@needs(Right.MANAGE_USERS)
def edit(user_id: UUID) -> ResponseReturnValue:
    """User information, rights, messages & communication."""
    person = _person(user_id)
    form = EditForm(
        name=person.name,
        email=person.email,
        role_id=str(person.role_id),
        active=person.active,
        version=person.version,
    )
    form.role_id.choices = _roles()
    if form.was_sent():
        wanted = UserFacts(
            name=form.name.data,
            email=form.email.data,
            role_id=UUID(form.role_id.data),
            active=form.active.data,
        )
        version = whole_number(form.version.data)
        try:
            team.change_user(tools(), viewer(), actor(), user_id, wanted, version=version)
        except InvalidInputError as error:
            form.refuse(error)
        except ConflictError as error:
            form.form_errors.append(error.why)
        else:
            return redirect_to(url_for("users.edit", user_id=user_id), say="Saved.")
    return page(
        "users/edit.html",
        form=form,
        person=person,
        boxes=boxes_for(tools(), viewer(), user_id),
        mails=tools().mailer is not None,
        status=form.status,
    )


@bp.post("/<uuid:user_id>/sign-out")
@needs(Right.MANAGE_USERS)
def sign_out_everywhere(user_id: UUID) -> ResponseReturnValue:
    """End all sessions of the user."""
    ended = team.sign_out_everywhere(tools(), viewer(), actor(), user_id)
    said = "Signed out everywhere." if ended else "Nobody was signed in."
    return redirect_to(url_for("users.edit", user_id=user_id), say=said)


@bp.post("/<uuid:user_id>/invite")
@needs(Right.MANAGE_USERS)
def invite_again(user_id: UUID) -> ResponseReturnValue:
    """Make a fresh link by which the user chooses a password; the older one is void."""
    return _invited(user_id, invite(tools(), user_id, actor()))


@bp.post("/<uuid:user_id>/invite-by-mail")
@needs(Right.MANAGE_USERS)
def mail_invitation(user_id: UUID) -> ResponseReturnValue:
    """Have a fresh link mailed to the user."""
    invite_by_mail(tools(), user_id, actor())
    return _mailed(user_id)


def _mailed(user_id: UUID) -> Response:
    person = _person(user_id)
    said = f"A mail with a link is on its way to {person.email}."
    return redirect_to(url_for("users.edit", user_id=user_id), say=said)


def _invited(user_id: UUID, link: str) -> Response:
    return page("users/invited.html", person=_person(user_id), link=link)


def _person(user_id: UUID) -> screens.UserLine:
    with tools().database.reading() as session:
        person = screens.user(session, user_id)
    if person is None:
        raise NotFoundError("user")
    return person


def _roles() -> list[tuple[str, str]]:
    return [(str(role.id), role.name) for role in team.roles(tools())]
