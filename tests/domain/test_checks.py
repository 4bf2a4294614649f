"""What a refused refresh says about a link."""

import pytest

from dashboard.domain.causes import OWNER_MUST_ACT, Cause
from dashboard.domain.checks import Blocked, Evidence, Refused, after_refused_refresh

EVIDENCE = Evidence(call="renew the permission")


@pytest.mark.parametrize("cause", [Cause.TOKEN_RAN_OUT, Cause.ANSWER_LOST, Cause.TOKEN_REFUSED])
def test_a_token_that_cannot_be_renewed_is_refused(cause: Cause) -> None:
    assert after_refused_refresh(cause, EVIDENCE) == Refused(cause=cause, evidence=EVIDENCE)


@pytest.mark.parametrize("cause", sorted(OWNER_MUST_ACT))
def test_an_account_that_is_closed_blocks_instead(cause: Cause) -> None:
    assert after_refused_refresh(cause, EVIDENCE) == Blocked(cause=cause, evidence=EVIDENCE)
