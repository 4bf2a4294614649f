"""The first administrator, by the link that the server printed."""

from http import HTTPStatus

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from wtforms import EmailField, PasswordField, StringField
from wtforms.validators import InputRequired

from dashboard.domain.errors import InvalidInputError, NotFoundError
from dashboard.services.setting_up import FirstAdministrator, may_set_up, set_up
from dashboard.web.access import public
from dashboard.web.current import actor, tools
from dashboard.web.forms import Form
from dashboard.web.htmx import page, redirect_to
from dashboard.web.limits import limited
from dashboard.web.links import put_away, take_along, taken_along
from dashboard.web.sessions import place, signed_in_as

bp = Blueprint("setup", __name__)


class SetupForm(Form):
    """Who the first administrator is."""

    name = StringField("Your name", validators=[InputRequired("Type your name.")])
    email = EmailField("Your e-mail address", validators=[InputRequired("Type your address.")])
    password = PasswordField("Password", validators=[InputRequired("Choose a password.")])


@bp.get("/setup/<secret>")
@public
def start(secret: str) -> Response:
    return take_along(secret, url_for(".index"))


@bp.route("/setup", methods=["GET", "POST"])
@public
@limited(of_account=False)
def index() -> ResponseReturnValue:
    secret = taken_along()
    if not may_set_up(tools(), secret):
        return _dead()
    form = SetupForm()
    if form.was_sent():
        first = FirstAdministrator(
            name=form.name.data, email=form.email.data, password=form.password.data
        )
        try:
            signed_in_as(set_up(tools(), secret, first, place=place(), actor=actor()))
        except InvalidInputError as error:
            form.refuse(error)
        except NotFoundError:
            return _dead()
        else:
            return put_away(
                redirect_to(url_for("overview.index"), say="You are the administrator.")
            )
    return page("setup/index.html", form=form, status=form.status)


def _dead() -> Response:
    return page("setup/dead.html", status=HTTPStatus.NOT_FOUND)
