"""What was wanted against what was granted: the permissions that a person did not give (R30)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.platforms.protocol import About

Covers = Callable[[Collection[str], str], bool]


def is_granted(granted: Collection[str], wanted: str) -> bool:
    """The plain rule: it stands there by its own name."""
    return wanted in granted


def missing_permissions(
    about: About,
    granted: Collection[str],
    labels: Mapping[str, str],
    *,
    covers: Covers = is_granted,
) -> tuple[Missing, ...]:
    """Name each permission that a capability lacks, in plain words and with the place to give it.

    `labels` holds the words for the platform's own names; `covers` says whether a wider permission
    includes the one that is wanted.
    """
    return tuple(
        Missing(
            capability=capability,
            kind=MissingKind.PERMISSION,
            what=wanted,
            label=labels.get(wanted, wanted),
            grant_at=about.grant_at,
            grant_url=about.grant_url,
        )
        for capability, needs in about.wants.items()
        for wanted in sorted(needs)
        if not covers(granted, wanted)
    )


def by_relink(missing: tuple[Missing, ...]) -> tuple[Missing, ...]:
    """The same, to be given by a relink: pages then lead there instead of to the platform."""
    return tuple(replace(item, grant_at="", grant_url="", by_relink=True) for item in missing)


def lacking(
    about: About,
    kind: MissingKind,
    what: str,
    label: str,
    *,
    only: Collection[Capability] = (),
) -> tuple[Missing, ...]:
    """Name one thing that all capabilities lack, or those of `only`."""
    return tuple(
        Missing(
            capability=capability,
            kind=kind,
            what=what,
            label=label,
            grant_at=about.grant_at,
            grant_url=about.grant_url,
        )
        for capability in about.wants
        if not only or capability in only
    )
