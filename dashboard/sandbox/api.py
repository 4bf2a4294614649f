"""The native interface for apps: people, accounts, posts, mentions, messages."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from dashboard.sandbox import accounts, apps, content, wire
from dashboard.sandbox.apps import NewApp
from dashboard.sandbox.content import (
    IncomingKind,
    KeyConflictError,
    PostOrder,
    Span,
    UnknownPositionError,
)
from dashboard.sandbox.disturb import judge, trail
from dashboard.sandbox.model import Account, Grant, Role, Scope, parse_scopes
from dashboard.sandbox.verdicts import Finding, Verdict, Wish
from dashboard.sandbox.web import here, now, words

bp = Blueprint("api", __name__, url_prefix="/api")
_LIMITS = frozenset(str(number) for number in range(1, content.MAX_PAGE + 1))
_MAX_KEY = 200
_MAX_NAME = 80
_MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A token that may do what it wants to do with an account."""

    account: Account
    grant: Grant
    role: Role | None


class RefusedError(Exception):
    """The token may not do what was asked."""

    def __init__(self, judged: Verdict) -> None:
        super().__init__(judged.finding)
        self.judged = judged


class BadCallError(Exception):
    """The call itself is wrong; says so with 400 or another `status`."""

    def __init__(self, code: str, why: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(code)
        self.code = code
        self.why = why
        self.status = status


@bp.errorhandler(RefusedError)
def refused(problem: RefusedError) -> Response:
    trail().error = problem.judged.finding
    return wire.refusal(problem.judged)


@bp.errorhandler(BadCallError)
def bad_call(problem: BadCallError) -> Response:
    trail().error = problem.code
    return wire.error(problem.status, problem.code, problem.why)


@bp.post("/apps")
def register() -> Response:
    """Register a program; anybody may."""
    said = _body()
    new = NewApp(
        name=str(said.get("client_name", "")).strip(),
        redirect_uris=tuple(words(said.get("redirect_uris"))),
        scopes=parse_scopes(" ".join(words(said.get("scopes", "profile")))) or (),
    )
    if not 0 < len(new.name) <= _MAX_NAME or not new.scopes:
        raise BadCallError("invalid_app", "client_name and known scopes are needed.")
    if not 0 < len(new.redirect_uris) <= _MAX_REDIRECTS:
        raise BadCallError("invalid_app", "One to five redirect_uris are needed.")
    if not all(apps.is_redirect(uri) for uri in new.redirect_uris):
        raise BadCallError(
            "invalid_redirect_uri", "A redirect address is no plain http(s) address."
        )
    with here().store.changing() as db:
        client_id, secret = apps.register(db, new, now())
    trail().client_id = client_id
    return jsonify(
        {
            "client_id": client_id,
            "client_secret": secret,
            "client_name": new.name,
            "redirect_uris": new.redirect_uris,
            "scopes": " ".join(new.scopes),
        }
    )


@bp.get("/me")
def me() -> Response:
    """The person who gave the permission."""
    grant = _admit(Wish(scope=Scope.PROFILE))
    with here().store.reading() as db:
        person = accounts.find_person(db, grant.person_id)
    if person is None:
        raise LookupError(grant.person_id)
    avatar_url = url_for("public.avatar", name=person.id, _external=True)
    return jsonify(
        {"id": person.id, "name": person.name, "email": person.email, "avatar_url": avatar_url}
    )


@bp.get("/accounts")
def list_accounts() -> Response:
    """The accounts that were chosen and that the person still looks after."""
    grant = _admit(Wish(scope=Scope.PROFILE))
    with here().store.reading() as db:
        mine = accounts.accounts_of(db, grant.person_id)
    items = [wire.account(of, grant, role) for of, role in mine if grant.for_account(of.id)]
    return jsonify({"items": items, "next": None})


@bp.get("/accounts/<account_id>")
def one_account(account_id: str) -> Response:
    """The cheapest proof that a token works for an account."""
    admitted = _admit_to(account_id, Scope.PROFILE)
    return jsonify(wire.account(admitted.account, admitted.grant, admitted.role))


@bp.get("/accounts/<account_id>/posts")
def list_posts(account_id: str) -> Response:
    """What was posted, newest first."""
    of = _admit_to(account_id, Scope.POSTS_READ).account
    with here().store.reading() as db:
        items, following = content.posts(db, of.id, _span())
    return jsonify({"items": [wire.post(item, of.handle) for item in items], "next": following})


@bp.post("/accounts/<account_id>/posts")
def publish(account_id: str) -> Response:
    """Post a text; with an Idempotency-Key, once however often it is sent within the hour."""
    admitted = _admit_to(account_id, Scope.POSTS_WRITE)
    text = str(_body().get("text", "")).strip()
    if not 0 < len(text) <= content.MAX_TEXT:
        raise BadCallError("invalid_text", f"A post has 1 to {content.MAX_TEXT} characters.")
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= _MAX_KEY:
        raise BadCallError("invalid_key", f"An Idempotency-Key has 1 to {_MAX_KEY} characters.")
    order = PostOrder(
        account_id=admitted.account.id, client_id=admitted.grant.client_id, text=text, key=key
    )
    with here().store.changing() as db:
        done = content.publish(db, order, now())
    response = jsonify(wire.post(done.post, admitted.account.handle))
    response.status_code = HTTPStatus.OK if done.again else HTTPStatus.CREATED
    return response


@bp.get("/accounts/<account_id>/mentions")
def list_mentions(account_id: str) -> Response:
    """Comments and mentions, newest first."""
    return _incoming(account_id, Scope.MENTIONS_READ, (IncomingKind.COMMENT, IncomingKind.MENTION))


@bp.get("/accounts/<account_id>/messages")
def list_messages(account_id: str) -> Response:
    """Direct messages, newest first."""
    return _incoming(account_id, Scope.MESSAGES_READ, (IncomingKind.MESSAGE,))


@bp.errorhandler(KeyConflictError)
def key_conflict(_problem: KeyConflictError) -> Response:
    trail().error = "idempotency_conflict"
    return wire.error(
        HTTPStatus.CONFLICT, "idempotency_conflict", "This key came with another text before."
    )


@bp.errorhandler(UnknownPositionError)
def unknown_position(_problem: UnknownPositionError) -> Response:
    return bad_call(BadCallError("invalid_position", "`before` names nothing in this list."))


def _incoming(account_id: str, scope: Scope, kinds: tuple[IncomingKind, ...]) -> Response:
    of = _admit_to(account_id, scope).account
    with here().store.reading() as db:
        items, following = content.incoming(db, of.id, kinds, _span())
    return jsonify({"items": [wire.incoming(item) for item in items], "next": following})


def _admit(wish: Wish) -> Grant:
    judged = _judge(wish)
    if judged.grant is None:
        raise RefusedError(judged)
    return judged.grant


def _admit_to(account_id: str, scope: Scope) -> Admitted:
    judged = _judge(Wish(scope=scope, account_id=account_id))
    if judged.grant is None or judged.account is None:
        raise RefusedError(judged)
    return Admitted(account=judged.account, grant=judged.grant, role=judged.role)


def _judge(wish: Wish) -> Verdict:
    """The verdict on this request's token, if it is "fine"; raises RefusedError otherwise."""
    judged = judge(trail().token or "", wish)
    if judged.finding is not Finding.FINE:
        raise RefusedError(judged)
    return judged


def _span() -> Span:
    limit = request.args.get("limit", "20")
    if limit not in _LIMITS:
        raise BadCallError("invalid_limit", f"`limit` is 1 to {content.MAX_PAGE}.")
    return Span(limit=int(limit), before=request.args.get("before"), since=_since())


def _since() -> datetime | None:
    text = request.args.get("since")
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadCallError(
            "invalid_since", "`since` is an instant, 2026-11-24T10:00:00Z."
        ) from None


def _body() -> dict[str, Any]:
    """What came with the call: a JSON object, or form fields."""
    said = request.get_json(silent=True)
    return said if isinstance(said, dict) else request.form.to_dict()
