"""Who may tick which box, and who hears of it."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from dashboard.db.tables import (
    AuditRow,
    DeliveryRow,
    EventRow,
    NoticeRow,
    PreferenceRow,
    RoleAccountRow,
    UserRow,
)
from dashboard.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from dashboard.domain.notices import NoticeKind
from dashboard.domain.team import Actor, Right, RoleId, UserId, Viewer
from dashboard.services.ports import Tools
from dashboard.services.preferences import Wish, boxes_for, set_box, set_boxes
from tests.factories import make_account, make_role, make_user
from tests.fakes import START, FrozenClock, RecordingJobs

BROKEN = NoticeKind.LINK_BROKEN


def viewer(user_id: UUID, *rights: Right) -> Viewer:
    return Viewer(
        user_id=UserId(user_id),
        name="V",
        email="v@example.org",
        role_id=RoleId(uuid4()),
        role_name="R",
        rights=frozenset(rights),
    )


def untick(tools: Tools, who: Viewer, user_id: UUID, *, version: int = 0) -> None:
    actor = Actor(user_id=who.user_id, ip="192.0.2.1")
    set_box(tools, who, actor, user_id, BROKEN, wanted=False, version=version)


@pytest.fixture
def alice(tools: Tools) -> Viewer:
    return viewer(make_user(tools.database, role_id=make_role(tools.database, name="A")))


@pytest.fixture
def ada(tools: Tools) -> Viewer:
    role_id = make_role(tools.database, name="Administrators", rights=["manage_users"])
    return viewer(make_user(tools.database, role_id=role_id, name="Ada"), Right.MANAGE_USERS)


def rows(tools: Tools, table: type) -> list:
    with tools.database.reading() as session:
        found = list(session.exec(select(table)).all())
        session.expunge_all()
    return found


def test_everything_is_ticked_until_somebody_unticks_it(tools: Tools, alice: Viewer) -> None:
    boxes = boxes_for(tools, alice, alice.user_id)
    assert all(box.wanted and box.version == 0 for box in boxes.boxes)
    assert NoticeKind.SETTINGS_CHANGED not in {box.kind for box in boxes.boxes}
    assert boxes.own


def test_a_user_unticks_his_own_box(tools: Tools, alice: Viewer) -> None:
    untick(tools, alice, alice.user_id)
    assert not boxes_for(tools, alice, alice.user_id).box(BROKEN).wanted


def test_only_what_differs_from_the_default_is_stored(tools: Tools, alice: Viewer) -> None:
    untick(tools, alice, alice.user_id)
    assert len(rows(tools, PreferenceRow)) == 1
    version = boxes_for(tools, alice, alice.user_id).box(BROKEN).version
    actor = Actor(user_id=alice.user_id)
    set_box(tools, alice, actor, alice.user_id, BROKEN, wanted=True, version=version)
    assert rows(tools, PreferenceRow) == []


def test_nobody_is_told_of_what_he_changed_himself(tools: Tools, alice: Viewer) -> None:
    untick(tools, alice, alice.user_id)
    assert rows(tools, EventRow) == []


def test_an_administrator_unticks_the_box_of_another_who_is_told(
    tools: Tools, alice: Viewer, ada: Viewer, jobs: RecordingJobs
) -> None:
    """R16: the target is told by whom and what."""
    untick(tools, ada, alice.user_id)
    (event,) = rows(tools, EventRow)
    assert (event.kind, event.user_id, event.actor_id) == (
        "settings_changed",
        alice.user_id,
        ada.user_id,
    )
    assert [(one["before"], one["after"]) for one in event.data["changes"]] == [("on", "off")]
    assert not event.told
    assert jobs.hints == [("gather_notices",)]


def test_each_change_leaves_a_line_with_before_and_after(
    tools: Tools, alice: Viewer, ada: Viewer
) -> None:
    """R16, R79"""
    untick(tools, ada, alice.user_id)
    (line,) = rows(tools, AuditRow)
    assert (line.action, line.actor_id, line.ip) == (
        "preferences.changed",
        ada.user_id,
        "192.0.2.1",
    )
    assert line.target == f"user:{alice.user_id}"
    assert (line.before, line.after) == ({"link_broken": True}, {"link_broken": False})


def test_a_user_neither_reads_nor_changes_the_boxes_of_another(
    tools: Tools, alice: Viewer, ada: Viewer
) -> None:
    """R16: viewer and editor are refused, whatever the id."""
    for target in (ada.user_id, uuid4()):
        with pytest.raises(NotAllowedError):
            boxes_for(tools, alice, target)
        with pytest.raises(NotAllowedError):
            untick(tools, alice, target)
    assert rows(tools, PreferenceRow) == []


def test_an_administrator_asking_for_nobody_gets_no_such_user(tools: Tools, ada: Viewer) -> None:
    with pytest.raises(NotFoundError):
        boxes_for(tools, ada, uuid4())
    with pytest.raises(NotFoundError):
        untick(tools, ada, uuid4())


def test_of_two_who_change_the_same_box_one_is_told_of_the_conflict(
    tools: Tools, alice: Viewer, ada: Viewer, clock: FrozenClock
) -> None:
    """R16, R68"""
    seen = boxes_for(tools, ada, alice.user_id).box(BROKEN).version
    untick(tools, alice, alice.user_id)
    with pytest.raises(ConflictError):
        untick(tools, ada, alice.user_id, version=seen)
    assert len(rows(tools, AuditRow)) == 1


@pytest.mark.parametrize("clicks", [2, 3, 4, 5])
def test_quick_clicks_of_one_person_are_taken_in_order(
    tools: Tools, alice: Viewer, clock: FrozenClock, clicks: int
) -> None:
    """The page cannot know the new version before the first answer is there."""
    actor = Actor(user_id=alice.user_id)
    for click in range(clicks):
        clock.advance(seconds=1)
        wanted = click % 2 == 1
        set_box(tools, alice, actor, alice.user_id, BROKEN, wanted=wanted, version=0)
    assert boxes_for(tools, alice, alice.user_id).box(BROKEN).wanted is (clicks % 2 == 0)


def test_the_same_click_sent_twice_is_one_change(tools: Tools, alice: Viewer) -> None:
    untick(tools, alice, alice.user_id)
    untick(tools, alice, alice.user_id)
    assert len(rows(tools, AuditRow)) == 1


def test_several_boxes_change_together_or_not_at_all(
    tools: Tools, alice: Viewer, ada: Viewer
) -> None:
    untick(tools, alice, alice.user_id)
    wishes = {
        NoticeKind.LINK_LIMITED: Wish(wanted=False, version=0),
        BROKEN: Wish(wanted=False, version=0),
    }
    with pytest.raises(ConflictError):
        set_boxes(tools, ada, Actor(user_id=ada.user_id), alice.user_id, wishes)
    assert boxes_for(tools, alice, alice.user_id).box(NoticeKind.LINK_LIMITED).wanted


def test_what_is_always_sent_has_no_box(tools: Tools, alice: Viewer) -> None:
    actor = Actor(user_id=alice.user_id)
    with pytest.raises(InvalidInputError):
        set_box(
            tools,
            alice,
            actor,
            alice.user_id,
            NoticeKind.SETTINGS_CHANGED,
            wanted=False,
            version=0,
        )


def test_a_box_that_stays_as_it_is_leaves_no_trace(tools: Tools, alice: Viewer) -> None:
    actor = Actor(user_id=alice.user_id)
    set_box(tools, alice, actor, alice.user_id, BROKEN, wanted=True, version=0)
    assert rows(tools, AuditRow) == []


def test_a_box_says_how_many_accounts_and_of_which_the_user_was_told_last(
    tools: Tools, alice: Viewer
) -> None:
    bakery = make_account(tools.database, name="Bakery Jansen")
    garage = make_account(tools.database, name="Garage de Wit")
    told(tools, alice.user_id, accounts=[bakery], at=START - timedelta(days=1))
    told(tools, alice.user_id, accounts=[garage], at=START - timedelta(days=9))
    told(tools, alice.user_id, accounts=[garage], at=START, state="suppressed")
    boxes = boxes_for(tools, alice, alice.user_id)
    assert boxes.accounts == 2
    last = boxes.box(BROKEN).last_told
    assert last is not None
    assert (last.at, last.about) == (START - timedelta(days=1), ("Bakery Jansen",))


def test_a_box_does_not_name_accounts_that_the_role_lost(tools: Tools, alice: Viewer) -> None:
    """R17: what was told then is not shown to a role without access now."""
    bakery = make_account(tools.database, name="Bakery Jansen")
    told(tools, alice.user_id, accounts=[bakery], at=START)
    narrow = make_role(tools.database, name="Narrow", all_accounts=False)
    with tools.database.writing() as unit:
        user = unit.get(UserRow, alice.user_id)
        assert user is not None
        user.role_id = narrow
    last = boxes_for(tools, alice, alice.user_id).box(BROKEN).last_told
    assert last is not None
    assert last.about == ()
    with tools.database.writing() as unit:
        unit.add(RoleAccountRow(role_id=narrow, account_id=bakery))
    last = boxes_for(tools, alice, alice.user_id).box(BROKEN).last_told
    assert last is not None
    assert last.about == ("Bakery Jansen",)


def told(tools: Tools, user_id: UUID, *, accounts: list[UUID], at, state: str = "sent") -> None:
    notice = NoticeRow(kind=BROKEN.value, at=at)
    with tools.database.writing() as unit:
        unit.add(notice)
        unit.flush()
        unit.add(
            DeliveryRow(
                notice_id=notice.id,
                user_id=user_id,
                state=state,
                message_id=f"<{notice.id}@test>",
                accounts=[str(one) for one in accounts],
                created_at=at,
                sent_at=at,
            )
        )
