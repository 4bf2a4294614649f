"""Processes are killed, frozen and cut off for minutes; afterwards nothing is lost or doubled.

`LINKKEEPER_CHAOS_SECONDS` says for how long on each database (300; 20 for a quick look), and
`LINKKEEPER_CHAOS_SEED` repeats the choices of a run; timing is the machine's own.
"""

import hashlib
import os
import random
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import psycopg
import pytest
from aiosmtpd.smtp import Envelope
from sqlmodel import col, select

from dashboard.cli.preparing import ready_runtime
from dashboard.cli.sample import TEAM, settle_team
from dashboard.db.credentials import open_credential
from dashboard.db.tables import (
    AccountRow,
    DeliveryRow,
    EventRow,
    GrantRow,
    IncidentRow,
    LinkRow,
    PublicationRow,
    SalvageRow,
)
from dashboard.runtime import Runtime
from dashboard.services.notifying import gather
from dashboard.services.publishing import publish_due
from dashboard.services.sending import send_due
from dashboard.settings import Settings
from tests import histories
from tests.adapters.mail_sink import Sink, SinkServer
from tests.chaos.nemesis import Nemesis, SecondScheduler
from tests.chaos.people import People
from tests.cli.running import Installation, descendants, is_alive, wait_for
from tests.town import Town, running_town

pytestmark = pytest.mark.slow

SECONDS = float(os.environ.get("LINKKEEPER_CHAOS_SECONDS", "300"))
SEED = int(os.environ.get("LINKKEEPER_CHAOS_SEED", str(random.randrange(10**6))))
ENDED = {"sent", "dead", "suppressed", "merged"}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/var/linkkeeper.sqlite3"
    url: str = request.getfixturevalue("postgres_url")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS chaos WITH (FORCE)")
        connection.execute("CREATE DATABASE chaos")
    return url.replace("@/postgres?", "@/chaos?")


