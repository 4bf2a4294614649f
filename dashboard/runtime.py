"""The things with a lifetime, built once per process, and their end."""

from collections.abc import Callable
from dataclasses import dataclass, field

from redis import Redis

from dashboard.services.ports import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What a process works with: the tools of the use cases, and what is only the web's business.

    `secret_key` is for what only we sign and read ourselves (form tokens); it seals nothing.
    """

    tools: Tools
    secret_key: bytes = field(repr=False)
    redis: Redis | None = None
    closers: tuple[Callable[[], object], ...] = ()

    def close(self) -> None:
        """End what has a lifetime, the youngest first."""
        for close in reversed(self.closers):
            close()
