"""Rules of the house for everything in `templates/`."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, nodes

from dashboard.web.assets import STATIC

TEMPLATES = Path(__file__).parents[2] / "templates"
NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
PAGES = [name for name in NAMES if not name.startswith("email/")]
ENVIRONMENT = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
SPRITE = set(re.findall(r'id="([\w-]+)"', (STATIC / "img/icons.svg").read_text(encoding="utf-8")))


def source(name: str) -> str:
    """The template without its comments, which may speak of what they forbid."""
    return re.sub(r"\{#.*?#\}", "", (TEMPLATES / name).read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_but_blocks_stands_at_the_top_of_a_template_that_extends(name: str):
    """A block that is rendered alone would not see it; letters are always rendered whole."""
    tree = ENVIRONMENT.parse(source(name))
    top = [type(node) for node in tree.body]
    if nodes.Extends in top:
        assert not {nodes.Import, nodes.FromImport, nodes.Assign} & set(top)


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_inline_r20(name: str):
    text = source(name)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "a script without src"
    assert "<style" not in text
    assert not re.search(r"\sstyle\s*=", text), "a style attribute"
    assert not re.search(r"\son[a-z]+\s*=", text), "an event attribute"
    assert "hx-on" not in text
    assert not re.search(r"""hx-(vals|headers)[\w:]*=["']js:""", text)
    assert not re.search(r"hx-trigger=[\"'][^\"']*\[", text), "a filter needs eval"
    assert not re.search(r"""(href|src|action)=["']https?://""", text), "an address elsewhere"


@pytest.mark.parametrize("name", [name for name in NAMES if "_macros/" not in name])
def test_nothing_is_called_safe_outside_the_macros_r21(name: str):
    assert not re.search(r"\|\s*safe\b", source(name))


@pytest.mark.parametrize("name", PAGES)
def test_each_form_that_changes_something_carries_the_form_token_r19(name: str):
    for form in re.findall(r"<form\b.*?</form>", source(name), flags=re.DOTALL):
        if re.search(r"""method=["']post""", form):
            assert "csrf" in form, form[:200]


@pytest.mark.parametrize("name", PAGES)
def test_each_static_file_and_icon_that_is_named_exists(name: str):
    text = source(name)
    for asset in re.findall(r"""asset_url\(["']([^"']+)["']\)""", text):
        assert (STATIC / asset).is_file(), asset
    for icon in re.findall(r"""\bicon(?:_name)?(?:\(|=)["']([\w-]+)["']""", text):
        assert icon in SPRITE, icon


@pytest.mark.parametrize("name", PAGES)
def test_templates_stay_short_enough_to_read(name: str):
    assert len(source(name).splitlines()) <= 220
