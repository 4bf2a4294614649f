"""What all processes remember together of the platforms' hosts, kept in Valkey under one key each.

Reads, and compares-and-swaps in one step; what the texts mean is not known here. Losing it loses
nothing: each process tells again what it knows (see `services.traffic`).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

_KEY = "linkkeeper:host:"
_KEPT = 172_800  # seconds; longer than any wish to wait
_AWAY_FOR = 2.0  # seconds without asking again once it did not answer
_SWAP = """
local done = {}
for i, key in ipairs(KEYS) do
  if (redis.call('GET', key) or '') == ARGV[2 * i] then
    redis.call('SET', key, ARGV[2 * i + 1], 'EX', ARGV[1])
    done[i] = 1
  else
    done[i] = 0
  end
end
return done
"""


class AwayError(Exception):
    """Valkey does not answer, or just did not."""


class SharedHosts:
    """The texts of hosts by name, "" for one that nothing is known of. Raises AwayError."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._swap = redis.register_script(_SWAP)
        self._away_until = 0.0

    def read(self, places: Sequence[str]) -> dict[str, str]:
        found = self._ask(lambda: self._redis.mget([_KEY + place for place in places]))
        return {
            place: text.decode() if text else "" for place, text in zip(places, found, strict=True)
        }

    def swap(self, changes: Mapping[str, tuple[str, str]]) -> set[str]:
        """Put (old, new) in place where the old still stands; returns where it did."""
        places = list(changes)
        texts = [text for place in places for text in changes[place]]
        keys = [_KEY + place for place in places]
        done = self._ask(lambda: self._swap(keys=keys, args=[_KEPT, *texts]))
        return {place for place, won in zip(places, done, strict=True) if won}

    def _ask(self, command: Callable[[], Any]) -> Any:
        if time.monotonic() < self._away_until:
            raise AwayError
        try:
            return command()
        except RedisError as error:
            self._away_until = time.monotonic() + _AWAY_FOR
            raise AwayError from error
