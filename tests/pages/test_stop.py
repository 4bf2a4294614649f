"""Stopping mails from the mail: by a page, or by one click in a mail program (R56, RFC 8058)."""

from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from dashboard.db.tables import AuditRow, DeliveryRow, EventRow, NoticeRow, PreferenceRow
from tests.pages.conftest import ORIGIN

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def deliver(tools, alice):
    def deliver(kind: str = "link_broken", *, lead_id: UUID | None = None) -> UUID:
        notice = NoticeRow(kind=kind, at=tools.now())
        row = DeliveryRow(
            notice_id=notice.id,
            user_id=alice.id,
            state="merged" if lead_id else "sent",
            lead_id=lead_id,
            message_id=f"<{notice.id}@test>",
            created_at=tools.now(),
        )
        with tools.database.writing() as unit:
            unit.add(notice)
            unit.flush()
            unit.add(row)
        return row.id

    return deliver


def boxes(tools) -> list[tuple[str, bool]]:
    with tools.database.reading() as session:
        return sorted((row.kind, row.wanted) for row in session.exec(select(PreferenceRow)))


def one_click(app, delivery_id: UUID):
    """What the server of a mail provider sends: no cookie, no origin, no form token."""
    url = f"/mail/stop/{delivery_id}"
    return app.test_client().post(url, base_url=ORIGIN, data=ONE_CLICK)


def test_opening_the_address_stops_nothing(anon, deliver, tools) -> None:
    answer = anon.get(f"/mail/stop/{deliver()}")
    assert answer.status_code == 200
    assert "Stop these e-mails?" in answer.text
    assert boxes(tools) == []


def test_one_click_of_a_mail_program_stops_them(app, deliver, tools) -> None:
    delivery_id = deliver()
    assert one_click(app, delivery_id).status_code == 200
    assert one_click(app, delivery_id).status_code == 200
    assert boxes(tools) == [("link_broken", False)]


def test_a_stranger_with_the_mail_stops_them_by_the_page(anon, deliver, tools) -> None:
    answer = anon.post(f"/mail/stop/{deliver()}")
    assert "No more of these e-mails" in answer.text
    assert boxes(tools) == [("link_broken", False)]


def test_a_mail_of_several_kinds_stops_them_all(app, deliver, tools) -> None:
    lead = deliver()
    deliver("link_limited", lead_id=lead)
    one_click(app, lead)
    assert boxes(tools) == [("link_broken", False), ("link_limited", False)]


def test_it_is_the_reader_himself_who_did_it(app, deliver, alice, tools) -> None:
    """R79: it stands in the audit, and he is not mailed about it."""
    one_click(app, deliver())
    with tools.database.reading() as session:
        line = session.exec(select(AuditRow)).one()
        assert session.exec(select(EventRow)).all() == []
    assert (line.actor_id, line.target) == (alice.id, f"user:{alice.id}")


@pytest.mark.parametrize("sample", [None, "settings_changed"])
def test_what_is_unknown_or_always_sent_is_not_stopped(anon, app, deliver, tools, sample) -> None:
    delivery_id = deliver(sample) if sample else uuid4()
    assert one_click(app, delivery_id).status_code == 404
    assert "too long ago" in anon.get(f"/mail/stop/{delivery_id}").text
    assert boxes(tools) == []


def test_another_site_cannot_make_a_browser_stop_them(app, deliver, tools) -> None:
    """R19"""
    answer = app.test_client().post(
        f"/mail/stop/{deliver()}", base_url=ORIGIN, headers={"Origin": "https://evil.com"}
    )
    assert answer.status_code == 403
    assert boxes(tools) == []


def test_the_page_names_no_account_and_no_person(anon, deliver, alice) -> None:
    text = anon.get(f"/mail/stop/{deliver()}").text
    assert alice.name not in text
    assert alice.email not in text
