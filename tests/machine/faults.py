"""Single faults that somebody could build into Linkkeeper tomorrow; the machine must find each."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlmodel import col, select, update

from dashboard.adapters.smtp import Sent
from dashboard.db import credentials, findings, grants, outbox, outgoing
from dashboard.db.audience import person_concerned
from dashboard.db.incidents import open_incidents
from dashboard.db.tables import AccountRow, GrantRow, PublicationRow
from dashboard.domain import transitions
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Refused
from dashboard.domain.notices import NoticeKind
from dashboard.domain.publishing import NotPublished, PublishUnclear
from dashboard.services import fates, link_drafts, outages, publishing, relinking, renewing
from dashboard.services.storylines import Storyline


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


def _tells_of_all(unit: Any, user_id: Any, about: Any) -> Any:
    return {
        kind: replace(person, accounts=frozenset(about[kind]))
        for kind, person in _reach(unit, user_id, about).items()
    }


def _sends_a_doubted_post_again(tools: Any, planned: Any, owner: str, outcome: Any) -> None:
    if isinstance(outcome, PublishUnclear):
        outcome = NotPublished(evidence=outcome.evidence, about_the_post=True, again=True)
    _settle(tools, planned, owner, outcome)


def _sends_again_what_a_dead_worker_had(session: Any, *, now: Any) -> tuple[int, int]:
    going_out = col(PublicationRow.state) == "publishing"
    session.execute(update(PublicationRow).where(going_out).values(sent_at=None))
    return outgoing.give_up_lost(session, now=now)


def _takes_what_another_has(session: Any, publication_id: Any, **more: Any) -> Any:
    session.execute(
        update(PublicationRow)
        .where(col(PublicationRow.id) == publication_id)
        .where(col(PublicationRow.state) == "publishing")
        .values(state="scheduled")
    )
    return outgoing.claim_publication(session, publication_id, **more)


def _takes_no_word_for_a_no(tools: Any, of: Any) -> Any:
    found = _asked(tools, of)
    return NotPublished(evidence=found.evidence) if isinstance(found, PublishUnclear) else found


def _gives_back_what_is_being_renewed(session: Any) -> list[credentials.Leftover]:
    rows = session.execute(select(GrantRow).where(col(GrantRow.revoke_due))).scalars()
    return [
        credentials.Leftover(
            grant_id=row.id,
            platform=row.platform,
            server=row.server,
            app_id=row.app_id,
            sealed=row.credential,
            tries=0,
        )
        for row in rows
    ]


def _tells_the_start_with_each_link(tools: Any, unit: Any, places: Any) -> Any:
    known = [one for one in open_incidents(unit) if one.place in places]
    yield from outages.begin_outages(tools, unit, places)
    for one in known:
        yield Storyline(kind=NoticeKind.PLATFORM_SILENT, incident_id=one.id, place=one.place)


def _takes_events_and_leaves_them(session: Any, kind: Any) -> Any:
    taken = outbox.claim_untold(session, kind)
    outbox.give_back(session, [event.seq for event in taken])
    return taken


_open_result = relinking.open_result
_refusal = renewing.Attempt._refusal
_reach = link_drafts.reach_of
_settle = publishing._settle
_asked = fates._asked

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
    Fault(
        what="a mail tells of accounts that its reader may not see",
        place="services.link_drafts.reach_of",
        broken=_tells_of_all,
    ),
    Fault(
        what="a mail that goes once more is not asked whether it is still its reader's business",
        place="services.claiming.still_theirs",
        broken=lambda unit, claimed: person_concerned(unit, claimed.user_id),
    ),
    Fault(
        what="a post of unknown fate is sent again",
        place="services.publishing._settle",
        broken=_sends_a_doubted_post_again,
    ),
    Fault(
        what="a post that a dead worker had sent is sent again",
        place="services.publishing.give_up_lost",
        broken=_sends_again_what_a_dead_worker_had,
    ),
    Fault(
        what="two workers may take one post",
        place="services.publishing.claim_publication",
        broken=_takes_what_another_has,
    ),
    Fault(
        what="a post counts as failed as long as its platform works on it",
        place="services.fates._asked",
        broken=_takes_no_word_for_a_no,
    ),
    Fault(
        what="an outage is told account by account",
        place="services.outages.is_silent",
        broken=lambda _: False,
    ),
    Fault(
        what="what belongs to an outage is told on top of it",
        place="services.incidents._held_back",
        broken=lambda *_: frozenset(),
    ),
    Fault(
        what="the start of an outage is told again",
        place="services.incidents.begin_outages",
        broken=_tells_the_start_with_each_link,
    ),
    Fault(
        what="the end of an outage is not noted, and told again",
        place="services.outages.end_incident",
        broken=lambda *_, **__: True,
    ),
    Fault(
        what="what was told is told again",
        place="services.notifying.claim_untold",
        broken=_takes_events_and_leaves_them,
    ),
    Fault(
        what="a removed account's permission is never given back",
        place="services.removal.retire_grant",
        broken=lambda *_, **__: False,
    ),
    Fault(
        what="an old token is given back, and the newest lives on",
        place="services.safekeeping.hand_over",
        broken=lambda *_, **__: False,
    ),
    Fault(
        what="a token is given back while it is being renewed",
        place="services.giving_back.leftovers",
        broken=_gives_back_what_is_being_renewed,
    ),
]
