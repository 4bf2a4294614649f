"""Puts the make-believe platform together: one Flask app on one data folder."""

from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from dashboard.sandbox import (
    api,
    authorize,
    control,
    disturb,
    login,
    oauth,
    platform_wide,
    public,
    web,
    wire,
)
from dashboard.sandbox import seed as town
from dashboard.sandbox.actions import ActionRefusedError
from dashboard.sandbox.clock import Clock, system_now
from dashboard.sandbox.dialects import SPEAKERS
from dashboard.sandbox.store import Store, secret_key
from dashboard.sandbox.web import LOOPBACK_HOSTS, Sandbox

_LARGEST_BODY = 64 * 1024


def create_app(
    data_dir: Path,
    *,
    seed: bool = False,
    with_dialects: bool = False,
    clock: Clock = system_now,
    hosts: frozenset[str] | None = LOOPBACK_HOSTS,
) -> Flask:
    """The platform with its data in `data_dir`; `seed` fills an empty one with a small town.

    With `with_dialects` the seed also has accounts that live in the dialects.
    It answers only to the host names in `hosts`, None for any.
    """
    app = build()
    open_town(app, data_dir, seed=seed, with_dialects=with_dialects, clock=clock, hosts=hosts)
    return app


def build() -> Flask:
    """All that the platform can do, with no data to do it on."""
    app = Flask(__name__)
    # Cookies do not know ports: beside a product on the same host, the name must be our own.
    app.config.update(
        SESSION_COOKIE_NAME="sandbox_session",
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=_LARGEST_BODY,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.filters["ago"] = web.ago
    for module in (api, authorize, control, login, oauth, platform_wide, public):
        app.register_blueprint(module.bp)
    for speaker in SPEAKERS:
        app.register_blueprint(speaker.bp)
    app.before_request(web.refuse_strangers)
    app.before_request(disturb.before)
    # Run last to first: the headers are on when an answer is spoiled.
    app.after_request(disturb.after)
    app.after_request(web.add_headers)
    app.register_error_handler(ActionRefusedError, control.refused)
    app.register_error_handler(HTTPException, _explain)
    app.context_processor(lambda: {"viewer": login.current_person()})
    return app


def open_town(
    app: Flask,
    data_dir: Path,
    *,
    seed: bool,
    with_dialects: bool,
    clock: Clock,
    hosts: frozenset[str] | None = LOOPBACK_HOSTS,
) -> None:
    """Let `app` work on the data of a folder from now on; see `create_app`."""
    store = Store(data_dir / "sandbox.sqlite3")
    if seed:
        residents = [speaker.dialect for speaker in SPEAKERS if with_dialects]
        town.seed(store, now=clock(), dialects=residents)
    with store.reading() as db:
        app.secret_key = secret_key(db)
    app.extensions["sandbox"] = Sandbox(
        store=store,
        clock=clock,
        hosts=hosts,
        disturbances={speaker.dialect.key: speaker.disturbance for speaker in SPEAKERS},
    )


def _explain(problem: HTTPException) -> Response:
    status = problem.code or HTTPStatus.INTERNAL_SERVER_ERROR
    why = problem.description or "Nothing more is known."
    if web.wants_json():
        return wire.error(status, problem.name.lower().replace(" ", "_"), why)
    return web.page("error.html", status=status, title=problem.name, why=why)
