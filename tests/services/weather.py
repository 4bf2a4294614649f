"""Platforms with weather: silent or refusing as a whole, and the time that passes meanwhile."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Evidence, NoAnswer, Refused, Works
from dashboard.services.checking import check_due
from dashboard.services.notifying import anything_ripe, gather
from dashboard.services.ports import Tools
from dashboard.services.sending import send_due
from tests.factories import FakePlatform, make_account
from tests.fakes import START, FrozenClock
from tests.services.letter_box import LetterBox

SAID = Evidence(call="read the profile")
SILENCE = NoAnswer(cause=Cause.NO_ANSWER, evidence=SAID)
REFUSED = Refused(cause=Cause.PASSWORD_CHANGED, evidence=SAID)
LOGGED_OUT = Refused(cause=Cause.LOGGED_OUT, evidence=SAID)
COMMENTS = Missing(
    capability=Capability.READ_MESSAGES,
    kind=MissingKind.PERMISSION,
    what="comments",
    label="read comments",
)
LACKS = Works(missing=(COMMENTS,))


class Weather(FakePlatform):
    """Silent as a whole while `down`, refusing all while `refusing`; else as a test has said."""

    def __init__(self, key: str = "fake") -> None:
        super().__init__()
        self.about = replace(FakePlatform.about, key=key, label=f"The {key}")
        self.down = False
        self.refusing: CheckOutcome | None = None

    async def check(self, http, app, credential, identity) -> CheckOutcome:
        self.checked.append(identity.remote_id)
        outcome = self.outcomes.get(identity.remote_id, Works())
        if self.refusing is not None:
            return self.refusing
        return SILENCE if self.down and not isinstance(outcome, Refused) else outcome


def settle(tools: Tools, number: int, platform: str = "fake") -> list[UUID]:
    return [
        make_account(
            tools.database,
            name=f"{platform} {one}",
            platform=platform,
            subject_id=f"person-{one}",
            remote_id=f"{platform}-{one}",
            next_check_at=START + timedelta(seconds=2 * one),
        )
        for one in range(number)
    ]


def live(tools: Tools, clock: FrozenClock, minutes: int, *, step: int = 60) -> None:
    """What worker and scheduler do meanwhile."""
    for _ in range(minutes * 60 // step):
        clock.advance(seconds=step)
        check_due(tools)
        if anything_ripe(tools):
            clock.advance(seconds=6)
            gather(tools)
        send_due(tools)


def subjects(box: LetterBox) -> Counter[str]:
    return Counter(letter.subject for letter in box.letters)
