"""Single faults that somebody could build into Linkkeeper tomorrow; the machine must find each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlmodel import col, update

from dashboard.adapters.smtp import Sent
from dashboard.db import findings, grants
from dashboard.db.tables import AccountRow, GrantRow
from dashboard.domain import transitions
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Refused
from dashboard.services import relinking, renewing


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is broken, and the place that is put out of order by it."""

    what: str
    place: str
    broken: Callable[..., Any]

    def build_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(f"dashboard.{self.place}", self.broken)


def _keeps_the_old_token(session: Any, lease: grants.Lease, **more: Any) -> bool:
    old = session.get(GrantRow, lease.grant_id, populate_existing=True).credential
    return grants.store_renewed(session, lease, **{**more, "sealed": old})


def _takes_no_lease(
    session: Any, grant: grants.StoredGrant, *, owner: str, **_: Any
) -> grants.Lease:
    session.execute(update(GrantRow).where(col(GrantRow.id) == grant.id).values(lease_owner=owner))
    return grants.Lease(grant_id=grant.id, generation=grant.generation, owner=owner)


def _forgets_the_credential(session: Any, lease: grants.Lease, **more: Any) -> bool:
    session.execute(
        update(GrantRow).where(col(GrantRow.id) == lease.grant_id).values(credential=b"")
    )
    return grants.end_lease(session, lease, **more)


def _silence_accuses(health: Any, outcome: Any, now: Any, patience: Any) -> Any:
    refused = Refused(cause=Cause.TOKEN_REFUSED, evidence=outcome.evidence)
    return transitions._after_refusal(health, refused, now, patience)


def _writes_no_event(session: Any, found: Any) -> int:
    return findings.store_findings(session, [replace(one, event=None) for one in found])


def _takes_any_identity(tools: Any, attempt: Any) -> Any:
    granted = _open_result(tools, attempt)
    with tools.database.reading() as session:
        account = session.get(AccountRow, attempt.account_id)
    who = replace(granted.identities[0], remote_id=account.remote_id)
    return replace(granted, identities=(who,))


def _forgets_that_an_answer_was_lost(attempt: Any, outcome: Any, _lost: Any) -> Any:
    return _refusal(attempt, outcome, None)


_open_result = relinking.open_result
_refusal = renewing.Attempt._refusal

FAULTS = [
    Fault(
        what="the old token is kept after a rotation",
        place="services.safekeeping.store_renewed",
        broken=_keeps_the_old_token,
    ),
    Fault(
        what="two renewals may be under way at once",
        place="services.renewing.take_lease",
        broken=_takes_no_lease,
    ),
    Fault(
        what="an unclear answer costs the credential",
        place="services.renewing.end_lease",
        broken=_forgets_the_credential,
    ),
    Fault(
        what="a lost answer is told as a refusal",
        place="services.renewing.Attempt._refusal",
        broken=_forgets_that_an_answer_was_lost,
    ),
    Fault(
        what="silence accuses the link",
        place="domain.transitions._after_silence",
        broken=_silence_accuses,
    ),
    Fault(
        what="a change of state is stored without its event",
        place="services.check_batches.store_findings",
        broken=_writes_no_event,
    ),
    Fault(
        what="a mail counts as sent although it never left",
        place="services.sending._mail",
        broken=lambda *_: Sent(),
    ),
    Fault(
        what="a mail that went out is not noted, and goes out again",
        place="services.sending.settle_sent",
        broken=lambda *_, **__: True,
    ),
    Fault(
        what="a relink takes whatever account comes back",
        place="services.relinking.open_result",
        broken=_takes_any_identity,
    ),
]
