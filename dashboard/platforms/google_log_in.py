"""The log-in that the platforms of Google share: consent, renewal, giving back, pushed events.

A consent may be partial: what was given stands in `scope` of the answer. A refresh token has no
date and is not replaced, but all tokens of one person and one registration end together, seven
days after the consent while the registration is in "Testing", and at a date where the person chose
one (`refresh_token_expires_in`). One that is not used for six months ends, too; it is used hourly.

Source: developers.google.com/identity/protocols/oauth2.

Not here: which questions YouTube and Business Profile are asked.
"""

from datetime import datetime
from http import HTTPStatus

from dashboard.domain.credentials import App, Credential, Subject
from dashboard.domain.pushes import Delivery, PushAnswer
from dashboard.domain.wire import Http
from dashboard.platforms import google_answers, google_events, oauth2
from dashboard.platforms.answers import Reply
from dashboard.platforms.code_log_in import CodeLogIn
from dashboard.platforms.hosts import Hosts
from dashboard.platforms.protocol import RefreshOutcome

HOSTS = {
    "accounts": "https://accounts.google.com",
    "oauth": "https://oauth2.googleapis.com",
    "www": "https://www.googleapis.com",
}
AUTH = "https://www.googleapis.com/auth/"
TESTING = (
    "While the registration has the publishing status Testing, every link ends after 7 days and "
    "only test users can link. Publish it, and let Google verify it for more than 100 people."
)
TOLD_AT_ONCE = (
    "If you want to be told at once of withdrawn permissions: enable the RISC API and register the "
    "address for messages with it, by a service account with the role RISC Configuration Admin."
)
"""Said in the guides of both platforms."""


class GooglePlatform(CodeLogIn):
    """`scopes` are what a platform asks for; `email` among them is what RISC needs."""

    hosts: Hosts
    keyring: google_events.Keyring
    scopes: tuple[str, ...]

    def asked_along(self, *, choose_person: bool) -> dict[str, str]:
        """Without `prompt=consent` a repeated log-in brings no refresh token."""
        prompt = "select_account consent" if choose_person else "consent"
        return {"access_type": "offline", "prompt": prompt, "include_granted_scopes": "false"}

    def registration(self, client_id: str, client_secret: str) -> App:
        return App(
            client_id=client_id,
            client_secret=client_secret,
            scopes=self.scopes,
            facts={
                oauth2.AUTHORIZE: f"{self.hosts['accounts']}/o/oauth2/v2/auth",
                oauth2.TOKEN: f"{self.hosts['oauth']}/token",
                oauth2.REVOKE: f"{self.hosts['oauth']}/revoke",
            },
        )

    async def refresh(
        self, http: Http, app: App | None, credential: Credential, *, now: datetime
    ) -> RefreshOutcome:
        return await oauth2.refresh(
            http, app, credential, now=now, cause_of=google_answers.cause_of
        )

    async def revoke(self, http: Http, app: App | None, credential: Credential) -> None:
        """End the whole consent of this person; raises PlatformError, worth another try."""
        token = credential.refresh or credential.access
        await oauth2.give_back(http, self.about.key, app, credential, token)

    async def read_push(
        self, http: Http, app: App, delivery: Delivery, *, now: datetime
    ) -> PushAnswer:
        return await google_events.read(http, self.hosts, self.keyring, app, delivery, now=now)

    async def read_person(self, http: Http, app: App | None, credential: Credential) -> Reply:
        """Ask who gave the consent, which costs no quota; raises NoAnswerError."""
        url = f"{self.hosts['www']}/oauth2/v3/userinfo"
        call = "read who gave the permission"
        return await google_answers.read(http, app, credential, call, url)

    async def person(self, http: Http, app: App | None, credential: Credential) -> Subject:
        """Who gave the consent; raises PlatformError or NoAnswerError."""
        reply = await self.read_person(http, app, credential)
        sub = reply.text("sub", 255)
        if reply.status != HTTPStatus.OK or not sub:
            raise google_answers.failure(self.about, reply)
        return Subject(remote_id=sub, name=reply.text("email", 255) or sub)
