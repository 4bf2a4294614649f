"""The colours that carry words are readable in both themes (WCAG 2.2 AA: 4.5 to 1)."""

import re

import pytest

from dashboard.web.assets import STATIC

TOKENS = (STATIC / "css/tokens.css").read_text(encoding="utf-8")
WORDS = (
    *("ink", "ink-soft", "muted", "accent", "accent-strong"),
    *("state-new", "state-healthy", "state-expiring", "state-limited", "state-expired"),
    *("state-blocked", "state-unreachable", "state-paused"),
)
GROUNDS = ("canvas", "surface", "surface-sunken", "surface-raised")
AA = 4.5


def colour(name: str, theme: int) -> tuple[float, float, float]:
    pair = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\);", TOKENS)
    assert pair, name
    digits = pair[theme + 1].removeprefix("#")
    return tuple(int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))


def luminance(rgb: tuple[float, float, float]) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("words", WORDS)
def test_words_can_be_read_on_every_ground(words: str, ground: str, theme: int):
    assert contrast(colour(words, theme), colour(ground, theme)) >= AA


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_words_on_the_main_button_can_be_read(theme: int):
    assert contrast(colour("on-accent", theme), colour("accent-fill", theme)) >= AA
    assert contrast(colour("on-accent", theme), colour("accent-fill-hover", theme)) >= AA
