"""Reading at X, and what its answers mean.

Errors are `application/problem+json`; the last word of the problem's type names it, "about:blank"
leaves only the title (docs: x-api/fundamentals/response-codes-and-errors). Some routes still answer
with the numbers of the old interface (node-twitter-api-v2: 32 and 89 the token, 64 suspended, 326
locked). What a locked account looks like on today's routes nobody has written down: a "Forbidden"
without a reason for an account whose permission was given is said to be just that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from urllib.parse import quote, urlencode

from dashboard.domain.calendar import FoundPost
from dashboard.domain.capabilities import Missing, MissingKind
from dashboard.domain.causes import Cause
from dashboard.domain.checks import (
    AppProblem,
    Blocked,
    CheckOutcome,
    Evidence,
    NeedsRefresh,
    Refused,
    Works,
)
from dashboard.domain.credentials import Credential
from dashboard.domain.errors import PlatformError
from dashboard.domain.links import Identity
from dashboard.domain.mentions import FoundMention
from dashboard.domain.wire import Http
from dashboard.platforms.answers import Reply, read_as
from dashboard.platforms.permissions import by_relink, lacking, missing_permissions
from dashboard.platforms.values import Body, instant_of, lines_of, object_of, text_of
from dashboard.platforms.x.about import ABOUT, KEY, LABELS

_PAGE = "100"
_PROBLEMS = "/problems/"
_OURS = frozenset({"client-forbidden", "usage-capped", "unsupported-authentication"})
_TO_SEE_THE_ACCOUNT = ("users.read", "tweet.read")
_OLD_TOKEN = frozenset({32, 89})
_OLD_BLOCKS = {64: Cause.ACCOUNT_SUSPENDED, 326: Cause.SECURITY_CHECK}
_WORDS = {
    "temporarily locked": Cause.SECURITY_CHECK,
    "account is locked": Cause.SECURITY_CHECK,
    "suspended": Cause.ACCOUNT_SUSPENDED,
}
_GIVEN = ("The permission to see the account was given when it was linked.",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list of posts to be asked for."""

    call: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict)


async def listed(
    http: Http, credential: Credential, asked: Listing, hide: tuple[str, ...], cursor: str
) -> tuple[Sequence[object], str]:
    """One page and where the next begins; raises PlatformError."""
    query = {
        "max_results": _PAGE,
        "tweet.fields": "created_at,author_id",
        **asked.query,
        **({"pagination_token": cursor} if cursor else {}),
    }
    url = f"{asked.url}?{urlencode(query)}"
    reply = await read_as(http, credential, asked.call, url, hide, units=int(_PAGE))
    body = reply.body or {}
    meta = object_of(body.get("meta"))
    items = body.get("data", [] if "meta" in body else None)
    if reply.status != HTTPStatus.OK or not isinstance(items, list):
        raise failure(reply)
    following = text_of(meta.get("next_token"), 200)
    return items, following if following != cursor else ""


def identity_of(reply: Reply) -> Identity | None:
    """Whose profile it is; None for no profile."""
    me = object_of((reply.body or {}).get("data"))
    remote_id, handle = id_of(me.get("id")), text_of(me.get("username"), 100)
    if reply.status != HTTPStatus.OK or not remote_id:
        return None
    return Identity(
        remote_id=remote_id,
        name=text_of(me.get("name")) or handle or remote_id,
        handle=f"@{handle}" if handle else "",
        url=f"https://x.com/{quote(handle, safe='')}" if handle else "",
    )


def outcome(reply: Reply, credential: Credential, identity: Identity) -> CheckOutcome:
    """What a read of the profile says about the link to `identity`."""
    seen = identity_of(reply)
    if seen is not None and seen.remote_id == identity.remote_id:
        return Works(missing=by_relink(missing_permissions(ABOUT, credential.scopes, LABELS)))
    if _is_ours(reply):
        return AppProblem(evidence=_evidence(reply))
    if silence := reply.silence():
        return silence
    return _of_the_link(reply, credential) or reply.unclear(code=_problem(reply))


def _of_the_link(reply: Reply, credential: Credential) -> CheckOutcome | None:
    """None for an answer that is not X's own, or that says nothing about a link."""
    problem, evidence = _problem(reply), _evidence(reply)
    if not (problem or _old_number(reply)):
        return None
    if cause := _block(reply):
        return Blocked(cause=cause, evidence=evidence)
    if reply.status == HTTPStatus.UNAUTHORIZED:
        dead = Refused(cause=Cause.TOKEN_REFUSED, evidence=evidence)
        return NeedsRefresh(evidence=evidence) if credential.refresh else dead
    if reply.status == HTTPStatus.FORBIDDEN and problem == "Forbidden":
        if missing := _not_given(credential):
            return Works(missing=missing)
        return Blocked(cause=Cause.SHUT_OUT, evidence=replace(evidence, ruled_out=_GIVEN))
    return None


