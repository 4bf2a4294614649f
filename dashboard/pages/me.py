"""What people change about themselves: mails, password, time zone, where they are signed in."""

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import PasswordField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from dashboard.domain.errors import InvalidInputError
from dashboard.services.people import (
    PasswordChange,
    change_password,
    change_time_zone,
    end_own_session,
    own_sessions,
    time_zones,
)
from dashboard.services.preferences import boxes_for
from dashboard.web.access import signed_in
from dashboard.web.browsers import browser_lines
from dashboard.web.current import actor, tools, viewer
from dashboard.web.forms import Form
from dashboard.web.htmx import page, redirect_to
from dashboard.web.limits import limited
from dashboard.web.sessions import browser_session, place, signed_in_as

bp = Blueprint("me", __name__, url_prefix="/me")


class PasswordForm(Form):
    """The old password, and the new one."""

    old = PasswordField("Present password", validators=[InputRequired("Type your password.")])
    password = PasswordField("New password", validators=[InputRequired("Choose a password.")])


class TimeZoneForm(Form):
    """In which zone times are shown."""

    time_zone = SelectField(
        "Time zone", choices=[SelectChoice(name, name.replace("_", " ")) for name in time_zones()]
    )


@bp.get("")
@signed_in
def index() -> Response:
    return _show()


@bp.post("/password")
@signed_in
@limited()
def password() -> ResponseReturnValue:
    form = PasswordForm()
    if form.was_sent():
        change = PasswordChange(old=form.old.data, new=form.password.data)
        try:
            fresh = change_password(tools(), viewer(), change, place=place(), actor=actor())
        except InvalidInputError as error:
            form.refuse(error)
        else:
            signed_in_as(fresh)
            said = "Your password is changed. You are signed out everywhere else."
            return redirect_to(url_for(".index"), say=said)
    return _show(password_form=form)


@bp.post("/time-zone")
@signed_in
def time_zone() -> ResponseReturnValue:
    form = TimeZoneForm()
    if form.was_sent():
        change_time_zone(tools(), viewer(), form.time_zone.data)
        return redirect_to(url_for(".index"), say="Your time zone is saved.")
    return _show(time_zone_form=form)


@bp.post("/sessions/end")
@signed_in
def end_session() -> ResponseReturnValue:
    end_own_session(tools(), viewer(), request.form.get("session", ""), actor())
    return redirect_to(url_for(".index"), say="That browser is signed out.")


def _show(
    *, password_form: PasswordForm | None = None, time_zone_form: TimeZoneForm | None = None
) -> Response:
    form = password_form or PasswordForm(formdata=None)
    zone = time_zone_form or TimeZoneForm(formdata=None, time_zone=viewer().time_zone)
    here = browser_session().browser
    return page(
        "me/index.html",
        password_form=form,
        time_zone_form=zone,
        boxes=boxes_for(tools(), viewer(), viewer().user_id),
        browsers=browser_lines(own_sessions(tools(), viewer()), here),
        status=max(form.status, zone.status),
    )
