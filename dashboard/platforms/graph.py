"""Meta's Graph dialect, once for Facebook, Instagram and Threads.

An error is `{"error": {code, error_subcode, message, is_transient}}`. The HTTP status says little:
throttling, missing permissions and dead tokens all come as 400, 401 or 403, so code and subcode
decide (developers.facebook.com/docs/graph-api/guides/error-handling). Secrets travel in headers and
forms; only where Meta documents a GET with a secret in its address do they stand there.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qs, urlencode

from dashboard.domain.capabilities import MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    Blocked,
    CheckOutcome,
    Evidence,
    NoAnswer,
    Refused,
    Works,
)
from dashboard.domain.credentials import App, Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.publishing import NotPublished, PublishUnclear
from dashboard.domain.pushes import Delivery, ForgedPushError, PushAnswer, PushHint
from dashboard.domain.untrusted import UnreadableJsonError, read_json
from dashboard.domain.wire import Ask, Http
from dashboard.platforms import oauth2
from dashboard.platforms.answers import Reply, bearer, secrets_of, send
from dashboard.platforms.permissions import lacking
from dashboard.platforms.posting import by_status
from dashboard.platforms.protocol import About, AppTest
from dashboard.platforms.values import Body, epoch_of, object_of, span_of, text_of, token_of

VERSION = "v26.0"
"""Works until 2028 (docs/graph-api/changelog); a version is an address, so it stands here once."""

_UP = ("The platform is up: it answered this question in full.",)
_TOKEN = frozenset({190, 102})
_REFUSALS = {
    412: Cause.APP_REMOVED,
    458: Cause.APP_REMOVED,
    466: Cause.APP_REMOVED,
    460: Cause.PASSWORD_CHANGED,
    463: Cause.TOKEN_RAN_OUT,
}
_OWNER = {
    459: Cause.SECURITY_CHECK,
    464: Cause.SECURITY_CHECK,
    490: Cause.SECURITY_CHECK,
    1404006: Cause.SECURITY_CHECK,
    1404078: Cause.SECURITY_CHECK,
    4854002: Cause.SECURITY_CHECK,
    2207050: Cause.SECURITY_CHECK,
}
_ROLE_LOST = 492
_APP_SUBCODES = frozenset({493})
_APP = frozenset({3, 101, 104})
_POLICY = frozenset({368, 4279013})
_RATE = frozenset({4, 17, 32, 341, 613, *range(80000, 80015)})
_OUTAGE = frozenset({1, 2, 1363047, 1609010, 2207001})
_TOO_SOON = frozenset({24, 1390008, 2207003, 2207020, 2207027, 2207032, 2207042, 2207053, 2207057})
_ABOUT_THE_POST = frozenset(
    {100, 324, 506, 1346003, 1366046, 1404082, 1609005, 2207051, 36000, 36003, 9004}
)
_HIDDEN = (100, 33)
# Said with code 1, that of any trouble (from memory).
_WRONG_SECRET = "validating client secret"  # noqa: S105  words of theirs
_NOT_BUSINESS = "not an instagram business"
_USAGE = ("x-business-use-case-usage", "x-app-usage")
_LONGEST_ID = 200
_OLDEST_PUSH = timedelta(days=7)  # Meta repeats a call that failed for some days


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphError:
    """What Graph says is wrong; zeros where it says nothing."""

    code: int = 0
    subcode: int = 0
    message: str = ""
    transient: bool = False

    @property
    def limited(self) -> bool:
        """Too much was asked: it says nothing about the token."""
        return self.code in _RATE

    @property
    def trouble(self) -> bool:
        """The platform's own trouble; some of its numbers come as code and as subcode."""
        return self.transient or bool({self.code, self.subcode} & _OUTAGE)

    @property
    def hidden(self) -> bool:
        """Deleted, never there, or not to be seen with this token: alone it proves nothing."""
        return (self.code, self.subcode) == _HIDDEN

    @property
    def shown(self) -> str:
        return f"{self.code}/{self.subcode}" if self.subcode else str(self.code)


def error_of(reply: Reply) -> GraphError | None:
    """The error in an answer, None if there is none in Graph's form."""
    error = object_of((reply.body or {}).get("error"))
    if not error:
        return None
    code, subcode = error.get("code"), error.get("error_subcode")
    return GraphError(
        code=code if isinstance(code, int) else 0,
        subcode=subcode if isinstance(subcode, int) else 0,
        message=text_of(error.get("message"), 300),
        transient=error.get("is_transient") is True,
    )


def evidence_of(reply: Reply, error: GraphError, *, ruled_out: tuple[str, ...] = ()) -> Evidence:
    return reply.evidence(code=error.shown, text=error.message, ruled_out=ruled_out)


