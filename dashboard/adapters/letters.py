"""Rendering of letters: `templates/email/<kind>/{subject.txt,body.txt,body.html}` and a context.

Needs no Flask application, so workers render like the web process. Texts in the context are
hostile: no value can start a new line, turn the direction of writing, or become HTML.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import css_inline
from jinja2 import Environment, StrictUndefined, select_autoescape
from markupsafe import Markup

from dashboard.adapters.templates import KeptTemplates

_TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "email"
_LONGEST_SUBJECT = 200
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
# Control characters, line and paragraph separators, and what turns the direction of writing, which
# makes "moc.elpmaxe" of a name look like another one.
_UNWANTED = re.compile("[\\0-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]+")
_HALVES = re.compile("[\\ud800-\\udfff]")
_BLANK_LINES = re.compile(r"\n{3,}")
_TRAILING = re.compile(r"[ \t]+$", re.MULTILINE)


class Rendered(NamedTuple):
    """The three parts of a letter."""

    subject: str
    text: str
    html: str


class Letters:
    """The templates of one folder. A value that a template misses is an error, never a gap."""

    def __init__(
        self, folder: Path = _TEMPLATES, filters: Mapping[str, Callable[..., str]] | None = None
    ) -> None:
        self._templates = Environment(
            loader=KeptTemplates(folder),
            undefined=StrictUndefined,
            autoescape=select_autoescape(["html"], default=False),
            finalize=_harmless,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=False,
        )
        self._templates.filters |= {"instant": instant, "day": day} | dict(filters or {})
        # Mail programs ignore style sheets; rules for dark mode and small screens stay in one.
        self._inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)

    def render(self, kind: str, context: Mapping[str, Any]) -> Rendered:
        """Render the letter of this kind; raises jinja2.TemplateError when a part is missing."""
        subject, text, html = (
            self._templates.get_template(f"{kind}/{part}").render(context)
            for part in ("subject.txt", "body.txt", "body.html")
        )
        return Rendered(
            subject=_shortened(" ".join(subject.split())),
            text=_BLANK_LINES.sub("\n\n", _TRAILING.sub("", text)).strip() + "\n",
            html=self._inliner.inline(html),
        )


def render_letter(kind: str, context: Mapping[str, Any]) -> Rendered:
    """Render with the product's own templates; see `Letters.render`."""
    return _product_letters().render(kind, context)


def instant(at: datetime) -> str:
    """An instant for people, in UTC: a letter cannot know where it is read."""
    at = at.astimezone(UTC)
    return f"{day(at)}, {at:%H:%M} UTC"


def day(on: date) -> str:
    """A date for people, the same in every locale of the server."""
    return f"{on.day} {_MONTHS[3 * on.month - 3 : 3 * on.month]} {on.year}"


@lru_cache(maxsize=1)
def _product_letters() -> Letters:
    return Letters()


def _harmless(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, Markup):
        return _HALVES.sub("\ufffd", _UNWANTED.sub(" ", value))
    return value


def _shortened(subject: str) -> str:
    if len(subject) <= _LONGEST_SUBJECT:
        return subject
    return subject[: _LONGEST_SUBJECT - 1].rstrip() + "\u2026"
