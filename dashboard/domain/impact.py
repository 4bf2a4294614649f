"""What a broken link stops, in the words of the pages and mails."""

from collections.abc import Iterable

from dashboard.domain.capabilities import CAPABILITY_TEXTS, Capability
from dashboard.domain.links import LinkHealth
from dashboard.domain.states import LinkState

_EVERYTHING = frozenset({LinkState.EXPIRED, LinkState.BLOCKED})


def stopped(health: LinkHealth, wanted: Iterable[Capability]) -> tuple[Capability, ...]:
    """Which uses of a link have certainly ended, in a fixed order.

    All of them when it is refused or blocked, those with a permission missing when it is limited;
    none while the platform only does not answer: that proves nothing.
    """
    if health.state in _EVERYTHING:
        return tuple(capability for capability in Capability if capability in set(wanted))
    lacking = {item.capability for item in health.missing}
    return tuple(capability for capability in Capability if capability in lacking)


def sentence(capabilities: Iterable[Capability]) -> str:
    """Return "No messages come in for Webcare and Media Monitor; posts cannot go out." or ""."""
    gone = set(capabilities)
    clauses = []
    coming_in = [
        CAPABILITY_TEXTS[capability].module
        for capability in (Capability.READ_MESSAGES, Capability.MONITOR_MENTIONS)
        if capability in gone
    ]
    if coming_in:
        clauses.append(f"no messages come in for {' and '.join(coming_in)}")
    if Capability.PUBLISH in gone:
        clauses.append("posts cannot go out")
    if Capability.READ_PUBLICATIONS in gone:
        clauses.append("the calendar does not see what is posted at the platform")
    if not clauses:
        return ""
    text = "; ".join(clauses)
    return f"{text[0].upper()}{text[1:]}."


def modules(capabilities: Iterable[Capability]) -> str:
    """Return "Webcare, Media Monitor and Publish" or "", for a row of the list."""
    names = [
        CAPABILITY_TEXTS[capability].module
        for capability in capabilities
        if capability is not Capability.READ_PUBLICATIONS
    ]
    if len(names) < 2:  # noqa: PLR2004  # a list of one needs no "and"
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
