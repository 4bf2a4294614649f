"""A small application with the frame, the macros and the headers of the real one, and no database.

It shows that what pages are built from works by itself, in a real browser too.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
from flask import Blueprint, Flask, Response, request
from flask_wtf import CSRFProtect

from dashboard.web.assets import asset_url, serve_static
from dashboard.web.formatting import add_filters
from dashboard.web.htmx import add_htmx, leave_for, no_change, page, redirect_to, toast
from dashboard.web.navigation import add_navigation
from dashboard.web.security import _HEADERS
from dashboard.web.words import add_words

TEMPLATES = Path(__file__).parents[2] / "templates"
PAGES = {
    "shown.html": """
        {% extends "base.html" %}{% block title %}Accounts{% endblock %}
        {% block main %}<h1>Accounts</h1>{% block part %}<p id="part">a part</p>{% endblock %}
        {% include "_parts/needs_you.html" %}{% endblock %}""",
    "live.html": """
        {% extends "base.html" %}{% block title %}Accounts{% endblock %}
        {% block main %}
        {% from "_macros/ui.html" import poller, post_button, time %}
        {% from "_macros/forms.html" import search_form, setting_box, csrf %}
        <h1>Accounts</h1>
        {{ search_form("/live", query, "Search accounts", "#found", keep={"state": "expired"}) }}
        <div id="found">{% block found %}found {{ query }}{% endblock %}</div>
        <ul>{% block row %}<li id="row" data-state="{{ state }}"
          {% if as_part %}hx-swap-oob="outerMorph"{% endif %}><details id="menu" data-menu>
          <summary>More</summary>menu</details><span>{{ state }}</span></li>{% endblock %}</ul>
        {% block poll %}{% from "_macros/ui.html" import poller %}
        {{ poller("/changes?since=" ~ since, as_part, seconds=0.2) }}{% endblock %}
        {{ setting_box("good", "A box that is saved", False, "/save") }}
        {{ setting_box("bad", "A box that fails", False, "/fail") }}
        {{ post_button("Go on", "/go") }} {{ post_button("Leave", "/leave") }}
        <button id="fail" hx-post="/fail">Fail</button>
        <button id="tell" hx-post="/tell">Tell</button>
        {% block form %}<form id="form" method="post" action="/form" hx-post="/form"
          hx-swap="outerHTML">{% from "_macros/forms.html" import csrf %}{{ csrf() }}
          <label>Name <input name="name" id="name" value="{{ request.form.get('name', '') }}">
          </label>
          {% if wrong %}<p>That name cannot be taken.</p>{% endif %}<button>Save</button>
        </form>{% endblock %}
        {% endblock %}""",
    "times.html": """
        {% extends "base.html" %}{% block title %}Times{% endblock %}{% block main %}
        {% from "_macros/ui.html" import time %}<h1>Times</h1>
        {% for moment in moments %}<p class="told" data-told="{{ moment|relative }}">
          {{ time(moment) }}</p>{% endfor %}{% endblock %}""",
}


def ada() -> SimpleNamespace:
    return SimpleNamespace(name="Ada Vermeer", role_name="Administrator", is_administrator=True)


@pytest.fixture(scope="module")
def _told() -> SimpleNamespace:
    return SimpleNamespace()


@pytest.fixture(autouse=True)
def frame(_told: SimpleNamespace) -> SimpleNamespace:
    """What the frame is told; a test changes it, the next one begins anew."""
    vars(_told).update(
        viewer=ada(), banners=[], needs_you=0, checks=None, moments=[], news=False, request_id=""
    )
    return _told


@pytest.fixture(scope="module")
def small_app(_told: SimpleNamespace) -> Flask:
    app = Flask("small", static_folder=None)
    app.secret_key = "only for this test"
    app.jinja_loader = jinja2.ChoiceLoader(
        [jinja2.FileSystemLoader(TEMPLATES), jinja2.DictLoader(PAGES)]
    )
    app.jinja_env.undefined = jinja2.StrictUndefined
    app.jinja_env.globals["asset_url"] = asset_url
    CSRFProtect(app)
    add_htmx(app)
    add_filters(app, lambda: datetime.now(UTC))
    add_navigation(app)
    add_words(app)
    app.context_processor(lambda: vars(_told))
    app.after_request(_with_headers)
    for name in ("overview", "accounts"):
        blueprint = Blueprint(name, name)
        blueprint.add_url_rule(f"/{name}", "index", lambda: page("shown.html", "part"))
        app.register_blueprint(blueprint)
    _add_live_views(app, _told)
    return app


@pytest.fixture(scope="module")
def served_app(small_app: Flask, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The same, with its static files."""
    serve_static(small_app, cache_dir=tmp_path_factory.mktemp("static"))
    return small_app


def _with_headers(response: Response) -> Response:
    response.headers.update(_HEADERS)
    return response


def _add_live_views(app: Flask, told: SimpleNamespace) -> None:
    def changes() -> Response:
        since = int(request.args["since"])
        if since or not told.news:
            return no_change()
        more = {"query": "", "state": "expired", "since": since + 1, "wrong": False}
        return page("live.html", "row", "poll", **more)

    def live() -> Response:
        query = request.args.get("q", "")
        more = {"query": query, "state": "healthy", "since": 0, "wrong": False}
        return page("live.html", "found", **more)

    def form() -> Response:
        more = {"query": "", "state": "healthy", "since": 0, "wrong": True}
        return page("live.html", "form", status=422, **more)

    _route(app, "GET", "/changes", changes)
    _route(app, "GET", "/live", live)
    _route(app, "POST", "/form", form)
    _route(app, "POST", "/save", no_change)
    _route(app, "POST", "/fail", lambda: Response("a page nobody should see", status=500))
    _route(app, "POST", "/tell", lambda: toast(no_change(), "Köln is told", "note"))
    _route(app, "POST", "/go", lambda: redirect_to("/accounts", say="It is done."))
    _route(app, "POST", "/leave", lambda: leave_for("/accounts?left", where="Mastodon"))
    _route(app, "GET", "/times", lambda: page("times.html"))


def _route(app: Flask, method: str, url: str, view: Callable[[], Response]) -> None:
    app.add_url_rule(url, endpoint=url, view_func=view, methods=[method])
