"""Settings > General: mail, jobs and monitors, for administrators only."""

import re
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from dashboard.db.tables import DeliveryRow, JobFailureRow, NoticeRow
from dashboard.domain.states import LinkState
from dashboard.services import health_token
from dashboard.services.mail_pause import begin_pause, pause_now
from dashboard.services.notifying import gather
from dashboard.services.sending import send_due
from tests.factories import make_account
from tests.services.happenings import happen

PAGES = ["/settings/general/mail", "/settings/general/jobs", "/settings/general/health"]


def deliver(tools, person, *, state: str, error: str = "", subject: str = "A subject") -> UUID:
    notice = NoticeRow(kind="link_broken", at=tools.now())
    row = DeliveryRow(
        notice_id=notice.id,
        user_id=person.id,
        state=state,
        error=error,
        subject=subject,
        text="The text of the mail.\n<script>alert(1)</script>",
        recipient=person.email,
        message_id=f"<{notice.id}@test>",
        attempts=3,
        due_at=tools.now(),
        created_at=tools.now(),
    )
    with tools.database.writing() as unit:
        unit.add(notice)
        unit.flush()
        unit.add(row)
    return row.id


@pytest.mark.parametrize("url", PAGES)
def test_it_is_for_administrators(anon, client_for, alice, ada, url: str) -> None:
    assert anon.get(url).location.startswith("/sign-in")
    assert client_for(alice).get(url).status_code == 403
    assert client_for(ada).get(url).status_code == 200


def test_the_menu_leads_to_mail(client_for, ada) -> None:
    assert client_for(ada).get("/settings/general").location == "/settings/general/mail"


def test_without_a_server_the_page_says_how_to_set_it_up(client_for, ada) -> None:
    text = client_for(ada).get("/settings/general/mail").text
    assert "Mail is not set up: nobody is being told" in text
    assert "LINKKEEPER_MAIL_URL" in text
    assert "No mail was kept yet" in text


def test_everybody_sees_that_nobody_is_told(client_for, alice) -> None:
    assert "Mail is not set up: nobody is being told." in client_for(alice).get("/me").text


def test_a_kept_mail_is_read_as_text(client_for, ada, tools, clock) -> None:
    happen(tools, make_account(tools.database), LinkState.HEALTHY, LinkState.EXPIRED)
    clock.advance(seconds=5)
    gather(tools)
    send_due(tools)
    browser = client_for(ada)
    text = browser.get("/settings/general/mail").text
    link = re.search(r'href="(/settings/general/mail/[0-9a-f-]+)">(.+?)</a>', text)
    assert link is not None
    assert link[2] == "Fakebook page Bakery Jansen has lost its link: relink it"
    assert "Also told" in (kept := browser.get(link[1]).text) or "Nobody else" in kept


def test_markup_in_a_kept_mail_is_text(client_for, ada, tools) -> None:
    """R21"""
    delivery_id = deliver(tools, ada, state="kept")
    text = client_for(ada).get(f"/settings/general/mail/{delivery_id}").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize("state", ["sent", "pending", "dead"])
def test_what_was_not_kept_is_nobody_elses_to_read(client_for, ada, bob, tools, state) -> None:
    delivery_id = deliver(tools, bob, state=state)
    for asked in (delivery_id, uuid4()):
        assert client_for(ada).get(f"/settings/general/mail/{asked}").status_code == 404


def test_a_test_without_server_says_what_to_do(client_for, ada) -> None:
    answer = client_for(ada).post("/settings/general/mail/test")
    assert answer.status_code == 200
    assert "The test did not work" in answer.text
    assert "Set LINKKEEPER_MAIL_URL and restart." in answer.text


def test_what_was_not_delivered_stands_with_its_reason_and_is_tried_again(
    client_for, ada, bob, tools
) -> None:
    delivery_id = deliver(tools, bob, state="dead", error="550 no such person")
    browser = client_for(ada)
    text = browser.get("/settings/general/mail").text
    assert "550 no such person" in text
    assert "Given up after 3 tries." in text
    answer = browser.post(f"/settings/general/mail/{delivery_id}/again")
    assert answer.location == "/settings/general/mail"
    with tools.database.reading() as session:
        row = session.exec(select(DeliveryRow)).one()
    assert (row.state, row.due_at) == ("retry", tools.now())


def test_a_mail_that_was_never_written_is_named_by_its_kind(client_for, ada, bob, tools) -> None:
    deliver(tools, bob, state="dead", error="Given up after 3 days.", subject="")
    text = client_for(ada).get("/settings/general/mail").text
    assert "is not connected properly" in text


def test_a_dead_mail_is_let_be(client_for, ada, bob, tools) -> None:
    delivery_id = deliver(tools, bob, state="dead", error="550 no such person")
    browser = client_for(ada)
    browser.post(f"/settings/general/mail/{delivery_id}/let-be")
    assert "550 no such person" not in browser.get("/settings/general/mail").text


def test_a_pause_is_shown_with_what_the_server_said_and_ended(client_for, ada, tools) -> None:
    begin_pause(tools, "The mail server does not accept user name and password: 535")
    browser = client_for(ada)
    text = browser.get("/settings/general/mail").text
    assert "does not accept user name and password: 535" in text
    browser.post("/settings/general/mail/resume")
    assert pause_now(tools) is None


def test_a_job_that_went_wrong_is_seen_and_tried_again(client_for, ada, tools) -> None:
    now = tools.now()
    with tools.database.writing() as unit:
        unit.add(
            JobFailureRow(
                key="sync_account:1",
                job="sync_account",
                first_at=now,
                last_at=now,
                error="ValueError\nsyncing.py:10 sync",
            )
        )
    browser = client_for(ada)
    text = browser.get("/settings/general/jobs").text
    assert "Sync account" in text
    assert "syncing.py:10 sync" in text
    assert "1 job went wrong." in text
    browser.post("/settings/general/jobs/seen")
    text = browser.get("/settings/general/jobs").text
    assert "1 job went wrong." not in text
    assert "Sync account" in text
    browser.post("/settings/general/jobs/release", {"key": "sync_account:1"})
    assert "No job went wrong" in browser.get("/settings/general/jobs").text


def test_the_secret_for_monitors_is_shown_once(client_for, ada, tools) -> None:
    browser = client_for(ada)
    assert "There is no secret yet" in browser.get("/settings/general/health").text
    made = browser.post("/settings/general/health")
    token = re.search(r'id="fresh-secret" value="([^"]+)"', made.text)
    assert token is not None
    assert health_token.verify(tools, token[1])
    assert made.headers["Cache-Control"] == "no-store"
    later = browser.get("/settings/general/health").text
    assert token[1] not in later
    assert "by Ada Vermeer" in later
    browser.post("/settings/general/health/remove")
    assert not health_token.verify(tools, token[1])
