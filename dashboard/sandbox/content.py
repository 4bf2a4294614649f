"""Posts, comments, mentions and messages: listing them newest first, and writing new ones."""

import secrets
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.sandbox.clock import read_stamp, stamp
from dashboard.sandbox.store import sha256

MAX_PAGE = 40
MAX_TEXT = 2_000
KEY_LIFE = timedelta(hours=1)


class IncomingKind(StrEnum):
    """What others write to an account."""

    COMMENT = "comment"
    MENTION = "mention"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Something an account has published; `kind` is text, photo, video or link."""

    id: str
    account_id: str
    text: str
    kind: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Something that came in for an account; a comment names the post it belongs to."""

    id: str
    account_id: str
    kind: IncomingKind
    author_name: str
    author_handle: str
    text: str
    post_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which part of a list is wanted: at most `limit` things older than the one named `before`."""

    limit: int = 20
    before: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostOrder:
    """A post that an app wants published; `key` makes a repetition harmless."""

    account_id: str
    client_id: str
    text: str
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The post of an order; `again` when the order had been carried out before."""

    post: Post
    again: bool


class UnknownPositionError(LookupError):
    """`before` names nothing in this list."""


class KeyConflictError(ValueError):
    """The same idempotency key came with another text."""


def posts(db: sqlite3.Connection, account_id: str, span: Span) -> tuple[list[Post], str | None]:
    """An account's posts, newest first, and the `before` of the next part, None at the end."""
    rows, following = _newest(db, "posts", ("account_id = ?", [account_id]), span)
    return [_post(row) for row in rows], following


def incoming(
    db: sqlite3.Connection, account_id: str, kinds: tuple[IncomingKind, ...], span: Span
) -> tuple[list[Incoming], str | None]:
    """What came in for an account, newest first, and the `before` of the next part."""
    where = f"account_id = ? AND kind IN ({', '.join('?' * len(kinds))})"
    rows, following = _newest(db, "incoming", (where, [account_id, *kinds]), span)
    return [_incoming(row) for row in rows], following


def find_post(db: sqlite3.Connection, post_id: str) -> Post | None:
    """The post with this id, None if none."""
    row = db.execute("SELECT * FROM posts WHERE id = ?", (post_id,)).fetchone()
    return _post(row) if row else None


def find_incoming(db: sqlite3.Connection, incoming_id: str) -> Incoming | None:
    """The comment, mention or message with this id, None if none."""
    row = db.execute("SELECT * FROM incoming WHERE id = ?", (incoming_id,)).fetchone()
    return _incoming(row) if row else None


def comments_on(db: sqlite3.Connection, post_id: str) -> list[Incoming]:
    """All comments on a post, oldest first."""
    rows = db.execute(
        "SELECT * FROM incoming WHERE post_id = ? ORDER BY created_at, id", (post_id,)
    )
    return [_incoming(row) for row in rows]


def publish(db: sqlite3.Connection, order: PostOrder, now: datetime) -> Published:
    """Publish a text, or find the post of the same order within the hour.

    Raises KeyConflictError if the key came with another text.
    """
    db.execute("DELETE FROM idempotency WHERE created_at <= ?", (stamp(now - KEY_LIFE),))
    known = db.execute(
        "SELECT * FROM idempotency WHERE client_id = ? AND account_id = ? AND key = ?",
        (order.client_id, order.account_id, order.key),
    ).fetchone()
    if known:
        if known["body_sha256"] != sha256(order.text):
            raise KeyConflictError(order.key)
        first = find_post(db, known["post_id"])
        if first is not None:
            return Published(post=first, again=True)
    post = write_post(db, order.account_id, order.text, now)
    if order.key is not None:
        db.execute(
            "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?)",
            (
                order.client_id,
                order.account_id,
                order.key,
                sha256(order.text),
                post.id,
                stamp(now),
            ),
        )
    return Published(post=post, again=False)


def write_post(db: sqlite3.Connection, account_id: str, text: str, now: datetime) -> Post:
    """Publish a text on an account."""
    post = Post(
        id=f"post_{secrets.token_hex(8)}",
        account_id=account_id,
        text=text,
        kind="text",
        created_at=now,
    )
    insert_post(db, post)
    return post


def insert_post(db: sqlite3.Connection, post: Post) -> None:
    """Store a post as it is."""
    db.execute(
        "INSERT INTO posts VALUES (?, ?, ?, ?, ?)",
        (post.id, post.account_id, post.text, post.kind, stamp(post.created_at)),
    )


def insert_incoming(db: sqlite3.Connection, thing: Incoming) -> None:
    """Store something that came in as it is."""
    db.execute(
        "INSERT INTO incoming VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            thing.id,
            thing.account_id,
            thing.kind,
            thing.author_name,
            thing.author_handle,
            thing.text,
            thing.post_id,
            stamp(thing.created_at),
        ),
    )


def _newest(
    db: sqlite3.Connection, table: str, where: tuple[str, list[str]], span: Span
) -> tuple[list[sqlite3.Row], str | None]:
    condition, values = where
    arguments: list[str | int] = [*values]
    if span.before is not None:
        mark = db.execute(
            f"SELECT created_at, id FROM {table} WHERE {condition} AND id = ?",  # noqa: S608 - own words only
            [*values, span.before],
        ).fetchone()
        if mark is None:
            raise UnknownPositionError(span.before)
        condition += " AND (created_at, id) < (?, ?)"
        arguments += [mark["created_at"], mark["id"]]
    if span.since is not None:
        condition += " AND created_at >= ?"
        arguments.append(stamp(span.since))
    rows = db.execute(
        f"SELECT * FROM {table} WHERE {condition} ORDER BY created_at DESC, id DESC LIMIT ?",  # noqa: S608 - own words only
        [*arguments, span.limit + 1],
    ).fetchall()
    page = rows[: span.limit]
    return page, page[-1]["id"] if len(rows) > span.limit else None


def _post(row: sqlite3.Row) -> Post:
    return Post(
        id=row["id"],
        account_id=row["account_id"],
        text=row["text"],
        kind=row["kind"],
        created_at=read_stamp(row["created_at"]),
    )


def _incoming(row: sqlite3.Row) -> Incoming:
    return Incoming(
        id=row["id"],
        account_id=row["account_id"],
        kind=IncomingKind(row["kind"]),
        author_name=row["author_name"],
        author_handle=row["author_handle"],
        text=row["text"],
        post_id=row["post_id"],
        created_at=read_stamp(row["created_at"]),
    )
