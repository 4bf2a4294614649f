"""Our registrations with platforms and their servers; the secret is sealed to its row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from dashboard.db.tables import AccountRow, AppRow, GrantRow
from dashboard.domain.credentials import App, Sealer
from dashboard.domain.errors import CannotDecryptError


def newest_app(
    session: Session, cipher: Sealer, *, platform: str, server: str, client_id: str = ""
) -> tuple[UUID, App] | None:
    """The registration in use with a server; an older one may still serve older grants.

    With `client_id` only registrations with that id count, those taken out of use among them.
    """
    which = [col(AppRow.platform) == platform, col(AppRow.server) == server]
    if client_id:
        which.append(col(AppRow.client_id) == client_id)
    else:
        which.append(col(AppRow.retired_at).is_(None))
    row = session.execute(
        select(AppRow)
        .where(*which)
        .order_by(col(AppRow.created_at).desc(), col(AppRow.id))
        .limit(1)
    ).scalar_one_or_none()
    return None if row is None else (row.id, _app(row, cipher))


def apps_of_client(
    session: Session, cipher: Sealer, *, platform: str, client_id: str
) -> list[tuple[UUID, App]]:
    """All registrations under one id, each with a secret of its own, the newest first."""
    rows = session.execute(
        select(AppRow)
        .where(col(AppRow.platform) == platform, col(AppRow.client_id) == client_id)
        .order_by(col(AppRow.created_at).desc(), col(AppRow.id))
    ).scalars()
    return [(row.id, _app(row, cipher)) for row in rows]


def find_app(session: Session, cipher: Sealer, app_id: UUID) -> App | None:
    row = session.get(AppRow, app_id)
    return None if row is None else _app(row, cipher)


def app_of_grant(session: Session, cipher: Sealer, grant_id: UUID) -> App | None:
    """The registration that a consent was given to; None for platforms without one."""
    app_id = session.execute(
        select(col(GrantRow.app_id)).where(col(GrantRow.id) == grant_id)
    ).scalar_one_or_none()
    return None if app_id is None else find_app(session, cipher, app_id)


def insert_app(
    session: Session, cipher: Sealer, *, app_id: UUID, platform: str, app: App, now: datetime
) -> None:
    session.add(
        AppRow(
            id=app_id,
            platform=platform,
            server=app.server,
            client_id=app.client_id,
            secret=_seal(cipher, app_id, app.client_secret),
            scopes=list(app.scopes),
            facts=dict(app.facts),
            created_at=now,
        )
    )


def replace_secret(session: Session, cipher: Sealer, app_id: UUID, app: App) -> None:
    """The same registration with another secret or other facts; its problem is over, we hope."""
    session.execute(
        update(AppRow)
        .where(col(AppRow.id) == app_id)
        .values(
            secret=_seal(cipher, app_id, app.client_secret),
            scopes=list(app.scopes),
            facts=dict(app.facts),
            problem="",
            problem_since=None,
        )
    )


def prefer_app(session: Session, app_id: UUID, *, now: datetime) -> None:
    """Let this one be the newest of its platform: new log-ins go to it."""
    session.execute(
        update(AppRow).where(col(AppRow.id) == app_id).values(created_at=now, retired_at=None)
    )


def retire_apps(session: Session, platform: str, *, now: datetime) -> int:
    """Take a platform's registrations out of use; how many there were.

    The secrets stay only where a consent was given to them: its links go on working.
    """
    ours = (col(AppRow.platform) == platform, col(AppRow.server) == "")
    serving = select(col(GrantRow.app_id)).where(col(GrantRow.app_id).is_not(None))
    done = session.execute(
        update(AppRow).where(*ours, col(AppRow.retired_at).is_(None)).values(retired_at=now)
    )
    session.execute(
        update(AppRow)
        .where(*ours, col(AppRow.id).not_in(serving))
        .values(secret=b"", problem="", problem_since=None)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def problem_of(session: Session, app_id: UUID) -> tuple[str, datetime | None]:
    """What the platform said when it refused our registration, and since when; "" if it works."""
    found = session.execute(
        select(col(AppRow.problem), col(AppRow.problem_since)).where(col(AppRow.id) == app_id)
    ).first()
    return ("", None) if found is None else (found[0], found[1])


def hang_on_platform(session: Session, platform: str) -> int:
    """How many accounts of a platform there are."""
    return session.execute(
        select(func.count()).where(
            col(AccountRow.platform) == platform, col(AccountRow.removed_at).is_(None)
        )
    ).scalar_one()


def load_apps(session: Session, cipher: Sealer, app_ids: Sequence[UUID]) -> dict[UUID, App | None]:
    """The registrations among these; None where the secret cannot be opened on this server."""
    rows = session.execute(select(AppRow).where(col(AppRow.id).in_(app_ids))).scalars()
    apps: dict[UUID, App | None] = {}
    for row in rows:
        try:
            apps[row.id] = _app(row, cipher)
        except CannotDecryptError:
            apps[row.id] = None
    return apps


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedApp:
    """A registration that its platform refuses, and what it said."""

    id: UUID
    platform: str
    server: str
    problem: str


def refused_apps(session: Session) -> list[RefusedApp]:
    """All registrations in trouble; few rows."""
    rows = session.execute(
        select(col(AppRow.id), col(AppRow.platform), col(AppRow.server), col(AppRow.problem))
        .where(col(AppRow.problem) != "")
        .order_by(col(AppRow.id))
    )
    return [
        RefusedApp(id=row.id, platform=row.platform, server=row.server, problem=row.problem)
        for row in rows
    ]


def note_app_problem(session: Session, app_id: UUID, problem: str, *, now: datetime) -> None:
    """Keep what the platform says about our registration; the date is that of the first time."""
    session.execute(
        update(AppRow)
        .where(col(AppRow.id) == app_id, col(AppRow.problem) != problem[:500])
        .values(problem=problem[:500], problem_since=func.coalesce(col(AppRow.problem_since), now))
    )


def clear_app_problems(session: Session, app_ids: Sequence[UUID]) -> None:
    """These registrations were just seen to work."""
    session.execute(
        update(AppRow)
        .where(col(AppRow.id).in_(app_ids), col(AppRow.problem) != "")
        .values(problem="", problem_since=None)
    )


def _seal(cipher: Sealer, app_id: UUID, secret: str) -> bytes:
    if not secret:
        return b""
    return cipher.seal(secret.encode(), table="apps", row=str(app_id), column="secret")


def _app(row: AppRow, cipher: Sealer) -> App:
    secret = b""
    if row.secret:
        secret = cipher.open(row.secret, table="apps", row=str(row.id), column="secret")
    return App(
        client_id=row.client_id,
        client_secret=secret.decode(),
        server=row.server,
        scopes=tuple(row.scopes),
        facts=row.facts,
    )
