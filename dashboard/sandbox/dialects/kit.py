"""What every dialect stands on: consent, tokens, verdicts and content, without a wire format.

A dialect takes these answers and says them as its platform does. Views whose names begin with
`token` or `revoke` count as calls about tokens; the view `authorize` is the one for people.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from dashboard.sandbox import accounts, apps, content, disturb, grants, tokens, wire
from dashboard.sandbox.authorize import ask_in, decide_in
from dashboard.sandbox.content import Incoming, IncomingKind, Post, PostOrder, Span
from dashboard.sandbox.dialect import Dialect, Renewal
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.faults import Fault
from dashboard.sandbox.model import Account, App, EndCause, Grant, Person, Role, Scope
from dashboard.sandbox.store import read_consent_days
from dashboard.sandbox.tokens import Exchange, Lives, TokenPair, TokenRefusal
from dashboard.sandbox.verdicts import Finding, Verdict, Wish
from dashboard.sandbox.web import here, now

_LONGEST_ID = 64  # of what a caller claims to be, in the journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A dialect with its routes, and how it says that it cannot answer now."""

    dialect: Dialect
    bp: Blueprint
    disturbance: Callable[[Fault], Response] = wire.disturbance


def blueprint(dialect: Dialect, authorize_at: str) -> Blueprint:
    """The routes of a dialect, with the consent page at `authorize_at` ("/www/oauth")."""
    bp = Blueprint(f"dialect-{dialect.key}", __name__, url_prefix=f"/dialects/{dialect.key}")

    def authorize() -> AnyResponse:
        return ask_in(dialect) if request.method == "GET" else decide_in(dialect)

    bp.add_url_rule(authorize_at, view_func=authorize, methods=["GET", "POST"])
    return bp


def client(dialect: Dialect, client_id: str, secret: str) -> App | None:
    """The app that asks, if it is the dialect's own and the secret is right."""
    trail().client_id = client_id[:_LONGEST_ID] or None
    if client_id != dialect.client_id:
        return None
    with here().store.reading() as db:
        return apps.authenticate(db, client_id, secret)


def client_of_form(dialect: Dialect) -> App | None:
    """The same, for id and secret in the header (Basic) or in the form."""
    basic = request.authorization
    if basic is not None and basic.type == "basic":
        return client(dialect, basic.username or "", basic.password or "")
    said = request.values
    return client(dialect, said.get(dialect.client_id_name, ""), said.get("client_secret", ""))


def exchange(dialect: Dialect) -> TokenPair | TokenRefusal:
    """Turn the code in this request into the first tokens."""
    said = request.values
    asked = Exchange(
        client_id=dialect.client_id,
        code=said.get("code", ""),
        redirect_uri=said.get("redirect_uri", ""),
        verifier=said.get("code_verifier", ""),
    )
    with here().store.changing() as db:
        return _noted(tokens.exchange(db, asked, now(), _lives(dialect)))


def refresh(dialect: Dialect, token: str) -> TokenPair | TokenRefusal:
    """Renew in the dialect's own way; `token` is an access token where it renews itself."""
    with here().store.changing() as db:
        if dialect.renewal is Renewal.NONE:
            return _noted(TokenRefusal(why="There is no renewal here."))
        again = tokens.refresh if dialect.renewal is Renewal.ROTATING else tokens.renew
        return _noted(again(db, dialect.client_id, token, now(), _lives(dialect)))


def another_token(dialect: Dialect, token: str) -> TokenPair | TokenRefusal:
    """A further access token for a good one, in any dialect: long-lived ones, Page tokens."""
    with here().store.changing() as db:
        return _noted(tokens.renew(db, dialect.client_id, token, now(), _lives(dialect)))


