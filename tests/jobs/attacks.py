"""What somebody who can write to Redis may try (R62)."""

import json
import zlib
from pathlib import Path
from typing import Any

from redis import Redis

from jobs.queues import SignedJson

MODULES: list[str] = []  # what an attack made the worker import or call


def callback(*_: Any) -> None:
    MODULES.append("callback")


def call_of(path: Path) -> list[Any]:
    return ["os.system", None, [f"touch {path}"], {}]


def plant(redis: Redis, data: bytes, *, queue: str = "quick", **fields: str | bytes) -> None:
    """Write a job's hash by hand and put it on a queue, as RQ's own layout wants it."""
    mapping: dict[str, str | bytes] = {
        "data": data,
        "created_at": "2026-11-24T10:00:00.000000Z",
        "enqueued_at": "2026-11-24T10:00:00.000000Z",
        "status": "queued",
        "origin": queue,
        "timeout": "30",
        **fields,
    }
    redis.hset("rq:job:planted", mapping=mapping)
    redis.rpush(f"rq:queue:{queue}", "planted")


def plain(call: list[Any]) -> bytes:
    return json.dumps(call).encode()


def signed(call: list[Any], key: bytes) -> bytes:
    return zlib.compress(SignedJson(key).dumps(call))