class TimedSink(Sink):
    """Remembers when each letter arrived."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived: list[tuple[Envelope, float]] = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.on_data is None:
            self.arrived.append((envelope, time.monotonic()))
        return await super().handle_DATA(server, session, envelope)


@dataclass
class Scene:
    """A town of linked accounts whose permissions last for 20 seconds, and a mail server."""

    town: Town
    sink: TimedSink
    environ: dict[str, str]
    runtime: Runtime
    folder: Path
    sandbox: Path


@pytest.fixture
def scene(tmp_path: Path, database_url: str) -> Iterator[Scene]:
    sink = TimedSink()
    server = SinkServer(sink)
    folder = tmp_path / "var"
    folder.mkdir(mode=0o700)
    with running_town(tmp_path / "sandbox", with_dialects=True) as town:
        place = f"127.0.0.1:{town.server.server_port}"
        environ = {
            "LINKKEEPER_DATA_DIR": str(folder),
            "DATABASE_URL": database_url,
            "LINKKEEPER_SANDBOX_URL": f"http://{place}",
            "LINKKEEPER_SANDBOX_DIALECTS": "yes",
            "LINKKEEPER_ALLOW_PRIVATE_HOSTS": place,
            "LINKKEEPER_CHECK_EVERY": "6",
            "LINKKEEPER_PATIENCE": "10",
            "LINKKEEPER_MISSES_ALLOWED": "1",
            "LINKKEEPER_GATHER_FOR": "2",
            "LINKKEEPER_MAIL_URL": f"smtp://127.0.0.1:{server.port}?tls=none",
            "LINKKEEPER_MAIL_FROM": "Linkkeeper <keeper@example.org>",
        }
        said = {"access_life": "20", "rotation": "strict"}
        accept = {"Accept": "application/json"}
        assert town.app.test_client().post("/control/settings", json=said, headers=accept)
        runtime = ready_runtime(Settings.from_env(environ))
        settle_team(runtime.tools, f"http://{place}")
        yield Scene(town, sink, environ, runtime, folder, tmp_path / "sandbox")
        runtime.close()
    server.close()


def test_minutes_of_kills_lose_nothing_and_double_nothing(scene: Scene, database_url: str) -> None:
    installation = Installation(scene.folder, **scene.environ)
    drain = threading.Thread(target=installation.process.stdout.read, daemon=True)
    drain.start()
    chance = random.Random(SEED)
    handles = [account["handle"] for account in _accounts(scene)]
    second = SecondScheduler(
        scene.environ
        | {
            "LINKKEEPER_BASE_URL": installation.address,
            "REDIS_URL": f"unix://{scene.folder}/valkey/valkey.sock",
        }
    )
    nemesis = Nemesis(installation, scene.town, scene.sink, database_url, chance, handles, second)
    people = People(scene, installation.address, chance)
    try:
        done = nemesis.rage(SECONDS, people.do_something)
        sys.stdout.write(f"seed {SEED}: {len(done)} acts: {'; '.join(done)}\n")
        sys.stdout.write(f"people: {dict(people.done)}\n")
        scene.town.calm()
        wait_for(lambda: scene.sink.on_data is None)
        wait_for(lambda: installation.status("/healthz") == 200, seconds=60)
        time.sleep(min(60, 15 + SECONDS / 10))
        second.end()
        left = descendants(installation.process.pid)
        installation.process.terminate()
        installation.process.wait(timeout=120)
        wait_for(lambda: not [pid for pid in left if is_alive(pid)])
    finally:
        second.end()
        drain.join(timeout=5)
        installation.end()
    tell_what_waits(scene)
    no_token_is_lost(scene)
    every_telling_was_accepted(scene)
    events_form_a_path(scene)
    troubles_are_told_as_often_as_they_come(scene)
    every_post_stands_there_once(scene, people)
    nobody_was_told_of_what_he_may_not_see(scene, people)
    assert_people_got_through(people)
    if database_url.startswith("sqlite"):
        with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def tell_what_waits(scene: Scene) -> None:
    """Let the time pass after which a mail is tried again or its dead sender is given up."""
    for minutes in (20, 40, 60, 80, 120, 180):
        later = timedelta(minutes=minutes)
        now = scene.runtime.tools.now
        tools = replace(scene.runtime.tools, now=lambda now=now, later=later: now() + later)
        publish_due(tools)
        gather(tools)
        send_due(tools)


def no_token_is_lost(scene: Scene) -> None:
    """I1, I2: what we hold is the platform's newest, or the loss is known by its name."""
    tools = scene.runtime.tools
    with tools.database.reading() as session:
        rows = session.exec(
            select(GrantRow)
            .where(col(GrantRow.id).in_(select(LinkRow.grant_id)))
            .where(GrantRow.platform == "sandbox")
        ).all()
        salvaged = set(session.exec(select(SalvageRow.grant_id)).all())
        lost = set(
            session.exec(select(LinkRow.grant_id).where(LinkRow.cause == "answer_lost")).all()
        )
    assert rows
    for grant in rows:
        held = open_credential(tools.cipher, grant.id, grant.credential).refresh
        newest, ended = newest_token(scene, held)
        if ended == "token_reused":
            # A renewal's refusal is forgotten while a platform refuses everybody; a link's stays.
            cause = (grant.refusal or {}).get("cause")
            known = cause == "answer_lost" or grant.in_flight_since or grant.id in lost
            assert known, f"burnt, known as {cause}"
        elif ended is None:
            known = grant.id in salvaged or grant.in_flight_since is not None
            assert newest == hashlib.sha256(held.encode()).hexdigest() or known, "a token was lost"


def newest_token(scene: Scene, held: str) -> tuple[str, str | None]:
    """The newest refresh token of the family of `held`, and why the family ended."""
    [path] = scene.sandbox.glob("*.sqlite3")
    with closing(sqlite3.connect(path)) as town:
        [(family,)] = town.execute(
            "SELECT grant_id FROM tokens WHERE sha256 = ?",
            (hashlib.sha256(held.encode()).hexdigest(),),
        )
        newest = town.execute(
            "SELECT sha256 FROM tokens WHERE grant_id = ? AND kind = 'refresh' "
            "ORDER BY issued_at DESC, rowid DESC LIMIT 1",
            (family,),
        ).fetchone()[0]
        ended = town.execute("SELECT end_cause FROM grants WHERE id = ?", (family,)).fetchone()[0]
    return newest, ended


