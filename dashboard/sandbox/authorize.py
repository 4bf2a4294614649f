"""The consent page: an app sends a person here, who says yes or no and is sent back.

As long as it is not proven who asks and where the answer goes, nobody is redirected: an error page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from dashboard.sandbox import accounts, apps, grants, pushed, tokens
from dashboard.sandbox.dialect import NATIVE, Dialect, Pkce
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.grants import Consent
from dashboard.sandbox.login import current_person
from dashboard.sandbox.model import SCOPE_WORDS, Account, App, Person, Role, Scope
from dashboard.sandbox.tokens import CodeOrder
from dashboard.sandbox.web import allow_form_target, here, now, page

bp = Blueprint("authorize", __name__, url_prefix="/oauth")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_FIELDS = (
    "response_type",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "request_uri",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A well-formed request for permission; `fields` are sent along with the consent form."""

    dialect: Dialect
    app: App
    redirect_uri: str
    scopes: tuple[Scope, ...]
    challenge: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBack:
    """The app asked wrongly, but it is known where it may be told so."""

    dialect: Dialect
    redirect_uri: str
    parts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hopeless:
    """It is not known who asks, or where to send the answer."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """What is ticked on the consent page."""

    scopes: tuple[Scope, ...]
    account_ids: frozenset[str]


@bp.get("/authorize")
def ask() -> AnyResponse:
    """Show the consent page, after the log-in page where nobody is logged in."""
    return ask_in(NATIVE)


@bp.post("/authorize")
def decide() -> AnyResponse:
    """Take the person's answer and send the browser back to the app."""
    return decide_in(NATIVE)


def ask_in(dialect: Dialect) -> AnyResponse:
    """The consent page for an app that speaks `dialect`, after the log-in page."""
    said = _said(dialect, request.args)
    question = _read(dialect, said)
    if not isinstance(question, Question):
        return _turn_away(question, said)
    person = current_person()
    if person is None or dialect.asks_again & set(said.items()):
        return redirect(url_for("login.form", next=_path_asked_once(dialect)))
    return _consent_page(question, person, _first_ticks(question, person))


def decide_in(dialect: Dialect) -> AnyResponse:
    """Take the person's answer and send the browser back in the manner of `dialect`."""
    said = _said(dialect, request.form)
    question = _read(dialect, said)
    if not isinstance(question, Question):
        return _turn_away(question, said)
    person = current_person()
    if person is None:
        return redirect(url_for("login.form", next=_own_path(question.fields)))
    trail().person_id = person.id
    if request.form.get("decision") != "allow":
        refusal = SendBack(
            dialect=dialect, redirect_uri=question.redirect_uri, parts=dialect.denial
        )
        return _turn_away(refusal, said)
    ticks = _ticks(question, person)
    if not ticks.account_ids:
        return _consent_page(question, person, ticks, problem="Tick at least one account.")
    consent = Consent(
        person_id=person.id,
        client_id=question.app.client_id,
        scopes=ticks.scopes,
        account_ids=tuple(sorted(ticks.account_ids)),
        asked="" if dialect is NATIVE else question.fields.get("scope", ""),
    )
    order = CodeOrder(
        consent=consent, redirect_uri=question.redirect_uri, challenge=question.challenge
    )
    with here().store.changing() as db:
        code = tokens.issue_code(db, order, now())
    return _back(dialect, question.redirect_uri, {"code": code}, said)


def _said(dialect: Dialect, here: Mapping[str, str]) -> Mapping[str, str]:
    """What the app asks: here, or handed in before under the number that stands here."""
    return pushed.opened(here.get("request_uri", "")) if dialect.needs_push else here


def _read(dialect: Dialect, said: Mapping[str, str]) -> Question | SendBack | Hopeless:
    with here().store.reading() as db:
        app = apps.find_app(db, said.get(dialect.client_id_name, ""))
    if app is None or (dialect is not NATIVE and app.client_id != dialect.client_id):
        return Hopeless(why="The app that sent you here is not known to Sandbox.")
    trail().client_id = app.client_id
    redirect_uri = said.get("redirect_uri", "")
    if not apps.accepts_redirect(app, redirect_uri):
        return Hopeless(why=f"{app.name} wants to be answered at an address it did not register.")
    scopes = dialect.meaning(said.get("scope", ""))
    wrong = _what_is_wrong(dialect, app, scopes, said)
    if wrong is not None or scopes is None:
        error, why = wrong or ("invalid_scope", "")
        parts = {"error": error, "error_description": why}
        return SendBack(dialect=dialect, redirect_uri=redirect_uri, parts=parts)
    return Question(
        dialect=dialect,
        app=app,
        redirect_uri=redirect_uri,
        scopes=scopes,
        challenge="" if dialect.pkce is Pkce.UNKNOWN else said.get("code_challenge", ""),
        fields={name: said[name] for name in (dialect.client_id_name, *_FIELDS) if name in said},
    )