def revoke(dialect: Dialect, token: str, *, whole_app: bool = False) -> bool:
    """End the permission behind a token; False if it is not this app's.

    With `whole_app` all that the same person has given to the app ends with it.
    """
    with here().store.changing() as db:
        grant = tokens.grant_of_token(db, token)
        ended = tokens.revoke(db, dialect.client_id, token, now())
        if ended and grant is not None and whole_app:
            theirs = grants.live(grants.of_person(db, grant.person_id))
            same = [one for one in theirs if one.client_id == dialect.client_id]
            grants.end(db, same, EndCause.LOGGED_OUT, now())
    if ended and grant is not None:
        trail().grant_id, trail().person_id = grant.id, grant.person_id
    return ended


def judge(
    dialect: Dialect, scope: Scope = Scope.PROFILE, account_id: str | None = None, token: str = ""
) -> Verdict:
    """May this request's token (or `token`) do that? Only an account of this dialect counts."""
    judged = disturb.judge(token or trail().token or "", Wish(scope=scope, account_id=account_id))
    if judged.grant is not None and judged.grant.client_id != dialect.client_id:
        judged = Verdict(finding=Finding.TOKEN_UNKNOWN)
    if judged.account is not None and judged.account.network != dialect.key:
        judged = Verdict(finding=Finding.ACCOUNT_GONE, grant=judged.grant)
    if judged.finding is not Finding.FINE:
        trail().error = judged.finding
    return judged


def judge_the_account(dialect: Dialect, scope: Scope) -> Verdict:
    """The verdict on the one account that a permission is for, where it is never for more."""
    judged = judge(dialect)
    if judged.grant is None or judged.finding is not Finding.FINE:
        return judged
    return judge(dialect, scope, min(part.account_id for part in judged.grant.accounts))


def person_of(grant: Grant) -> Person:
    """Who gave the permission."""
    with here().store.reading() as db:
        person = accounts.find_person(db, grant.person_id)
    if person is None:
        raise LookupError(grant.person_id)
    return person


def accounts_of(dialect: Dialect, grant: Grant) -> list[tuple[Account, Role]]:
    """The accounts that were chosen and that the person still looks after."""
    with here().store.reading() as db:
        mine = accounts.accounts_of(db, grant.person_id, dialect.key)
    return [(of, role) for of, role in mine if grant.for_account(of.id)]


def asked_names(dialect: Dialect, pair: TokenPair) -> tuple[str, ...]:
    """The permissions that were given, by the dialect's own names."""
    return dialect.granted_names(pair.asked, pair.scopes)


def posts(account: Account, *, limit: int, before: str | None = None) -> list[Post]:
    """What was posted, newest first; `before` is the id of a post."""
    with here().store.reading() as db:
        return content.posts(db, account.id, Span(limit=limit, before=before))[0]


def incoming(
    account: Account, *kinds: IncomingKind, limit: int, before: str | None = None
) -> list[Incoming]:
    """Comments, mentions or messages, newest first."""
    with here().store.reading() as db:
        return content.incoming(db, account.id, kinds, Span(limit=limit, before=before))[0]


def publish(account: Account, grant: Grant, text: str) -> Post:
    """Post a text."""
    order = PostOrder(account_id=account.id, client_id=grant.client_id, text=text)
    with here().store.changing() as db:
        return content.publish(db, order, now()).post


def consent_life(dialect: Dialect) -> timedelta | None:
    """How long permissions last that are given now, if the control panel shortened them."""
    with here().store.reading() as db:
        days = read_consent_days(db, dialect.key)
    return timedelta(days=days) if days else None


def _lives(dialect: Dialect) -> Lives:
    most = consent_life(dialect)
    if most is None:
        return Lives(access=dialect.access_life, refresh=dialect.refresh_life)
    access = min(dialect.access_life or most, most)
    return Lives(access=access, refresh=min(dialect.refresh_life, most))


def _noted(outcome: TokenPair | TokenRefusal) -> TokenPair | TokenRefusal:
    if isinstance(outcome, TokenRefusal):
        trail().error = f"invalid_grant: {outcome.cause or 'no cause'}"
    else:
        trail().grant_id = outcome.grant_id
    return outcome
