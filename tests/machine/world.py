"""What is outside: a platform whose refresh tokens serve once, and a mail server; both remember."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dashboard.adapters.letter import Letter
from dashboard.adapters.smtp import Failed, Sent
from dashboard.domain.causes import Cause
from dashboard.domain.checks import CheckOutcome, Evidence, NeedsRefresh, Refused, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.publishing import (
    NotPublished,
    Outgoing,
    PostRules,
    Published,
    PublishOutcome,
    PublishUnclear,
)
from dashboard.domain.wire import Http, NoAnswerError, Silence
from dashboard.platforms.protocol import (
    Granted,
    Refreshed,
    RefreshOutcome,
    RefreshRefused,
    RefreshUnclear,
)
from tests.services.fake_platforms import SignInPlatform, identity

LIFE = timedelta(hours=1)
SAID = Evidence(call="renew the permission", status=400, code="invalid_grant")
SILENT = Evidence(call="renew the permission", code="timeout")


@dataclass
class Family:
    """One consent: its newest generation, until it is revoked; `unclear` once an answer was lost.

    `renewed` counts per generation how often it was changed for a newer one.
    """

    latest: int = 1
    until: datetime | None = None
    revoked: bool = False
    unclear: bool = False
    reused: bool = False
    given_back: int = 0  # the generation with which we said that we are done
    renewed: Counter[int] = field(default_factory=Counter)


class World(SignInPlatform):
    """`outage`: nobody gets an answer; `silent`: these accounts get none.

    `next_refresh` and `next_post`: what becomes of the next.
    """

    rules = PostRules(longest=500)

    def __init__(self) -> None:
        super().__init__()
        self.families: dict[int, Family] = {}
        self.outage = False
        self.silent: set[str] = set()
        self.stammers = 0
        self.next_refresh = "ok"
        self.reaches = "page-0"
        self.renewing: set[int] = set()
        self.next_post = "ok"
        self.posts: Counter[str] = Counter()  # how often each stands here, by its key

    def crash(self) -> None:
        """Our process died: what it was renewing may have had its answer lost."""
        for number in self.renewing:
            self.families[number].unclear = True
        self.renewing.clear()

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        if self.outage:
            raise NoAnswerError(Silence.TIMEOUT, call="exchange the code")
        number = len(self.families) + 1
        self.families[number] = Family(until=now + LIFE)
        return Granted(
            credential=self._credential(number, now),
            subject=Subject(remote_id=f"person-{number}", name="Anna J."),
            identities=(identity(self.reaches, f"Account {self.reaches}"),),
        )

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        if self.outage or self.stammers or identity.remote_id in self.silent:
            self.stammers = max(0, self.stammers - 1)
            raise NoAnswerError(Silence.TIMEOUT, call="read the account")
        number, generation = numbers(credential.access)
        family = self.families[number]
        if family.revoked:
            return Refused(
                cause=Cause.TOKEN_REFUSED, evidence=Evidence(call="read the account", status=401)
            )
        if generation != family.latest or family.until is None:
            return NeedsRefresh(evidence=Evidence(call="read the account", status=401))
        return Works()

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        fate, self.next_refresh = self.next_refresh, "ok"
        if self.outage or fate == "unavailable":
            return RefreshUnclear(evidence=SILENT, may_have_happened=False)
        number, generation = numbers(credential.refresh)
        family = self.families[number]
        if family.revoked or generation != family.latest:
            family.reused = family.reused or not family.revoked
            family.revoked = True
            return RefreshRefused(cause=Cause.TOKEN_REFUSED, evidence=SAID)
        family.renewed[generation] += 1
        family.latest += 1
        family.until = now + LIFE
        if fate == "lost":
            family.unclear = True
            return RefreshUnclear(evidence=SILENT, may_have_happened=True)
        self.renewing.add(number)
        return Refreshed(credential=self._credential(number, now))

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        fate, self.next_post = self.next_post, "ok"
        number, generation = numbers(credential.access)
        family = self.families[number]
        if self.outage or fate == "unavailable":
            return NotPublished(evidence=SILENT, again=True)
        if family.revoked or generation != family.latest or family.until is None:
            return NotPublished(evidence=Evidence(call="publish the post", status=401))
        if fate == "refused":
            return NotPublished(evidence=SAID, about_the_post=True)
        if fate not in {"lost_before", "worked_on_in_vain"}:
            self.posts[post.key] += 1
        if fate in {"lost", "lost_before"}:
            return PublishUnclear(evidence=SILENT)
        if fate in {"worked_on", "worked_on_in_vain"}:
            return PublishUnclear(evidence=SILENT, trace=post.key)
        return Published(remote_id=f"post-{post.key}")

    async def fate(
        self, http: Http, app: App | None, credential: Credential, trace: str
    ) -> PublishOutcome:
        number, generation = numbers(credential.access)
        family = self.families[number]
        if self.outage or family.revoked or generation != family.latest:
            return PublishUnclear(evidence=SILENT, trace=trace)
        if self.posts[trace]:
            return Published(remote_id=f"post-{trace}")
        return NotPublished(evidence=SAID, about_the_post=True)

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        if self.outage:
            raise NoAnswerError(Silence.TIMEOUT, call="take the permission back")
        number, generation = numbers(credential.access)
        self.families[number].given_back = generation
        self.families[number].revoked = True

    def _credential(self, number: int, now: datetime) -> Credential:
        generation = self.families[number].latest
        return Credential(
            access=f"a-{number}-{generation}",
            refresh=f"r-{number}-{generation}",
            scopes=frozenset({"read", "write"}),
            expires_at=now + LIFE,
        )


def numbers(token: str) -> tuple[int, int]:
    """Family and generation of a token."""
    _, family, generation = token.split("-")
    return int(family), int(generation)


class Post:
    """A mail server. `mode` is "ok", "down", or "lost": it takes the letter and says nothing."""

    def __init__(self) -> None:
        self.mode = "ok"
        self.accepted: list[tuple[str, str, str]] = []  # Message-ID, recipient, text
        self.lost: set[str] = set()

    def send(self, letter: Letter) -> Sent | Failed:
        if self.mode == "down":
            return Failed(kind="retry", why="The mail server does not answer.")
        self.accepted.append((letter.message_id, letter.to, letter.text))
        if self.mode == "lost":
            self.lost.add(letter.message_id)
            return Failed(kind="unknown_outcome", why="The connection ended after the letter.")
        return Sent()
