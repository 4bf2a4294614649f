"""The shares of all rounds of checks that go on, in one small text in Valkey (see `domain.shares`).

So the number of questions under way to a host is that of the installation, however many workers on
however many machines ask. While Valkey is away each goes on with a small part of it.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

from dashboard.adapters.shared_hosts import AwayError
from dashboard.domain.shares import Share, taken

_NAME = "shares of asking"  # no host is called so
_TRIES = 20

log = logging.getLogger(__name__)


class Shared(Protocol):
    """See `adapters.shared_hosts`. Raises AwayError."""

    def read(self, places: Sequence[str]) -> dict[str, str]: ...

    def swap(self, changes: Mapping[str, tuple[str, str]]) -> set[str]: ...


class Shares:
    """Waits for Valkey, half a second at most. Without `shared` there are no others."""

    def __init__(self, shared: Shared | None = None, *, alone: float = 1.0) -> None:
        self._shared = shared
        self._alone = alone

    def take(self, who: str, total: int, *, now: float) -> int:
        """How many of `total` questions `who` may have under way at a host now; at least one."""
        if self._shared is None:
            return total
        try:
            for _ in range(_TRIES):
                text = self._shared.read([_NAME])[_NAME]
                held, mine = taken(decoded(text), who, total, now=now)
                if self._shared.swap({_NAME: (text, encoded(held))}):
                    return mine
        except AwayError:
            log.warning("the others who ask are not heard")
        return max(1, int(total * self._alone))

    def give_back(self, who: str) -> None:
        """Leave the share to the others; one that is not given back lapses."""
        if self._shared is None:
            return
        try:
            for _ in range(_TRIES):
                text = self._shared.read([_NAME])[_NAME]
                held = decoded(text)
                if held.pop(who, None) is None:
                    return
                if self._shared.swap({_NAME: (text, encoded(held))}):
                    return
        except AwayError:
            log.warning("a share of asking is left to lapse")


def encoded(held: Mapping[str, Share]) -> str:
    """The text under which shares are kept."""
    return json.dumps({who: [share.number, share.until] for who, share in held.items()})


def decoded(text: str) -> dict[str, Share]:
    """The shares of a text; none for what no version of ours wrote."""
    try:
        held = json.loads(text) if text else {}
        return {
            who: Share(number=int(number), until=float(until))
            for who, (number, until) in held.items()
        }
    except (ValueError, TypeError, AttributeError):
        log.warning("what is shared of asking cannot be read")
        return {}