def every_telling_was_accepted(scene: Scene) -> None:
    """I4: at least once each, and copies carry the same Message-ID."""
    accepted = Counter(
        message_from_bytes(envelope.content)["Message-ID"] for envelope in scene.sink.envelopes
    )
    with scene.runtime.tools.database.reading() as session:
        rows = session.exec(select(DeliveryRow)).all()
        untold = session.exec(select(EventRow.kind).where(col(EventRow.told).is_(False))).all()
    assert untold == []
    assert rows
    assert Counter(row.state for row in rows if row.state not in ENDED) == {}
    missing = [row.subject for row in rows if row.state == "sent" and not accepted[row.message_id]]
    assert missing == []
    assert set(accepted) <= {row.message_id for row in rows}
    assert max(accepted.values()) <= 3


def events_form_a_path(scene: Scene) -> None:
    """I6: each change begins where the one before ended."""
    with scene.runtime.tools.database.reading() as session:
        events = session.exec(
            select(EventRow).where(EventRow.kind == "link_state").order_by(col(EventRow.seq))
        ).all()
        links = session.exec(select(LinkRow)).all()
    at: dict[object, str] = {}
    for event in events:
        old, new = event.data["old"], event.data["new"]
        # Picked anew while the platform was silent, an account begins again as new.
        assert old in {at.get(event.account_id, old), "new"}
        at[event.account_id] = new
    for link in links:
        assert link.state in {at.get(link.account_id, link.state), "new"}


def troubles_are_told_as_often_as_they_come(scene: Scene) -> None:
    """I6, I7: incidents alternate; each is told once at its start and once at its end."""
    with scene.runtime.tools.database.reading() as session:
        histories.incidents_of_a_place_follow_one_another(session)
        histories.an_incident_is_told_once_at_its_start_and_once_at_its_end(session)
        histories.trouble_is_told_no_oftener_than_it_comes(session)
        outages = session.exec(select(IncidentRow).where(IncidentRow.kind == "silent")).all()
    sys.stdout.write(f"outages that were noticed: {len(outages)}\n")


def every_post_stands_there_once(scene: Scene, people: People) -> None:
    """I3: once at the platform, or known not to stand there, or in doubt; none is forgotten."""
    [path] = scene.sandbox.glob("*.sqlite3")
    with closing(sqlite3.connect(path)) as town:
        there = Counter(
            town.execute("SELECT account_id, text FROM posts WHERE text LIKE 'Post %'").fetchall()
        )
    assert max(there.values(), default=0) <= 1, f"published twice: {there.most_common(3)}"
    with scene.runtime.tools.database.reading() as session:
        rows = session.exec(select(PublicationRow).where(PublicationRow.text.like("Post %"))).all()
    ours = [row for row in rows if row.state != "loaded"]
    stands = Counter(text for _, text in there)
    planned = Counter((row.text, row.account_id) for row in ours)
    assert max(planned.values(), default=0) <= 1, "planned twice"
    assert people.planned <= {row.text for row in ours}, "planned, and forgotten"
    published = Counter(row.text for row in ours if row.state == "published")
    doubted = Counter(row.text for row in ours if row.state == "unknown")
    assert {row.state for row in ours} <= {"published", "unknown", "failed", "missed", "held"}
    for text in {row.text for row in ours}:
        assert published[text] <= stands[text] <= published[text] + doubted[text], text


def nobody_was_told_of_what_he_may_not_see(scene: Scene, people: People) -> None:
    """I5: each account of a mail was within the reader's reach shortly before it arrived."""
    with scene.runtime.tools.database.reading() as session:
        rows = session.exec(select(DeliveryRow)).all()
    about = {row.message_id: set(row.accounts) for row in rows}
    for envelope, at in scene.sink.arrived:
        if TEAM[1].email not in envelope.rcpt_tos:
            continue
        message_id = message_from_bytes(envelope.content)["Message-ID"]
        seen = people.reach_around(at)
        assert about[message_id] <= seen, f"{message_id} told of more than the role may see"


def assert_people_got_through(people: People) -> None:
    """A run in which nobody could do anything would prove nothing."""
    assert people.done["signed in"] > 0
    assert people.done["planned a post"] > 0
    assert people.done["changed the role"] > 0


def _accounts(scene: Scene) -> list[dict[str, object]]:
    with scene.runtime.tools.database.reading() as session:
        return [{"handle": row.handle} for row in session.exec(select(AccountRow)).all()]
