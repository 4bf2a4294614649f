"""Settings > General, for administrators: mail, jobs that went wrong, the secret for monitors."""

from uuid import UUID

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.db.screens.mail import kept_mail, mail_screen
from dashboard.domain.errors import NotFoundError
from dashboard.domain.team import Right
from dashboard.services import failures, health_token, mail_desk
from dashboard.services.mail_desk import TestResult
from dashboard.services.mail_pause import pause_now
from dashboard.web.access import needs
from dashboard.web.current import actor, tools, viewer
from dashboard.web.htmx import page, redirect_to

bp = Blueprint("general", __name__, url_prefix="/settings/general")


@bp.get("")
@needs(Right.MANAGE_USERS)
def index() -> ResponseReturnValue:
    """Where the menu leads: mail comes first, without it nobody is told of anything."""
    return redirect_to(url_for(".mail"))


@bp.get("/mail")
@needs(Right.MANAGE_USERS)
def mail() -> ResponseReturnValue:
    """Whether people can be told, what could not be delivered, and what was kept."""
    return _mail(None)


@bp.post("/mail/test")
@needs(Right.MANAGE_USERS)
def test_mail() -> ResponseReturnValue:
    """Send a mail to whoever asks and show what the server answers."""
    return _mail(mail_desk.send_test(tools(), viewer()))


@bp.post("/mail/resume")
@needs(Right.MANAGE_USERS)
def resume_mail() -> ResponseReturnValue:
    """Let mails flow again at once, after the log-in was put right."""
    mail_desk.try_server_again(tools(), viewer())
    return redirect_to(url_for(".mail"), say="Linkkeeper tries the mail server again.")


@bp.post("/mail/<uuid:delivery_id>/again")
@needs(Right.MANAGE_USERS)
def try_again(delivery_id: UUID) -> ResponseReturnValue:
    mail_desk.try_again(tools(), viewer(), actor(), delivery_id)
    return redirect_to(url_for(".mail"), say="It is being sent again.")


@bp.post("/mail/<uuid:delivery_id>/let-be")
@needs(Right.MANAGE_USERS)
def let_be(delivery_id: UUID) -> ResponseReturnValue:
    mail_desk.let_be(tools(), viewer(), actor(), delivery_id)
    return redirect_to(url_for(".mail"), say="It is off the list.")


@bp.get("/mail/<uuid:delivery_id>")
@needs(Right.MANAGE_USERS)
def kept(delivery_id: UUID) -> ResponseReturnValue:
    """A mail that was kept because no server is set up, as its reader would have got it."""
    with tools().database.reading() as session:
        found = kept_mail(session, delivery_id)
    if found is None:
        raise NotFoundError("kept mail")
    return page("general/kept.html", kept=found)


@bp.get("/jobs")
@needs(Right.MANAGE_USERS)
def jobs() -> ResponseReturnValue:
    """Jobs that went wrong: none of them is swallowed."""
    return page("general/jobs.html", troubles=failures.troubles(tools()))


@bp.post("/jobs/seen")
@needs(Right.MANAGE_USERS)
def jobs_seen() -> ResponseReturnValue:
    failures.mark_all_seen(tools())
    return redirect_to(url_for(".jobs"), say="Marked as seen.")


@bp.post("/jobs/release")
@needs(Right.MANAGE_USERS)
def release_job() -> ResponseReturnValue:
    """Take a job off the list; if its work is still due it is tried again."""
    failures.release(tools(), request.form.get("key", ""))
    return redirect_to(url_for(".jobs"), say="It is tried again when it is due.")


@bp.get("/health")
@needs(Right.MANAGE_USERS)
def health() -> ResponseReturnValue:
    """The secret with which a monitor asks how the accounts stand."""
    return _health("")


@bp.post("/health")
@needs(Right.MANAGE_USERS)
def make_token() -> ResponseReturnValue:
    """Make a new secret; this answer is the only place where it is ever shown."""
    return _health(health_token.create(tools(), viewer(), actor()))


@bp.post("/health/remove")
@needs(Right.MANAGE_USERS)
def remove_token() -> ResponseReturnValue:
    health_token.remove(tools(), viewer(), actor())
    return redirect_to(url_for(".health"), say="No monitor can ask any more.")


def _mail(result: TestResult | None) -> ResponseReturnValue:
    with tools().database.reading() as session:
        screen = mail_screen(session, now=tools().now())
    settings = tools().settings
    return page(
        "general/mail.html",
        screen=screen,
        server=settings.mail_server if tools().mailer else None,
        sender=settings.mail_from,
        pause=pause_now(tools()),
        result=result,
    )


def _health(fresh: str) -> ResponseReturnValue:
    return page(
        "general/health.html",
        made=health_token.made(tools()),
        fresh=fresh,
        url=f"{tools().settings.base_url}/health/accounts",
    )
