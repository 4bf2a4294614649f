"""Stand-ins for our own ports; nothing else is ever faked."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.domain.errors import InvalidInputError
from dashboard.domain.wire import Answer, Ask, NoAnswerError

START = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


class FrozenClock:
    """Time stands still until a test moves it."""

    def __init__(self, now: datetime = START) -> None:
        self.instant = now

    def __call__(self) -> datetime:
        return self.instant

    def advance(self, **span: float) -> datetime:
        self.instant += timedelta(**span)
        return self.instant


class RecordingJobs:
    """Remembers the hints; `away` makes the queue unreachable."""

    def __init__(self) -> None:
        self.hints: list[tuple[str, ...]] = []
        self.away = False

    def hint(self, job: str, *ids: str) -> bool:
        if self.away:
            return False
        self.hints.append((job, *ids))
        return True


class _LastingThreads(ThreadPoolExecutor):
    """Serves all talks of the test process: none starts and ends threads of its own."""

    def shutdown(self, *_arguments: object, **_options: object) -> None:
        """The end of one talk is not the end of the others."""


_THREADS = _LastingThreads()


@dataclass
class ScriptedHttp:
    """Answers each question with what `answers` says for its call name, and records the questions.

    A value is an Answer, a NoAnswerError to raise, a list of them used up one by one, or a function
    of the Ask.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[Ask] = field(default_factory=list)
    _kept: list[asyncio.Task[Any]] = field(default_factory=list)

    async def send(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        await asyncio.sleep(0)
        answer = self.answers[ask.call]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            answer = answer(ask)
        if isinstance(answer, NoAnswerError):
            raise answer
        return answer

    def run(self, talk: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run(self._with_what_must_end(talk))

    async def to_the_end(self, talk: Coroutine[Any, Any, Any]) -> Any:
        task = asyncio.ensure_future(talk)
        self._kept.append(task)
        return await asyncio.shield(task)

    async def _with_what_must_end(self, talk: Coroutine[Any, Any, Any]) -> Any:
        asyncio.get_running_loop().set_default_executor(_THREADS)
        try:
            return await talk
        finally:
            loop = asyncio.get_running_loop()
            kept = [task for task in self._kept if task.get_loop() is loop]
            if kept:
                await asyncio.wait(kept)


class PlainPasswords:
    """Fast and visible, for tests that are not about hashing."""

    def check_rules(self, password: str) -> None:
        if len(password) < 8:
            raise InvalidInputError("password", "Choose at least 8 characters.")

    def hash(self, password: str) -> str:
        return f"plain:{password}"

    def verify(self, stored: str, password: str) -> bool:
        return bool(stored) and stored == f"plain:{password}"

    def needs_rehash(self, stored: str) -> bool:
        return False


class GlassSealer:
    """Binds to the place like the real one but hides nothing."""

    def seal(self, plain: bytes, *, table: str, row: str, column: str) -> bytes:
        return f"{table}|{row}|{column}|".encode() + plain

    def open(self, sealed: bytes, *, table: str, row: str, column: str) -> bytes:
        prefix = f"{table}|{row}|{column}|".encode()
        assert sealed.startswith(prefix), "opened in another place than it was sealed for"
        return sealed[len(prefix) :]


Answering = Callable[[Ask], Answer]
