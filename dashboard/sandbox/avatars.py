"""Pictures for people and accounts, drawn from the name: the same name, the same picture."""

import hashlib
from html import escape

_COLOURS = (
    ("#8a3b12", "#d97732"),
    ("#0f5f57", "#2aa394"),
    ("#274b8f", "#5b86d6"),
    ("#6b2a6e", "#b264b5"),
    ("#7a2333", "#cf5b70"),
    ("#355c1d", "#7ba54e"),
    ("#3d3a8c", "#7f7bd8"),
    ("#0d5878", "#3a9dc4"),
    ("#74510a", "#c2942f"),
    ("#4a4f57", "#868e99"),
)
_SMALL_WORDS = frozenset({"De", "Het", "Van", "El"})
_TURNS = (0, 45, 90, 135)
_FONT = "font-family='system-ui, sans-serif' font-weight='650' text-anchor='middle'"


def badge(seed: str, name: str) -> str:
    """The picture of an account: initials on a patterned tile, as an SVG document."""
    (dark, light), pattern, turn = _choices(seed)
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 96 96' width='96' height='96'>"
        f"<rect width='96' height='96' fill='{dark}'/>"
        f"<g fill='none' stroke='{light}' stroke-width='7' stroke-opacity='0.55'"
        f" transform='rotate({turn} 48 48)'>{_PATTERNS[pattern]}</g>"
        f"<circle cx='48' cy='48' r='29' fill='{dark}'/>"
        f"<text x='48' y='59' font-size='31' fill='#fff' {_FONT}>{_initials(name)}</text></svg>"
    )


def face(seed: str, name: str) -> str:
    """The picture of a person: head and shoulders, as an SVG document."""
    dark, light = _COLOURS[hashlib.sha256(seed.encode()).digest()[4] % len(_COLOURS)]
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 96 96' width='96' height='96'>"
        f"<title>{escape(name)}</title><rect width='96' height='96' fill='{light}'/>"
        f"<circle cx='48' cy='38' r='18' fill='#fff' fill-opacity='0.92'/>"
        f"<path d='M12 96c0-24 16-36 36-36s36 12 36 36z' fill='{dark}'/></svg>"
    )


_PATTERNS = (
    "<path d='M-20 8h140M-20 28h140M-20 48h140M-20 68h140M-20 88h140'/>",
    "<circle cx='48' cy='48' r='38'/><circle cx='48' cy='48' r='54'/>",
    "<path d='M-10 16q13-16 26 0t26 0 26 0 26 0M-10 80q13-16 26 0t26 0 26 0 26 0'/>",
    "<path d='M0 24h96M0 72h96M24 0v96M72 0v96'/>",
)


def _choices(seed: str) -> tuple[tuple[str, str], int, int]:
    digest = hashlib.sha256(seed.encode()).digest()
    return (
        _COLOURS[digest[0] % len(_COLOURS)],
        digest[1] % len(_PATTERNS),
        _TURNS[digest[2] % len(_TURNS)],
    )


def _initials(name: str) -> str:
    words = [word for word in name.split() if word[0].isupper() and word not in _SMALL_WORDS]
    return escape("".join(word[0] for word in words[:2]))
