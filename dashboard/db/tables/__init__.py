"""Every table. Instants are aware UTC; ids in addresses are UUIDs; events count upwards.

Only `dashboard.db` imports this. What leaves `db/` is a frozen dataclass of the domain or of the
module that read it.
"""

from dashboard.db.tables.calendar import MentionRow, PictureRow, PublicationRow, SyncRow
from dashboard.db.tables.links import (
    AccountRow,
    AppRow,
    AttemptRow,
    GrantRow,
    LinkRow,
    PushRow,
    QuotaUseRow,
    SalvageRow,
)
from dashboard.db.tables.team import (
    AuditRow,
    OneTimeTokenRow,
    PreferenceRow,
    RoleAccountRow,
    RoleRow,
    SessionRow,
    UserRow,
)
from dashboard.db.tables.telling import CounterRow, DeliveryRow, EventRow, IncidentRow, NoticeRow
from dashboard.db.tables.upkeep import HeartbeatRow, JobFailureRow, SettingRow, SlotRow

__all__ = [
    "AccountRow",
    "AppRow",
    "AttemptRow",
    "AuditRow",
    "CounterRow",
    "DeliveryRow",
    "EventRow",
    "GrantRow",
    "HeartbeatRow",
    "IncidentRow",
    "JobFailureRow",
    "LinkRow",
    "MentionRow",
    "NoticeRow",
    "OneTimeTokenRow",
    "PictureRow",
    "PreferenceRow",
    "PublicationRow",
    "PushRow",
    "QuotaUseRow",
    "RoleAccountRow",
    "RoleRow",
    "SalvageRow",
    "SessionRow",
    "SettingRow",
    "SlotRow",
    "SyncRow",
    "UserRow",
]
