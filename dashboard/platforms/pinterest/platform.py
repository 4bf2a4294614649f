"""Pinterest: accounts watched, their Pins listed, Pins with a picture published.

A refresh token is renewed without end while it is used at least every 60 days; each answer brings
another one, with its own end. There is nothing to give a permission back with: people do that in
their own settings. There are no comments, mentions or messages for programs.

Source: developers.pinterest.com/docs/getting-started/set-up-authentication-and-authorization. That
an old refresh token dies on use, and how long an access token lives, is not established.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability
from dashboard.domain.checks import CheckOutcome, Evidence, Works
from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.links import Identity
from dashboard.domain.publishing import Outgoing, PictureRule, PostRules, PublishOutcome
from dashboard.domain.quotas import Quota
from dashboard.domain.wire import Http
from dashboard.platforms import oauth2
from dashboard.platforms.code_log_in import CodeLogIn, end_of_renewals
from dashboard.platforms.hosts import Hosts, through_sandbox
from dashboard.platforms.permissions import by_relink, missing_permissions
from dashboard.platforms.pinterest import findings, publishing, reading
from dashboard.platforms.pinterest.findings import (
    ACCOUNT,
    BOARDS,
    BOARDS_WRITE,
    LABELS,
    PINS,
    PINS_WRITE,
)
from dashboard.platforms.protocol import About, AppGuide, AppTest, Platform, RefreshOutcome

KEY = "pinterest"
HOSTS = {"www": "https://www.pinterest.com", "api": "https://api.pinterest.com"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinterest(CodeLogIn):
    """See the module. A remote id is the number of the account."""

    hosts: Hosts = field(default_factory=lambda: HOSTS)

    about = About(
        key=KEY,
        label="Pinterest",
        account_word="account",
        conditions=(
            "Log in as the account itself; Pinterest asks for all permissions at once.",
            "A Pin needs a picture and the name of the board that it goes to.",
            "Pinterest gives programs no comments and no messages.",
        ),
        before_relink=("Log in at Pinterest as the account that you want to relink.",),
        wants={
            Capability.READ_PUBLICATIONS: frozenset({PINS}),
            Capability.PUBLISH: frozenset({BOARDS, BOARDS_WRITE, PINS_WRITE}),
        },
        grant_at="Pinterest > Settings, as the owner of the account",
        grant_url="https://www.pinterest.com/settings/",
        history_reach="Pinterest lists all Pins of an account.",
        quota=Quota(
            word="reads",
            source="developers.pinterest.com, rate limits: trial access",
            per_day=1_000,
            costs=(
                "With trial access Pinterest takes 1,000 questions a day from a registration.",
                "A check or a page of Pins is one.",
                "Nothing has to be paid. Enter a larger number once you have standard access.",
            ),
        ),
    )
    guide = AppGuide(
        console_url="https://developers.pinterest.com/apps/",
        steps=(
            "Make a business account at Pinterest and connect an app.",
            "Wait until Pinterest has given the app trial access.",
            "Enter the address below as Redirect URI.",
            "Copy the App ID and the App secret key to here.",
            "Apply for standard access with a video of Linkkeeper in use.",
        ),
        conditions=(
            (
                "With trial access Pinterest takes 1,000 questions a day in total, and Pins made "
                "by programs are seen by their account only."
            ),
            "An account that is not used for 60 days must be relinked.",
        ),
        id_label="App ID",
        secret_label="App secret key",  # noqa: S106  a label
    )
    rules = PostRules(longest=800, picture=PictureRule.MUST_BE_UPLOADED, title=True, target="board")

    def through(self, sandbox_url: str) -> Platform:
        return Pinterest(hosts=through_sandbox(self.hosts, KEY, sandbox_url))

    def app(self, client_id: str, client_secret: str, options: Mapping[str, str]) -> App:
        _ = options
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=(ACCOUNT, BOARDS, BOARDS_WRITE, PINS, PINS_WRITE),
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['www']}/oauth/",
                oauth2.TOKEN: reading.url_of(self.hosts, "oauth/token"),
                oauth2.CLIENT_AUTH: "basic",
                oauth2.SEPARATOR: ",",
                oauth2.PKCE: "no",
                oauth2.CONTINUOUS: "true",
            },
        )

    async def test_app(self, http: Http, app: App) -> tuple[AppTest, Evidence]:
        """Renew with a made-up token; raises NoAnswerError."""
        return await oauth2.test_by_renewal(http, app, also_refused=findings.refuses_renewal)

    async def identities(
        self, http: Http, app: App | None, credential: Credential
    ) -> tuple[Subject, tuple[Identity, ...]]:
        call = "read who gave the permission"
        reply = await reading.read(http, self.hosts, app, credential, call, "user_account")
        identity = reading.identity_of(reply)
        if reply.status != HTTPStatus.OK or identity is None:
            raise findings.failure(KEY, reply)
        return Subject(remote_id=identity.remote_id, name=identity.name), (identity,)

    async def check(
        self, http: Http, app: App | None, credential: Credential, identity: Identity
    ) -> CheckOutcome:
        call = "read the account"
        reply = await reading.read(http, self.hosts, app, credential, call, "user_account")
        if reply.status != HTTPStatus.OK or reading.id_of(reply) != identity.remote_id:
            return findings.meaning(self.about, reply, credential)
        missing = by_relink(missing_permissions(self.about, credential.scopes, LABELS))
        return Works(missing=missing, renew_by=end_of_renewals(credential))

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(
            http, app, credential, now=now, also_refused=findings.refuses_renewal
        )

    async def posts(
        self, http: Http, credential: Credential, identity: Identity, *, cursor: str
    ) -> tuple[Sequence[FoundPost], str]:
        _ = identity
        more = {"bookmark": cursor} if cursor else {}
        path = f"pins?{urlencode({'page_size': reading.PAGE, **more})}"
        reply = await reading.read(http, self.hosts, None, credential, "list the posts", path)
        page = reading.pins_of(reply, cursor)
        if reply.status != HTTPStatus.OK or page is None:
            raise findings.failure(KEY, reply)
        return page

    async def publish(
        self,
        http: Http,
        app: App | None,
        credential: Credential,
        identity: Identity,
        post: Outgoing,
    ) -> PublishOutcome:
        _ = identity
        return await publishing.publish(http, self.hosts, app, credential, post)
