"""Who can mend this installation is told once when it is in trouble, and once when that is over."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlmodel import col, select, update

from dashboard.db.apps import clear_app_problems, note_app_problem
from dashboard.db.engine import Database
from dashboard.db.tables import AppRow, DeliveryRow, GrantRow, NoticeRow
from dashboard.domain.notices import NoticeKind
from dashboard.domain.team import Actor, Viewer
from dashboard.services.notifying import gather
from dashboard.services.ports import Tools
from dashboard.services.preferences import boxes_for, set_box
from dashboard.services.sending import send_due
from dashboard.services.setup_troubles import watch_setup
from tests.factories import make_account
from tests.fakes import START, FrozenClock
from tests.services.letter_box import LetterBox


@pytest.fixture
def app_id(tools: Tools) -> UUID:
    app = AppRow(platform="fake", client_id="id-1", created_at=START)
    with tools.database.writing() as unit:
        unit.add(app)
    return app.id


def refuse(tools: Tools, app_id: UUID) -> None:
    with tools.database.writing() as unit:
        note_app_problem(unit, app_id, "invalid client", now=tools.now())


def accept(tools: Tools, app_id: UUID) -> None:
    with tools.database.writing() as unit:
        clear_app_problems(unit, [app_id])


def lose_key(database: Database, trouble: str = "key_missing") -> None:
    with database.writing() as unit:
        unit.execute(update(GrantRow).values(trouble=trouble))


def told(tools: Tools) -> list[tuple[str, UUID]]:
    """Which kinds were told to whom so far."""
    watch_setup(tools)
    gather(tools)
    with tools.database.reading() as session:
        rows = session.execute(
            select(col(NoticeRow.kind), col(DeliveryRow.user_id))
            .join(DeliveryRow, col(DeliveryRow.notice_id) == col(NoticeRow.id))
            .order_by(col(DeliveryRow.created_at), col(NoticeRow.kind))
        )
        return [(kind, user_id) for kind, user_id in rows]


def test_a_refused_registration_is_told_once_to_administrators_and_its_end_too(
    tools: Tools, app_id: UUID, ada: Viewer, anna: Viewer, clock: FrozenClock
) -> None:
    refuse(tools, app_id)
    once = [("registration_refused", ada.user_id)]
    assert told(tools) == once
    refuse(tools, app_id)
    clock.advance(hours=1)
    assert told(tools) == once
    accept(tools, app_id)
    assert told(tools) == once * 2
    assert told(tools) == once * 2


def test_a_second_occurrence_is_told_again(tools: Tools, app_id: UUID, ada: Viewer) -> None:
    for _ in range(2):
        refuse(tools, app_id)
        told(tools)
        accept(tools, app_id)
        told(tools)
    assert len(told(tools)) == 4


def test_a_missing_key_is_told_once_however_many_permissions_it_locks(
    tools: Tools, ada: Viewer
) -> None:
    for _ in range(3):
        make_account(tools.database)
    lose_key(tools.database)
    assert told(tools) == [("key_missing", ada.user_id)]
    lose_key(tools.database, "")
    assert told(tools) == [("key_missing", ada.user_id)] * 2


def test_what_came_and_went_between_two_looks_is_told_to_nobody(
    tools: Tools, app_id: UUID, ada: Viewer
) -> None:
    refuse(tools, app_id)
    accept(tools, app_id)
    assert told(tools) == []


def test_two_workers_that_look_at_the_same_moment_tell_it_once(
    tools: Tools, app_id: UUID, ada: Viewer
) -> None:
    refuse(tools, app_id)
    assert [watch_setup(tools), watch_setup(tools)] == [1, 0]


def test_the_box_is_there_for_administrators_only_and_counts(
    tools: Tools, app_id: UUID, ada: Viewer, anna: Viewer
) -> None:
    kind = NoticeKind.REGISTRATION_REFUSED
    assert kind in {box.kind for box in boxes_for(tools, ada, ada.user_id).boxes}
    assert kind not in {box.kind for box in boxes_for(tools, anna, anna.user_id).boxes}
    actor = Actor(user_id=ada.user_id)
    set_box(tools, ada, actor, ada.user_id, kind, wanted=False, version=0)
    refuse(tools, app_id)
    assert told(tools) == []


def test_the_mail_says_whose_fault_it_is_not(tools: Tools, app_id: UUID, ada: Viewer) -> None:
    box = LetterBox()
    refuse(tools, app_id)
    told(tools)
    send_due(replace(tools, mailer=box))
    [letter] = box.letters
    assert "refuses Linkkeeper's registration" in letter.subject
    assert "do not relink anything" in letter.text


def test_a_mail_that_waited_until_it_was_over_is_not_sent(
    tools: Tools, app_id: UUID, ada: Viewer
) -> None:
    box = LetterBox()
    refuse(tools, app_id)
    told(tools)
    accept(tools, app_id)
    watch_setup(tools)
    send_due(replace(tools, mailer=box))
    assert box.letters == []