def failure(reply: Reply) -> PlatformError:
    """The error for a person who waits, or for a synchronisation."""
    if (reply.silence() and not _is_ours(reply)) or reply.body is None:
        return reply.failure(KEY)
    if reply.status == HTTPStatus.UNAUTHORIZED:
        return PlatformError(KEY, "refresh_due", _detail(reply))
    return PlatformError(KEY, "app_problem" if _is_ours(reply) else "refused", _detail(reply))


def id_of(value: object) -> str:
    """An id is digits as text; "" for anything else."""
    fits = isinstance(value, str) and value.isascii() and value.isdigit()
    return value if fits and isinstance(value, str) and len(value) <= 30 else ""  # noqa: PLR2004


def address_of(handle: str, remote_id: str) -> str:
    """Where people see a post; without a handle the address that X itself leads on from."""
    name = quote(handle.removeprefix("@"), safe="") or "i/web"
    return f"https://x.com/{name}/status/{remote_id}"


def post_of(item: object, identity: Identity) -> FoundPost | None:
    """None for what cannot be read."""
    post = object_of(item)
    remote_id, at = id_of(post.get("id")), instant_of(post.get("created_at"))
    if not remote_id or at is None:
        return None
    return FoundPost(
        remote_id=remote_id,
        text=lines_of(post.get("text"), 30_000),
        url=address_of(identity.handle, remote_id),
        published_at=at,
    )


def mention_of(item: object) -> FoundMention | None:
    """None for what cannot be read; X names the author by number only."""
    post = object_of(item)
    remote_id, at = id_of(post.get("id")), instant_of(post.get("created_at"))
    if not remote_id or at is None:
        return None
    return FoundMention(
        remote_id=remote_id,
        author=id_of(post.get("author_id")),
        text=lines_of(post.get("text"), 30_000),
        url=address_of("", remote_id),
        at=at,
    )


def _is_ours(reply: Reply) -> bool:
    return reply.status == HTTPStatus.PAYMENT_REQUIRED or _problem(reply) in _OURS


def _block(reply: Reply) -> Cause | None:
    """What the owner must put right at X, where the answer says so."""
    if _problem(reply) == "user-suspended":
        return Cause.ACCOUNT_SUSPENDED
    if cause := _OLD_BLOCKS.get(_old_number(reply)):
        return cause
    said = _detail(reply).lower() if reply.status == HTTPStatus.FORBIDDEN else ""
    return next((cause for words, cause in _WORDS.items() if words in said), None)


def _not_given(credential: Credential) -> tuple[Missing, ...]:
    """Of what it takes to see the account, all that was never allowed."""
    return tuple(
        item
        for scope in _TO_SEE_THE_ACCOUNT
        if scope not in credential.scopes
        for item in by_relink(lacking(ABOUT, MissingKind.PERMISSION, scope, LABELS[scope]))
    )


def _said(reply: Reply) -> Body:
    """The problem itself, or the first of several: a 200 may hold nothing but `errors`."""
    body = reply.body or {}
    errors = body.get("errors")
    first = object_of(errors[0]) if isinstance(errors, list) and errors else {}
    return body if text_of(body.get("title")) or not first else first


def _problem(reply: Reply) -> str:
    """The last word of the problem's type, or its title where the type says nothing."""
    said = _said(reply)
    kind = text_of(said.get("type"), 200)
    return kind.rpartition("/")[2] if _PROBLEMS in kind else text_of(said.get("title"), 80)


def _old_number(reply: Reply) -> int:
    """The number by which the old interface named an error; 0 for none."""
    number = _said(reply).get("code")
    known = isinstance(number, int) and (number in _OLD_TOKEN or number in _OLD_BLOCKS)
    return number if known and isinstance(number, int) else 0


def _evidence(reply: Reply) -> Evidence:
    number = _old_number(reply)
    code = _problem(reply) or (str(number) if number else "")
    return reply.evidence(code=code, text=_detail(reply) or None)


def _detail(reply: Reply) -> str:
    said = _said(reply)
    return text_of(said.get("detail")) or text_of(said.get("message"))
