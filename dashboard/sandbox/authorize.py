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

from dashboard.sandbox import accounts, apps, grants, tokens
from dashboard.sandbox.disturb import trail
from dashboard.sandbox.grants import Consent
from dashboard.sandbox.login import current_person
from dashboard.sandbox.model import SCOPE_WORDS, Account, App, Person, Role, Scope, parse_scopes
from dashboard.sandbox.tokens import CodeOrder
from dashboard.sandbox.web import allow_form_target, here, now, page

bp = Blueprint("authorize", __name__, url_prefix="/oauth")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_FIELDS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A well-formed request for permission; `fields` are sent along with the consent form."""

    app: App
    redirect_uri: str
    scopes: tuple[Scope, ...]
    challenge: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendBack:
    """The app asked wrongly, but it is known where it may be told so."""

    redirect_uri: str
    error: str
    why: str


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
    question = _read(request.args)
    if not isinstance(question, Question):
        return _turn_away(question, request.args)
    person = current_person()
    if person is None or request.args.get("prompt") == "login":
        return redirect(url_for("login.form", next=_path_without_prompt()))
    mine = _choice(person)
    return _consent_page(question, person, _first_ticks(question, person, mine))


@bp.post("/authorize")
def decide() -> AnyResponse:
    """Take the person's answer and send the browser back to the app."""
    question = _read(request.form)
    if not isinstance(question, Question):
        return _turn_away(question, request.form)
    person = current_person()
    if person is None:
        return redirect(url_for("login.form", next=_own_path(question.fields)))
    trail().person_id = person.id
    if request.form.get("decision") != "allow":
        refusal = SendBack(
            redirect_uri=question.redirect_uri, error="access_denied", why="The person said no."
        )
        return _turn_away(refusal, request.form)
    ticks = _ticks(question, person)
    if not ticks.account_ids:
        return _consent_page(question, person, ticks, problem="Tick at least one account.")
    consent = Consent(
        person_id=person.id,
        client_id=question.app.client_id,
        scopes=ticks.scopes,
        account_ids=tuple(sorted(ticks.account_ids)),
    )
    order = CodeOrder(
        consent=consent, redirect_uri=question.redirect_uri, challenge=question.challenge
    )
    with here().store.changing() as db:
        code = tokens.issue_code(db, order, now())
    return _back(question.redirect_uri, {"code": code}, request.form)


def _read(said: Mapping[str, str]) -> Question | SendBack | Hopeless:
    with here().store.reading() as db:
        app = apps.find_app(db, said.get("client_id", ""))
    if app is None:
        return Hopeless(why="The app that sent you here is not known to Sandbox.")
    trail().client_id = app.client_id
    redirect_uri = said.get("redirect_uri", "")
    if not apps.accepts_redirect(app, redirect_uri):
        return Hopeless(why=f"{app.name} wants to be answered at an address it did not register.")
    scopes = parse_scopes(said.get("scope", ""))
    wrong = _what_is_wrong(app, scopes, said)
    if wrong is not None or scopes is None:
        error, why = wrong or ("invalid_scope", "")
        return SendBack(redirect_uri=redirect_uri, error=error, why=why)
    return Question(
        app=app,
        redirect_uri=redirect_uri,
        scopes=scopes,
        challenge=said["code_challenge"],
        fields={name: said[name] for name in _FIELDS if name in said},
    )


def _what_is_wrong(
    app: App, scopes: tuple[Scope, ...] | None, said: Mapping[str, str]
) -> tuple[str, str] | None:
    if said.get("response_type") != "code":
        return "unsupported_response_type", "Only the code flow is known here."
    if not scopes:
        return "invalid_scope", "Known permissions, separated by spaces, are needed."
    if not set(scopes) <= set(app.scopes):
        return "invalid_scope", "The app did not register for all of these permissions."
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
    trail().error = answer.error
    parts = {"error": answer.error, "error_description": answer.why}
    return _back(answer.redirect_uri, parts, said)


def _back(uri: str, parts: dict[str, str], said: Mapping[str, str]) -> AnyResponse:
    if "state" in said:
        parts = {**parts, "state": said["state"]}
    split = urlsplit(uri)
    query = "&".join(filter(None, [split.query, urlencode(parts)]))
    return redirect(urlunsplit(split._replace(query=query)), HTTPStatus.SEE_OTHER)


def _choice(person: Person) -> list[tuple[Account, Role]]:
    with here().store.reading() as db:
        return accounts.accounts_of(db, person.id)


def _first_ticks(question: Question, person: Person, mine: list[tuple[Account, Role]]) -> Ticks:
    """Everything that is asked for; the accounts of earlier grants, or all if there are none."""
    with here().store.reading() as db:
        earlier = grants.of_person(db, person.id)
    chosen = {
        part.account_id
        for grant in earlier
        if grant.client_id == question.app.client_id
        for part in grant.accounts
    }
    offered = {account.id for account, _ in mine}
    return Ticks(scopes=question.scopes, account_ids=frozenset(chosen & offered or offered))


def _ticks(question: Question, person: Person) -> Ticks:
    """What the form says, never more than was asked for and is offered."""
    wanted = set(request.form.getlist("granted"))
    offered = {account.id for account, _ in _choice(person)}
    return Ticks(
        scopes=tuple(
            scope for scope in question.scopes if scope in wanted or scope is Scope.PROFILE
        ),
        account_ids=frozenset(offered & set(request.form.getlist("account"))),
    )


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
            (scope, SCOPE_WORDS[scope], scope is Scope.PROFILE, scope in ticks.scopes)
            for scope in question.scopes
        ],
        accounts=[(of, role, of.id in ticks.account_ids) for of, role in _choice(person)],
        other_login=url_for("login.form", next=_own_path(question.fields)),
        problem=problem,
    )


def _path_without_prompt() -> str:
    kept = {name: value for name, value in request.args.items() if name != "prompt"}
    return _own_path(kept)


def _own_path(fields: Mapping[str, str]) -> str:
    return f"{url_for('authorize.ask')}?{urlencode(fields)}"
