"""What people do with posts of ours: plan them, send them now, withdraw them, settle doubts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from dashboard.db.audit import add_audit
from dashboard.db.outgoing import delete_publication, insert_planned, move_publication
from dashboard.db.screens.calendar import publication
from dashboard.db.screens.composer import Composable, composable
from dashboard.domain.calendar import PublicationState as State
from dashboard.domain.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
)
from dashboard.domain.post_size import size
from dashboard.domain.posting import LARGEST_PICTURE, is_link, misfits
from dashboard.domain.publishing import Outgoing, PostRules
from dashboard.domain.team import Actor, Right, Viewer
from dashboard.platforms.protocol import Publishes
from dashboard.services.ports import Tools

WAITING = (State.SCHEDULED, State.HELD, State.MISSED, State.FAILED)
"""Where a post of ours surely does not stand at the platform."""

FURTHEST = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An account a post can go to, with what its platform takes."""

    account: Composable
    rules: PostRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """How long a post is for an account, in characters as its platform counts them."""

    account: Composable
    used: int
    longest: int

    @property
    def over(self) -> int:
        """How many are too many; 0 if it fits."""
        return max(0, self.used - self.longest)


def lengths(chosen: Sequence[Choice], post: Outgoing) -> list[Length]:
    """How much of what each account may hold is used up."""
    return [
        Length(
            account=choice.account,
            used=size(post, choice.rules),
            longest=choice.rules.longest,
        )
        for choice in chosen
    ]


def choices(tools: Tools, viewer: Viewer) -> list[Choice]:
    """The viewer's accounts that posts can go to, by name."""
    with tools.database.reading() as session:
        found = composable(session, viewer)
    rules = {
        key: platform.rules
        for key, platform in _by_key(tools).items()
        if isinstance(platform, Publishes)
    }
    return [
        Choice(account=account, rules=rules[account.platform])
        for account in found
        if account.platform in rules
    ]


def plan(
    tools: Tools,
    viewer: Viewer,
    actor: Actor,
    account_ids: Sequence[UUID],
    post: Outgoing,
    *,
    at: datetime | None,
) -> list[UUID]:
    """Put a post into the calendar once per account; without `at` it goes out now.

    Raises NotAllowedError, NotFoundError for an account out of reach, InvalidInputError at the
    field that is wrong; then nothing was stored.
    """
    if not viewer.may(Right.PUBLISH):
        raise NotAllowedError("Your role may not publish.")
    now = tools.now()
    _check_form(post, at, now)
    offered = {choice.account.id: choice for choice in choices(tools, viewer)}
    if not account_ids:
        raise InvalidInputError("account", "Tick at least one account.")
    for account_id in account_ids:
        if account_id not in offered:
            raise NotFoundError("account")
        if wrong := misfits(post, offered[account_id].rules):
            name = offered[account_id].account.name
            raise InvalidInputError("account", f"{name}: {' '.join(wrong)}")
    post = _redrawn(tools, post)
    with tools.database.writing() as unit:
        made = [
            insert_planned(unit, account_id, post=post, at=at or now, by=viewer.user_id, now=now)
            for account_id in dict.fromkeys(account_ids)
        ]
        for publication_id in made:
            add_audit(
                unit,
                at=now,
                actor=actor,
                action="plan a post",
                target=f"publication {publication_id}",
            )
    tools.jobs.hint("publish_due")
    return made


def publish_now(tools: Tools, viewer: Viewer, actor: Actor, publication_id: UUID) -> None:
    """Let a waiting post go out now; one whose fate is not known, if a person wants it again.

    Raises NotAllowedError, NotFoundError, ConflictError when it stands elsewhere by now.
    """
    now = tools.now()
    _act(
        tools,
        viewer,
        actor,
        publication_id,
        "publish now",
        old=(*WAITING, State.UNKNOWN),
        state=State.SCHEDULED.value,
        at=now,
        try_at=now,
        tries=0,
        trouble="",
        evidence=None,
    )
    tools.jobs.hint("publish_due")


def stands_there(tools: Tools, viewer: Viewer, actor: Actor, publication_id: UUID) -> None:
    """A person has seen at the platform that the post is there."""
    _act(
        tools,
        viewer,
        actor,
        publication_id,
        "confirm a post",
        old=(State.UNKNOWN,),
        state=State.PUBLISHED.value,
        published_at=tools.now(),
        trouble="",
        evidence=None,
    )


def withdraw(tools: Tools, viewer: Viewer, actor: Actor, publication_id: UUID) -> None:
    """Take a post that has not gone out from the calendar; raises as `publish_now` does."""
    _may_act(tools, viewer, publication_id)
    with tools.database.writing() as unit:
        if not delete_publication(unit, publication_id, old=WAITING):
            raise ConflictError("This post is going out or stands at the platform by now.")
        add_audit(
            unit,
            at=tools.now(),
            actor=actor,
            action="withdraw a post",
            target=f"publication {publication_id}",
        )


def _by_key(tools: Tools) -> Mapping[str, object]:
    return tools.platforms


def _act(
    tools: Tools,
    viewer: Viewer,
    actor: Actor,
    publication_id: UUID,
    action: str,
    *,
    old: Sequence[State],
    **values: object,
) -> None:
    _may_act(tools, viewer, publication_id)
    now = tools.now()
    with tools.database.writing() as unit:
        if not move_publication(unit, publication_id, old=old, now=now, **values):
            raise ConflictError("Somebody was faster: look at the post as it stands now.")
        add_audit(unit, at=now, actor=actor, action=action, target=f"publication {publication_id}")


def _may_act(tools: Tools, viewer: Viewer, publication_id: UUID) -> None:
    with tools.database.reading() as session:
        found = publication(session, viewer, publication_id)
    if found is None:
        raise NotFoundError("publication")
    if not viewer.may(Right.PUBLISH):
        raise NotAllowedError("Your role may not publish.")


def _redrawn(tools: Tools, post: Outgoing) -> Outgoing:
    if post.picture is None:
        return post
    picture = replace(
        post.picture, data=tools.pictures.redrawn(post.picture.data), media_type="image/jpeg"
    )
    return replace(post, picture=picture)


def _check_form(post: Outgoing, at: datetime | None, now: datetime) -> None:
    if post.link and not is_link(post.link):
        raise InvalidInputError("link", "Type a whole web address, such as https://example.org.")
    if post.picture is not None and len(post.picture.data) > LARGEST_PICTURE:
        raise InvalidInputError("picture", "The picture may have at most 15 MB.")
    if at is not None and not now - timedelta(minutes=5) <= at <= now + FURTHEST:
        raise InvalidInputError("at", "Choose a time from now up to a year ahead.")
