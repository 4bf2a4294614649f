"""Questions outside the rota of checks ask for leave one by one; what answers say is remembered.

A renewal waits a moment and then gives up, to be begun again later; a synchronisation waits a
little longer. What is held back was not sent: nothing is lost and nobody is accused (R44, R45).
"""

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta

from dashboard.domain import traffic
from dashboard.domain.budgets import Budget, Priority
from dashboard.domain.rota import spread
from dashboard.domain.traffic import Verdict, seconds
from dashboard.domain.wire import Answer, Ask, Http, NoAnswerError, Silence
from dashboard.platforms.answers import retry_after, used_up
from dashboard.services.ports import Tools
from dashboard.services.quotas import take_for_one

DEFAULT_WISH = timedelta(minutes=1)
"""For "too many requests" without a word on how long."""

_TOO_MANY = 429
_SERVER_ERROR = 500
_NOT_THE_HOST = frozenset({Silence.NOT_SENT, Silence.HELD_BACK, Silence.FORBIDDEN_ADDRESS})
_PATIENCE: dict[Priority, float] = {  # seconds
    Priority.PERSON: 0.0,
    Priority.REFRESH: 5.0,
    Priority.CHECK: 0.0,
    Priority.SYNC: 20.0,
}


@dataclass(slots=True)
class Watched:
    """Sends, and keeps the answers for whoever wants to know what they cost."""

    http: Http
    answers: list[Answer] = field(default_factory=list)

    async def send(self, ask: Ask) -> Answer:
        answer = await self.http.send(ask)
        self.answers.append(answer)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """Asks for leave before each question; raises NoAnswerError(HELD_BACK) when there is none.

    `typed`: where it goes is what a person typed, so its silence says nothing about the host.
    """

    tools: Tools
    http: Http
    platform: str
    place: str
    budget: Budget | None
    priority: Priority
    typed: bool = False

    async def send(self, ask: Ask) -> Answer:
        await self._leave(ask)
        try:
            answer = await self.http.send(ask)
        except NoAnswerError as error:
            if error.silence not in _NOT_THE_HOST and not self.typed:
                await self._tell(silent=True)
            raise
        if self.typed:
            return answer
        wish = wish_of(answer, self.budget)
        if wish is not None or answer.status >= _SERVER_ERROR or not self._host.is_pristine:
            await self._tell(silent=answer.status >= _SERVER_ERROR, wish=wish)
        return answer

    @property
    def _host(self) -> traffic.Host:
        return self.tools.traffic.host(self.place)

    async def _leave(self, ask: Ask) -> None:
        if ask.method == "GET":
            await asyncio.to_thread(self._count, ask)
        give_up = time.monotonic() + _PATIENCE[self.priority]
        while True:
            wait = await asyncio.to_thread(self._ask_for_leave)
            if wait is None:
                return
            if time.monotonic() + wait > give_up:
                raise NoAnswerError(Silence.HELD_BACK, call=ask.call)
            await asyncio.sleep(max(wait, 0.05))

    def _count(self, ask: Ask) -> None:
        free_at = take_for_one(self.tools, self.platform, ask.units, self.priority)
        if free_at is not None:
            raise NoAnswerError(Silence.HELD_BACK, call=ask.call)

    def _ask_for_leave(self) -> float | None:
        """None when it may go, else the seconds to wait.

        A renewal or a person is not kept from trying a silent host: what they need is needed now.
        """
        now = self.tools.now()
        admission = self.tools.traffic.admit(
            {self.place: {self.priority: 1}}, {self.place: self.budget}, now=now
        )[self.place]
        if admission.granted.get(self.priority):
            return None
        urgent = self.priority <= Priority.REFRESH
        if urgent and admission.refusal is Verdict.SILENT:
            return None
        if self.priority is Priority.PERSON:
            return None
        if admission.refusal is Verdict.SILENT:
            return float("inf")
        return max(0.0, admission.next_at - seconds(now))

    async def _tell(self, *, silent: bool, wish: timedelta | None = None) -> None:
        now = self.tools.now()
        at, lot = seconds(now), spread(self.place, now)
        if silent:
            self.tools.traffic.note(self.place, lambda host: traffic.silent(host, now=at, lot=lot))
        elif not self._host.is_pristine:
            self.tools.traffic.note(self.place, traffic.heard)
        if wish is not None:
            self.tools.traffic.note(
                self.place,
                lambda host: traffic.asked_to_wait(host, wish, self.budget, now=at),
            )
        await asyncio.to_thread(self.tools.traffic.exchange, ())


def paced(
    tools: Tools, platform: str, server: str, priority: Priority, *, through: Http | None = None
) -> Paced:
    """The client for questions to one host, all of the same priority, sent `through` another."""
    known = tools.platforms.get(platform)
    budget = known.about.budget if known else None
    return Paced(
        tools=tools,
        http=through or tools.http,
        platform=platform,
        place=server or platform,
        budget=budget,
        priority=priority,
    )


def for_person(tools: Tools, platform: str, server: str = "", *, typed: bool = False) -> Paced:
    """The client for what a person waits for, such as a log-in: counted, and never held back."""
    return replace(paced(tools, platform, server, Priority.PERSON), typed=typed)


def wish_of(answer: Answer, budget: Budget | None) -> timedelta | None:
    """How long an answer asks us to send nothing; None for most."""
    if answer.status == _TOO_MANY:
        return retry_after(answer.headers) or DEFAULT_WISH
    if answer.status >= _SERVER_ERROR:
        return retry_after(answer.headers) if "retry-after" in answer.headers else None
    # Of an account's own limit only that account need know, and its refusal will tell.
    return None if budget is not None and not budget.shared else used_up(answer.headers)
