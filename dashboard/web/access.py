"""Every endpoint says who may use it; one that says nothing is refused to everybody (R13).

Which *account* somebody may touch is decided by the query or service that reads it (R14).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, current_app, request, url_for
from flask.typing import ResponseReturnValue

from dashboard.domain.errors import NotAllowedError
from dashboard.domain.team import Right
from dashboard.web.current import viewer_or_none
from dashboard.web.htmx import redirect_to, sent_by_htmx

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Who may use an endpoint: anybody, or people signed in who have all of `rights`."""

    public: bool = False
    rights: frozenset[Right] = frozenset()


def public(view: View) -> View:
    """Anybody may, without signing in."""
    return _declare(view, Policy(public=True))


def signed_in(view: View) -> View:
    """Everybody who is signed in may; which accounts they see is up to the query."""
    return _declare(view, Policy())


def needs(*rights: Right) -> Callable[[View], View]:
    """Only people whose role has all of `rights` may."""
    return lambda view: _declare(view, Policy(rights=frozenset(rights)))


def does_not_keep_awake(view: View) -> View:
    """A request that pages send by themselves: it never extends the idle time (R4)."""
    view.keeps_awake = False  # type: ignore[attr-defined]  # read by `keeps_awake`
    return view


def policy_of(endpoint: str) -> Policy | None:
    """Return what the endpoint declares; None means that nobody may use it."""
    return getattr(current_app.view_functions.get(endpoint), "policy", None)


def keeps_awake(endpoint: str | None) -> bool:
    """Whether a request to `endpoint` is a sign of a person, and not of an open tab."""
    return getattr(current_app.view_functions.get(endpoint or ""), "keeps_awake", True)


def add_access(app: Flask) -> None:
    """Check the policy before each view of `app`."""
    app.before_request(_check)


def _declare(view: View, policy: Policy) -> View:
    view.policy = policy  # type: ignore[attr-defined]  # read by `policy_of`
    return view


def _check() -> ResponseReturnValue | None:
    if request.routing_exception is not None or request.endpoint is None:
        return None  # no such page: Flask says so
    policy = policy_of(request.endpoint)
    if policy is None:
        raise NotAllowedError
    if policy.public:
        return None
    viewer = viewer_or_none()
    if viewer is None:
        return redirect_to(url_for("session.sign_in", next=_where()))
    if not policy.rights <= viewer.rights:
        raise NotAllowedError
    return None


def _where() -> str | None:
    """Return where to come back to after signing in; what was sent by a form is not repeated.

    From htmx it is the page that asked, not the fragment. `safe_next` judges it when it is used.
    """
    if sent_by_htmx():
        asking = urlsplit(request.headers.get("HX-Current-URL", ""))
        return f"{asking.path}?{asking.query}".rstrip("?") or None
    return request.full_path.rstrip("?") if request.method == "GET" else None
