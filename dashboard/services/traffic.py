"""One memory of the platforms' hosts for all processes, and what holds when it is away (R44, R45).

Each step is computed here, by `domain.traffic`, over what stands in Valkey, and put there only if
nobody was faster; else it is computed anew. So breaker, wishes to wait and budgets are those of the
whole installation. After a flush each process tells again what it remembers. While Valkey is away
each goes on by itself with a small part of the budgets, so that all together stay within them:
neither without limit nor at a standstill.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Any, TypeVar

from dashboard.adapters.shared_hosts import AwayError
from dashboard.domain.budgets import Bucket, Budget, Priority
from dashboard.domain.traffic import Admission, Host, admit, seconds
from dashboard.services.shares import Shared, Shares

T = TypeVar("T")

Note = Callable[[Host], Host]
"""What was met: how a host changes by it, whatever it was before."""

_TRIES = 50
_MOST_NOTES = 200  # per host, while they cannot be told

log = logging.getLogger(__name__)


class Traffic:
    """May be used from any thread; only `admit` and `exchange` wait for Valkey, half a second.

    A platform with one host is named by its key. `alone` is the part of a budget that this process
    may use while the others cannot be heard. Without `shared` there are no others.
    """

    def __init__(self, shared: Shared | None = None, *, alone: float = 1.0) -> None:
        self._shared = shared
        self._alone = alone
        self.shares = Shares(shared, alone=alone)
        self._io = Lock()
        self._lock = Lock()
        self._known: dict[str, Host] = {}
        self._notes: dict[str, list[Note]] = defaultdict(list)
        self._apart: set[str] = set()  # changed here while the others could not be told

    def host(self, place: str) -> Host:
        """A host as it was last heard of here; waits for nobody."""
        return self._known.get(place, Host())

    def note(self, place: str, note: Note) -> None:
        """Remember what was met; the other processes hear of it with the next exchange."""
        with self._lock:
            self._known[place] = note(self._known.get(place, Host()))
            if self._shared is not None:
                self._notes[place] = [*self._notes[place], note][-_MOST_NOTES:]

    def admit(
        self,
        wanted: Mapping[str, Mapping[Priority, int]],
        budgets: Mapping[str, Budget | None],
        *,
        now: datetime,
    ) -> dict[str, Admission]:
        """Let questions go, by place and priority: one talk with Valkey for all of them."""
        at = seconds(now)

        def step(place: str) -> Callable[[Host, float], tuple[Host, Admission]]:
            return lambda host, share: admit(
                host, wanted[place], budgets.get(place), now=at, share=share
            )

        return self._change({place: step(place) for place in wanted})

    def exchange(self, places: Iterable[str]) -> None:
        """Tell what was met here and hear what the others met at these places."""
        with self._lock:
            wanted = {*places, *(place for place, notes in self._notes.items() if notes)}
        if wanted and self._shared is not None:
            self._change({place: lambda host, _share: (host, None) for place in wanted})

    def forget(self) -> None:
        """As a process that has just begun."""
        with self._lock:
            self._known.clear()
            self._notes.clear()
            self._apart.clear()

    def _change(self, steps: Mapping[str, Callable[[Host, float], tuple[Host, T]]]) -> dict[str, T]:
        found: dict[str, T] = {}
        with self._io:
            if self._shared is not None:
                try:
                    self._together(self._shared, steps, found)
                except AwayError:
                    log.warning("hosts are remembered by this process alone")
            for place, step in steps.items():
                if place not in found:
                    found[place] = self._by_itself(place, step)
        return found

    def _together(
        self,
        shared: Shared,
        steps: Mapping[str, Callable[[Host, float], tuple[Host, T]]],
        found: dict[str, T],
    ) -> None:
        left = dict(steps)
        for _ in range(_TRIES):
            texts = shared.read(list(left))
            drafts = {place: self._draft(place, texts[place], step) for place, step in left.items()}
            changed = {
                place: (texts[place], encoded(host))
                for place, (host, _, _) in drafts.items()
                if host != decoded(texts[place])
            }
            won = shared.swap(changed) if changed else set()
            for place, (host, told, result) in drafts.items():
                if place in won or place not in changed:
                    self._settle(place, host, told)
                    found[place] = result
                    del left[place]
            if not left:
                return
        log.warning("too many at once at a host", extra={"places": len(left)})

    def _draft(
        self, place: str, text: str, step: Callable[[Host, float], tuple[Host, T]]
    ) -> tuple[Host, int, T]:
        with self._lock:
            known, notes = self._known.get(place), list(self._notes.get(place, ()))
            apart = place in self._apart
        host = decoded(text)
        if known is not None and not text:
            host = known  # flushed: what was met here is in it already
        else:
            host = _joined(host, known) if known is not None and apart else host
            for note in notes:
                host = note(host)
        host, result = step(host, 1.0)
        return host, len(notes), result

    def _settle(self, place: str, host: Host, told: int) -> None:
        with self._lock:
            later = self._notes[place][told:]
            for note in later:
                host = note(host)
            self._known[place] = host
            self._notes[place] = later
            self._apart.discard(place)

    def _by_itself(self, place: str, step: Callable[[Host, float], tuple[Host, T]]) -> T:
        share = 1.0 if self._shared is None else self._alone
        with self._lock:
            self._known[place], result = step(self._known.get(place, Host()), share)
            if self._shared is not None:
                self._apart.add(place)
        return result


def _joined(theirs: Host, ours: Host) -> Host:
    """After a time apart: the longer wish and the emptier bucket count."""
    bucket = theirs.bucket
    if ours.bucket.level is not None:
        level = ours.bucket.level if bucket.level is None else bucket.level
        bucket = replace(
            bucket,
            level=min(level, ours.bucket.level),
            at=max(bucket.at, ours.bucket.at),
        )
    waiting = max(theirs.waiting_until, ours.waiting_until)
    return replace(theirs, bucket=bucket, waiting_until=waiting)


def encoded(host: Host) -> str:
    """The text under which a host is shared."""
    bucket = host.bucket
    held = {str(int(key)): since for key, since in bucket.held.items()}
    return json.dumps(
        {
            "silences": host.silences,
            "rests": host.rests,
            "resting": host.resting_until,
            "trying": host.trying_until,
            "waiting": host.waiting_until,
            "level": bucket.level,
            "at": bucket.at,
            "held": held,
        },
        separators=(",", ":"),
    )


def decoded(text: str) -> Host:
    """The host of a text; one that nothing is known of for what no version of ours wrote."""
    try:
        return _host(json.loads(text)) if text else Host()
    except (ValueError, TypeError, KeyError, AttributeError):
        log.warning("what is shared of a host cannot be read")
        return Host()


def _host(said: Mapping[str, Any]) -> Host:
    level = said["level"]
    return Host(
        silences=int(said["silences"]),
        rests=int(said["rests"]),
        resting_until=float(said["resting"]),
        trying_until=float(said["trying"]),
        waiting_until=float(said["waiting"]),
        bucket=Bucket(
            level=None if level is None else float(level),
            at=float(said["at"]),
            held={int(key): float(since) for key, since in said["held"].items()},
        ),
    )