def meaning(about: About, reply: Reply, *, certain: bool = True) -> CheckOutcome:
    """What an answer means that does not show the account."""
    error = error_of(reply)
    if outcome := reply.silence():
        return outcome
    if error is None:
        return reply.unclear()
    evidence = evidence_of(reply, error)
    if error.limited:
        return NoAnswer(
            cause=Cause.RATE_LIMITED, evidence=evidence, retry_after=_regain(reply.headers)
        )
    if error.trouble:
        return NoAnswer(cause=Cause.PLATFORM_DOWN, evidence=evidence)
    return _of_the_account(about, reply, error, certain=certain) or reply.unclear(code=error.shown)


def _of_the_account(
    about: About, reply: Reply, error: GraphError, *, certain: bool
) -> CheckOutcome | None:
    evidence = evidence_of(reply, error)
    if error.subcode in _APP_SUBCODES or error.code in _APP:
        return AppProblem(evidence=evidence)
    if error.subcode in _OWNER:
        return Blocked(cause=_OWNER[error.subcode], evidence=evidence)
    if error.code in _POLICY:
        return Blocked(cause=Cause.ACCOUNT_SUSPENDED, evidence=evidence)
    if lacks := _lacks(about, error):
        return lacks
    if error.code in _TOKEN or (not error.code and error.subcode):
        cause = _REFUSALS.get(error.subcode, Cause.TOKEN_REFUSED)
        refused = evidence_of(reply, error, ruled_out=_UP)
        return Refused(cause=cause, evidence=refused, certain=certain and error.code != 102)  # noqa: PLR2004
    return None


def _lacks(about: About, error: GraphError) -> Works | None:
    """The token is good, but the account may not be seen with it."""
    if error.subcode == _ROLE_LOST:
        kind, what, label = MissingKind.ROLE, "tasks", f"a role on the {about.account_word}"
    elif _NOT_BUSINESS in error.message.lower():
        kind, what, label = MissingKind.ACCOUNT_TYPE, "account_type", "a professional account"
    elif error.code == 10 or 200 <= error.code < 300:  # noqa: PLR2004  Graph's own numbers
        kind, what, label = MissingKind.PERMISSION, error.shown, f"see the {about.account_word}"
    else:
        return None
    return Works(missing=lacking(about, kind, what, label))


def failure(platform: str, about: About, reply: Reply) -> PlatformError:
    """The error for a person who waits, or for a synchronisation."""
    outcome = meaning(about, reply)
    error = error_of(reply)
    if isinstance(outcome, AppProblem):
        return PlatformError(platform, "app_problem", outcome.evidence.text)
    if error is None or reply.silence():
        return reply.failure(platform)
    if passes(reply):
        return PlatformError(platform, "silent", evidence_of(reply, error).text)
    return PlatformError(platform, "refused", evidence_of(reply, error).text)


def hides(reply: Reply) -> bool:
    """Code 100, which Threads was seen to say of a token that was taken away, too."""
    error = error_of(reply)
    return error is not None and error.code == _HIDDEN[0] and not passes(reply)


def passes(reply: Reply) -> bool:
    """Whether the platform only says that it cannot answer now."""
    error = error_of(reply)
    return reply.silence() is not None or (error is not None and (error.limited or error.trouble))


async def read(
    http: Http,
    app: App | None,
    credential: Credential,
    call: str,
    url: str,
    *,
    token: str = "",
    **query: str,
) -> Reply:
    """Read in the name of the person, or with another `token` that hangs on the same consent."""
    tail = f"?{urlencode(query)}" if query else ""
    used = token or credential.access
    ask = Ask(call=call, method="GET", url=f"{url}{tail}", headers=bearer(used))
    return await send(http, ask, (*secrets_of(credential, app), *tokens_in(credential)))


def tokens_in(credential: Credential) -> tuple[str, ...]:
    """The tokens of single Pages, which must not be seen either."""
    return tuple(value for name, value in credential.extra.items() if name.startswith("page:"))


async def exchange(
    http: Http, platform: str, about: About, app: App, ask: Ask, *, now: datetime
) -> oauth2.Tokens:
    """Get a token; raises PlatformError or NoAnswerError."""
    reply = await send(http, ask, secrets_of(None, app))
    body = reply.body or {}
    data = body.get("data")  # Instagram wraps its first answer in a list of one
    if isinstance(data, list) and data:
        body = object_of(data[0])
    access = token_of(body.get("access_token"))
    if reply.status != HTTPStatus.OK or not access:
        raise failure(platform, about, reply)
    life = span_of(body.get("expires_in"))
    named = body.get("permissions")
    names = named.split(",") if isinstance(named, str) else named
    scopes = [text_of(name) for name in names] if isinstance(names, list) else []
    return oauth2.Tokens(
        access=access,
        refresh="",
        scopes=frozenset(scope for scope in scopes if scope),
        expires_at=now + life if life else None,
        refresh_expires_at=None,
    )


async def listed(  # the whole of a question
    http: Http,
    app: App | None,
    credential: Credential,
    call: str,
    url: str,
    *,
    about: About,
    key: str,
    token: str = "",
    **query: str,
) -> tuple[Sequence[object], str]:
    """One page of a listing and the cursor of the next; only the cursor of its address is taken."""
    reply = await read(http, app, credential, call, url, token=token, **query)
    items = (reply.body or {}).get("data")
    if reply.status != HTTPStatus.OK or not isinstance(items, list):
        raise failure(key, about, reply)
    paging = object_of((reply.body or {}).get("paging"))
    after = text_of(object_of(paging.get("cursors")).get("after"), 1_000)
    more = bool(paging.get("next")) and bool(items)
    return items, after if more and after != query.get("after") else ""


