"""An event loop on a thread of its own, so that synchronous code can ask asynchronous questions.

It starts at its first use in each process: what a process inherits by a fork is left alone.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any, TypeVar

T = TypeVar("T")

logger = logging.getLogger(__name__)

# Longer than any question's deadline: a refresh that was sent must hear its answer (R34).
_LONGEST_ENDING = 90.0


class ClosedError(RuntimeError):
    """The loop was closed; nothing can be run on it any more."""

    def __init__(self) -> None:
        super().__init__("The background loop is closed")


class OwnThreadError(RuntimeError):
    """Blocking on the loop's own thread would wait for ever."""

    def __init__(self) -> None:
        super().__init__("This is the background loop itself: await instead of run")


@dataclass(slots=True, eq=False)
class _Running:
    """What belongs to one process."""

    pid: int
    loop: asyncio.AbstractEventLoop
    thread: Thread
    kept: set[asyncio.Task[Any]] = field(default_factory=set)


class BackgroundLoop:
    """Runs coroutines on one daemon thread, whichever thread, loop or forked process asks."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: _Running | None = None
        # Not closed and not collected after a fork: the parent shares their epoll set.
        self._inherited: list[_Running] = []
        self._closed = False

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` and return its result; blocks.

        If the waiting is interrupted (Ctrl-C, a job's time-out), the coroutine still goes on.
        """
        future = self._submit(coroutine)
        try:
            return future.result()
        except CancelledError:
            raise ClosedError from None
        except BaseException:
            if not future.done():
                future.add_done_callback(_report)
            raise

    async def visit(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on this loop and await it from any other."""
        if self.is_current():
            return await coroutine
        return await asyncio.wrap_future(self._submit(coroutine))

    async def to_the_end(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Like `visit`, but once begun neither cancelling nor `close` ends it half-way (R34)."""
        return await self.visit(self._keep(coroutine))

    def is_current(self) -> bool:
        """Whether the caller is running on this loop."""
        running = self._running
        return running is not None and running.loop is _current_loop()

    def close(
        self, farewell: Callable[[], Awaitable[None]] | None = None, *, patience: float = 1.0
    ) -> None:
        """Cancel what runs, await `farewell`, stop; waits at most `patience` seconds.

        Only what was begun by `to_the_end` is waited for longer, as it is bounded itself.
        """
        with self._fresh_lock():
            already, self._closed = self._closed, True
            running = self._running
        if already or running is None:
            return
        ending = asyncio.run_coroutine_threadsafe(_end(running, farewell, patience), running.loop)
        ending.add_done_callback(lambda _: running.loop.call_soon_threadsafe(running.loop.stop))
        running.thread.join(patience + (_LONGEST_ENDING if running.kept else 0.0))
        if not running.thread.is_alive():
            running.loop.close()

    async def _keep(self, coroutine: Coroutine[Any, Any, T]) -> T:
        task = asyncio.ensure_future(coroutine)
        running = self._running
        if running is not None:
            running.kept.add(task)
            task.add_done_callback(running.kept.discard)
        return await asyncio.shield(task)

    def _submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        try:
            if self.is_current():
                raise OwnThreadError
            return asyncio.run_coroutine_threadsafe(coroutine, self._started().loop)
        except RuntimeError:
            coroutine.close()
            raise

    def _started(self) -> _Running:
        with self._fresh_lock():
            if self._closed:
                raise ClosedError
            if self._running is None:
                loop = asyncio.new_event_loop()
                thread = Thread(target=_serve, args=(loop,), name="outbound", daemon=True)
                self._running = _Running(pid=os.getpid(), loop=loop, thread=thread)
                thread.start()
            return self._running

    def _fresh_lock(self) -> Lock:
        """The lock; after a fork a new one, as a thread that is gone may hold the old."""
        inherited = self._running
        if inherited is not None and inherited.pid != os.getpid():
            self._inherited.append(inherited)
            self._running = None
            self._lock = Lock()
        return self._lock


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()


async def _end(
    running: _Running, farewell: Callable[[], Awaitable[None]] | None, patience: float
) -> None:
    me = asyncio.current_task()
    others = asyncio.all_tasks() - {me} - running.kept
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=patience / 2)
    if running.kept:
        logger.info("waiting for an answer that must not be lost")
        await asyncio.wait(set(running.kept), timeout=_LONGEST_ENDING)
    if farewell is not None:
        await farewell()


def _report(abandoned: Future[Any]) -> None:
    if not abandoned.cancelled() and abandoned.exception() is not None:
        logger.warning(
            "work failed after nobody waited for it any more",
            extra={"error": type(abandoned.exception()).__name__},
        )


def _current_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
