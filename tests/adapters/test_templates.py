"""A running process does not notice that its files are replaced."""

from pathlib import Path

import pytest
from jinja2 import Environment, TemplateNotFound

from dashboard.adapters.templates import KeptTemplates


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "one.html").write_text("old")
    return tmp_path


def test_templates_stay_as_they_were_at_the_start_even_when_first_used_later(folder: Path) -> None:
    templates = Environment(loader=KeptTemplates(folder), autoescape=True)
    (folder / "pages" / "one.html").write_text("new")
    assert templates.get_template("pages/one.html").render() == "old"
    (folder / "pages" / "one.html").unlink()
    templates.cache.clear()
    assert templates.get_template("pages/one.html").render() == "old"


def test_what_was_not_there_is_not_found(folder: Path) -> None:
    templates = Environment(loader=KeptTemplates(folder), autoescape=True)
    (folder / "late.html").write_text("late")
    assert templates.list_templates() == ["pages/one.html"]
    with pytest.raises(TemplateNotFound):
        templates.get_template("late.html")