async def ask_about_app(http: Http, app: App, url: str) -> tuple[AppTest, Evidence]:
    """Ask for a token of the app itself: id and secret must fit (docs: access-tokens)."""
    form = {
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "grant_type": "client_credentials",
    }
    ask = Ask(call="check our registration", method="POST", url=url, form=form)
    reply = await send(http, ask, secrets_of(None, app))
    if reply.status == HTTPStatus.OK and token_of((reply.body or {}).get("access_token")):
        return AppTest.WORKS, reply.evidence()
    error = error_of(reply)
    if error is not None and _WRONG_SECRET in error.message.lower():
        return AppTest.REFUSED, evidence_of(reply, error)
    if error is None or passes(reply):
        return AppTest.UNCLEAR, reply.evidence()
    return AppTest.REFUSED, evidence_of(reply, error)


def not_published(reply: Reply) -> NotPublished | PublishUnclear:
    """Read the refusal of the question that publishes."""
    error = error_of(reply)
    if error is None or reply.silence():
        return by_status(reply)
    evidence = evidence_of(reply, error)
    if error.trouble:
        return PublishUnclear(evidence=evidence)
    numbers = {error.code, error.subcode}
    if error.limited or numbers & _TOO_SOON:
        return NotPublished(evidence=evidence, again=True)
    about_the_post = bool(numbers & _ABOUT_THE_POST) and _NOT_BUSINESS not in error.message.lower()
    return NotPublished(evidence=evidence, about_the_post=about_the_post)


def not_published_or_unclear(reply: Reply) -> NotPublished | PublishUnclear:
    """For Instagram and its kin: "too many" was said of a post that was live (postiz-app 1681)."""
    error = error_of(reply)
    if error is not None and error.limited:
        return PublishUnclear(evidence=evidence_of(reply, error))
    return not_published(reply)


def signed_request(app: App, delivery: Delivery, *, now: datetime) -> Body:
    """The verified payload of a deauthorize or deletion call; raises ForgedPushError.

    HMAC-SHA256 with the app's secret over the encoded payload (docs: data-deletion-callback).
    """
    try:
        sent = parse_qs(delivery.body.decode("ascii"), max_num_fields=10)["signed_request"][0]
        given, _, payload = sent.partition(".")
        signature = _decoded(given)
        body = object_of(read_json(_decoded(payload)))
    except (KeyError, ValueError, UnicodeDecodeError, UnreadableJsonError) as error:
        raise ForgedPushError from error
    wanted = hmac.new(app.client_secret.encode(), payload.encode(), hashlib.sha256).digest()
    if not app.client_secret or not hmac.compare_digest(signature, wanted):
        raise ForgedPushError
    issued = epoch_of(body.get("issued_at"))
    if issued is None or not now - _OLDEST_PUSH <= issued <= now + timedelta(minutes=5):
        raise ForgedPushError
    return body


def deauthorized(app: App, delivery: Delivery, *, now: datetime, status_url: str) -> PushAnswer:
    """Read a deauthorize or a data deletion call: both say that a person took the app away.

    The second wants an address where its progress can be followed, and a code for it.
    """
    body = signed_request(app, delivery, now=now)
    who = body.get("user_id")
    subject = str(who) if isinstance(who, int | str) and str(who).isalnum() else ""
    page = body.get("profile_id")
    account = str(page) if isinstance(page, int | str) and str(page).isalnum() else ""
    digest = hashlib.sha256(delivery.body).hexdigest()
    hint = PushHint(
        id=digest,
        what="deauthorized",
        subjects=frozenset({subject} - {"", "0"}),
        accounts=frozenset({account} - {""}),
        at=epoch_of(body.get("issued_at")),
    )
    answer = {"url": status_url, "confirmation_code": digest[:16]}
    return PushAnswer(hints=(hint,), body=json.dumps(answer), media_type="application/json")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _regain(headers: Mapping[str, str]) -> timedelta | None:
    """How many minutes until Graph answers again, where it says so (docs: rate-limiting)."""
    for name in _USAGE:
        try:
            told = read_json(headers.get(name, "").encode()[:20_000])
        except UnreadableJsonError:
            continue
        for uses in object_of(told).values():
            for use in uses if isinstance(uses, list) else ():
                minutes = object_of(use).get("estimated_time_to_regain_access")
                if isinstance(minutes, int) and not isinstance(minutes, bool) and minutes > 0:
                    return timedelta(minutes=min(minutes, 24 * 60))
    return None


def id_of(value: object) -> str:
    """A Graph id: digits, for posts with an underscore; "" for anything else."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        return ""
    return value if value.isascii() and value.replace("_", "").isalnum() else ""