def _what_is_wrong(
    dialect: Dialect, app: App, scopes: tuple[Scope, ...] | None, said: Mapping[str, str]
) -> tuple[str, str] | None:
    if said.get("response_type") != "code":
        return "unsupported_response_type", "Only the code flow is known here."
    if not scopes:
        return "invalid_scope", "Known permissions, separated as is usual here, are needed."
    if not set(scopes) <= set(app.scopes):
        return "invalid_scope", "The app did not register for all of these permissions."
    return _what_is_wrong_with_pkce(dialect.pkce, said)


def _what_is_wrong_with_pkce(pkce: Pkce, said: Mapping[str, str]) -> tuple[str, str] | None:
    if pkce is Pkce.UNKNOWN or (pkce is Pkce.OPTIONAL and "code_challenge" not in said):
        return None
    if said.get("code_challenge_method") != "S256":
        return "invalid_request", "PKCE with S256 is needed."
    if not _CHALLENGE.fullmatch(said.get("code_challenge", "")):
        return "invalid_request", "code_challenge is no S256 challenge."
    return None


def _turn_away(answer: SendBack | Hopeless, said: Mapping[str, str]) -> AnyResponse:
    if isinstance(answer, Hopeless):
        trail().error = "unknown app or address"
        return page(
            "error.html",
            status=HTTPStatus.BAD_REQUEST,
            title="This request for permission is wrong",
            why=answer.why,
        )
    trail().error = answer.parts.get("error")
    return _back(answer.dialect, answer.redirect_uri, answer.parts, said)


def _back(
    dialect: Dialect, uri: str, parts: Mapping[str, str], said: Mapping[str, str]
) -> AnyResponse:
    parts = {**parts, **{name: said[name] for name in ("state", "iss") if name in said}}
    split = urlsplit(uri)
    query = "&".join(filter(None, [split.query, urlencode(parts)]))
    address = urlunsplit(split._replace(query=query)) + dialect.suffix
    return redirect(address, HTTPStatus.SEE_OTHER)


def _choice(dialect: Dialect, person: Person) -> list[tuple[Account, Role]]:
    with here().store.reading() as db:
        return accounts.accounts_of(db, person.id, dialect.key)


def _first_ticks(question: Question, person: Person) -> Ticks:
    """Everything that is asked for; the accounts of earlier grants, or all if there are none."""
    with here().store.reading() as db:
        earlier = grants.of_person(db, person.id)
    chosen = {
        part.account_id
        for grant in earlier
        if grant.client_id == question.app.client_id
        for part in grant.accounts
    }
    offered = {account.id for account, _ in _choice(question.dialect, person)}
    return Ticks(scopes=question.scopes, account_ids=frozenset(chosen & offered or offered))


def _ticks(question: Question, person: Person) -> Ticks:
    """What the form says, never more than was asked for and is offered."""
    dialect = question.dialect
    wanted = set(request.form.getlist("granted"))
    offered = {account.id for account, _ in _choice(dialect, person)}
    chosen = offered & set(request.form.getlist("account")) if dialect.picks_accounts else offered
    return Ticks(
        scopes=tuple(
            scope for scope in question.scopes if scope in wanted or _is_needed(dialect, scope)
        ),
        account_ids=frozenset(chosen),
    )


def _is_needed(dialect: Dialect, scope: Scope) -> bool:
    return scope is Scope.PROFILE or dialect.all_or_nothing


def _consent_page(
    question: Question, person: Person, ticks: Ticks, problem: str | None = None
) -> Response:
    allow_form_target(question.redirect_uri)
    return page(
        "consent.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        app_name=question.app.name,
        return_host=urlsplit(question.redirect_uri).netloc,
        person=person,
        fields=question.fields,
        scopes=[
            (
                scope,
                SCOPE_WORDS[scope],
                _is_needed(question.dialect, scope),
                scope in ticks.scopes,
            )
            for scope in question.scopes
        ],
        accounts=[
            (of, role, of.id in ticks.account_ids) for of, role in _choice(question.dialect, person)
        ],
        picks_accounts=question.dialect.picks_accounts,
        action=request.path,
        other_login=url_for("login.form", next=_own_path(question.fields)),
        problem=problem,
    )


def _path_asked_once(dialect: Dialect) -> str:
    asking = {name for name, _ in dialect.asks_again}
    kept = {name: value for name, value in request.args.items() if name not in asking}
    return _own_path(kept)


def _own_path(fields: Mapping[str, str]) -> str:
    return f"{request.path}?{urlencode(fields)}"
