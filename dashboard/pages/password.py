"""A forgotten password: the same answer, in the same time, whoever asks for whom (R7)."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from wtforms import EmailField
from wtforms.validators import InputRequired

from dashboard.services.forgotten import request_new_password
from dashboard.web.access import public
from dashboard.web.current import tools
from dashboard.web.forms import Form
from dashboard.web.htmx import page
from dashboard.web.limits import limited

bp = Blueprint("password", __name__)


class ForgottenForm(Form):
    """Whose password it is."""

    email = EmailField("E-mail", validators=[InputRequired("Type your e-mail address.")])


@bp.route("/forgotten-password", methods=["GET", "POST"])
@public
@limited()
def forgotten() -> ResponseReturnValue:
    if tools().settings.mail_server is None:
        return page("password/no_mail.html")
    form = ForgottenForm()
    if form.was_sent():
        request_new_password(tools(), form.email.data)
        return page("password/sent.html", email=form.email.data)
    return _form(form)


def _form(form: ForgottenForm) -> Response:
    return page("password/forgotten.html", form=form, status=form.status)
