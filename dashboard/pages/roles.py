"""Settings > Roles: what each role may do and which accounts it has access to."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.db.screens import team as screens
from dashboard.db.team import RoleFacts, role_facts
from dashboard.domain.errors import ConflictError, InvalidInputError, NotFoundError
from dashboard.domain.team import RIGHT_LABELS, Right
from dashboard.services import team
from dashboard.web.access import needs
from dashboard.web.current import actor, tools, viewer
from dashboard.web.htmx import page, redirect_to
from dashboard.web.numbers import whole_number

bp = Blueprint("roles", __name__, url_prefix="/settings/roles")

_FIND = "find"  # the button that looks for accounts and saves nothing


@bp.get("")
@needs(Right.MANAGE_USERS)
def index() -> Response:
    """All roles, with how many users and accounts each has."""
    with tools().database.reading() as session:
        found = screens.roles(session)
    return page("roles/index.html", roles=found, right_labels=RIGHT_LABELS)


@bp.get("/add")
@needs(Right.MANAGE_USERS)
def add() -> Response:
    """A new role."""
    blank = RoleFacts(name="", rights=frozenset(), all_accounts=False, accounts=frozenset())
    return _form(None, blank, version=0)


@bp.post("/add")
@needs(Right.MANAGE_USERS)
def create() -> ResponseReturnValue:
    """Store the new role, or the form again with what was typed."""
    facts = _typed(frozenset())
    if _FIND in request.form:
        return _form(None, facts, version=0)
    try:
        team.create_role(tools(), viewer(), actor(), facts)
    except InvalidInputError as error:
        return _form(None, facts, version=0, errors={error.field: error.why})
    return redirect_to(url_for("roles.index"), say=f"The role {facts.name} is there now.")


@bp.get("/<uuid:role_id>")
@needs(Right.MANAGE_USERS)
def edit(role_id: UUID) -> Response:
    """One role."""
    facts, version = _found(role_id)
    return _form(role_id, facts, version=version)


@bp.post("/<uuid:role_id>")
@needs(Right.MANAGE_USERS)
def change(role_id: UUID) -> ResponseReturnValue:
    """Store the change; it counts from the next request of each of its users on."""
    stored, _ = _found(role_id)
    facts = _typed(stored.accounts)
    version = whole_number(request.form.get("version"))
    if _FIND in request.form:
        return _form(role_id, facts, version=version)
    try:
        team.change_role(tools(), viewer(), actor(), role_id, facts, version=version)
    except InvalidInputError as error:
        return _form(role_id, facts, version=version, errors={error.field: error.why})
    except ConflictError as error:
        return _form(role_id, facts, version=version, errors={"": error.why})
    return redirect_to(url_for("roles.index"), say="Saved.")


@bp.post("/<uuid:role_id>/remove")
@needs(Right.MANAGE_USERS)
def remove(role_id: UUID) -> ResponseReturnValue:
    """Remove a role that nobody has."""
    facts, version = _found(role_id)
    try:
        team.remove_role(tools(), viewer(), actor(), role_id)
    except ConflictError as error:
        return _form(role_id, facts, version=version, errors={"": error.why})
    return redirect_to(url_for("roles.index"), say=f"The role {facts.name} is gone.")


def _typed(stored: frozenset[UUID]) -> RoleFacts:
    """What the form says; only these fields can be changed by it (R15)."""
    known = {right.value for right in Right}
    return RoleFacts(
        name=request.form.get("name", ""),
        rights=frozenset(Right(value) for value in request.form.getlist("right") if value in known),
        all_accounts=request.form.get("reach") == "all",
        accounts=_accounts(stored),
    )


def _accounts(stored: frozenset[UUID]) -> frozenset[UUID]:
    """The role's accounts after what was ticked and unticked.

    A form shows some of them only, so it says which it showed, and what was ticked or unticked in
    it before the last search.
    """
    before = (stored | _ids("added")) - _ids("dropped")
    return (before - _ids("shown")) | _ids("account")


def _ids(field: str) -> frozenset[UUID]:
    return frozenset(_uuids(request.form.getlist(field)))


def _uuids(values: list[str]) -> list[UUID]:
    found = []
    for value in values:
        try:
            found.append(UUID(value))
        except ValueError:
            continue  # not one of our boxes
    return found


def _found(role_id: UUID) -> tuple[RoleFacts, int]:
    with tools().database.reading() as session:
        found = role_facts(session, role_id)
    if found is None:
        raise NotFoundError("role")
    return found


def _form(
    role_id: UUID | None, facts: RoleFacts, *, version: int, errors: dict[str, str] | None = None
) -> Response:
    search = request.form.get("search", "")[:100]
    with tools().database.reading() as session:
        choices = screens.account_choices(session, role_id, search)
        found = role_facts(session, role_id) if role_id else None
    stored = found[0].accounts if found else frozenset()
    shown = {account.id for account in choices.shown}
    context: dict[str, Any] = {
        "role_id": role_id,
        "facts": facts,
        "version": version,
        "errors": errors or {},
        "choices": choices,
        "search": search,
        "added": facts.accounts - stored - shown,
        "dropped": stored - facts.accounts - shown,
        "rights": RIGHT_LABELS,
        "platforms": tools().platforms,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
    return page("roles/edit.html", status=status, **context)
