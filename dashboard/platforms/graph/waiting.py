"""When Graph may be asked again. Asking while it limits us makes the limit last longer.

Source: developers.facebook.com/docs/graph-api/overview/rate-limiting.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from dashboard.domain.untrusted import UnreadableJsonError, read_json
from dashboard.platforms.graph.numbers import HOURLY
from dashboard.platforms.values import object_of

_USAGE = "x-business-use-case-usage"
_LONGEST_HEADER = 20_000  # bytes
_LONGEST = 24 * 60  # minutes
_HOUR = timedelta(hours=1)


def regain(headers: Mapping[str, str], code: int) -> timedelta | None:
    """How long until Graph answers again; None if nothing is known of it.

    It tells minutes for each limit that is reached: the longest counts. Where it tells none, the
    limits that run over an hour are over after an hour.
    """
    told = max(_minutes(headers.get(_USAGE, "")), default=0)
    if told > 0:
        return timedelta(minutes=min(told, _LONGEST))
    return _HOUR if code in HOURLY else None


def _minutes(header: str) -> Iterator[int]:
    for uses in _object_in(header).values():
        for use in uses if isinstance(uses, list) else ():
            minutes = object_of(use).get("estimated_time_to_regain_access")
            if isinstance(minutes, int) and not isinstance(minutes, bool):
                yield minutes


def _object_in(header: str) -> Mapping[str, object]:
    """A header that cannot be read tells nothing: then the limits of an hour count."""
    try:
        return object_of(read_json(header.encode()[:_LONGEST_HEADER]))
    except UnreadableJsonError:
        return {}
