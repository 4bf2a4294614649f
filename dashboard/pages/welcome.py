"""Choosing a password by a single-use link: an invitation, or a password that was forgotten."""

from http import HTTPStatus

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField
from wtforms.validators import InputRequired

from dashboard.domain.errors import InvalidInputError, NotFoundError
from dashboard.services.one_time import whose
from dashboard.services.people import choose_password
from dashboard.web.access import public
from dashboard.web.current import actor, tools
from dashboard.web.forms import Form
from dashboard.web.htmx import page, redirect_to
from dashboard.web.limits import limited
from dashboard.web.links import put_away, take_along, taken_along
from dashboard.web.sessions import place, signed_in_as

bp = Blueprint("welcome", __name__)


class PasswordForm(Form):
    """The password that is chosen."""

    password = PasswordField("New password", validators=[InputRequired("Choose a password.")])


@bp.get("/welcome/<secret>")
@public
def start(secret: str) -> Response:
    return take_along(secret, url_for(".index"))


@bp.route("/welcome", methods=["GET", "POST"])
@public
@limited(of_account=False)
def index() -> ResponseReturnValue:
    secret = taken_along()
    login = whose(tools(), secret)
    if login is None:
        return _dead()
    form = PasswordForm()
    if form.was_sent():
        try:
            fresh = choose_password(
                tools(), secret, form.password.data, place=place(), actor=actor()
            )
        except InvalidInputError as error:
            form.refuse(error)
        except NotFoundError:
            return _dead()
        else:
            signed_in_as(fresh)
            return put_away(redirect_to(url_for("overview.index"), say="Your password is set."))
    return page("welcome/index.html", form=form, login=login, status=form.status)


def _dead() -> Response:
    return page("welcome/dead.html", status=HTTPStatus.NOT_FOUND)
