"""Reading the Sandbox: what its answers mean, by its own names for everything."""

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Capability, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import Blocked, CheckOutcome, NeedsRefresh, Refused, Works
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.wire import Ask, Http
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.permissions import lacking, missing_permissions
from dashboard.platforms.protocol import About
from dashboard.platforms.values import Body, instant_of, lines_of, text_of, web_address

KEY = "sandbox"
SERVER = "server"
"""In `Credential.extra`: the origin that gave the token."""

_REFRESH_DUE = frozenset({"token_expired", "invalid_token"})
_LABELS = {
    "profile": "see the account",
    "posts:read": "read posts",
    "posts:write": "publish posts",
    "mentions:read": "read comments and mentions",
    "messages:read": "read direct messages",
}
_ENDED = {
    "expired": Cause.TOKEN_RAN_OUT,
    "consent_expired": Cause.TOKEN_RAN_OUT,
    "password_changed": Cause.PASSWORD_CHANGED,
    "too_many_logins": Cause.TOO_MANY_LOGINS,
    "app_removed": Cause.APP_REMOVED,
    "logged_out": Cause.LOGGED_OUT,
    "token_reused": Cause.ANSWER_LOST,
}
_BLOCKED = {
    "account_suspended": Cause.ACCOUNT_SUSPENDED,
    "security_check": Cause.SECURITY_CHECK,
    "account_deactivated": Cause.ACCOUNT_DEACTIVATED,
    "account_gone": Cause.ACCOUNT_GONE,
}


def works(about: About, account: Body) -> Works:
    """What the account says of our permissions and of the person's role."""
    scopes = account.get("granted_scopes")
    granted = [text_of(scope) for scope in scopes] if isinstance(scopes, list) else []
    missing = missing_permissions(about, granted, _LABELS)
    if account.get("your_role") == "view":
        only = (Capability.PUBLISH,)
        missing += lacking(about, MissingKind.ROLE, "manage", "the role Manager", only=only)
    return Works(missing=missing, renew_by=instant_of(account.get("renew_by")))


def meaning(about: About, reply: Reply) -> CheckOutcome:
    """What an answer means that does not show the account."""
    code = reply.text("error", 80)
    evidence = reply.evidence(code=code)
    if outcome := reply.silence():
        return outcome
    if code in _REFRESH_DUE:
        return NeedsRefresh(evidence=evidence)
    if code == "token_revoked":
        return Refused(cause=end_of(reply.body or {}), evidence=evidence)
    if code in _BLOCKED:
        return Blocked(cause=_BLOCKED[code], evidence=evidence)
    return _limited(about, code) or reply.unclear(code=code)


def _limited(about: About, code: str) -> Works | None:
    """The token is good, but nothing of the account may be read."""
    if code == "role_lost":
        kind, label = MissingKind.ROLE, "a role on the page"
        return Works(missing=lacking(about, kind, "manage", label))
    if code in {"insufficient_scope", "not_granted"}:
        kind, label = MissingKind.PERMISSION, _LABELS["profile"]
        return Works(missing=lacking(about, kind, "profile", label))
    return None


async def read(http: Http, app: App | None, credential: Credential, call: str, path: str) -> Reply:
    """Read in the name of the person who gave the permission."""
    ask = Ask(
        call=call,
        method="GET",
        url=credential.extra.get(SERVER, "") + path,
        headers=bearer(credential.access),
    )
    return await send(http, ask, secrets_of(credential, app))


def end_of(body: Body) -> Cause:
    return _ENDED.get(text_of(body.get("cause")), Cause.TOKEN_REFUSED)


def identity_of(account: Body) -> Identity | None:
    remote_id = text_of(account.get("id"))
    if not remote_id:
        return None
    return Identity(
        remote_id=remote_id,
        name=text_of(account.get("name")) or remote_id,
        handle=text_of(account.get("handle")),
        url=web_address(account.get("url")),
        avatar_url=web_address(account.get("avatar_url")),
    )


def post_of(post: Body) -> FoundPost | None:
    remote_id, at = text_of(post.get("id")), instant_of(post.get("created_at"))
    if not remote_id or at is None:
        return None
    return FoundPost(
        remote_id=remote_id,
        text=lines_of(post.get("text"), 20_000),
        url=web_address(post.get("url")),
        published_at=at,
    )


def failure(reply: Reply) -> PlatformError:
    """The error for a person who waits, or for a synchronisation."""
    code = reply.text("error", 80)
    if reply.silence() or not code:
        return reply.failure(KEY)
    kind = "refresh_due" if code in _REFRESH_DUE else "refused"
    return PlatformError(KEY, kind, reply.evidence().text)
