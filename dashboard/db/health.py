"""A link's health between its row and the domain, and a state change between event and JSON."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from dashboard.db.tables import LinkRow
from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.causes import Cause, Sureness
from dashboard.domain.checks import Evidence
from dashboard.domain.events import LinkStateChanged
from dashboard.domain.links import LinkHealth
from dashboard.domain.pushes import Hearsay, PushReason
from dashboard.domain.states import LinkState


def health_of(row: LinkRow) -> LinkHealth:
    return LinkHealth(
        state=LinkState(row.state),
        since=row.since,
        cause=Cause(row.cause) if row.cause else None,
        evidence=evidence_from(row.evidence),
        missing=missing_from(row.missing),
        renew_by=row.renew_by,
        troubled_since=row.troubled_since,
        silent_since=row.silent_since,
        misses=row.misses,
        doubts=row.doubts,
    )


def health_values(health: LinkHealth) -> dict[str, Any]:
    """Column values of `links` for an UPDATE."""
    return {
        "state": health.state.value,
        "since": health.since,
        "cause": health.cause.value if health.cause else "",
        "evidence": evidence_json(health.evidence),
        "missing": missing_json(health.missing),
        "renew_by": health.renew_by,
        "troubled_since": health.troubled_since,
        "silent_since": health.silent_since,
        "misses": health.misses,
        "doubts": health.doubts,
    }


def evidence_json(evidence: Evidence | None) -> dict[str, Any] | None:
    return None if evidence is None else asdict(evidence)


def evidence_from(data: dict[str, Any] | None) -> Evidence | None:
    if not data:
        return None
    return Evidence(
        call=data["call"],
        status=data["status"],
        code=data["code"],
        text=data["text"],
        ruled_out=tuple(data["ruled_out"]),
        sure=Sureness(data["sure"]) if data.get("sure") else None,
    )


def hearsay_from(reason: str, at: datetime | None) -> Hearsay | None:
    """What the platform told by itself about a link, None for nothing."""
    return Hearsay(reason=PushReason(reason), at=at) if reason and at else None


def missing_json(missing: tuple[Missing, ...]) -> list[dict[str, Any]]:
    return [{**asdict(item), "since": _instant(item.since)} for item in missing]


def missing_from(items: list[dict[str, Any]]) -> tuple[Missing, ...]:
    return tuple(
        Missing(
            capability=Capability(item["capability"]),
            kind=MissingKind(item["kind"]),
            what=item["what"],
            label=item["label"],
            grant_at=item["grant_at"],
            grant_url=item["grant_url"],
            by_relink=item.get("by_relink", False),
            since=_parsed(item.get("since")),  # what was stored before this was kept has none
        )
        for item in items
    )


def change_json(event: LinkStateChanged) -> dict[str, Any]:
    """A state change as the `data` of an event row of kind `link_state`."""
    return {
        "old": event.old.value,
        "new": event.new.value,
        "cause": event.cause.value if event.cause else "",
        "evidence": evidence_json(event.evidence),
        "missing": missing_json(event.missing),
        "renew_by": _instant(event.renew_by),
        "troubled_since": _instant(event.troubled_since),
    }


def change_from(data: dict[str, Any], at: datetime) -> LinkStateChanged:
    return LinkStateChanged(
        at=at,
        old=LinkState(data["old"]),
        new=LinkState(data["new"]),
        cause=Cause(data["cause"]) if data["cause"] else None,
        evidence=evidence_from(data["evidence"]),
        missing=missing_from(data["missing"]),
        renew_by=_parsed(data["renew_by"]),
        troubled_since=_parsed(data["troubled_since"]),
    )


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _parsed(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value)
