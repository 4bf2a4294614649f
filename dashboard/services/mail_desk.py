"""What administrators do about mail: send a test, try again, let something be."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from dashboard.adapters.letter import Letter
from dashboard.adapters.letters import render_letter
from dashboard.adapters.smtp import Sent
from dashboard.db.audit import add_audit
from dashboard.db.settling import dismiss, revive
from dashboard.domain.errors import ConflictError, NotAllowedError
from dashboard.domain.team import Actor, Viewer
from dashboard.services.mail_pause import end_pause
from dashboard.services.notifying import mail_domain
from dashboard.services.ports import Tools

_ADVICE = {
    "retry": "Look at host, port and encryption in LINKKEEPER_MAIL_URL, then try again.",
    "login": "Look at user name and password in LINKKEEPER_MAIL_URL, and at LINKKEEPER_MAIL_FROM.",
    "refused": "The server answers but does not take this mail. Look at LINKKEEPER_MAIL_FROM.",
    "unknown_outcome": "It may have arrived all the same: look into your inbox.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """How the test ended: what the server said, in words, and what to do about it."""

    worked: bool
    said: str
    advice: str


def send_test(tools: Tools, viewer: Viewer) -> TestResult:
    """Send a mail to the administrator himself and wait for the answer of the server."""
    _only_administrators(viewer)
    if tools.mailer is None:
        said = "No mail server is set up, so nothing was sent."
        return TestResult(worked=False, said=said, advice="Set LINKKEEPER_MAIL_URL and restart.")
    context = {"name": viewer.name, "base_url": tools.settings.base_url}
    letter = render_letter("test", context)
    answer = tools.mailer.send(
        Letter(
            to=viewer.email,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            message_id=f"<test.{secrets.token_hex(16)}@{mail_domain(tools)}>",
        )
    )
    if isinstance(answer, Sent):
        end_pause(tools)
        tools.jobs.hint("send_mails")
        said = f"The mail server took the test mail to {viewer.email}."
        return TestResult(worked=True, said=said, advice="Look into your inbox, and into spam.")
    return TestResult(worked=False, said=answer.why, advice=_ADVICE[answer.kind])


def try_again(tools: Tools, viewer: Viewer, actor: Actor, delivery_id: UUID) -> None:
    """Send a failed or waiting mail at once; raises ConflictError when it is neither."""
    _only_administrators(viewer)
    now = tools.now()
    with tools.database.writing() as unit:
        if not revive(unit, delivery_id, now=now):
            raise ConflictError("This mail is not waiting any more.")
        target = f"delivery:{delivery_id}"
        add_audit(unit, at=now, actor=actor, action="mail.tried_again", target=target)
        unit.after_commit(lambda: tools.jobs.hint("send_mails"))


def let_be(tools: Tools, viewer: Viewer, actor: Actor, delivery_id: UUID) -> None:
    """Take a failed mail off the list; raises ConflictError when it has not failed."""
    _only_administrators(viewer)
    with tools.database.writing() as unit:
        if not dismiss(unit, delivery_id):
            raise ConflictError("This mail has not failed.")
        target = f"delivery:{delivery_id}"
        add_audit(unit, at=tools.now(), actor=actor, action="mail.let_be", target=target)


def try_server_again(tools: Tools, viewer: Viewer) -> None:
    """End the pause after a refused log-in; the next mail shows whether it was right."""
    _only_administrators(viewer)
    end_pause(tools)
    tools.jobs.hint("send_mails")


def _only_administrators(viewer: Viewer) -> None:
    if not viewer.is_administrator:
        raise NotAllowedError
