"""The words of a post that came as HTML. Nothing of the markup is kept, so none can act."""

import re
from html.parser import HTMLParser

from dashboard.platforms.values import lines_of

_LONGEST_HTML = 40_000
_LONGEST_TEXT = 20_000
_PARAGRAPHS = frozenset({"p", "div", "ul", "ol", "blockquote", "pre", "h1", "h2", "h3", "h4"})
_LINES = frozenset({"br", "li"})
# The parser of Python 3.11 takes quadratic time for tags that are never closed, and raises
# AssertionError for some declarations: it gets to see neither.
_DECLARATION = re.compile(r"<[!?][^>]{0,2000}>")
_NO_TAG = re.compile(r"<(?!/?[A-Za-z][^<>]{0,2000}>)")
_SILENT = frozenset({"script", "style", "template", "title", "noscript", "textarea", "iframe"})


def plain_text(html: object) -> str:
    """Return what a reader would see, paragraphs apart; "" for anything but a string."""
    if not isinstance(html, str):
        return ""
    words = _Words()
    tags_only = _NO_TAG.sub("&lt;", _DECLARATION.sub("", html[:_LONGEST_HTML]))
    words.feed(tags_only)
    words.close()
    return lines_of("".join(words.found), _LONGEST_TEXT)


class _Words(HTMLParser):
    """Collects text; paragraphs and line breaks become line ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        _ = attrs
        if not self._silent and tag in _SILENT:
            self._silent = tag
        elif tag in _LINES:
            self.found.append("\n")
        elif tag in _PARAGRAPHS:
            self._paragraph()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        _ = attrs
        if tag in _LINES:
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""
        elif tag in _PARAGRAPHS:
            self._paragraph()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            # A line end in the source is a space for a reader.
            self.found.append(data.replace("\n", " ").replace("\r", " "))

    def _paragraph(self) -> None:
        if self.found:
            self.found.append("\n\n")
