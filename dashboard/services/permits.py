"""Which questions of a batch may go now: one talk with the others for all of them (R44, R45).

A person who waits for the answer goes before the rota. Whoever is held back is simply checked
later: the platform was not asked, so nothing is said about the link.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dashboard.domain.budgets import Priority
from dashboard.domain.traffic import Admission, Verdict
from dashboard.platforms.protocol import Platform
from dashboard.services.check_batches import Question
from dashboard.services.ports import Tools

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What a question may do; `next_at` (seconds since 1970) is when to come back instead.

    `every` is how seldom its platform's quota of the day lets each link be checked, if it does.
    """

    verdict: Verdict
    next_at: float = 0.0
    every: timedelta | None = None


def place_of(question: Question) -> str:
    """The name of the host that the question goes to."""
    return question.link.server or question.link.platform


def permits(tools: Tools, questions: Sequence[Question]) -> list[tuple[Question, Permit]]:
    """Each question with its permit; those that persons wait for first."""
    places: dict[str, dict[Priority, list[Question]]] = defaultdict(lambda: defaultdict(list))
    for question in questions:
        places[place_of(question)][priority_of(question)].append(question)
    admissions = tools.traffic.admit(
        {
            place: {priority: len(own) for priority, own in queues.items()}
            for place, queues in places.items()
        },
        {place: _platform(queues).about.budget for place, queues in places.items()},
        now=tools.now(),
    )
    return [
        given for place, queues in places.items() for given in _given(queues, admissions[place])
    ]


def priority_of(question: Question) -> Priority:
    """A link that a person wants looked at is not held back by what others use up."""
    return Priority.PERSON if question.link.awaited else Priority.CHECK


def turn(question: Question) -> tuple[Priority, bool, datetime]:
    """Where there is not room for all: persons first, then who was not looked at for longest."""
    at = question.link.checked_at
    return priority_of(question), at is not None, at or _NEVER


def _platform(queues: dict[Priority, list[Question]]) -> Platform:
    return next(iter(queues.values()))[0].platform


def _given(
    queues: dict[Priority, list[Question]], admission: Admission
) -> Iterable[tuple[Question, Permit]]:
    refused = 0
    for priority in sorted(queues):
        may_go = admission.granted.get(priority, 0)
        own = queues[priority]
        for nth, question in enumerate(own if may_go >= len(own) else sorted(own, key=turn)):
            if nth < may_go:
                yield question, Permit(verdict=admission.verdict)
                continue
            # One after the other, or all that are held back would come at the same moment again.
            next_at = admission.next_at + refused * admission.every
            refused += 1
            yield question, Permit(verdict=admission.refusal, next_at=next_at)
