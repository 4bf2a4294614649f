"""Signing in and out."""

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import EmailField, HiddenField, PasswordField
from wtforms.validators import InputRequired

from dashboard.services.signing_in import sign_in as check_password
from dashboard.services.signing_in import sign_out as end_session
from dashboard.web.access import public, signed_in
from dashboard.web.current import actor, tools, viewer_or_none
from dashboard.web.devices import remember_device
from dashboard.web.forms import Form
from dashboard.web.htmx import page, redirect_to
from dashboard.web.limits import limited
from dashboard.web.redirects import safe_next
from dashboard.web.sessions import browser_session, place, signed_in_as, signed_out

bp = Blueprint("session", __name__)


class SignInForm(Form):
    """E-mail address and password."""

    email = EmailField("E-mail", validators=[InputRequired("Type your e-mail address.")])
    password = PasswordField("Password", validators=[InputRequired("Type your password.")])
    next = HiddenField()


@bp.route("/sign-in", methods=["GET", "POST"])
@public
@limited()
def sign_in() -> ResponseReturnValue:
    wanted = safe_next(request.args.get("next"))
    if viewer_or_none() is not None:
        return redirect_to(wanted)
    form = SignInForm()
    if form.was_sent():
        secret = check_password(
            tools(),
            email=form.email.data,
            password=form.password.data,
            place=place(),
            actor=actor(),
        )
        if secret is not None:
            signed_in_as(secret)
            remember_device(form.email.data)
            return redirect_to(wanted)
        form.form_errors.append("This e-mail address and password do not belong together.")
    return _form(form)


def _form(form: SignInForm) -> Response:
    return page("session/sign_in.html", form=form, status=form.status)


@bp.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    browser = browser_session().browser
    if browser is not None:
        end_session(tools(), browser, actor())
    signed_out()
    return redirect_to(url_for(".sign_in"), say="You are signed out.")
