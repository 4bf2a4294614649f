"""The Flask object: extensions, pages, error pages; nothing else."""

from pathlib import Path

from flask import Flask
from jinja2 import StrictUndefined

from dashboard.adapters.templates import KeptTemplates
from dashboard.pages import PAGES
from dashboard.runtime import Runtime
from dashboard.web.access import add_access
from dashboard.web.assets import asset_url, serve_static
from dashboard.web.compression import add_compression
from dashboard.web.current import add_current, tools
from dashboard.web.devices import add_devices
from dashboard.web.errors import add_errors
from dashboard.web.formatting import add_filters
from dashboard.web.frame import add_frame
from dashboard.web.htmx import add_htmx
from dashboard.web.limits import limit_views
from dashboard.web.navigation import add_navigation
from dashboard.web.security import add_security, sit_behind_proxies
from dashboard.web.sessions import add_sessions
from dashboard.web.words import add_words

_TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


def create_app(runtime: Runtime) -> Flask:
    """Return the web application; the order of the calls is the order of the checks."""
    settings = runtime.tools.settings
    app = Flask("dashboard", static_folder=None, template_folder=str(_TEMPLATES))
    app.jinja_env.loader = KeptTemplates(_TEMPLATES)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.globals["asset_url"] = asset_url
    add_compression(app)
    add_htmx(app)
    add_current(app, runtime)
    add_errors(app)
    add_sessions(app, runtime)
    add_access(app)
    add_security(app, runtime)
    add_devices(app, runtime)
    add_frame(app)
    add_filters(app, lambda: tools().now())
    add_navigation(app)
    add_words(app)
    for blueprint in PAGES:
        app.register_blueprint(blueprint)
    limit_views(app, runtime)
    serve_static(app, cache_dir=settings.data_dir / "static")
    sit_behind_proxies(app, settings.trusted_proxies)
    return app
