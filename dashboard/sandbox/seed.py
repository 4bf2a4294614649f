"""Fills an empty sandbox with Waterhoven, a small town, the same for the same instant.

The words are in town.toml; here is only how they become people, accounts, posts and comments.
"""

import functools
import hashlib
import random
import sqlite3
import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dashboard.sandbox import apps, content
from dashboard.sandbox.clock import stamp
from dashboard.sandbox.content import Incoming, IncomingKind, Post
from dashboard.sandbox.dialect import Dialect, number_of
from dashboard.sandbox.model import NATIVE_NETWORK, Role
from dashboard.sandbox.store import Store

_TOWN = Path(__file__).with_name("town.toml")
_WEEKS = 20
_FEWEST_POSTS, _MOST_POSTS = 10, 60
_KINDS = ("text", "text", "text", "photo", "photo", "link", "video")
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_QUARTERS = ("North", "South", "East", "West", "Harbour", "Station", "Old Town", "Heath")


def seed(
    store: Store, accounts: int = 24, *, now: datetime, dialects: Iterable[Dialect] = ()
) -> None:
    """Build the town with this many accounts, unless somebody lives there already.

    Each of the `dialects` that has none yet gets its accounts and Linkkeeper as an app.
    """
    town = _words()
    with store.changing() as db:
        if db.execute("SELECT 1 FROM people").fetchone() is None:
            _found(db, town, accounts, now)
        for dialect in dialects:
            if apps.find_app(db, dialect.client_id) is None:
                _found_network(db, town, dialect, now)


@functools.cache
def _words() -> dict[str, Any]:
    return tomllib.loads(_TOWN.read_text(encoding="utf-8"))


def account_id(handle: str, network: str = NATIVE_NETWORK) -> str:
    """The id that the seed gives to a handle: stable, and nothing that a handle tells.

    In a dialect it is a number, as most platforms have it.
    """
    if network != NATIVE_NETWORK:
        return number_of(f"{network} {handle}")
    return f"acc_{hashlib.sha256(handle.encode()).hexdigest()[:12]}"


def _found(db: sqlite3.Connection, town: dict[str, Any], accounts: int, now: datetime) -> None:
    apps.seed_app(db, now)
    db.executemany(
        "INSERT INTO people (id, name, email, password) VALUES (:id, :name, :email, :password)",
        town["people"],
    )
    for described in _described(town, accounts):
        _settle(db, town, described, now)


def _found_network(
    db: sqlite3.Connection, town: dict[str, Any], dialect: Dialect, now: datetime
) -> None:
    apps.seed_dialect_app(db, dialect, now)
    for one in dialect.residents:
        described: dict[str, Any] = {
            "network": dialect.key,
            "handle": f"{dialect.key}_{one.handle}",
            "name": f"{one.name} on {dialect.label}",
            "about": one.about,
            "lines": [],
            **{role.value: ids for role, ids in one.team().items()},
        }
        _settle(db, town, described, now)


def _described(town: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    """The town's accounts; with more than the town has, branches of them in its quarters."""
    described: list[dict[str, Any]] = town["accounts"]
    for number in range(count):
        base = described[number % len(described)]
        branch = number // len(described)
        if branch == 0:
            yield base
        else:
            quarter = _QUARTERS[(branch - 1) % len(_QUARTERS)]
            name = f"{base['name']} {quarter} {branch}"
            yield {**base, "handle": f"{base['handle']}{branch}", "name": name}


def _settle(
    db: sqlite3.Connection, town: dict[str, Any], described: dict[str, Any], now: datetime
) -> None:
    """Add one account with its team, its posts and what came in."""
    handle = described["handle"]
    network = described.get("network", NATIVE_NETWORK)
    of = account_id(handle, network)
    founded = now - timedelta(weeks=_WEEKS * 10)
    db.execute(
        "INSERT INTO accounts (id, handle, name, about, created_at, network)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (of, handle, described["name"], described["about"], stamp(founded), network),
    )
    for role in Role:
        db.executemany(
            "INSERT INTO roles (person_id, account_id, role) VALUES (?, ?, ?)",
            [(person, of, role) for person in described[role]],
        )
    dice = random.Random(handle)  # noqa: S311 - sample texts, and the same ones each time
    posts = list(_posts(dice, town, described, now))
    for post in posts:
        content.insert_post(db, post)
    for thing in _incoming(dice, town, described, posts, now):
        content.insert_incoming(db, thing)


def _posts(
    dice: random.Random, town: dict[str, Any], described: dict[str, Any], now: datetime
) -> Iterator[Post]:
    """Ten to sixty posts over twenty weeks, at hours at which people post."""
    of = account_id(described["handle"], described.get("network", NATIVE_NETWORK))
    lines = described["lines"] * 2 + town["generic"]
    dice.shuffle(lines)
    span = timedelta(weeks=_WEEKS)
    for number in range(dice.randint(_FEWEST_POSTS, _MOST_POSTS)):
        yield Post(
            id=_id("post", described["handle"], number),
            account_id=of,
            text=_fill(dice, lines[number % len(lines)], described["name"]),
            kind=dice.choice(_KINDS),
            created_at=_moment(dice, now, span),
        )


def _incoming(
    dice: random.Random,
    town: dict[str, Any],
    described: dict[str, Any],
    posts: list[Post],
    now: datetime,
) -> Iterator[Incoming]:
    """Comments under some posts, a few mentions, a few messages."""
    handle = described["handle"]
    of = account_id(handle, described.get("network", NATIVE_NETWORK))
    wanted = [
        *((IncomingKind.COMMENT, post) for post in dice.sample(posts, len(posts) // 3)),
        *((IncomingKind.MENTION, None) for _ in range(dice.randint(3, 12))),
        *((IncomingKind.MESSAGE, None) for _ in range(dice.randint(1, 8))),
    ]
    for number, (kind, post) in enumerate(wanted):
        author = dice.choice(town["authors"])
        late = timedelta(minutes=dice.randint(3, 900))
        at = min(post.created_at + late, now) if post else _moment(dice, now, timedelta(weeks=6))
        yield Incoming(
            id=_id(kind, handle, number),
            account_id=of,
            kind=kind,
            author_name=author,
            author_handle="".join(author.lower().split()),
            text=_fill(dice, dice.choice(town[f"{kind}s"]), described["name"]),
            post_id=post.id if post else None,
            created_at=at,
        )


def _moment(dice: random.Random, now: datetime, span: timedelta) -> datetime:
    """An instant of the past `span`, between 7:00 and 21:59 UTC where the day allows."""
    at = now - span * dice.random()
    fitted = at.replace(hour=dice.randint(7, 21), minute=dice.randint(0, 59))
    return min(fitted, now - timedelta(minutes=dice.randint(1, 600)))


def _fill(dice: random.Random, text: str, name: str) -> str:
    return text.format(
        name=name,
        day=dice.choice(_DAYS),
        time=f"{dice.randint(9, 21)}:{dice.choice(('00', '15', '30'))}",
        n=dice.randint(2, 40),
        month=dice.choice(("September", "October", "November", "December")),
    )


def _id(kind: str, handle: str, number: int) -> str:
    return f"{kind}_{hashlib.sha256(f'{handle} {kind} {number}'.encode()).hexdigest()[:16]}"
