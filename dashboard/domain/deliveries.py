"""The rules of sending: states of a delivery, patience with a mail server, and the cap per person.

What is told to whom is decided elsewhere; nothing here knows what a mail says.
"""

from datetime import timedelta
from enum import StrEnum


class DeliveryState(StrEnum):
    """Where one telling to one user stands."""

    PENDING = "pending"
    SENDING = "sending"  # claimed until an instant; afterwards anybody may claim it
    SENT = "sent"
    RETRY = "retry"
    DEAD = "dead"  # given up; an administrator may try again
    SUPPRESSED = "suppressed"  # no longer true, or no longer this person's business
    KEPT = "kept"  # no mail server was set up
    MERGED = "merged"  # went out with another mail to the same person


WAITING = frozenset({DeliveryState.PENDING, DeliveryState.RETRY})
UNDER_WAY = WAITING | {DeliveryState.SENDING}

LEASE = timedelta(minutes=5)
"""How long a sender has; the mailer's own deadline must be well below."""

LATE_AFTER = timedelta(minutes=15)
"""A mail that waited longer takes everything else that waits for the same person along (R55)."""

GIVE_UP_AFTER = timedelta(days=3)
"""A server that does not take a mail for so long never will; nobody wants it by then."""

FLIGHTS_ALLOWED = 2
"""How often a mail is handed over without a clear answer before it is left alone (F23)."""

CRASHES_ALLOWED = 5
"""How often a mail may have been under way when its sender died, before it is left alone."""

MAILS_PER_HOUR = 20
"""The hard cap per person; what exceeds it waits and comes in one mail (R61)."""

KEEP = timedelta(days=90)
"""How long it is remembered who was told (R73)."""

_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=15)
UNCLEAR_PAUSE = timedelta(minutes=5)
"""Before a mail that may have arrived is sent once more."""

LOGIN_PAUSE = timedelta(minutes=10)
"""A refused log-in at the mail server holds up all mails; so long until one tries again (R54)."""


def retry_in(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many failed attempts; `chance` from 0 to 1 spreads the crowd."""
    doubled = _FIRST_PAUSE * float(2 ** min(attempts - 1, 10))
    pause = min(doubled, _LONGEST_PAUSE)
    return pause / 2 + pause / 2 * chance
