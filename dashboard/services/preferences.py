"""Messages & communication: what a user is mailed about, by himself or by an administrator.

Only these boxes can be changed here (R15). Whoever's boxes somebody else changed is told (R16).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from dashboard.db.audience import count_accounts_of
from dashboard.db.audit import add_audit
from dashboard.db.engine import UnitOfWork
from dashboard.db.events import EventKind, NewEvent, add_event
from dashboard.db.preferences import (
    Differing,
    LastTold,
    differing,
    find_person,
    last_told,
    store_box,
)
from dashboard.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from dashboard.domain.notices import NOTICE_SPECS, SETUP_KINDS, NoticeKind
from dashboard.domain.team import Actor, Viewer
from dashboard.services.ports import Tools


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box as a person sees it; `version` must come back with a change of it."""

    kind: NoticeKind
    label: str
    explanation: str
    wanted: bool
    version: int
    last_told: LastTold | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Boxes:
    """All boxes of one user. `own` when the viewer looks at himself."""

    user_id: UUID
    name: str
    own: bool
    accounts: int
    boxes: tuple[Box, ...]

    def box(self, kind: NoticeKind) -> Box:
        return next(box for box in self.boxes if box.kind is kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a box shall be, and the version of it that the person saw."""

    wanted: bool
    version: int


def boxes_for(tools: Tools, viewer: Viewer, user_id: UUID) -> Boxes:
    """Raises NotAllowedError for somebody else's boxes without the right, and NotFoundError."""
    _may_edit(viewer, user_id)
    with tools.database.reading() as session:
        person = find_person(session, user_id)
        if person is None:
            raise NotFoundError("user")
        stored = differing(session, user_id)
        told = last_told(session, person)
        return Boxes(
            user_id=user_id,
            name=person.name,
            own=user_id == viewer.user_id,
            accounts=count_accounts_of(session, user_id),
            boxes=tuple(
                _box(kind, stored, told)
                for kind in optional_kinds()
                if kind not in SETUP_KINDS or person.is_administrator
            ),
        )


def set_box(  # whose, which, what, and on what knowledge: none of them can be left out
    tools: Tools,
    viewer: Viewer,
    actor: Actor,
    user_id: UUID,
    kind: NoticeKind,
    *,
    wanted: bool,
    version: int,
) -> None:
    """Tick or untick one box; raises as `set_boxes` does."""
    set_boxes(tools, viewer, actor, user_id, {kind: Wish(wanted=wanted, version=version)})


def set_boxes(
    tools: Tools,
    viewer: Viewer,
    actor: Actor,
    user_id: UUID,
    wishes: Mapping[NoticeKind, Wish],
) -> None:
    """Change these boxes together or none of them.

    Raises NotAllowedError, NotFoundError, InvalidInputError for a kind that has no box, and
    ConflictError when somebody else did the same after the person looked (R68).
    """
    _may_edit(viewer, user_id)
    for kind in wishes:
        if not NOTICE_SPECS[kind].optional:
            raise InvalidInputError(kind.value, "This one is always sent.")
    with tools.database.writing() as unit:
        if find_person(unit, user_id, lock=True) is None:
            raise NotFoundError("user")
        stored = differing(unit, user_id)
        before = {kind: _box(kind, stored, {}) for kind in wishes}
        for kind, wish in wishes.items():
            if _was_faster(before[kind], wish, stored.get(kind), actor):
                raise ConflictError("Somebody else changed this box in the meantime.")
        changed = {
            kind: wish.wanted
            for kind, wish in wishes.items()
            if wish.wanted is not before[kind].wanted
        }
        if changed:
            _store(tools, unit, actor, user_id, changed)


def untick(tools: Tools, actor: Actor, user_id: UUID, kinds: Collection[NoticeKind]) -> None:
    """Untick boxes for the user himself, whatever anybody saw before; raises NotFoundError."""
    with tools.database.writing() as unit:
        if find_person(unit, user_id, lock=True) is None:
            raise NotFoundError("user")
        stored = differing(unit, user_id)
        changed = {kind: False for kind in kinds if _box(kind, stored, {}).wanted}
        if changed:
            _store(tools, unit, actor, user_id, changed)


def optional_kinds() -> tuple[NoticeKind, ...]:
    """Kinds that have a box, in the order of the page."""
    return tuple(kind for kind, spec in NOTICE_SPECS.items() if spec.optional)


def _may_edit(viewer: Viewer, user_id: UUID) -> None:
    if user_id != viewer.user_id and not viewer.is_administrator:
        raise NotAllowedError("Only administrators change what others are mailed about.")


def _was_faster(box: Box, wish: Wish, stored: Differing | None, actor: Actor) -> bool:
    """Whether somebody else did meanwhile what is wished now.

    A click turns a box to what the person did not see, so where the versions differ and the wish
    still changes something, it is the second of two quick clicks of the same person.
    """
    if box.version == wish.version or box.wanted is not wish.wanted:
        return False
    return stored is None or stored.changed_by != actor.user_id


def _box(kind: NoticeKind, stored: Mapping[str, Differing], told: Mapping[str, LastTold]) -> Box:
    spec = NOTICE_SPECS[kind]
    found = stored.get(kind)
    return Box(
        kind=kind,
        label=spec.label,
        explanation=spec.explanation,
        wanted=spec.on_by_default if found is None else found.wanted,
        version=0 if found is None else found.version,
        last_told=told.get(kind),
    )


def _store(
    tools: Tools,
    unit: UnitOfWork,
    actor: Actor,
    user_id: UUID,
    changed: Mapping[NoticeKind, bool],
) -> None:
    """Write the boxes, the line of the audit trail, and the event for the person concerned."""
    now = tools.now()
    for kind, wanted in changed.items():
        store_box(
            unit,
            user_id=user_id,
            kind=kind,
            wanted=wanted,
            default=NOTICE_SPECS[kind].on_by_default,
            changed_by=actor.user_id,
            now=now,
        )
    add_audit(
        unit,
        at=now,
        actor=actor,
        action="preferences.changed",
        target=f"user:{user_id}",
        before={kind.value: not wanted for kind, wanted in changed.items()},
        after={kind.value: wanted for kind, wanted in changed.items()},
    )
    if actor.user_id == user_id:
        return
    changes = [
        {"what": NOTICE_SPECS[kind].label, "before": _word(not wanted), "after": _word(wanted)}
        for kind, wanted in changed.items()
    ]
    add_event(
        unit,
        NewEvent(
            at=now,
            kind=EventKind.SETTINGS_CHANGED,
            user_id=user_id,
            actor_id=actor.user_id,
            data={"changes": changes},
        ),
    )
    unit.after_commit(lambda: tools.jobs.hint("gather_notices"))


def _word(wanted: bool) -> str:  # noqa: FBT001  # a word for each of the two
    return "on" if wanted else "off"
