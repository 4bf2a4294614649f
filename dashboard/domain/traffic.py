"""What a process remembers of each platform host: its silence and its wishes to wait (R44, R45).

After several silent questions in a row a host is left alone for a while; then a single question
tries it (half open). Nothing here waits or asks; it only says whether to.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

_SILENT_IN_A_ROW = 5
_FIRST_REST = timedelta(seconds=30)
_LONGEST_REST = timedelta(minutes=2)
_LONGEST_TRY = timedelta(minutes=2)
_LONGEST_WISH = timedelta(minutes=5)
"""One link's wish to wait may be about that link alone: the others are tried again after this."""


class Verdict(StrEnum):
    """Whether a question may go to a host now."""

    ASK = "ask"
    SILENT = "silent"  # it did not answer just before: asking would only cost time
    ASKED_TO_WAIT = "asked_to_wait"


@dataclass(slots=True)
class Host:
    """One platform host as this process has met it."""

    silences: int = 0
    rests: int = 0
    resting_until: datetime | None = None
    trying_until: datetime | None = None
    waiting_until: datetime | None = None

    def verdict(self, now: datetime) -> Verdict:
        """Whether to ask now; to be the one that tries a silent host is a promise to ask."""
        if _ahead(self.waiting_until, now, _LONGEST_WISH):
            return Verdict.ASKED_TO_WAIT
        if self.silences < _SILENT_IN_A_ROW:
            return Verdict.ASK
        if _ahead(self.resting_until, now, _LONGEST_REST):
            return Verdict.SILENT
        if _ahead(self.trying_until, now, _LONGEST_TRY):
            return Verdict.SILENT
        self.trying_until = now + _LONGEST_TRY
        return Verdict.ASK

    def heard(self) -> None:
        """It answered, whatever it said."""
        self.silences = self.rests = 0
        self.resting_until = self.trying_until = None

    def silent(self, now: datetime, lot: float) -> None:
        """It did not answer, or only with trouble; `lot` from 0 to 1 spreads the next try."""
        self.silences += 1
        tried = self.trying_until is not None
        if self.silences == _SILENT_IN_A_ROW or tried:
            rest = min(_LONGEST_REST, _FIRST_REST * (1 << min(self.rests, 8)))
            self.resting_until = now + rest * (0.5 + 0.5 * lot)
            self.trying_until = None
            self.rests += 1

    def asked_to_wait(self, now: datetime, span: timedelta) -> None:
        """It wants no questions for a while; a longer wish that stands is kept."""
        until = now + min(span, _LONGEST_WISH)
        if self.waiting_until is None or self.waiting_until < until:
            self.waiting_until = until


@dataclass(slots=True)
class Traffic:
    """All hosts met by this process; a platform with one host is named by its key."""

    hosts: dict[str, Host] = field(default_factory=dict)

    def host(self, place: str) -> Host:
        return self.hosts.setdefault(place, Host())


def _ahead(moment: datetime | None, now: datetime, longest: timedelta) -> bool:
    """Whether it is still to come; one that lies too far ahead was set before the clock jumped."""
    return moment is not None and now < moment <= now + longest
