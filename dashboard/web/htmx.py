"""Answers for htmx and for browsers without it: the whole page, or only the named blocks.

The only importer of htmx-flask, of which only the request side is used: its response side predates
htmx 4. What the server must know about htmx 4.0 (from its source, `static/vendor/`):

- a request carries `HX-Request: true`; `HX-Request-Type: full` means that a whole page is wanted
  all the same (the target is the body, or `hx-select` picks from a page);
- headers that begin with `HX-` are obeyed whatever the status; `HX-Redirect` is a real navigation;
- elements with `hx-swap-oob` find their place by id even in an answer that is not swapped in;
- a fragment that holds nothing but such elements leaves the target alone.
"""

import json
from http import HTTPStatus
from typing import Any, Literal, cast

from flask import Flask, Response, flash, make_response, redirect, render_template, request
from htmx_flask import Htmx
from htmx_flask.requests import HtmxAwareRequest
from jinja2_fragments.flask import render_blocks

ToastKind = Literal["done", "note", "problem"]


def add_htmx(app: Flask) -> None:
    """Make requests of `app` know whether htmx sent them."""
    Htmx(app)


def sent_by_htmx() -> bool:
    """Whether htmx waits for the answer, so that a redirect must be told in a header."""
    return bool(cast("HtmxAwareRequest", request).htmx)


def wants_part() -> bool:
    """Whether htmx asks for a part of the page; `Accept` and the URL say nothing about that."""
    return sent_by_htmx() and request.headers.get("HX-Request-Type") != "full"


def page(template: str, *fragments: str, status: int = HTTPStatus.OK, **context: Any) -> Response:
    """Render `template`, or only its blocks `fragments` when htmx asks for a part of the page.

    Templates read `as_part` to put `hx-swap-oob` on what travels beside the main part.
    """
    as_part = bool(fragments) and wants_part()
    if as_part:
        body = render_blocks(template, list(fragments), as_part=True, **context)
    else:
        body = render_template(template, as_part=False, **context)
    response = make_response(body, status)
    response.vary.add("HX-Request")  # or a cache serves the part as the page
    response.vary.add("HX-Request-Type")
    return response


def redirect_to(url: str, *, say: str | None = None, kind: ToastKind = "done") -> Response:
    """Send the browser on to one of our own pages, where it reads `say` once.

    Raises ValueError for an address that would leave this site: `HX-Redirect` is obeyed by script,
    without the quoting that Werkzeug gives `Location` (R23).
    """
    if not is_local(url):
        raise ValueError(url)
    if say is not None:
        flash(say, kind)
    if sent_by_htmx():
        response = Response(status=HTTPStatus.NO_CONTENT)
        response.headers["HX-Redirect"] = url
        return response
    return cast("Response", redirect(url, HTTPStatus.SEE_OTHER))


def leave_for(url: str, *, where: str) -> Response:
    """Send the browser to a platform, named by `where` for people.

    A page of our own that leads on by itself, and not a redirect: Chromium holds a redirect after
    a form against `form-action 'self'`. `url` must come from a platform, never from a request.
    """
    if sent_by_htmx():
        response = Response(status=HTTPStatus.NO_CONTENT)
        response.headers["HX-Redirect"] = url
        return response
    return page("leaving.html", url=url, where=where)


def no_change() -> Response:
    """Answer that there is nothing new: htmx swaps nothing in.

    Open pages ask again and again, so it is small: nothing may be loaded by an answer without a
    body, which is said in fewer words than what pages may load.
    """
    policy = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
    answer = Response(status=HTTPStatus.NO_CONTENT, headers=policy)
    del answer.headers["Content-Type"]
    return answer


def toast(response: Response, text: str, kind: ToastKind = "done") -> Response:
    """Have htmx show `text` for some seconds and screen readers say it; returns `response`.

    For answers without htmx give `say` to `redirect_to` instead.
    """
    response.headers["HX-Trigger"] = json.dumps({"toast": {"text": text, "kind": kind}})
    return response


def is_local(url: str) -> bool:
    r"""Whether `url` is a path on this site: no `//host`, no `/\host`, no control characters."""
    return (
        url.startswith("/")
        and not url.startswith("//")
        and "\\" not in url
        and url.isprintable()
        and " " not in url
    )
