"""Renewals of consents that are bound to a key: single use, a number to be asked for, no loss."""

from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest

from dashboard.db.engine import Database
from dashboard.domain.causes import Cause
from dashboard.domain.faults import planned
from dashboard.domain.team import Viewer
from dashboard.domain.wire import Answer, Ask, NoAnswerError, Silence
from dashboard.platforms.bluesky import Bluesky
from dashboard.services.log_ins import Browser
from dashboard.services.ports import Tools
from dashboard.services.renewals import Denied, Renewed, Unclear
from tests.fakes import FrozenClock, ScriptedHttp
from tests.platforms.samples import answer
from tests.platforms.test_bluesky_own_log_in import BASE, proof, tokens, world
from tests.services.renewal_kit import Crash, at, die, grant_row, lapse, renew, stored_access
from tests.services.test_own_servers import TYPED, grant_of, link
from tests.services.test_refreshing import POINTS

RENEW = "renew the permission"
SENT = {"refresh.after_response", "refresh.before_store", "refresh.before_commit"}


@dataclass
class LogInServer:
    """Knows one refresh token at a time; another one ends the consent, as the real one does."""

    current: str = "bound-refresh"
    is_over: bool = False
    wants: str = ""  # the number that a proof must carry
    loses: int = 0  # so many answers get lost after the work is done
    renewed: int = 0
    seen: list[str] = field(default_factory=list)

    def __call__(self, ask: Ask) -> Answer:
        assert ask.form is not None
        if self.wants and proof(ask)[1].get("nonce") != self.wants:
            headers = {"dpop-nonce": self.wants}
            return answer(400, {"error": "use_dpop_nonce"}, headers=headers)
        token = ask.form["refresh_token"]
        self.seen.append(token)
        if self.is_over or token != self.current:
            why = "Invalid refresh token" if self.is_over else "Refresh token replayed"
            self.is_over = True
            return answer(400, {"error": "invalid_grant", "error_description": why})
        self.renewed += 1
        self.current = f"refresh-{self.renewed}"
        if self.loses:
            self.loses -= 1
            raise NoAnswerError(Silence.TIMEOUT, call=ask.call, may_have_arrived=True)
        given = tokens(access_token=f"access-{self.renewed}", refresh_token=self.current)
        return answer(200, given)


@pytest.fixture
def server() -> LogInServer:
    return LogInServer()


@pytest.fixture
def linking(tools: Tools, server: LogInServer, clock: FrozenClock) -> Tools:
    fine: dict[str, Any] = {"look at the account": answer(200, {"active": True})}
    http = ScriptedHttp(answers=world() | fine | {RENEW: server})
    return replace(
        tools,
        settings=replace(tools.settings, base_url=BASE),
        http=http,
        platforms={"bluesky": Bluesky(clock=clock)},
    )


@pytest.fixture
def grant_id(linking: Tools, anna: Viewer, window: Browser) -> UUID:
    found: UUID = grant_of(linking, link(linking, anna, window, TYPED)).id
    return found


def test_r33_the_wish_for_a_number_is_no_second_renewal(
    linking: Tools, database: Database, grant_id: UUID, server: LogInServer
) -> None:
    server.wants = "n1"
    renewal = renew(linking, grant_id)
    assert isinstance(renewal, Renewed)
    assert (stored_access(database, grant_id), renewal.generation) == ("access-1", 2)
    assert server.seen == ["bound-refresh"]


def test_the_key_stays_with_the_consent_from_renewal_to_renewal(
    linking: Tools, grant_id: UUID
) -> None:
    first, second = renew(linking, grant_id), renew(linking, grant_id)
    assert isinstance(first, Renewed)
    assert isinstance(second, Renewed)
    assert first.credential.extra == second.credential.extra
    assert isinstance(linking.http, ScriptedHttp)
    asks = [ask for ask in linking.http.asked if ask.call == RENEW]
    keys = {str(proof(ask)[0]["jwk"]) for ask in asks}
    assert len(keys) == 1


@pytest.mark.parametrize("where", POINTS)
def test_r34_a_crash_at_any_point_loses_nothing_or_says_so(
    linking: Tools, database: Database, grant_id: UUID, server: LogInServer, where: str
) -> None:
    """R35, too: the log-in takes each token once, so an answer that was lost is said to be."""
    with at(where, die), pytest.raises(Crash):
        renew(linking, grant_id, generation=1)
    lapse(database, grant_id)
    renewal = renew(linking, grant_id, generation=1)
    assert len(server.seen) <= 2
    if where in SENT:
        assert isinstance(renewal, Denied)
        assert renewal.cause is Cause.ANSWER_LOST
    else:
        assert isinstance(renewal, Renewed)
        assert stored_access(database, grant_id) == "access-1"


def test_r35_a_lost_answer_is_asked_for_once_and_then_told(
    linking: Tools, grant_id: UUID, server: LogInServer
) -> None:
    server.loses = 1
    renewal = renew(linking, grant_id)
    assert isinstance(renewal, Denied)
    assert renewal.cause is Cause.ANSWER_LOST
    assert server.seen == ["bound-refresh"] * 2


def test_r36_an_outage_before_anything_was_done_costs_nothing(
    linking: Tools, database: Database, grant_id: UUID, server: LogInServer
) -> None:
    assert isinstance(linking.http, ScriptedHttp)
    down = NoAnswerError(Silence.NO_CONNECTION, call=RENEW)
    linking.http.answers[RENEW] = [down, server]
    assert isinstance(renew(linking, grant_id), Unclear)
    assert grant_row(database, grant_id).refresh_state == "idle"
    assert isinstance(renew(linking, grant_id), Renewed)


def test_our_document_out_of_reach_is_told_of_us_and_not_of_the_link(
    linking: Tools, grant_id: UUID
) -> None:
    assert isinstance(linking.http, ScriptedHttp)
    linking.http.answers[RENEW] = answer(400, {"error": "invalid_client"})
    renewal = renew(linking, grant_id)
    assert isinstance(renewal, Unclear)
    assert renewal.app_problem


def test_every_point_is_passed(linking: Tools, grant_id: UUID) -> None:
    passed: list[str] = []
    with planned(passed.append):
        renew(linking, grant_id)
    assert passed == POINTS
