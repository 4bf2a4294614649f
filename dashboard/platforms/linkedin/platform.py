"""LinkedIn: members and the organisations they look after, by one log-in.

A consent lasts 60 days; only approved partners get a refresh token, everybody else must pass the
log-in again, which is silent while the old consent is valid (docs: programmatic-refresh-tokens).
Posts of members are closed to nearly all programs (r_member_social); those of organisations need
the product Community Management API.

Sources: docs = learn.microsoft.com/en-us/linkedin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from dashboard.domain.calendar import FoundPost
from dashboard.domain.checks import CheckOutcome, Evidence, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.publishing import Outgoing, PublishOutcome
from dashboard.domain.wire import Http
from dashboard.platforms import oauth2
from dashboard.platforms.answers import Reply
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.linkedin import findings, publishing
from dashboard.platforms.linkedin import roles as on
from dashboard.platforms.linkedin.about import (
    ABOUT,
    GUIDE,
    HOSTS,
    KEY,
    MEMBER,
    ORGANISATION,
    RULES,
)
from dashboard.platforms.linkedin.talk import PAGE, Talk, failure, introspect, post_of
from dashboard.platforms.protocol import AppTest, Granted, Platform, RefreshOutcome
from dashboard.platforms.registered import RegisteredByHand
from dashboard.platforms.values import instant_of, object_of, text_of

RENEW_BY = "renew_by"
_SHUT_OUT = frozenset({"invalid_client", "unauthorized_client", "invalid_client_id"})
_LONGEST_CURSOR = 8  # digits
_PROFILE = "v2/userinfo"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedIn(RegisteredByHand):
    """See the module. A remote id is the URN of a member or an organisation."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = ABOUT
    guide = GUIDE
    rules = RULES

    def through(self, sandbox_url: str) -> Platform:
        return LinkedIn(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        pages = options.get("pages") or "yes"
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=(*MEMBER, *ORGANISATION) if pages == "yes" else MEMBER,
            facts={
                "pages": pages,
                oauth2.AUTHORIZE: f"{self.hosts['www']}/oauth/v2/authorization",
                oauth2.TOKEN: f"{self.hosts['www']}/oauth/v2/accessToken",
                oauth2.REVOKE: f"{self.hosts['www']}/oauth/v2/revoke",
                oauth2.PKCE: "no",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Ask about a made-up token: LinkedIn answers only who is let in."""
        reply = await introspect(http, self.hosts, app, "linkkeeper-asks-whether-it-is-known")
        if reply.status == HTTPStatus.OK and isinstance((reply.body or {}).get("active"), bool):
            return AppTest.WORKS, reply.evidence()
        code = reply.text("error", 80)
        if code in _SHUT_OUT:
            return AppTest.REFUSED, reply.evidence(code=code)
        return AppTest.UNCLEAR, reply.evidence()

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        tokens = await oauth2.exchange(
            http, KEY, app, code=code, verifier=verifier, redirect_uri=redirect_uri, now=now
        )
        ends = tokens.refresh_expires_at or tokens.expires_at
        credential = tokens.credential(extra={RENEW_BY: ends.isoformat() if ends else ""})
        subject, identities = await self.identities(http, app, credential)
        return Granted(credential=credential, subject=subject, identities=identities)

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        talk = self._talk(http, app, credential)
        me = await talk.read("read who gave the permission", _PROFILE)
        sub = _sub(me)
        if not sub:
            raise failure(me)
        subject = Subject(remote_id=sub, name=me.text("name", 255) or sub)
        member = Identity(remote_id=f"{on.PERSON}{sub}", name=subject.name, handle="")
        if not credential.scopes & {"rw_organization_admin", "r_organization_social"}:
            return subject, (member,)
        held = await talk.roles()
        if isinstance(held, Reply):
            raise failure(held)
        found = on.organisations(held)
        told = await talk.names([on.number_of(one) for one in found]) if found else {}
        named = (on.with_name(one, object_of(told.get(on.number_of(one)))) for one in found)
        return subject, (*named, member)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        """For a member the profile, for an organisation the person's role on it."""
        talk = self._talk(http, app, credential)
        renew_by = instant_of(credential.extra.get(RENEW_BY))
        if identity.remote_id.startswith(on.PERSON):
            me = await talk.read("read the profile", _PROFILE)
            if identity.remote_id == f"{on.PERSON}{_sub(me)}":
                return Works(missing=on.missing_of_member(credential), renew_by=renew_by)
            return await findings.meaning(talk, me)
        held = await talk.roles()
        if isinstance(held, Reply):
            return await findings.meaning(talk, held)
        return Works(missing=on.missing_on(identity, held, credential), renew_by=renew_by)

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(http, app, credential, now=now)

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        if not identity.remote_id.startswith(on.COMPANY):
            return [], ""  # closed to programs
        start = int(cursor) if cursor.isdecimal() and len(cursor) <= _LONGEST_CURSOR else 0
        items = await self._talk(http, None, credential).posts(identity.remote_id, start)
        found = [post for item in items if (post := post_of(item)) is not None]
        return found, str(start + PAGE) if len(items) >= PAGE else ""

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        return await publishing.publish(self._talk(http, app, credential), identity, post)

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """Raises PlatformError for an answer that is worth another try."""
        await oauth2.give_back(http, KEY, app, credential, credential.access)

    def _talk(self, http: Http, app: App | None, credential: Credential) -> Talk:
        return Talk(http=http, hosts=self.hosts, app=app, credential=credential)


def _sub(reply: Reply) -> str:
    """Whose profile it is; "" for no profile."""
    return text_of((reply.body or {}).get("sub"), 100) if reply.status == HTTPStatus.OK else ""
