"""Mastodon, and servers that speak its interface: one platform, as many servers as people type.

Its tokens do not run out and cannot be renewed (docs: methods/oauth); a link ends when somebody
takes the permission away, when a new password is set by e-mail, or when the account is closed. A
plain change of password in the settings ends no link (code: controllers/auth/passwords_controller).

Sources: docs = docs.joinmastodon.org; code = github.com/mastodon/mastodon.
"""

import contextlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.budgets import Budget
from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability, Missing, MissingKind
from dashboard.domain.checks import Blocked, CheckOutcome, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.publishing import Outgoing, PictureRule, PostRules, PublishOutcome
from dashboard.domain.wire import Http, NoAnswerError
from dashboard.platforms import oauth2
from dashboard.platforms.answers import secrets_of, send
from dashboard.platforms.mastodon import findings, posting
from dashboard.platforms.mastodon.reading import (
    SERVER,
    account_id,
    cursor_after,
    failure,
    identity_of,
    post_of,
    read,
    read_profile,
    why_disabled,
)
from dashboard.platforms.mastodon.registration import FIELD, registration
from dashboard.platforms.permissions import by_relink, lacking, missing_permissions
from dashboard.platforms.protocol import About, Granted, LoginField, Start
from dashboard.platforms.servers import origin_of

_PAGE = 40  # the most that a server gives (docs: methods/accounts)

_LABELS = {
    "read:statuses": "read posts and private mentions",
    "read:notifications": "read mentions, replies and comments",
    "write:statuses": "publish posts",
}


class Mastodon:
    """See the module; the class holds nothing."""

    about = About(
        key="mastodon",
        label="Mastodon",
        account_word="account",
        conditions=(
            "You need a log-in on the server that the account lives on.",
            "Your server will ask you whether Linkkeeper may read and write posts.",
        ),
        before_relink=(
            "Log in at the server as the account that you want to relink.",
            "If your browser is logged in there as somebody else, log out first.",
        ),
        wants={
            Capability.READ_MESSAGES: frozenset({"read:statuses", "read:notifications"}),
            Capability.MONITOR_MENTIONS: frozenset({"read:notifications"}),
            Capability.READ_PUBLICATIONS: frozenset({"read:statuses"}),
            Capability.PUBLISH: frozenset({"write:statuses"}),
        },
        fields=(
            LoginField(
                name=FIELD,
                label="Your server",
                hint="The part after the last @ of the full name, or the address of its pages.",
                placeholder="mastodon.social",
                autocomplete="url",
            ),
        ),
        history_reach="Mastodon gives the whole history of an account.",
        budget=Budget(
            requests=300,
            seconds=300,
            source="docs.joinmastodon.org/api/rate-limits: per account; servers may differ",
            shared=False,
        ),
    )

    # The standard length; servers may allow more; any link counts 23 (docs: user/posting).
    rules = PostRules(longest=500, picture=PictureRule.UPLOADED, link_takes=23)

    def server(self, typed: Mapping[str, str]) -> str:
        return origin_of(typed.get(FIELD, ""), field=FIELD)

    async def prepare(
        self, http: Http, app: App | None, typed: Mapping[str, str], redirect_uri: str
    ) -> App | None:
        return await registration(http, app, self.server(typed), redirect_uri)

    def start(
        self,
        app: App,
        *,
        redirect_uri: str,
        state: str,
        typed: Mapping[str, str],
        choose_person: bool,
    ) -> Start:
        _ = typed
        # The server asks for the log-in again, to take another account (docs: methods/oauth).
        extra = {"force_login": "true"} if choose_person else {}
        return oauth2.start(app, redirect_uri=redirect_uri, state=state, extra=extra)

    async def finish(
        self, http: Http, app: App, *, code: str, verifier: str, redirect_uri: str, now: datetime
    ) -> Granted:
        tokens = await oauth2.exchange(
            http,
            self.about.key,
            app,
            code=code,
            verifier=verifier,
            redirect_uri=redirect_uri,
            now=now,
        )
        credential = tokens.credential(extra={SERVER: app.server})
        try:
            subject, identities = await self.identities(http, app, credential)
        except (PlatformError, NoAnswerError):
            # Nobody will ever use this token, and it would be good for ever.
            with contextlib.suppress(PlatformError, NoAnswerError):
                await self.revoke(http, app, credential)
            raise
        return Granted(credential=credential, subject=subject, identities=identities)

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        reply = await read_profile(http, app, credential)
        identity = identity_of(reply, credential)
        if identity is None:
            raise failure(reply)
        return Subject(remote_id=identity.remote_id, name=identity.name), (identity,)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        reply = await read_profile(http, app, credential)
        seen = identity_of(reply, credential)
        if seen is not None and seen.remote_id == identity.remote_id:
            trouble = findings.trouble_in_profile(reply, reply.body or {})
            return trouble or Works(missing=self._missing(credential.scopes))
        if reply.status == HTTPStatus.FORBIDDEN and findings.says(reply, findings.OUTSIDE_SCOPES):
            kind, label = MissingKind.PERMISSION, "see whose account it is"
            return Works(missing=by_relink(lacking(self.about, kind, "profile", label)))
        outcome = findings.meaning(reply)
        if isinstance(outcome, Blocked) and findings.says(reply, findings.LOGIN_DISABLED):
            return await why_disabled(http, credential, identity) or outcome
        return outcome

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        query = {"limit": _PAGE, "exclude_reblogs": "true", "exclude_replies": "true"}
        if cursor:
            query["max_id"] = cursor
        path = f"/api/v1/accounts/{account_id(identity)}/statuses?{urlencode(query)}"
        reply = await read(http, credential, "list the posts", path)
        if reply.status != HTTPStatus.OK or reply.items is None:
            raise failure(reply)
        found = [post for item in reply.items if (post := post_of(item)) is not None]
        return found, cursor_after(reply.items, cursor)

    async def mentions(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        *,
        cursor: str,
    ) -> tuple[Sequence[FoundMention], str]:
        _ = identity
        return await posting.mentions(http, app, credential, cursor=cursor)

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        _ = identity
        return await posting.publish(http, app, credential, post)

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """Raises PlatformError for an answer that is worth another try."""
        if app is None or app.server != credential.extra.get(SERVER):
            return
        ask = oauth2.revoke_ask(app, credential.access)
        reply = await send(http, ask, secrets_of(credential, app))
        if reply.silence():
            raise reply.failure(self.about.key)

    def _missing(self, granted: Collection[str]) -> tuple[Missing, ...]:
        return by_relink(missing_permissions(self.about, granted, _LABELS, covers=_covers))


def _covers(granted: Collection[str], wanted: str) -> bool:
    """`read` includes `read:statuses`, and so on (docs: api/oauth-scopes)."""
    return wanted in granted or wanted.partition(":")[0] in granted
