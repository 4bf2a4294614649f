"""Connections to Redis or Valkey: short time-outs, a small pool, at most one immediate retry.

Redis is only told hints and counts; nobody waits for it longer than about a second (R64).
"""

from redis import BlockingConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.retry import Retry

_OLDEST = 7  # the first major version whose AOF and ACL we rely on


class UnreachableError(Exception):
    """Nothing answers at the address, or not what we need; `why` is fit for a person."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def connect(url: str, *, timeout: float = 0.5, connections: int = 16) -> Redis:
    """A client for `redis://`, `rediss://` or `unix://`; connects when first used.

    `timeout` in seconds counts for connecting and for each answer. Only a broken connection is
    tried again, once: after a restart of the server the pooled ones are dead.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=timeout,
        socket_timeout=timeout,
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        **({} if url.startswith("unix:") else {"socket_connect_timeout": timeout}),
    )
    return Redis.from_pool(pool)


def check(url: str) -> None:
    """Raises UnreachableError unless a recent enough Redis or Valkey answers at the address."""
    client = connect(url, timeout=2)
    try:
        version = str(client.info("server").get("redis_version", "0"))
    except RedisError as error:
        raise UnreachableError(_first_line(error)) from error
    finally:
        client.close()
    if int(version.split(".", maxsplit=1)[0]) < _OLDEST:
        why = f"its version is {version}, and 7 or newer is needed"
        raise UnreachableError(why)


def _first_line(error: RedisError) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
