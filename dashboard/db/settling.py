"""How a claimed delivery goes on and ends; only its owner may say so (R53)."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.deliveries import Claimed, Mail, bundle
from dashboard.db.tables import DeliveryRow
from dashboard.domain.deliveries import UNDER_WAY, DeliveryState


def hand_over(
    session: Session,
    claimed: Claimed,
    *,
    mail: Mail,
    recipient: str,
    accounts: Mapping[UUID, Collection[UUID]] | None,
) -> bool:
    """Write what is about to be sent, before it is; False when the lease was lost.

    `accounts` says by notice of which accounts the mail speaks; None: of those it spoke of before.
    """
    if not _settle(
        session,
        claimed,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        recipient=recipient,
        flights=claimed.flights + 1,
    ):
        return False
    if accounts is None:
        return True
    # What an earlier try would have told of, and this one does not, was told to nobody.
    session.execute(update(DeliveryRow).where(bundle(claimed.id)).values(accounts=[]))
    for notice_id, named in accounts.items():
        session.execute(
            update(DeliveryRow)
            .where(bundle(claimed.id), col(DeliveryRow.notice_id) == notice_id)
            .values(accounts=[str(one) for one in sorted(named, key=str)])
        )
    return True


def settle_sent(session: Session, claimed: Claimed, *, now: datetime) -> bool:
    """The server took it; what it said is its reader's now and not kept here."""
    session.execute(
        update(DeliveryRow).where(col(DeliveryRow.lead_id) == claimed.id).values(sent_at=now)
    )
    return _settle(
        session,
        claimed,
        state=DeliveryState.SENT.value,
        sent_at=now,
        text="",
        html="",
        error="",
        due_at=None,
        claim="",
    )


def settle_later(
    session: Session, claimed: Claimed, *, due_at: datetime, why: str, flights: int
) -> bool:
    """It is tried again; `flights` stays above 0 when it may have arrived all the same."""
    return _settle(
        session,
        claimed,
        state=DeliveryState.RETRY.value,
        due_at=due_at,
        error=why[:500],
        flights=flights,
        claim="",
    )


def settle_ended(
    session: Session, claimed: Claimed, state: DeliveryState, *, why: str = ""
) -> bool:
    """It is over without having been sent: dead or suppressed. What it said is not kept."""
    return _settle(
        session,
        claimed,
        state=state.value,
        error=why[:500],
        text="",
        html="",
        due_at=None,
        claim="",
    )


def keep_mail(session: Session, claimed: Claimed, *, mail: Mail, recipient: str) -> bool:
    """Store the mail to be read here, because there is no server to send it."""
    return _settle(
        session,
        claimed,
        state=DeliveryState.KEPT.value,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        recipient=recipient,
        due_at=None,
        claim="",
    )


def revive(session: Session, delivery_id: UUID, *, now: datetime) -> bool:
    """Try a dead or waiting delivery again at once; False when it is in no such state."""
    done = session.execute(
        update(DeliveryRow)
        .where(
            col(DeliveryRow.id) == delivery_id,
            col(DeliveryRow.state).in_([DeliveryState.DEAD.value, DeliveryState.RETRY.value]),
        )
        .values(state=DeliveryState.RETRY.value, due_at=now, attempts=0, flights=0, created_at=now)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def forget_before(session: Session, at: datetime, *, most: int) -> int:
    """Delete deliveries that ended and were made before that instant; returns how many."""
    ended = (
        select(col(DeliveryRow.id))
        .where(
            col(DeliveryRow.created_at) < at,
            col(DeliveryRow.state).not_in([state.value for state in UNDER_WAY]),
        )
        .limit(most)
    )
    done = session.execute(delete(DeliveryRow).where(col(DeliveryRow.id).in_(ended)))
    return int(done.rowcount)  # type: ignore[attr-defined]


def dismiss(session: Session, delivery_id: UUID) -> bool:
    """Put a dead delivery aside; False when it is in no such state."""
    done = session.execute(
        update(DeliveryRow)
        .where(
            col(DeliveryRow.id) == delivery_id,
            col(DeliveryRow.state) == DeliveryState.DEAD.value,
        )
        .values(state=DeliveryState.SUPPRESSED.value)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def _settle(session: Session, claimed: Claimed, **values: Any) -> bool:
    """Only the owner writes, and only while nobody took the delivery over."""
    done = session.execute(
        update(DeliveryRow)
        .where(
            col(DeliveryRow.id) == claimed.id,
            col(DeliveryRow.state) == DeliveryState.SENDING.value,
            col(DeliveryRow.claim) == claimed.owner,
        )
        .values(**values)
    )
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]
