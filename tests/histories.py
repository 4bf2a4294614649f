"""What must hold of what a database remembers, whatever happened; for machine and kill loop.

Each raises AssertionError with what is wrong.
"""

from collections import Counter

from sqlmodel import Session, col, select

from dashboard.db.tables import DeliveryRow, EventRow, IncidentRow, NoticeRow

_BROKEN = {"expired", "blocked", "unreachable"}


def incidents_of_a_place_follow_one_another(session: Session) -> None:
    """I6: opened and resolved alternate."""
    rows = session.exec(select(IncidentRow).order_by(col(IncidentRow.began_at))).all()
    places: dict[tuple[str, str, str], IncidentRow] = {}
    for row in rows:
        key = (row.platform, row.server, row.grant_key)
        before = places.get(key)
        assert before is None or before.ended_at, "two are open at one place"
        assert before is None or before.ended_at <= row.began_at, "it began before the end"
        places[key] = row


def an_incident_is_told_once_at_its_start_and_once_at_its_end(session: Session) -> None:
    """I7: to each person; and its end not before there is one."""
    ended = {
        str(incident_id): ended_at is not None
        for incident_id, ended_at in session.exec(
            select(IncidentRow.id, IncidentRow.ended_at)
        ).all()
    }
    rows = session.exec(
        select(EventRow.data, DeliveryRow.user_id)
        .join(DeliveryRow, col(DeliveryRow.notice_id) == col(EventRow.notice_id))
        .where(EventRow.kind == "platform_incident")
    ).all()
    told = Counter((data["incident"], data["kind"], user) for data, user in rows)
    for (incident, kind, _), times in told.items():
        assert times == 1, f"{kind} was told {times} times of one incident"
        assert kind != "platform_back" or ended[incident], "its end was told, and it goes on"


def trouble_is_told_no_oftener_than_it_comes(session: Session) -> None:
    """I7: nobody is told twice that an account broke which broke once."""
    mails = session.exec(
        select(DeliveryRow.user_id, DeliveryRow.accounts)
        .join(NoticeRow, col(NoticeRow.id) == col(DeliveryRow.notice_id))
        .where(NoticeRow.kind == "link_broken", DeliveryRow.state != "suppressed")
    ).all()
    events = session.exec(select(EventRow).where(EventRow.kind == "link_state")).all()
    broke = Counter(str(one.account_id) for one in events if one.data["new"] in _BROKEN)
    told = Counter((user, account) for user, accounts in mails for account in accounts)
    for (_, account), times in told.items():
        assert times <= broke[account], f"told {times} times, broken {broke[account]} times"
