"""The first page: what needs the viewer today."""

from flask import Blueprint, Response

from dashboard.web.access import signed_in
from dashboard.web.htmx import page

bp = Blueprint("overview", __name__)


@bp.get("/")
@signed_in
def index() -> Response:
    return page("overview/index.html")
