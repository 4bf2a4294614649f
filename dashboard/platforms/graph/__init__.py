"""Meta's Graph dialect, once for Facebook, Instagram and Threads.

An error is `{"error": {code, error_subcode, message, is_transient}}`. The HTTP status says little:
throttling, missing permissions and dead tokens all come as 400, 401 or 403, so code and subcode
decide (developers.facebook.com/docs/graph-api/guides/error-handling). Secrets travel in headers and
forms; only where Meta documents a GET with a secret in its address do they stand there.
"""

from dashboard.platforms.graph.asking import VERSION, Caller, ask_about_app, exchange
from dashboard.platforms.graph.errors import (
    GraphError,
    error_of,
    evidence_of,
    failure,
    hides,
    meaning,
    passes,
)
from dashboard.platforms.graph.looking import Looked, look_into
from dashboard.platforms.graph.publishing import (
    Container,
    not_published,
    not_published_or_unclear,
    publish_container,
)
from dashboard.platforms.graph.pushes import deauthorized
from dashboard.platforms.graph.reading import Names, comments_below, found_mentions, found_posts
from dashboard.platforms.graph.reading import id_of as id_of
from dashboard.platforms.graph.reading import together as together

__all__ = [
    "VERSION",
    "Caller",
    "Container",
    "GraphError",
    "Looked",
    "Names",
    "ask_about_app",
    "comments_below",
    "deauthorized",
    "error_of",
    "evidence_of",
    "exchange",
    "failure",
    "found_mentions",
    "found_posts",
    "hides",
    "id_of",
    "look_into",
    "meaning",
    "not_published",
    "not_published_or_unclear",
    "passes",
    "publish_container",
    "together",
]
