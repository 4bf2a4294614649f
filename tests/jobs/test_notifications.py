"""The jobs that tell people are known by name, due by themselves, and do their part."""

from dataclasses import replace
from datetime import timedelta

from dashboard.db.tables import DeliveryRow
from dashboard.domain.states import LinkState
from dashboard.services.ports import Tools
from jobs.process import Process
from jobs.schedule import PERIODIC
from tests.factories import make_account, make_role, make_user
from tests.fakes import FrozenClock
from tests.services.happenings import happen, rows


def test_a_change_becomes_a_mail_by_the_two_jobs(tools: Tools, clock: FrozenClock) -> None:
    make_user(tools.database, role_id=make_role(tools.database))
    account_id = make_account(tools.database)
    happen(tools, account_id, LinkState.HEALTHY, LinkState.EXPIRED)
    clock.advance(seconds=5)
    process = Process(replace(tools, mailer=None))
    process.run("gather_notices")
    process.run("send_mails")
    assert [row.state for row in rows(tools, DeliveryRow)] == ["kept"]


def test_lost_hints_are_made_good_within_seconds() -> None:
    every = {periodic.job: periodic.every for periodic in PERIODIC}
    assert every["gather_notices"] <= timedelta(seconds=5)
    assert every["send_mails"] <= timedelta(seconds=10)
